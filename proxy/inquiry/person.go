package inquiry

import (
	"cmp"
	"slices"
	"strings"

	"github.com/aclens/aclens/proxy/policy"
	"github.com/aclens/aclens/resolver"
	"github.com/aclens/aclens/resolver/acl"
	"github.com/aclens/aclens/resolver/database"
	"github.com/aclens/aclens/resolver/directory"
	"github.com/aclens/aclens/resolver/group"
	"github.com/aclens/aclens/resolver/name"
)

// Someone is a person or server by name.
type Someone struct {
	User string `json:"user"` // canonical Notes name; the DN in Notes form where that may not be read
	DN   string `json:"dn"`
	Kind string `json:"kind"` // person or server
}

// Person is what may be known of one person or server.
type Person struct {
	Someone
	Access []Access   `json:"access"` // by key of the database
	Groups []GroupRef `json:"groups"` // nested ones included, by name
	Freshness

	entry directory.ID
}

// Access is a decision on channel notes with what is left of it on the web.
type Access struct {
	resolver.Row
	WebLevel string   `json:"webLevel,omitempty"` // on channel web-session; empty where it is not known
	WebRoles []string `json:"webRoles"`
	Title    string   `json:"title,omitempty"` // of the database
}

// GroupRef is a group by name.
type GroupRef struct {
	Group  string `json:"group"`
	DN     string `json:"dn"`
	Direct bool   `json:"direct"` // a direct member, by name or wildcard
	Counts bool   `json:"counts"` // takes part in ACLs (rules 4.1 and 4.7)
}

// subject finds somebody who may be looked at, by something that may be read:
// what is hidden neither finds anybody nor makes a name mean two.
func (q *Inquiry) subject(text string) (*resolver.Subject, error) {
	sub, _, err := q.snap.FindShown(text, q.readable)
	if err != nil || sub.Entry == directory.None || !q.rights.Entries().Readable(sub.Entry) || !q.mayBeFoundBy(sub, text) {
		return nil, ErrNotShown
	}
	return sub, nil
}

// mayBeFoundBy tells whether the asker may know that a text means somebody: the
// DN always, what the Notes name says where that is shown, and uid and mail
// where they may be read. Else finding somebody would tell a hidden value.
func (q *Inquiry) mayBeFoundBy(sub *resolver.Subject, text string) bool {
	text = strings.TrimSpace(text)
	entry := q.snap.Store().Entry(sub.Entry)
	if key, err := name.KeyOf(text); err == nil && key == entry.Key() {
		return true
	}
	for _, shown := range []string{q.someone(sub).User, notesForm(entry.DN())} {
		n, asked := name.Parse(shown), name.Parse(text)
		if asked.Key() == n.Key() || asked.Key() == n.CommonKey() {
			return true
		}
	}
	for _, attribute := range []string{"uid", "mail", strings.ToLower(q.snap.Settings().AlternateName)} {
		for _, v := range q.values(sub.Entry, attribute) {
			if name.Fold(v) == name.Fold(text) || name.Parse(v).Key() == name.Parse(text).Key() {
				return true
			}
		}
	}
	return false
}

// values are the values of a stored attribute, none where they may not be read.
func (q *Inquiry) values(id directory.ID, attribute string) []string {
	a, known := q.snap.Store().Schema().Lookup(attribute)
	if !known || !q.readable(attribute, id) {
		return nil
	}
	raw, ok := q.snap.Store().Entry(id).Find(a)
	if !ok {
		return nil
	}
	var list []string
	for values := raw.Values(); ; {
		v, more := values.Next()
		if !more {
			return list
		}
		list = append(list, v)
	}
}

// Person finds a person or server by DN, Notes name, unique common name, uid or
// mail, and tells the access and the groups that the asker may read.
func (q *Inquiry) Person(text string) (*Person, error) {
	sub, err := q.subject(text)
	if err != nil {
		return nil, err
	}
	p := &Person{Someone: q.someone(sub), Access: q.access(sub), Groups: q.groupsOf(sub.Entry), Freshness: q.Freshness(), entry: sub.Entry}
	return p, nil
}

// Self is the name under which the asker's own entry is found; false when it
// has none.
func (q *Inquiry) Self() (string, bool) {
	id := q.rights.Self()
	if id == directory.None || !q.rights.Entries().Readable(id) {
		return "", false
	}
	if _, subject := q.snap.Population().Kind(id); !subject {
		return "", false
	}
	return q.snap.Store().Entry(id).DN(), true
}

// someone names a subject. A right to decisions tells names as well.
func (q *Inquiry) someone(sub *resolver.Subject) Someone {
	s := Someone{User: sub.Name.Canonical(), DN: q.snap.DN(sub), Kind: sub.Kind.String()}
	if !q.readable("notesname", sub.Entry) && !q.rights.AnyAccess() && !q.own(sub.Entry) {
		s.User = notesForm(s.DN)
	}
	return s
}

// access are the decisions that may be read: by right of the database, or as
// the asker's own where they are above no access.
func (q *Inquiry) access(sub *resolver.Subject) []Access {
	var list []Access
	own := q.own(sub.Entry)
	granted := func(db *database.Database) bool { return q.reasons(db) }
	at := map[int]int{}
	q.snap.EachDecision(sub, resolver.Query{Channel: acl.Notes}, func(db *database.Database, d *resolver.Decision) bool {
		if granted(db) || own && d.Level > acl.NoAccess {
			at[db.Index] = len(list)
			list = append(list, Access{Row: q.row(sub, db, d), WebRoles: []string{}, Title: q.title(db)})
		}
		return true
	})
	q.snap.EachDecision(sub, resolver.Query{Channel: acl.WebSession}, func(db *database.Database, d *resolver.Decision) bool {
		i, shown := at[db.Index]
		if !shown || d.CapUnknown || !granted(db) && d.Level == acl.NoAccess {
			return true
		}
		list[i].WebLevel = d.Level.String()
		if d.Level > acl.NoAccess {
			list[i].WebRoles = db.Primary.List.RoleNames(d.Roles)
		}
		return true
	})
	if list == nil {
		return []Access{}
	}
	return list
}

// row writes a decision, without the names of deny lists.
func (q *Inquiry) row(sub *resolver.Subject, db *database.Database, d *resolver.Decision) resolver.Row {
	row := q.snap.Row(sub, db, db.Primary, d)
	for i, label := range row.Winning {
		if q.namesDenyList(label) {
			row.Winning[i] = resolver.HiddenDenyList
		}
	}
	return row
}

func (q *Inquiry) title(db *database.Database) string {
	if !q.rights.Database(db.Index, "databasetitle") {
		return ""
	}
	return db.Title
}

// groupsOf lists the groups of an entry that may be read, by name.
func (q *Inquiry) groupsOf(id directory.ID) []GroupRef {
	refs := []GroupRef{}
	if !q.memberships(id) {
		return refs
	}
	direct := map[group.ID]bool{}
	for _, g := range q.snap.DirectMemberOf(id) {
		direct[g] = true
	}
	for _, g := range q.snap.MemberOf(id) {
		if q.groupShown(g) {
			ref := q.groupRef(g)
			ref.Direct = direct[g]
			refs = append(refs, ref)
		}
	}
	sortGroups(refs)
	return refs
}

// memberships tells whether the groups of an entry may be read.
func (q *Inquiry) memberships(id directory.ID) bool {
	return q.rights.Attribute("ismemberof", policy.Membership).Readable(id)
}

// groupShown tells whether a group may be named at all.
func (q *Inquiry) groupShown(g group.ID) bool {
	info := q.snap.Group(g)
	return info.Alive() && (q.rights.DenyLists() || !info.DenyList())
}

// groupRef names a group by its DN, in Notes form, and by its label where that
// may be read.
func (q *Inquiry) groupRef(g group.ID) GroupRef {
	info := q.snap.Group(g)
	ref := GroupRef{DN: q.snap.Store().Entry(info.Entry).DN(), Counts: q.inspection().Counts(g)}
	ref.Group = notesForm(ref.DN)
	if info.Label != "" && q.readable("cn", info.Entry) {
		ref.Group = info.Label
	}
	return ref
}

// notesForm is a DN as Notes abbreviates it.
func notesForm(text string) string {
	dn, err := name.ParseDN(text)
	if err != nil || dn.IsRoot() {
		return text
	}
	return name.FromDN(dn).Abbreviated()
}

func sortGroups(refs []GroupRef) {
	slices.SortFunc(refs, func(a, b GroupRef) int { return cmp.Or(cmp.Compare(a.Group, b.Group), cmp.Compare(a.DN, b.DN)) })
}

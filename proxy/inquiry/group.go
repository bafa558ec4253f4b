package inquiry

import (
	"cmp"
	"slices"

	"github.com/aclens/aclens/resolver"
	"github.com/aclens/aclens/resolver/acl"
	"github.com/aclens/aclens/resolver/directory"
	"github.com/aclens/aclens/resolver/group"
	"github.com/aclens/aclens/resolver/name"
)

// Group is what may be known of a group.
type Group struct {
	GroupRef
	Type    string       `json:"type,omitempty"` // in words (rule 4.1)
	Within  []GroupRef   `json:"within"`         // groups that hold it, nested ones included
	Holds   []GroupRef   `json:"holds"`          // groups inside it, nested ones included
	Members []Member     `json:"members"`        // people, servers and names without an entry, nested ones included
	Count   int          `json:"count"`          // of members, also beyond those listed
	ACLs    []GroupEntry `json:"acls"`           // entries of ACLs that name it
	Freshness
}

// Member is somebody in a group.
type Member struct {
	Someone
	NoEntry bool `json:"noEntry"` // a name or wildcard without an entry
	Shown   bool `json:"-"`       // has a page that the asker may read
}

// GroupEntry is an entry of an ACL that names a group.
type GroupEntry struct {
	DatabaseRef
	Level    string   `json:"level"`
	LevelNum int      `json:"levelNum"`
	Roles    []string `json:"roles"`
}

// MaxMembers is how many members of a group are listed.
const MaxMembers = 5000

// Group finds a group by its DN, or by the name that ACLs have for it.
func (q *Inquiry) Group(text string) (*Group, error) {
	id, ok := q.findGroup(text)
	if !ok {
		return nil, ErrNotShown
	}
	info := q.snap.Group(id)
	g := &Group{GroupRef: q.groupRef(id), Within: []GroupRef{}, Holds: []GroupRef{}, Members: []Member{}, ACLs: q.aclsNaming(id), Freshness: q.Freshness()}
	if q.readable("grouptype", info.Entry) {
		g.Type = typeWords(info)
	}
	if q.memberships(info.Entry) {
		g.Within = q.groupsOf(info.Entry)
	}
	if q.membersShown(info.Entry) {
		g.Holds = q.groupsIn(id)
		q.members(g, id)
	}
	return g, nil
}

func (q *Inquiry) findGroup(text string) (group.ID, bool) {
	var id group.ID
	entry, found := q.snap.FindEntry(text)
	if found {
		id, found = q.snap.GroupOf(entry)
	}
	if !found {
		id, found, _ = q.inspection().GroupNamed(name.Parse(text).Key())
	}
	if !found || !q.groupShown(id) || !q.rights.Entries().Readable(q.snap.Group(id).Entry) {
		return 0, false
	}
	return id, true
}

// membersShown tells whether who is in a group may be read: of the group itself,
// and so of those inside it, or of all flattened groups.
func (q *Inquiry) membersShown(id directory.ID) bool {
	return q.rights.GroupAttribute("member") && q.readable("member", id)
}

func typeWords(g *resolver.Group) string {
	switch {
	case g.TypeMissing():
		return "multi-purpose (no type given)"
	case g.TypeDoubtful():
		return "unknown"
	}
	words := [...]string{"multi-purpose", "mail only", "access control only", "deny list", "servers only"}
	if g.Type < 0 || g.Type >= len(words) {
		return ""
	}
	return words[g.Type]
}

// groupsIn lists the groups inside a group that may be named.
func (q *Inquiry) groupsIn(id group.ID) []GroupRef {
	refs, direct := []GroupRef{}, q.inspection().Graph().Members(id).Groups
	inside, _ := q.snap.Inside(id)
	for _, g := range inside {
		if g != id && q.groupShown(g) {
			ref := q.groupRef(g)
			ref.Direct = slices.Contains(direct, g)
			refs = append(refs, ref)
		}
	}
	sortGroups(refs)
	return refs
}

// members lists who is in a group, by name.
func (q *Inquiry) members(g *Group, id group.ID) {
	for it := q.snap.Members(id).Iterator(); it.HasNext(); {
		entry := directory.ID(it.Next())
		sub, ok := q.snap.Subject(entry)
		if !ok {
			continue
		}
		if g.Count++; len(g.Members) < MaxMembers {
			g.Members = append(g.Members, Member{Someone: q.someone(sub), Shown: q.rights.Entries().Readable(entry)})
		}
	}
	_, names := q.snap.Inside(id)
	for _, k := range names {
		if !q.snap.NameAlone(k) {
			continue
		}
		if g.Count++; len(g.Members) < MaxMembers {
			dn := q.snap.MemberDN(k)
			g.Members = append(g.Members, Member{Someone: Someone{User: notesForm(dn), DN: dn, Kind: "name"}, NoEntry: true})
		}
	}
	slices.SortFunc(g.Members, func(a, b Member) int { return cmp.Or(cmp.Compare(a.User, b.User), cmp.Compare(a.DN, b.DN)) })
}

// aclsNaming lists the entries of ACLs that name a group, by key.
func (q *Inquiry) aclsNaming(id group.ID) []GroupEntry {
	list := []GroupEntry{}
	for _, db := range q.snap.Databases().All() {
		if !q.reasons(db) {
			continue
		}
		l := db.Primary.List
		for i := range l.Entries {
			e := &l.Entries[i]
			if e.Kind != acl.KindName {
				continue
			}
			if g, one, _ := q.inspection().GroupNamed(e.Key()); one && g == id {
				list = append(list, GroupEntry{DatabaseRef{db.Key, q.title(db)}, e.Level.String(), int(e.Level), l.RoleNames(e.Roles)})
			}
		}
	}
	return list
}

package finding

import (
	"slices"
	"strings"

	"github.com/aclens/aclens/resolver"
	"github.com/aclens/aclens/resolver/acl"
	"github.com/aclens/aclens/resolver/directory"
	"github.com/aclens/aclens/resolver/group"
	"github.com/aclens/aclens/resolver/name"
)

// The classes of names that do not exist (docs/contract.md, section 8).
const (
	deleted   = "deleted"    // of an own organisation, or a flat name, which only groups have
	renamed   = "renamed"    // a former name of somebody
	typo      = "typo"       // nearly somebody's name
	external  = "external"   // of another organisation
	nonPerson = "non-person" // a server, a mail-in database, a replica id
)

// class is what is thought of a name that does not exist.
type class struct {
	word string
	hint string // the name that is meant, for renamed and typo; that may be, for deleted
}

// written is a name, as its source spells it, the way a finding lists it.
func (c class) written(text string) string {
	switch c.word {
	case renamed:
		return text + " (now " + c.hint + ")"
	case typo, deleted:
		if c.hint != "" {
			return text + " (perhaps " + c.hint + ")"
		}
	}
	return text
}

// classify finds every name that does not exist, in ACLs and in groups, and
// gives each a class. The whole directory is read twice at most, whatever the
// number of such names.
func (v *view) classify() {
	v.shared.classes = map[name.Key]class{}
	unknown := map[name.Key]name.Name{}
	for _, db := range v.s.Databases().All() {
		for i := range db.Primary.List.Entries {
			if e := &db.Primary.List.Entries[i]; v.isUnknown(e) {
				v.note(unknown, e.Name, e.Type)
			}
		}
	}
	for _, id := range v.members {
		if v.s.Group(id).DenyList() {
			continue
		}
		kind := acl.TypeUnspecified
		if v.ofServers(id) {
			kind = acl.TypeServer
		}
		for _, m := range v.x.LooseMembers(id) {
			if !m.Name.IsZero() {
				v.note(unknown, m.Name, kind)
			}
		}
	}
	if len(unknown) == 0 {
		return
	}
	v.findFormerNames(unknown)
	v.findSimilarNames(unknown)
	own := v.organizations()
	for k, n := range unknown {
		if v.shared.classes[k].word == "" {
			v.shared.classes[k] = class{word: word(n, own), hint: v.elsewhere(n, own)}
		}
	}
}

// elsewhere is the one person of an own organisation who has the common name of
// somebody who does not exist: the branch may have been left out, or be another.
func (v *view) elsewhere(n name.Name, own map[string]bool) string {
	if !n.Hierarchical() || word(n, own) != deleted {
		return ""
	}
	holders := v.x.CommonHolders(n.CommonKey())
	if len(holders) != 1 {
		return ""
	}
	return v.x.Names(holders[0]).Own.Abbreviated()
}

func word(n name.Name, own map[string]bool) string {
	if realm := realmOf(n); realm != "" && !own[realm] {
		return external
	}
	return deleted
}

// isUnknown tells whether an entry names nobody and nothing. Names that several
// have, bare common names and groups that do not count are other findings.
func (v *view) isUnknown(e *acl.Entry) bool {
	if e.Kind != acl.KindName || e.Name.IsZero() {
		return false
	}
	k := e.Key()
	_, one, several := v.x.GroupNamed(k)
	_, idle := v.shared.idle[k]
	return !one && !several && !idle && len(v.x.Holders(k)) == 0 && len(v.x.CommonHolders(k)) == 0
}

// note takes a name that does not exist; what is no person by its form has its
// class at once.
func (v *view) note(unknown map[name.Key]name.Name, n name.Name, t acl.UserType) {
	k := n.Key()
	if t == acl.TypeServer || t == acl.TypeServerGroup || v.isNoPerson(n) {
		v.shared.classes[k] = class{word: nonPerson}
		delete(unknown, k)
		return
	}
	if v.shared.classes[k].word == "" {
		unknown[k] = n
	}
}

// isNoPerson tells whether a name is that of a server, a replica id, a group of
// servers by its usual name, or an entry of another kind.
func (v *view) isNoPerson(n name.Name) bool {
	if _, replica := name.ReplicaID(n.Canonical()); replica || v.isServer(n) {
		return true
	}
	if isServersName(n) {
		return true
	}
	id, ok := v.s.Store().Find(string(n.Key()))
	return ok && v.s.Store().Exists(id)
}

// isServersName tells whether a name is usual for a group of servers, such as
// LocalDomainServers.
func isServersName(n name.Name) bool {
	return !n.Hierarchical() && strings.HasSuffix(name.Fold(n.Canonical()), "servers")
}

// ofServers tells whether a group is meant for servers.
func (v *view) ofServers(id group.ID) bool {
	g := v.s.Group(id)
	return g.Type == resolver.TypeServersOnly || slices.ContainsFunc(g.Names, isServersName)
}

// realmOf is what two names of one organisation share: the organisation, or the
// domain components, or the last component; empty for a flat name.
func realmOf(n name.Name) string {
	if org := n.OrganizationKey(); org != "" {
		return org
	}
	if !n.Hierarchical() {
		return ""
	}
	realm := string(n.Key())
	for at := realm; ; {
		parent, ok := name.ParentKey(at)
		if !ok || parent == "" {
			return at
		}
		if realm = parent; strings.HasPrefix(realm, "dc=") {
			return realm
		}
		at = parent
	}
}

// organizations are the realms of everybody whom the directory knows.
func (v *view) organizations() map[string]bool {
	own := map[string]bool{}
	for branch := range v.x.Branches() {
		if realm := realmOf(branch); realm != "" {
			own[realm] = true
		}
	}
	return own
}

// findFormerNames gives the class renamed to names that are a further
// hierarchical FullName value of a person (rule 9.9); Domino's LDAP server
// publishes those as values of cn.
func (v *view) findFormerNames(unknown map[name.Key]name.Name) {
	st := v.s.Store()
	for _, attribute := range []string{"fullName", "cn"} {
		desc, ok := st.Schema().Lookup(attribute)
		if !ok {
			continue
		}
		for it := v.s.Population().People.Iterator(); it.HasNext(); {
			id := directory.ID(it.Next())
			raw, ok := st.Entry(id).Find(desc)
			if !ok {
				continue
			}
			for vs := raw.Values(); ; {
				text, ok := vs.Next()
				if !ok {
					break
				}
				v.matchFormerName(unknown, id, text)
			}
		}
	}
}

func (v *view) matchFormerName(unknown map[name.Key]name.Name, id directory.ID, text string) {
	if !strings.ContainsAny(text, "/,") {
		return
	}
	keys := []name.Key{name.Parse(text).Key()}
	if dn, err := name.ParseDN(text); err == nil {
		keys = append(keys, name.FromDN(dn).Key())
	}
	for _, k := range keys {
		if n, ok := unknown[k]; ok && n.Hierarchical() {
			v.suggest(k, renamed, v.ownName(id))
		}
	}
}

func (v *view) ownName(id directory.ID) string {
	names := v.x.Names(id)
	return names.Own.Abbreviated()
}

// suggest keeps the first hint in the order of texts, so that the answer does
// not depend on the order of entries.
func (v *view) suggest(k name.Key, word, hint string) {
	c := v.shared.classes[k]
	if c.word == "" || c.word == word && hint < c.hint {
		v.shared.classes[k] = class{word, hint}
	}
}

// unknownEntries finds what an ACL names and nobody is, one finding a class.
func (v *view) unknownEntries(d *databaseView) []Finding {
	byClass := map[string][]string{}
	for i := range d.list.Entries {
		e := &d.list.Entries[i]
		switch {
		case v.isUnknown(e):
			c := v.shared.classes[e.Key()]
			byClass[c.word] = append(byClass[c.word], c.written(e.Label))
		case e.Kind == acl.KindReplicaID:
			byClass[nonPerson] = append(byClass[nonPerson], v.describeReplica(e))
		}
	}
	var found []Finding
	for word, texts := range byClass {
		slices.Sort(texts)
		found = append(found, d.finding(unknownEntry+word, "", texts))
	}
	return found
}

// describeReplica is a replica id entry with the database that it lets in.
func (v *view) describeReplica(e *acl.Entry) string {
	if key, ok := v.shared.replicas[e.Key()]; ok {
		return e.Label + " (" + key + ")"
	}
	return e.Label
}

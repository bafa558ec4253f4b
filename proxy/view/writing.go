package view

import (
	"strings"

	"github.com/aclens/aclens/proxy/policy"
	"github.com/aclens/aclens/proxy/wire"
	"github.com/aclens/aclens/resolver/directory"
	"github.com/aclens/aclens/resolver/name"
)

// Computes tells whether an attribute description is one of a virtual attribute
// (docs/contract.md, section 4), by its name or its OID and with any options:
// nobody can write it.
func Computes(description string) bool {
	base, _, _ := strings.Cut(strings.ToLower(description), ";")
	return byName[base] != nil || virtualOIDs[base]
}

// Computes is the function of that name, for those who know a View alone.
func (v *View) Computes(description string) bool { return Computes(description) }

var virtualOIDs = func() map[string]bool {
	oids := make(map[string]bool, len(attributes))
	for _, a := range attributes {
		oids[a.typeOf().OID] = true
	}
	return oids
}()

// Answers tells whether an entry of that name would be aclens's own: the root
// DSE, the subschema, and what lies at or below view.base.
func (v *View) Answers(dn name.DN) bool {
	return dn.IsRoot() || v.underBase(dn.Key()) || sameDN(dn.String(), subschemaDN)
}

// Nearest is the name of the nearest entry at or above a name that an identity
// may read; empty if there is none.
func (v *View) Nearest(who policy.Identity, dn string) string {
	parsed, err := name.ParseDN(dn)
	st := v.Current()
	if err != nil || st == nil {
		return ""
	}
	at, refused := st.find(dn, st.rights(who), false)
	if refused.Code != wire.Success {
		return refused.MatchedDN
	}
	if at.store.Entry(at.id).IsGlue() {
		return matched(parsed, at.store, at.place)
	}
	return at.store.Entry(at.id).DN()
}

// MayTest tells whether a filter tests nothing of an entry but what an identity
// may read: only then may its truth be told. An entry that may not be read, or
// is not there, may not be tested.
func (v *View) MayTest(who policy.Identity, dn string, f *wire.Filter) bool {
	st := v.Current()
	if st == nil {
		return false
	}
	rights := st.rights(who)
	at, refused := st.find(dn, rights, false)
	if refused.Code != wire.Success || !at.store.Exists(at.id) {
		return false
	}
	c := compiler{state: st, rights: rights, store: at.store, schema: at.store.Schema(), branch: at.place}
	return c.mayTest(at.id, f)
}

func (c *compiler) mayTest(id directory.ID, f *wire.Filter) bool {
	for i := range f.Children {
		if !c.mayTest(id, &f.Children[i]) {
			return false
		}
	}
	switch f.Kind {
	case wire.And, wire.Or, wire.Not:
		return true
	}
	asked, known := c.schema.LookupBytes(f.Attr)
	if !known || f.DNAttributes {
		return false
	}
	for _, each := range c.schema.Expand(asked) { // a directory tests subtypes, too
		folded := strings.ToLower(c.schema.Type(each).Name())
		class := classOf(folded)
		guard, visible := c.branch.guard(c, folded, class)
		switch {
		case !visible, guard != nil && !guard.Readable(id):
			return false
		case class == policy.Membership && !c.rights.DenyLists(): // the directory would count deny lists
			return false
		}
	}
	return true
}

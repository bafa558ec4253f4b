package view

import (
	"github.com/aclens/aclens/proxy/policy"
	"github.com/aclens/aclens/proxy/wire"
	"github.com/aclens/aclens/resolver/directory"
)

// Compare answers whether an entry has a value (RFC 4511, 4.10). An attribute
// that may not be read is answered like one that the entry does not have.
func (v *View) Compare(who policy.Identity, r *wire.CompareRequest) wire.Result {
	st := v.Current()
	if st == nil || v.Refuses(st) {
		return wire.Result{Code: wire.Unavailable, Message: "no state that may be answered from"}
	}
	rights := st.rights(who)
	if len(r.Entry) == 0 || sameDN(string(r.Entry), subschemaDN) {
		return st.compareSpecial(rights, r)
	}
	at, refused := st.find(string(r.Entry), rights, false)
	if refused.Code != wire.Success {
		return refused
	}
	if !at.store.Exists(at.id) {
		return wire.Result{Code: wire.NoSuchObject}
	}
	c := compiler{state: st, rights: rights, store: at.store, schema: at.store.Schema(), branch: at.place}
	return c.compare(at.id, r)
}

func (s *State) compareSpecial(rights *policy.Rights, r *wire.CompareRequest) wire.Result {
	which := subschema
	if len(r.Entry) == 0 {
		which = rootDSE
	}
	st, id := s.specialStore(which)
	c := compiler{state: s, rights: rights, store: st, schema: st.Schema(), branch: openPlace{}}
	return c.compare(id, r)
}

func (c *compiler) compare(id directory.ID, r *wire.CompareRequest) wire.Result {
	desc, ok := c.schema.LookupBytes(r.Attr)
	if !ok {
		return wire.Result{Code: wire.UndefinedAttributeType}
	}
	absent := wire.Result{Code: wire.NoSuchAttribute}
	eval := directory.NewEvaluator(c.store)
	present := c.compile(&wire.Filter{Kind: wire.Present, Attr: r.Attr})
	if eval.Eval(&present, id) != directory.True {
		return absent
	}
	t := c.schema.Type(desc)
	if !t.HasEquality() {
		return wire.Result{Code: wire.InappropriateMatching}
	}
	if _, valid := t.AppendKey(nil, r.Value); !valid {
		return wire.Result{Code: wire.InvalidAttributeSyntax}
	}
	equal := c.compile(&wire.Filter{Kind: wire.Equality, Attr: r.Attr, Value: r.Value})
	switch eval.Eval(&equal, id) {
	case directory.True:
		return wire.Result{Code: wire.CompareTrue}
	case directory.False:
		return wire.Result{Code: wire.CompareFalse}
	default:
		return wire.Result{Code: wire.CompareFalse} // a value of a database that may not be read is as one that is not there
	}
}

package view

import (
	"bytes"

	"github.com/aclens/aclens/proxy/policy"
	"github.com/aclens/aclens/proxy/wire"
	"github.com/aclens/aclens/resolver/directory"
)

// Compare answers whether an entry has a value (RFC 4511, 4.10). An attribute
// that may not be read is answered like one that the entry does not have.
// With an assertion (RFC 4528; nil for none) the entry is compared only if that
// is true of it.
func (v *View) Compare(who policy.Identity, r *wire.CompareRequest, assertion *wire.Filter) wire.Result {
	st := v.Current()
	if st == nil || v.Refuses(st) {
		return wire.Result{Code: wire.Unavailable, Message: "no state that may be answered from"}
	}
	rights := st.rights(who)
	at, refused := st.compared(string(r.Entry), rights)
	if refused.Code != wire.Success {
		return refused
	}
	c := compiler{state: st, rights: rights, store: at.store, schema: at.store.Schema(), branch: at.place}
	defer func() { giveComputed(c.shared) }()
	if assertion != nil && !c.asserts(at.id, assertion) {
		return wire.Result{Code: wire.AssertionFailed}
	}
	return c.compare(at.id, r)
}

// compared finds the entry of a Compare.
func (s *State) compared(dn string, rights *policy.Rights) (target, wire.Result) {
	switch {
	case dn == "":
		return s.specialTarget(rootDSE), wire.Result{}
	case sameDN(dn, subschemaDN):
		return s.specialTarget(subschema), wire.Result{}
	}
	at, refused := s.find(dn, rights, false)
	if refused.Code == wire.Success && !at.store.Exists(at.id) {
		refused.Code = wire.NoSuchObject
	}
	return at, refused
}

func (c *compiler) compare(id directory.ID, r *wire.CompareRequest) wire.Result {
	desc, ok := c.schema.LookupBytes(r.Attr)
	if base, _, some := bytes.Cut(r.Attr, []byte(";")); !ok && some {
		if _, known := c.schema.LookupBytes(base); known {
			return wire.Result{Code: wire.NoSuchAttribute} // as for one of options that may not be read
		}
	}
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

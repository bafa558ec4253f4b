package view

import (
	"encoding/binary"

	"github.com/aclens/aclens/proxy/wire"
	"github.com/aclens/aclens/resolver/directory"
)

// controls prepares what the controls of a request ask for, once its base is
// found. What none of them asks for is left alone.
func (q *Query) controls(at target) wire.Result {
	r := &q.request
	if r.Assertion != nil && !q.asserts(at, r.Assertion) {
		return wire.Result{Code: wire.AssertionFailed}
	}
	if r.VLV != nil && r.Page != nil {
		return wire.Result{Code: wire.UnwillingToPerform, Message: "a list view and pages exclude each other"}
	}
	if refused := q.prepareDeref(); refused.Code != wire.Success {
		return refused
	}
	q.prepareSort()
	q.prepareView()
	q.prepareValues()
	return wire.Result{}
}

// Costs of controls, in entries looked at.
const (
	sortedCost = 2    // for each entry
	derefCost  = 4096 // an entry may name any number of others
)

func (q *Query) controlCost(entries int) int {
	cost := 0
	if q.keys != nil {
		cost += sortedCost * entries
	}
	if len(q.derefs) > 0 {
		cost += derefCost
	}
	return cost
}

// asserts tells whether an assertion is true of the entry that a search begins
// at (RFC 4528, section 3). Above all entries that is the root DSE.
func (q *Query) asserts(at target, assertion *wire.Filter) bool {
	if at.id == directory.None {
		at = q.state.specialTarget(rootDSE)
	}
	c := compiler{state: q.state, rights: q.rights, store: at.store, schema: at.store.Schema(), branch: at.place, realOnly: q.request.RealOnly}
	return c.asserts(at.id, assertion)
}

// asserts is never true for what may not be read: that is Undefined.
func (c *compiler) asserts(id directory.ID, assertion *wire.Filter) bool {
	f := c.compile(assertion)
	return directory.NewEvaluator(c.store).Eval(&f, id) == directory.True
}

// Subentries go by these classes: RFC 3672's, and the one that came before it.
const (
	classSubentry     = "subentry"
	classLDAPSubEntry = "ldapSubEntry"
)

// admit tells whether an entry is of the kind that is asked for.
func (s Subentries) admit(st *directory.Store, id directory.ID) bool {
	if s == SubentriesAsAny {
		return true
	}
	is := st.Class(classSubentry).Contains(uint32(id)) || st.Class(classLDAPSubEntry).Contains(uint32(id))
	return is == (s == SubentriesOnly)
}

// writeControls writes what controls change in an answer, but for which part of
// a list is to be seen.
func (r *Request) writeControls(write func([]byte)) {
	count := func(n int) { write(binary.BigEndian.AppendUint32(nil, uint32(n))) }
	write([]byte{byte(r.Subentries), boolByte(r.VLV != nil), boolByte(r.Assertion != nil), boolByte(r.Sort != nil), boolByte(r.Deref != nil)})
	write([]byte{boolByte(r.Managed), boolByte(r.Alone)})
	if r.Assertion != nil {
		write(filterOctets(r.Assertion))
	}
	count(len(r.MatchedValues))
	for i := range r.MatchedValues {
		write(filterOctets(&r.MatchedValues[i]))
	}
	if r.Sort != nil {
		count(len(r.Sort.Keys))
		for _, k := range r.Sort.Keys {
			write(k.Attr)
			write(k.Rule)
			write([]byte{boolByte(k.Reverse)})
		}
	}
	if r.Deref != nil {
		count(len(r.Deref.Specs))
		for _, s := range r.Deref.Specs {
			write(s.Attr)
			count(len(s.Attributes))
			for _, a := range s.Attributes {
				write(a)
			}
		}
	}
}

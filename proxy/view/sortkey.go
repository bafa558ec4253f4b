package view

import (
	"bytes"

	"github.com/aclens/aclens/proxy/wire"
	"github.com/aclens/aclens/resolver/schema"
)

// sortKey is one key of the sort control, resolved.
type sortKey struct {
	attr    schema.ID
	typ     *schema.Type
	rule    string // empty: the type's own
	reverse bool
}

// substringAssertion is the syntax of rules that compare parts of values
// (RFC 4517, 3.3.30), which gives no order.
const substringAssertion = "1.3.6.1.4.1.1466.115.121.1.58"

// prepareSort resolves the keys of the sort control.
func (q *Query) prepareSort() {
	if q.request.Sort == nil {
		return
	}
	keys, fault := sortKeys(q.state.Snapshot.Store().Schema(), q.request.Sort.Keys)
	if fault != nil {
		q.unsortable(*fault)
		return
	}
	q.keys = keys
}

// unsortable notes why the entries cannot be sorted. They are returned in no
// order, or not at all where the control is critical (RFC 2891, section 2) or a
// list view is to be taken of them.
func (q *Query) unsortable(fault wire.SortResult) {
	q.keys, q.fault = nil, &fault
	code := wire.Success
	switch {
	case q.request.Sort.Critical:
		code = wire.UnavailableCriticalExtension
	case q.request.VLV != nil:
		code = wire.UnwillingToPerform
	}
	if code == wire.Success {
		return
	}
	q.refused = &Answer{Result: wire.Result{Code: code, Message: "the entries cannot be sorted"}, Paged: q.request.Page != nil, Sorted: &fault}
	if q.request.VLV != nil {
		q.refused.VLV = &wire.VLVResponse{Code: wire.UnwillingToPerform}
	}
}

// sortKeys resolves the keys of a request, or says which one cannot be sorted by.
func sortKeys(sc *schema.Schema, asked []wire.SortKey) ([]sortKey, *wire.SortResult) {
	var keys []sortKey
	for _, k := range asked {
		fault := &wire.SortResult{Attr: string(k.Attr)}
		id, ok := sc.LookupBytes(k.Attr)
		if !ok {
			fault.Code = wire.NoSuchAttribute
			return nil, fault
		}
		for i := range keys {
			if keys[i].attr == id {
				fault.Code = wire.UnwillingToPerform
				return nil, fault
			}
		}
		key := sortKey{attr: id, typ: sc.Type(id), rule: string(k.Rule), reverse: k.Reverse}
		if !key.orders(sc) {
			fault.Code = wire.InappropriateMatching
			return nil, fault
		}
		keys = append(keys, key)
	}
	return keys, nil
}

// orders tells whether there is an order of the values: the rule that is asked
// for, the type's ordering rule, or else that of the normal form by its
// equality rule.
func (k *sortKey) orders(sc *schema.Schema) bool {
	if k.rule == "" {
		return k.typ.HasOrdering() || k.typ.HasEquality()
	}
	rule := sc.Rule(k.rule)
	return rule != nil && rule.Applies(k.typ) && rule.Syntax != substringAssertion && !rule.IsInChain() &&
		rule.OID != wire.MatchingRuleBitAnd && rule.OID != wire.MatchingRuleBitOr
}

// form appends the octets by which a value is ordered; false for one that the
// syntax does not allow.
func (k *sortKey) form(sc *schema.Schema, dst, value []byte) ([]byte, bool) {
	if k.rule != "" {
		return sc.RuleKey(k.rule, dst, value)
	}
	return k.typ.OrderingKey(dst, value)
}

// A sort text puts entries into order when compared octet by octet: for each
// key, whether a value is there and the value's form in an encoding that is
// never the beginning of another one, all octets inverted for reverse order. No
// value comes behind every value (RFC 2891, section 2.2).
const (
	textValue   = 0
	textNoValue = 1
)

// appendText appends the part of a sort text for one key. A nil form is that of
// an entry without a value.
func (k *sortKey) appendText(dst, form []byte, there bool) []byte {
	start := len(dst)
	if !there {
		dst = append(dst, textNoValue)
	} else {
		dst = append(dst, textValue)
		for _, b := range form {
			dst = append(dst, b)
			if b == 0 {
				dst = append(dst, 0xff)
			}
		}
		dst = append(dst, 0, 0)
	}
	if k.reverse {
		for i := start; i < len(dst); i++ {
			dst[i] = ^dst[i]
		}
	}
	return dst
}

// sortReader reads sort texts off the entries of one stage.
type sortReader struct {
	peeker
	schema *schema.Schema
	keys   []sortKey
	least  [][]byte // by key: the least form of the entry's values
	there  []bool
	form   []byte
	text   []byte
}

// sortReader makes a reader of some of the keys for the entries of a stage.
func (q *Query) sortReader(stage int, keys []sortKey) *sortReader {
	sc := q.state.Snapshot.Store().Schema()
	names := make([][]byte, len(keys))
	for i := range keys {
		names[i] = []byte(sc.Name(keys[i].attr))
	}
	sel := q.state.selectionOf(names, selecting{realOnly: q.request.RealOnly})
	return &sortReader{peeker: peeker{writer: q.writerFor(&q.stages[stage], sel)}, schema: sc, keys: keys,
		least: make([][]byte, len(keys)), there: make([]bool, len(keys))}
}

// of is the sort text of an entry, valid until the next one. Of several values
// the least counts (RFC 2891, section 2.2), in reverse order too.
func (s *sortReader) of(entry orderedEntry) []byte {
	clear(s.there)
	if e, ok := s.read(entry.id); ok {
		for e.NextAttribute() {
			s.attribute(&e)
		}
	}
	s.text = s.text[:0]
	for i := range s.keys {
		s.text = s.keys[i].appendText(s.text, s.least[i], s.there[i])
	}
	return s.text
}

func (s *sortReader) attribute(e *wire.EntryCursor) {
	id, ok := s.schema.LookupBytes(e.Name())
	if !ok {
		return
	}
	for e.NextValue() {
		for i := range s.keys {
			if s.schema.Includes(s.keys[i].attr, id) {
				s.value(i, e.Value())
			}
		}
	}
}

func (s *sortReader) value(i int, value []byte) {
	form, ok := s.keys[i].form(s.schema, s.form[:0], value)
	s.form = form
	if ok && (!s.there[i] || bytes.Compare(form, s.least[i]) < 0) {
		s.least[i], s.there[i] = append(s.least[i][:0], form...), true
	}
}

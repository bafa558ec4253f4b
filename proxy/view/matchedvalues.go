package view

import (
	"github.com/aclens/aclens/proxy/wire"
	"github.com/aclens/aclens/resolver/schema"
)

// valueItem is one item of the matched values control (RFC 3876, section 2),
// compiled.
type valueItem struct {
	about func(schema.ID) bool
	holds func([]byte) bool // nil: for every value
}

// prepareValues compiles the items of the matched values control. One that
// cannot be asked is left out, since it holds for no value. Where no values are
// asked for the control changes nothing.
func (q *Query) prepareValues() {
	if q.request.MatchedValues == nil || q.sel.typesOnly || q.sel.none {
		return
	}
	q.values = []valueItem{}
	c := &compiler{state: q.state, rights: q.rights, schema: q.state.Snapshot.Store().Schema()}
	for i := range q.request.MatchedValues {
		if item, ok := c.valueItem(&q.request.MatchedValues[i]); ok {
			q.values = append(q.values, item)
		}
	}
}

func (c *compiler) valueItem(f *wire.Filter) (valueItem, bool) {
	if len(f.Attr) == 0 {
		return c.ruleItem(f)
	}
	id, ok := c.schema.LookupBytes(f.Attr)
	if !ok {
		return valueItem{}, false
	}
	a := &assertion{typ: c.schema.Type(id), filter: f}
	if f.Kind == wire.Extensible && len(f.Rule) == 0 {
		equality := *f
		equality.Kind = wire.Equality
		a.filter = &equality
	}
	if f.Kind == wire.Extensible && len(f.Rule) > 0 {
		if rule := c.schema.Rule(string(f.Rule)); rule == nil || !rule.Applies(a.typ) {
			return valueItem{}, false
		}
	}
	test := storedTest
	if c.state.byID[id] != nil {
		test = valueTest
	}
	holds, ok := test(c, a)
	return valueItem{func(have schema.ID) bool { return c.schema.Includes(id, have) }, holds}, ok
}

// ruleItem is an item by a rule alone: it is about every attribute that the rule
// is for. In a filter that would look past what may be read; here nothing is
// looked at but what is returned.
func (c *compiler) ruleItem(f *wire.Filter) (valueItem, bool) {
	rule := c.schema.Rule(string(f.Rule))
	if rule == nil {
		return valueItem{}, false
	}
	holds, ok := rule.Compile(f.Value)
	return valueItem{func(have schema.ID) bool { return rule.Applies(c.schema.Type(have)) }, holds}, ok
}

// matchedValues writes the attribute at hand with the values that an item holds
// for, which may be none of them.
func (r *run) matchedValues(out *wire.EntryWriter, e *wire.EntryCursor) {
	id, known := r.state.Snapshot.Store().Schema().LookupBytes(e.Name())
	out.BeginAttributeBytes(e.Name())
	for e.NextValue() {
		if known && r.matches(id, e.Value()) {
			out.ValueBytes(e.Value())
		}
	}
	out.EndAttribute()
}

func (r *run) matches(id schema.ID, value []byte) bool {
	for i := range r.values {
		if item := &r.values[i]; item.about(id) && (item.holds == nil || item.holds(value)) {
			return true
		}
	}
	return false
}

package view

import (
	"slices"
	"strconv"
	"strings"

	"github.com/aclens/aclens/proxy/wire"
	"github.com/aclens/aclens/resolver/schema"
)

// truth is what a filter item is by RFC 4511, 4.5.1.7.
type truth int

const (
	no truth = iota
	undefined
	yes
)

func truthOf(b bool) truth {
	if b {
		return yes
	}
	return no
}

// asserted puts one value into every kind of assertion; what does not hang on the
// value only with the first.
func (m *matrix) asserted(e *thing, attribute, v string, first bool) {
	visible := m.oracle.values(m, &m.who, e, strings.ToLower(attribute))
	readable := m.oracle.readable(m, &m.who, e, strings.ToLower(attribute))
	ty := m.typeOf(attribute)
	any := func(test func(string) bool) truth {
		if !readable {
			return undefined
		}
		return truthOf(slices.ContainsFunc(visible, test))
	}
	if attribute == "effectiveNamesList" && readable {
		return // the oracle does not know all of its values
	}
	if first {
		m.expect(e, item(wire.Present, attribute, ""), any(func(string) bool { return true }))
	}
	equal := func(x string) bool { return m.same(attribute, x, v) }
	m.compare(e, attribute, v, any(equal), len(visible) > 0)
	if !ty.HasEquality() {
		m.expect(e, item(wire.Equality, attribute, v), undefined)
		return
	}
	if _, valid := ty.AppendKey(nil, []byte(v)); !valid {
		m.expect(e, item(wire.Equality, attribute, v), undefined)
		return
	}
	if attribute != "objectClass" { // where subclasses count
		m.expect(e, item(wire.Equality, attribute, v), any(equal))
		if first {
			m.expect(e, item(wire.Approx, attribute, v), any(equal))
			m.expect(e, wire.Filter{Kind: wire.Extensible, Attr: []byte(attribute), Value: []byte(v)}, any(equal))
		}
		m.expect(e, wire.Filter{Kind: wire.Extensible, Attr: []byte(attribute), Rule: []byte(ty.Equality), Value: []byte(v)}, any(equal))
	}
	m.chained(e, attribute, v, any(equal))
	m.substrings(e, attribute, v, any)
	m.ordered(e, attribute, v, any)
}

func (m *matrix) chained(e *thing, attribute, v string, equal truth) {
	switch attribute {
	case "isMemberOf", "memberOf", "member":
	default:
		return
	}
	f := wire.Filter{Kind: wire.Extensible, Attr: []byte(attribute), Rule: []byte(schema.InChain), Value: []byte(v)}
	if attribute == "member" && equal != undefined && e.kind == "group" {
		who := m.oracle.entries[keyOf(m, v)]
		equal = truthOf(who != nil && slices.Contains(m.oracle.groupsOf(m, who, func(*thing) bool { return true }), e))
	}
	m.expect(e, f, equal)
}

func (m *matrix) substrings(e *thing, attribute, v string, any func(func(string) bool) truth) {
	start := v[:(len(v)+1)/2]
	f := wire.Filter{Kind: wire.Substrings, Attr: []byte(attribute), Initial: []byte(start)}
	want := any(func(x string) bool { return len(x) >= len(start) && strings.EqualFold(x[:len(start)], start) })
	if !m.typeOf(attribute).HasSubstring() {
		want = undefined
	}
	if strings.HasSuffix(start, " ") {
		return // spaces at an end are the matching rule's
	}
	m.expect(e, f, want)
}

func (m *matrix) ordered(e *thing, attribute, v string, any func(func(string) bool) truth) {
	before := func(x string) bool { return strings.ToLower(x) >= strings.ToLower(v) }
	if m.kind(attribute) == "number" {
		n, _ := strconv.Atoi(v)
		before = func(x string) bool { i, _ := strconv.Atoi(x); return i >= n }
	}
	want := any(before)
	if !m.typeOf(attribute).HasOrdering() {
		want = undefined
	}
	m.expect(e, item(wire.GreaterOrEqual, attribute, v), want)
}

// expect runs a filter and its negation on the entry alone.
func (m *matrix) expect(e *thing, f wire.Filter, want truth) {
	for _, c := range []struct {
		filter wire.Filter
		want   bool
	}{{f, want == yes}, {not(f), want == no}} {
		es, a := m.search(e.dn, wire.ScopeBase, c.filter, "1.1")
		if got := len(es) == 1; got != c.want || a.Result.Code != wire.Success {
			m.Errorf("%s: %s finds it: %v, want %v (%v)", e.dn, wire.FilterString(c.filter), got, c.want, a.Result.Code)
		}
	}
}

func (m *matrix) compare(e *thing, attribute, v string, equal truth, present bool) {
	want := wire.CompareFalse
	ty := m.typeOf(attribute)
	_, valid := ty.AppendKey(nil, []byte(v))
	switch {
	case equal == undefined || !present:
		want = wire.NoSuchAttribute
	case !ty.HasEquality():
		want = wire.InappropriateMatching
	case !valid:
		want = wire.InvalidAttributeSyntax
	case equal == yes:
		want = wire.CompareTrue
	}
	if attribute == "objectClass" && want == wire.CompareFalse {
		return // a superclass counts
	}
	if got := compare(m, m.view, m.who.dn, e.dn, attribute, v).Code; got != want {
		m.Errorf("%s: Compare %s with %q is %v, want %v", e.dn, attribute, v, got, want)
	}
}

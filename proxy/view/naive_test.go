package view

import (
	"slices"
	"strings"
	"testing"

	"github.com/aclens/aclens/proxy/wire"
	"github.com/aclens/aclens/resolver/name"
	"github.com/aclens/aclens/resolver/schema"
)

// reading is what one client reads of one entry, with what it may read at all.
type reading struct {
	testing.TB
	world *oracle
	who   *who
	thing *thing
	entry entry
}

// everything is the attribute list that leaves nothing out.
var everything = func() []string {
	list := []string{"*", "+"}
	for _, a := range attributes {
		list = append(list, a.name)
	}
	return list
}()

// holds evaluates a filter by RFC 4511, 4.5.1.7, on the values that were read.
func (r *reading) holds(f *wire.Filter) truth {
	switch f.Kind {
	case wire.And:
		t := yes
		for i := range f.Children {
			t = min(t, r.holds(&f.Children[i]))
		}
		return t
	case wire.Or:
		t := no
		for i := range f.Children {
			t = max(t, r.holds(&f.Children[i]))
		}
		return t
	case wire.Not:
		return yes - r.holds(&f.Children[0])
	}
	sc := r.world.snap.Store().Schema()
	id, ok := sc.LookupBytes(f.Attr)
	if !ok {
		return undefined
	}
	test, ok := r.test(f, sc.Type(id))
	if !ok {
		return undefined
	}
	out := r.values(sc, id, f, test)
	if f.Kind == wire.Extensible && f.DNAttributes && r.nameHolds(sc, id, test) {
		return yes
	}
	return out
}

// values asks each type that the asserted one includes: what may not be read is
// undefined.
func (r *reading) values(sc *schema.Schema, id schema.ID, f *wire.Filter, test func(string) bool) truth {
	out, chain := no, string(f.Rule) == schema.InChain
	for _, each := range sc.Expand(id) {
		folded := strings.ToLower(sc.Type(each).Name())
		if !r.world.readable(r, r.who, r.thing, folded) {
			out = max(out, undefined)
			continue
		}
		if chain && folded == "member" && r.thing.kind == "group" {
			if who := r.world.entries[keyOf(r, string(f.Value))]; who != nil && slices.Contains(r.world.groupsOf(r, who, func(*thing) bool { return true }), r.thing) {
				out = yes
			}
			continue
		}
		for n, values := range r.entry.attrs {
			if have, _ := sc.Lookup(n); have == each && slices.ContainsFunc(values, test) {
				out = yes
			}
		}
	}
	return out
}

// test is the test of one value; false where the assertion is Undefined.
func (r *reading) test(f *wire.Filter, t *schema.Type) (func(string) bool, bool) {
	value := r.keyed(t, f.Value)
	switch f.Kind {
	case wire.Present:
		return func(string) bool { return true }, true
	case wire.Equality, wire.Approx:
		return r.equal(t, value)
	case wire.Substrings:
		m, ok := t.CompileSubstrings(r.keyed(t, f.Initial), f.Any, f.Final)
		return func(v string) bool { return m.Match([]byte(v)) }, ok
	case wire.GreaterOrEqual, wire.LessOrEqual:
		want, ok := t.OrderingKey(nil, value)
		return func(v string) bool {
			have, ok := t.OrderingKey(nil, []byte(v))
			return ok && (f.Kind == wire.GreaterOrEqual && string(have) >= string(want) || f.Kind == wire.LessOrEqual && string(have) <= string(want))
		}, ok && t.HasOrdering()
	}
	if len(f.Rule) == 0 {
		return r.equal(t, value)
	}
	rule := r.world.snap.Store().Schema().Rule(string(f.Rule))
	if rule == nil {
		return nil, false
	}
	if rule.IsInChain() {
		if !slices.Contains([]string{"member", "memberOf", "isMemberOf"}, t.Name()) {
			return nil, false
		}
		return r.equal(t, value)
	}
	match, ok := rule.Compile(f.Value)
	return func(v string) bool { return match([]byte(v)) }, ok && rule.Applies(t)
}

func (r *reading) equal(t *schema.Type, value []byte) (func(string) bool, bool) {
	want, ok := t.AppendKey(nil, value)
	return func(v string) bool {
		if t.Name() == "objectClass" {
			return r.world.snap.Store().Schema().IsA(v, string(value))
		}
		have, ok := t.AppendKey(nil, []byte(v))
		return ok && string(have) == string(want)
	}, ok && t.HasEquality()
}

// keyed reads the alias of the sample as the key in values about databases.
func (r *reading) keyed(t *schema.Type, value []byte) []byte {
	if rest, ok := strings.CutPrefix(string(value), "crm#"); ok && strings.HasPrefix(t.Name(), "effective") {
		return []byte("apps/crm.nsf#" + rest)
	}
	return value
}

// nameHolds looks at the attributes in the DN (":dn").
func (r *reading) nameHolds(sc *schema.Schema, id schema.ID, test func(string) bool) bool {
	dn, err := name.ParseDN(r.entry.dn)
	must(r, err)
	for ; !dn.IsRoot(); dn = dn.Parent() {
		for _, ava := range dn.RDN() {
			if at, ok := sc.Lookup(ava.Type); ok && sc.Includes(id, at) && test(ava.Value) {
				return true
			}
		}
	}
	return false
}

// within tells whether an entry is in a scope, by text alone.
func within(key, base string, scope wire.Scope) bool {
	parent, _ := name.ParentKey(key)
	below := base == "" || strings.HasSuffix(key, ","+base)
	switch scope {
	case wire.ScopeBase:
		return key == base
	case wire.ScopeOne:
		return parent == base && key != base
	case wire.ScopeChildren:
		return below
	default:
		return below || key == base
	}
}

// readAll reads every entry that a client can, one after the other.
func readAll(t testing.TB, o *oracle, v *View, w *who) []*reading {
	var out []*reading
	for _, e := range o.entries {
		es, a := runQuery(t, v, Request{Identity: identity(t, w.dn), Search: ask(e.dn, wire.ScopeBase, anything, everything...)})
		if visible := o.visible(t, w, e); visible != (len(es) == 1) || !visible && a.Result.Code != wire.NoSuchObject {
			t.Errorf("%s is visible: %v, want %v (%v)", e.dn, len(es) == 1, visible, a.Result)
		}
		if len(es) == 1 {
			out = append(out, &reading{t, o, w, e, es[0]})
		}
	}
	return out
}

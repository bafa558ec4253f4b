package directory

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/aclens/aclens/resolver/name"
	"github.com/aclens/aclens/resolver/schema"
)

// plainStore is the obvious directory: by name and by source, whatever was put
// there last.
type plainStore map[string]map[uint8]*Draft

func (p plainStore) apply(changes []Change) {
	for _, c := range changes {
		if c.Put == nil {
			delete(p[c.Remove], c.Source)
			if len(p[c.Remove]) == 0 {
				delete(p, c.Remove)
			}
			continue
		}
		dn, err := name.ParseDN(c.Put.DN)
		if err != nil || dn.IsRoot() {
			continue
		}
		if p[dn.Key()] == nil {
			p[dn.Key()] = map[uint8]*Draft{}
		}
		p[dn.Key()][c.Put.Source] = c.Put
	}
}

// entry is what is seen under a name: the first directory's.
func (p plainStore) entry(key string) *Draft {
	for source := range uint8(MaxSources) {
		if d := p[key][source]; d != nil {
			return d
		}
	}
	return nil
}

// keys lists the names of entries and of the glue above them.
func (p plainStore) keys() []string {
	seen := map[string]bool{}
	for key := range p {
		for ok := true; ok && key != ""; key, ok = name.ParentKey(key) {
			seen[key] = true
		}
	}
	out := []string{}
	for key := range seen {
		out = append(out, key)
	}
	slices.Sort(out)
	return out
}

// item is a filter in words, before names and values are resolved.
type item struct {
	op       Op
	children []item
	value    Truth
	attr     string
	assert   string
	initial  string
	between  []string
	final    string
	rule     string
	any      bool
	dnAttrs  bool
	leaf     Leaf
	guard    Guard
}

// truth evaluates an item on a draft, from the texts.
func (it *item) truth(sc *schema.Schema, d *Draft, id ID) Truth {
	switch it.op {
	case Constant:
		return it.value
	case And:
		t := True
		for i := range it.children {
			t = min(t, it.children[i].truth(sc, d, id))
		}
		return t
	case Or:
		t := False
		for i := range it.children {
			t = max(t, it.children[i].truth(sc, d, id))
		}
		return t
	case Not:
		return True - it.children[0].truth(sc, d, id)
	}
	if it.guard != nil && !it.guard.Readable(id) {
		return Undefined
	}
	if it.op == Computed {
		return it.leaf.Eval(id)
	}
	return it.leafTruth(sc, d)
}

func (it *item) leafTruth(sc *schema.Schema, d *Draft) Truth {
	asked, known := sc.Lookup(it.attr)
	if !known && !it.any {
		return Undefined
	}
	holds, defined := it.test(sc, asked)
	if !defined {
		return Undefined
	}
	for _, a := range d.Attributes {
		have, _ := sc.Lookup(a.Name)
		if !it.any && !sc.Includes(asked, have) {
			continue
		}
		for _, v := range a.Values {
			if holds(v) {
				return True
			}
		}
	}
	return TruthOf(it.dnAttrs && dnHas(d.DN, it.attr, it.assert))
}

// dnHas stands in for matching by RDN: same type, same text.
func dnHas(dn, attr, value string) bool {
	parsed, _ := name.ParseDN(dn)
	for ; !parsed.IsRoot(); parsed = parsed.Parent() {
		for _, ava := range parsed.RDN() {
			if strings.EqualFold(ava.Type, attr) && ava.Value == value {
				return true
			}
		}
	}
	return false
}

// test is the test of one value; false when the assertion is not defined.
func (it *item) test(sc *schema.Schema, asked schema.ID) (func([]byte) bool, bool) {
	t := sc.Type(asked)
	switch it.op {
	case Present:
		return func([]byte) bool { return true }, true
	case Equal:
		want, ok := t.AppendKey(nil, []byte(it.assert))
		if !ok || !t.HasEquality() {
			return nil, false
		}
		if sc.Base(asked) == asked && t.Name() == "objectClass" {
			return func(v []byte) bool { return sc.IsA(string(v), it.assert) }, true
		}
		return func(v []byte) bool {
			got, ok := t.AppendKey(nil, v)
			return ok && string(got) == string(want)
		}, true
	case Substring:
		text, ok := it.substrings(t)
		if !ok {
			return nil, false
		}
		return text.Match, true
	case GreaterOrEqual, LessOrEqual:
		if !t.HasOrdering() {
			return nil, false
		}
		if _, ok := t.OrderingKey(nil, []byte(it.assert)); !ok {
			return nil, false
		}
		return func(v []byte) bool {
			c, ok := t.CompareValues(v, []byte(it.assert))
			return ok && (c == 0 || (c > 0) == (it.op == GreaterOrEqual))
		}, true
	default:
		return sc.Rule(it.rule).Compile([]byte(it.assert))
	}
}

func (it *item) substrings(t *schema.Type) (*schema.Substrings, bool) {
	var between [][]byte
	for _, b := range it.between {
		between = append(between, []byte(b))
	}
	return t.CompileSubstrings([]byte(it.initial), between, []byte(it.final))
}

// compile resolves an item as whoever reads filters off the wire does.
func (it *item) compile(sc *schema.Schema) Filter {
	f := Filter{Op: it.op, Value: it.value, Guard: it.guard, Leaf: it.leaf}
	for i := range it.children {
		f.Children = append(f.Children, it.children[i].compile(sc))
	}
	switch it.op {
	case Constant, And, Or, Not, Computed:
		return f
	}
	asked, known := sc.Lookup(it.attr)
	undefined := Filter{Op: Constant, Value: Undefined}
	if !known && !it.any {
		return undefined
	}
	if known {
		f.Attrs, f.Type = sc.Expand(asked), sc.Type(asked)
	}
	if !it.compileAssertion(sc, &f) {
		return undefined
	}
	return f
}

func (it *item) compileAssertion(sc *schema.Schema, f *Filter) bool {
	ok := true
	switch it.op {
	case Equal:
		f.Key, ok = f.Type.AppendKey(nil, []byte(it.assert))
		return ok && f.Type.HasEquality()
	case GreaterOrEqual, LessOrEqual:
		f.Key, ok = f.Type.OrderingKey(nil, []byte(it.assert))
		return ok && f.Type.HasOrdering()
	case Substring:
		f.Text, ok = it.substrings(f.Type)
	case Matching:
		f.Rule.Any = it.any
		f.Rule.Match, ok = sc.Rule(it.rule).Compile([]byte(it.assert))
		if it.dnAttrs {
			f.Rule.DNAttrs = func(a, v string) bool { return strings.EqualFold(a, it.attr) && v == it.assert }
		}
	}
	return ok
}

// someIDs is a Guard, and a Leaf that is True for a set of entries and False or
// Undefined for others.
type someIDs struct {
	ids   []ID
	shape int
}

func (s someIDs) Readable(id ID) bool { return slices.Contains(s.ids, id) }

func (s someIDs) Eval(id ID) Truth {
	if slices.Contains(s.ids, id) {
		return True
	}
	return Truth(id % 2)
}

func (s someIDs) Candidates() Candidates {
	switch s.shape {
	case 0:
		return Everything()
	case 1:
		return Listed(s.ids...)
	default:
		return Set(Listed(s.ids...).bitmap())
	}
}

func randomIDs(rng *rand.Rand, end ID) []ID {
	var ids []ID
	for id := range end {
		if rng.IntN(3) > 0 {
			ids = append(ids, id)
		}
	}
	return ids
}

func (it *item) String() string { return fmt.Sprintf("%+v", *it) }

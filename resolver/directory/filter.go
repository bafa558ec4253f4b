package directory

import "github.com/aclens/aclens/resolver/schema"

// Truth is a value of the three-valued logic of RFC 4511, 4.5.1.7.
type Truth uint8

// The values of Truth, ordered so that And is the least and Or the greatest.
const (
	False Truth = iota
	Undefined
	True
)

// Not negates; Undefined stays Undefined.
func (t Truth) Not() Truth { return True - t }

// TruthOf turns a known fact into a Truth.
func TruthOf(b bool) Truth {
	if b {
		return True
	}
	return False
}

// Op is the kind of a Filter.
type Op uint8

// The kinds of Filter.
const (
	Constant Op = iota // Value for every entry
	And
	Or
	Not
	Equal
	Substring
	GreaterOrEqual
	LessOrEqual
	Present
	Matching // an extensible match by a rule of its own
	Computed // a Leaf that somebody else evaluates
)

// Filter is a filter whose names and values are resolved: assertion values are
// in the normal form of the attribute's matching rule.
type Filter struct {
	Op       Op
	Value    Truth    // Constant
	Children []Filter // And, Or; Not has one

	Attrs []schema.ID        // the descriptions that the asserted one includes
	Type  *schema.Type       // whose rules apply
	Key   []byte             // the assertion in normal form
	Text  *schema.Substrings // Substring

	Rule Rule // Matching
	Leaf Leaf // Computed

	Guard Guard // nil where the values of every entry may be looked at
}

// Rule is an extensible match (RFC 4511, 4.5.1.7.7).
type Rule struct {
	Match   func(value []byte) bool            // whether one stored value matches
	Any     bool                               // every attribute is looked at, not just Attrs
	DNAttrs func(attribute, value string) bool // nil unless the RDNs count as well
}

// Leaf is a part of a filter over values that no record holds.
type Leaf interface {
	// Eval tells what the leaf is for one entry.
	Eval(id ID) Truth
	// Candidates holds every entry for which Eval may be True.
	Candidates() Candidates
}

// Guard tells for which entries an attribute may be looked at; elsewhere the
// part of the filter that names it is Undefined.
type Guard interface {
	Readable(id ID) bool
}

// Evaluator evaluates filters on the entries of one Store; it holds scratch
// space and serves one goroutine.
type Evaluator struct {
	store *Store
	buf   []byte
}

// NewEvaluator makes an Evaluator for a Store.
func NewEvaluator(s *Store) *Evaluator { return &Evaluator{store: s} }

// Eval tells what the filter is for one entry.
func (v *Evaluator) Eval(f *Filter, id ID) Truth {
	switch f.Op {
	case Constant:
		return f.Value
	case And:
		t := True
		for i := range f.Children {
			if t = min(t, v.Eval(&f.Children[i], id)); t == False {
				break
			}
		}
		return t
	case Or:
		t := False
		for i := range f.Children {
			if t = max(t, v.Eval(&f.Children[i], id)); t == True {
				break
			}
		}
		return t
	case Not:
		return v.Eval(&f.Children[0], id).Not()
	}
	if f.Guard != nil && !f.Guard.Readable(id) {
		return Undefined
	}
	switch {
	case f.Op == Computed:
		return f.Leaf.Eval(id)
	case f.Op == Equal && v.store.isClass(f.Attrs):
		return TruthOf(v.store.Class(string(f.Key)).Contains(uint32(id))) // subclasses count
	}
	return TruthOf(v.holds(f, id))
}

// holds looks for a value of the entry that satisfies an attribute assertion.
func (v *Evaluator) holds(f *Filter, id ID) bool {
	e := v.store.Entry(id)
	if e == "" {
		return false
	}
	if f.Op == Matching && f.Rule.DNAttrs != nil && dnHolds(e, f.Rule.DNAttrs) {
		return true
	}
	for c := e.Attributes(); ; {
		desc, raw, ok := c.Next()
		if !ok {
			return false
		}
		if f.covers(desc) && (f.Op == Present || v.anyValue(f, raw)) {
			return true
		}
	}
}

func (f *Filter) covers(desc schema.ID) bool {
	if f.Op == Matching && f.Rule.Any {
		return true
	}
	for _, a := range f.Attrs {
		if a == desc {
			return true
		}
	}
	return false
}

func (v *Evaluator) anyValue(f *Filter, raw RawAttribute) bool {
	for vs := raw.Values(); ; {
		value, ok := vs.Next()
		if !ok {
			return false
		}
		if v.valueHolds(f, bytesOf(value)) {
			return true
		}
	}
}

func (v *Evaluator) valueHolds(f *Filter, value []byte) bool {
	var ok bool
	switch f.Op {
	case Equal:
		if v.buf, ok = f.Type.AppendKey(v.buf[:0], value); ok {
			return string(v.buf) == string(f.Key)
		}
	case Substring:
		return f.Text.Match(value)
	case GreaterOrEqual:
		if v.buf, ok = f.Type.OrderingKey(v.buf[:0], value); ok {
			return string(v.buf) >= string(f.Key)
		}
	case LessOrEqual:
		if v.buf, ok = f.Type.OrderingKey(v.buf[:0], value); ok {
			return string(v.buf) <= string(f.Key)
		}
	case Matching:
		return f.Rule.Match(value)
	}
	return false
}

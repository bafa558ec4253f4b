package shadow

import (
	"fmt"
	"slices"
	"strings"

	"github.com/aclens/aclens/proxy/wire"
)

// Pair says which attribute of aclens stands for which of the present server.
type Pair struct {
	Ours, Theirs string
}

// ParsePairs reads "isMemberOf=memberOf,mail": an attribute of aclens and the
// one of the present server, or one name that both have.
func ParsePairs(text string) ([]Pair, error) {
	var list []Pair
	for part := range strings.SplitSeq(text, ",") {
		part = strings.TrimSpace(part)
		if part == "" {
			continue
		}
		ours, theirs, two := strings.Cut(part, "=")
		if !two {
			theirs = ours
		}
		p := Pair{strings.TrimSpace(ours), strings.TrimSpace(theirs)}
		if p.Ours == "" || p.Theirs == "" {
			return nil, fmt.Errorf("%q is neither a name nor two names with = between them", part)
		}
		if slices.ContainsFunc(list, func(o Pair) bool { return same(o.Theirs, p.Theirs) || same(o.Ours, p.Ours) }) {
			return nil, fmt.Errorf("%q: one of its names is there already", part)
		}
		list = append(list, p)
	}
	return list, nil
}

func same(a, b string) bool { return strings.EqualFold(a, b) }

// mapping translates between the names of the two sides.
type mapping []Pair

// ours is the name that aclens has for an attribute of the present server.
func (m mapping) ours(theirs string) string {
	for _, p := range m {
		if same(p.Theirs, theirs) {
			return p.Ours
		}
	}
	return theirs
}

// request is a search as aclens is asked it.
func (m mapping) request(r Request) Request {
	r.Filter = m.filter(r.Filter)
	attributes := make([]string, len(r.Attributes))
	for i, a := range r.Attributes {
		attributes[i] = m.ours(a)
	}
	r.Attributes = attributes
	return r
}

// filter names the attributes of a filter as aclens does, in a copy.
func (m mapping) filter(f wire.Filter) wire.Filter {
	f.Attr = []byte(m.ours(string(f.Attr)))
	f.Children = slices.Clone(f.Children)
	for i := range f.Children {
		f.Children[i] = m.filter(f.Children[i])
	}
	return f
}

// entry is an entry of aclens with the names of the present server, folded.
// What stands under such a name without being mapped to it is left out: it is
// not what is compared.
func (m mapping) entry(e Entry) Entry {
	out := Entry{DN: e.DN, Attributes: map[string][]string{}}
	for name, values := range e.Attributes {
		i := slices.IndexFunc(m, func(p Pair) bool { return same(p.Ours, name) })
		switch {
		case i >= 0:
			out.Attributes[strings.ToLower(m[i].Theirs)] = values
		case !slices.ContainsFunc(m, func(p Pair) bool { return same(p.Theirs, name) }):
			out.Attributes[strings.ToLower(name)] = values
		}
	}
	return out
}

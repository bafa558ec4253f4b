package view

import (
	"strings"

	"github.com/aclens/aclens/proxy/policy"
	"github.com/aclens/aclens/proxy/wire"
	"github.com/aclens/aclens/resolver/directory"
	"github.com/aclens/aclens/resolver/schema"
)

// compiler turns the filter of a request into one over resolved names and
// normal forms. What the identity may not see becomes Undefined here.
type compiler struct {
	state    *State
	rights   *policy.Rights
	store    *directory.Store
	schema   *schema.Schema
	branch   branch
	realOnly bool
}

// branch is what differs between the directory's entries and the virtual ones:
// which attributes are computed there, and who may look at what.
type branch interface {
	// computed finds the leaf of an equality or presence assertion on an
	// attribute that no record holds; false where records hold it.
	computed(c *compiler, a *assertion) (directory.Filter, bool)
	// guard says for which entries an attribute may be looked at: nil for all,
	// and false for none.
	guard(c *compiler, folded string, class policy.Class) (directory.Guard, bool)
}

// assertion is one item of a filter on an attribute.
type assertion struct {
	attrs  []schema.ID
	typ    *schema.Type
	folded string
	filter *wire.Filter
}

// never is a filter that is Undefined for every entry.
func never() directory.Filter {
	return directory.Filter{Op: directory.Constant, Value: directory.Undefined}
}

// compile never fails: what cannot be asked is Undefined (RFC 4511, 4.5.1.7).
func (c *compiler) compile(f *wire.Filter) directory.Filter {
	switch f.Kind {
	case wire.And:
		return c.junction(directory.And, f)
	case wire.Or:
		return c.junction(directory.Or, f)
	case wire.Not:
		return directory.Filter{Op: directory.Not, Children: []directory.Filter{c.compile(&f.Children[0])}}
	case wire.Extensible:
		return c.extensible(f)
	case wire.Equality, wire.Approx, wire.Present, wire.Substrings, wire.GreaterOrEqual, wire.LessOrEqual:
		return c.item(f)
	default:
		return never()
	}
}

func (c *compiler) junction(op directory.Op, f *wire.Filter) directory.Filter {
	out := directory.Filter{Op: op, Children: make([]directory.Filter, len(f.Children))}
	for i := range f.Children {
		out.Children[i] = c.compile(&f.Children[i])
	}
	return out
}

func (c *compiler) item(f *wire.Filter) directory.Filter {
	id, ok := c.schema.LookupBytes(f.Attr)
	if !ok {
		return never()
	}
	t := c.schema.Type(id)
	a := &assertion{typ: t, attrs: c.schema.Expand(id), folded: strings.ToLower(t.Name()), filter: f}
	guard, visible := c.branch.guard(c, a.folded, classOf(a.folded))
	if !visible {
		return never()
	}
	out, ok := c.branch.computed(c, a)
	if !ok {
		out = c.stored(a)
	}
	if out.Op != directory.Constant && out.Guard == nil {
		out.Guard = guard
	}
	return out
}

// stored is an item on an attribute that records hold.
func (c *compiler) stored(a *assertion) directory.Filter {
	out := directory.Filter{Attrs: a.attrs, Type: a.typ}
	var ok bool
	switch a.filter.Kind {
	case wire.Present:
		out.Op = directory.Present
		return out
	case wire.Equality, wire.Approx:
		out.Op = directory.Equal
		if !a.typ.HasEquality() {
			return never()
		}
		out.Key, ok = a.typ.AppendKey(nil, a.filter.Value)
	case wire.Substrings:
		out.Op = directory.Substring
		out.Text, ok = a.typ.CompileSubstrings(a.filter.Initial, a.filter.Any, a.filter.Final)
	case wire.GreaterOrEqual, wire.LessOrEqual:
		out.Op = directory.GreaterOrEqual
		if a.filter.Kind == wire.LessOrEqual {
			out.Op = directory.LessOrEqual
		}
		if !a.typ.HasOrdering() {
			return never()
		}
		out.Key, ok = a.typ.OrderingKey(nil, a.filter.Value)
	}
	if !ok {
		return never()
	}
	return out
}

// extensible is an extensible match (RFC 4511, 4.5.1.7.7).
func (c *compiler) extensible(f *wire.Filter) directory.Filter {
	if len(f.Rule) == 0 {
		plain := *f
		plain.Kind = wire.Equality
		item := c.item(&plain)
		if f.DNAttributes {
			return c.orInDN(item, f)
		}
		return item
	}
	rule := c.schema.Rule(string(f.Rule))
	if rule == nil {
		return never()
	}
	if rule.IsInChain() {
		return c.inChain(f)
	}
	if len(f.Attr) == 0 {
		return never() // a rule over every attribute would look past what may be read
	}
	id, ok := c.schema.LookupBytes(f.Attr)
	if !ok || !rule.Applies(c.schema.Type(id)) {
		return never()
	}
	match, ok := rule.Compile(f.Value)
	if !ok {
		return never()
	}
	a := &assertion{typ: c.schema.Type(id), attrs: c.schema.Expand(id), folded: strings.ToLower(c.schema.Type(id).Name()), filter: f}
	guard, visible := c.branch.guard(c, a.folded, classOf(a.folded))
	if !visible {
		return never()
	}
	if out, ok := c.branch.computed(c, a); ok {
		return out
	}
	return directory.Filter{Op: directory.Matching, Attrs: a.attrs, Type: a.typ, Guard: guard, Rule: directory.Rule{Match: match}}
}

// orInDN adds the values of the RDNs to an equality item (":dn").
func (c *compiler) orInDN(item directory.Filter, f *wire.Filter) directory.Filter {
	id, ok := c.schema.LookupBytes(f.Attr)
	if !ok {
		return item
	}
	t := c.schema.Type(id)
	want, ok := t.AppendKey(nil, f.Value)
	if !ok {
		return item
	}
	inDN := directory.Filter{Op: directory.Matching, Rule: directory.Rule{
		Match: func([]byte) bool { return false },
		DNAttrs: func(attribute, value string) bool {
			at, ok := c.schema.Lookup(attribute)
			if !ok || at != id {
				return false
			}
			key, ok := t.AppendKey(nil, []byte(value))
			return ok && string(key) == string(want)
		},
	}}
	return directory.Filter{Op: directory.Or, Children: []directory.Filter{item, inDN}}
}

// inChain is the rule that follows links between entries, on members and
// memberships: there both attributes are flattened already.
func (c *compiler) inChain(f *wire.Filter) directory.Filter {
	plain := *f
	plain.Kind, plain.Rule = wire.Equality, nil
	switch foldedDescription(f.Attr) {
	case "memberof", "ismemberof":
		return c.item(&plain)
	case "member", "uniquemember":
		return c.chainMember(&plain)
	default:
		return never()
	}
}

func foldedDescription(attr []byte) string {
	name, _, _ := strings.Cut(string(attr), ";")
	return strings.ToLower(name)
}

// CompileFilter resolves a filter against a schema without any rights, for
// filters that the configuration or a command gives.
func CompileFilter(s *schema.Schema, f *wire.Filter) directory.Filter {
	c := compiler{schema: s, branch: openPlace{}}
	return c.compile(f)
}

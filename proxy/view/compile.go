package view

import (
	"slices"
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
	pace     *pace     // nil outside of searches
	shared   *computed // of all leaves, made when first needed
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
	return c.eachType(f, c.stored)
}

// eachType makes an item for the asserted type and one for each of its
// subtypes, since each may be readable or not by itself.
func (c *compiler) eachType(f *wire.Filter, stored func(*assertion) directory.Filter) directory.Filter {
	id, ok := c.schema.LookupBytes(f.Attr)
	if !ok {
		return never()
	}
	typ, all := c.schema.Type(id), c.schema.Expand(id)
	if base := c.schema.Base(all[0]); !slices.ContainsFunc(all, func(d schema.ID) bool { return c.schema.Base(d) != base }) {
		return c.oneType(&assertion{typ: typ, attrs: all, filter: f}, stored)
	}
	out, done := directory.Filter{Op: directory.Or}, map[schema.ID]bool{}
	for _, each := range all {
		base := c.schema.Base(each)
		if done[base] {
			continue
		}
		done[base] = true
		a := &assertion{typ: typ, filter: f}
		for _, d := range all {
			if c.schema.Base(d) == base {
				a.attrs = append(a.attrs, d)
			}
		}
		out.Children = append(out.Children, c.oneType(a, stored))
	}
	return out
}

// called is the folded name of a type and the class of right that it needs.
func (c *compiler) called(id schema.ID) (folded string, class policy.Class) {
	if c.state != nil && c.schema == c.state.Snapshot.Store().Schema() && int(id) < len(c.state.columns) {
		return c.state.columns[id].folded, c.state.columns[id].class
	}
	folded = strings.ToLower(c.schema.Type(id).Name())
	return folded, classOf(folded)
}

// oneType makes an item on the descriptions of one type, with its guard.
func (c *compiler) oneType(a *assertion, stored func(*assertion) directory.Filter) directory.Filter {
	folded, class := c.called(a.attrs[0])
	a.folded = folded
	guard, visible := c.branch.guard(c, folded, class)
	if !visible {
		return never()
	}
	out, ok := c.branch.computed(c, a)
	if !ok {
		out = stored(a)
		if c.namesDenyList(a) { // a value that may not be known of is as one that is not there
			out = computedLeaf(&setLeaf{leafSet: nothing(), rights: c.rights, folded: a.folded})
		}
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
		if out.Key, ok = a.typ.AppendKey(nil, a.filter.Value); ok && a.folded == "objectclass" && c.store != nil {
			return computedLeaf(classLeaf{c.store.Class(string(out.Key))})
		}
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
	id, ok := c.schema.LookupBytes(f.Attr)
	if !ok {
		return never() // a rule over every attribute would look past what may be read
	}
	t := c.schema.Type(id)
	if len(f.Rule) == 0 {
		plain := *f
		plain.Kind = wire.Equality
		return c.orInDN(c.item(&plain), f, func(value []byte) bool {
			want, ok := t.AppendKey(nil, f.Value)
			key, valid := t.AppendKey(nil, value)
			return ok && valid && string(key) == string(want)
		})
	}
	rule := c.schema.Rule(string(f.Rule))
	switch {
	case rule == nil:
		return never()
	case rule.IsInChain():
		return c.inChain(f)
	}
	match, ok := rule.Compile(f.Value)
	if !ok || !rule.Applies(t) {
		return never()
	}
	item := c.eachType(f, func(a *assertion) directory.Filter {
		return directory.Filter{Op: directory.Matching, Attrs: a.attrs, Type: a.typ, Rule: directory.Rule{Match: match}}
	})
	return c.orInDN(item, f, match)
}

// orInDN adds the values of the RDNs to an item where it asks for them (":dn").
func (c *compiler) orInDN(item directory.Filter, f *wire.Filter, match func([]byte) bool) directory.Filter {
	id, _ := c.schema.LookupBytes(f.Attr)
	if !f.DNAttributes {
		return item
	}
	inDN := directory.Filter{Op: directory.Matching, Rule: directory.Rule{
		Match: func([]byte) bool { return false },
		DNAttrs: func(attribute, value string) bool {
			at, ok := c.schema.Lookup(attribute)
			return ok && c.schema.Includes(id, at) && match([]byte(value))
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

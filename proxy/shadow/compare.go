package shadow

import (
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/aclens/aclens/proxy/wire"
	"github.com/aclens/aclens/resolver/schema"
	"github.com/aclens/aclens/resolver/secret"
)

// Comparison is two servers and how they are held against each other.
type Comparison struct {
	Ours, Theirs Server
	Schema       *schema.Schema // says when two values are the same
	Pairs        []Pair         // names that differ, and where Only is set all that are compared
	Only         bool
	Walk         *Walk // nil: groups are not climbed

	report Report
	climb  *climber
}

// Requests compares the answers to recorded searches. An error is ErrAway, or
// that of the context; what was compared until then is in the Report.
func (c *Comparison) Requests(ctx context.Context, list []Request) (*Report, error) {
	c.begin()
	for i := range list {
		if err := c.one(ctx, list[i]); err != nil {
			return &c.report, err
		}
	}
	return &c.report, nil
}

// People compares which entries a filter finds below some bases, and then each
// of those that both sides have, the first ones up to limit; 0 is all.
func (c *Comparison) People(ctx context.Context, bases []string, filter wire.Filter, limit int) (*Report, error) {
	c.begin()
	var both []string
	for _, base := range bases {
		r := Request{Base: base, Scope: wire.ScopeSubtree, Filter: filter, Attributes: []string{"1.1"}}
		found, err := c.names(ctx, r)
		if err != nil {
			return &c.report, err
		}
		both = append(both, found...)
	}
	if limit > 0 && len(both) > limit {
		c.report.LeftOut, both = len(both)-limit, both[:limit]
	}
	for _, dn := range both {
		if err := c.one(ctx, Request{Base: dn, Scope: wire.ScopeBase, Filter: everything, Attributes: c.selection()}); err != nil {
			return &c.report, err
		}
	}
	return &c.report, nil
}

func (c *Comparison) begin() {
	c.report = Report{}
	if c.Walk != nil {
		c.climb = &climber{Walk: c.Walk, server: c.Theirs, above: map[string][]string{}}
	}
}

// selection is what the present server is asked for of a person.
func (c *Comparison) selection() []string {
	if !c.Only {
		return nil
	}
	names := make([]string, 0, len(c.Pairs)+1)
	for _, p := range c.Pairs {
		names = append(names, p.Theirs)
	}
	if len(names) == 0 {
		names = append(names, "1.1")
	}
	return names
}

// names compares which entries are found, and returns those that both find.
func (c *Comparison) names(ctx context.Context, r Request) ([]string, error) {
	ours, err := c.Ours.All(ctx, mapping(c.Pairs).request(r))
	if err != nil {
		return nil, err
	}
	theirs, err := c.Theirs.All(ctx, r)
	if err != nil {
		return nil, err
	}
	c.report.Requests++
	c.report.References += theirs.References
	matched := c.match(&r, &ours, &theirs)
	var both []string
	for _, m := range matched {
		both = append(both, m.theirs.DN)
	}
	return both, nil
}

// one compares the answers to one search.
func (c *Comparison) one(ctx context.Context, r Request) error {
	asked := mapping(c.Pairs).request(r)
	if !c.Only && len(r.Attributes) == 0 {
		asked.Attributes = append(asked.Attributes, "*")
		for _, p := range c.Pairs {
			asked.Attributes = append(asked.Attributes, p.Ours)
			r.Attributes = append(r.Attributes, p.Theirs)
		}
		r.Attributes = append(r.Attributes, "*")
	}
	if c.Walk != nil {
		asked.Attributes = append(asked.Attributes, c.Walk.Ours)
		if c.Walk.byUID() {
			asked.Attributes, r.Attributes = append(asked.Attributes, "uid"), append(r.Attributes, "uid")
		}
	}
	ours, err := c.Ours.Search(ctx, asked)
	if err != nil {
		return err
	}
	theirs, err := c.Theirs.Search(ctx, r)
	if err != nil {
		return err
	}
	c.report.Requests++
	c.report.References += theirs.References
	for _, m := range c.match(&r, &ours, &theirs) {
		if err := c.entry(ctx, &r, m.ours, m.theirs); err != nil {
			return err
		}
	}
	return nil
}

// matched is an entry that both sides returned.
type matched struct{ ours, theirs Entry }

// match reports what only one side returned, and pairs the rest. Answers that
// are not whole are not looked into.
func (c *Comparison) match(r *Request, ours, theirs *Answer) []matched {
	if !ours.whole() || !theirs.whole() {
		if ours.Code != theirs.Code {
			c.report.add(Difference{Kind: Result, Request: r.String(), Ours: []string{ours.Code.String()}, Theirs: []string{theirs.Code.String()}})
		} else {
			c.report.Cut++
		}
		return nil
	}
	before := c.report.Differing()
	left := map[string]Entry{}
	for _, e := range ours.Entries {
		left[keyOfDN(e.DN)] = e
	}
	var both []matched
	for _, e := range theirs.Entries {
		key := keyOfDN(e.DN)
		own, ok := left[key]
		if !ok {
			c.report.add(Difference{Kind: Missing, Request: r.String(), DN: e.DN})
			continue
		}
		delete(left, key)
		both = append(both, matched{own, e})
	}
	for _, key := range slices.Sorted(maps.Keys(left)) {
		c.report.add(Difference{Kind: Additional, Request: r.String(), DN: left[key].DN})
	}
	if ours.Code != theirs.Code && c.report.Differing() == before {
		c.report.add(Difference{Kind: Result, Request: r.String(), Ours: []string{ours.Code.String()}, Theirs: []string{theirs.Code.String()}})
	}
	return both
}

// entry compares what both sides say about one entry.
func (c *Comparison) entry(ctx context.Context, r *Request, ours, theirs Entry) error {
	c.report.Entries++
	before := c.report.Differing()
	if c.Walk != nil {
		groups, err := c.climb.groups(ctx, &theirs)
		if err != nil {
			return err
		}
		label := c.Walk.Ours + " (climbed by " + strings.Join(c.Walk.Members, ", ") + ")"
		c.values(r, theirs.DN, label, c.Walk.Ours, ours.Attributes[strings.ToLower(c.Walk.Ours)], groups)
	}
	named := mapping(c.Pairs).entry(ours)
	for _, attribute := range c.compared(named, theirs) {
		label, own := attribute, mapping(c.Pairs).ours(attribute)
		if !same(own, attribute) {
			label = own + " (" + attribute + ")"
		}
		c.values(r, theirs.DN, label, own, named.Attributes[attribute], theirs.Attributes[attribute])
	}
	if c.report.Differing() == before {
		c.report.Same++
	}
	return nil
}

// compared lists the attributes that are held against each other, in order:
// what anybody returned and is to be compared, and never a credential.
func (c *Comparison) compared(ours, theirs Entry) []string {
	all := map[string]bool{}
	for _, e := range []Entry{ours, theirs} {
		for a := range e.Attributes {
			all[a] = true
		}
	}
	wanted := func(a string) bool {
		switch {
		case secret.Attribute(a):
			return false
		case c.Only:
			return slices.ContainsFunc(c.Pairs, func(p Pair) bool { return same(p.Theirs, a) })
		case c.Walk != nil && same(a, c.Walk.Ours):
			return slices.ContainsFunc(c.Pairs, func(p Pair) bool { return same(p.Theirs, a) })
		}
		return true
	}
	maps.DeleteFunc(all, func(a string, _ bool) bool { return !wanted(a) })
	return slices.Sorted(maps.Keys(all))
}

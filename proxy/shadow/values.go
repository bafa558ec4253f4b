package shadow

import (
	"strings"
)

// distinguishedName is the matching rule of attributes that name entries. What
// such an attribute lacks or has in addition is told value by value: a group
// too many must not hide behind one that is missing.
const distinguishedName = "distinguishedNameMatch"

// values compares the values of one attribute, in no order.
func (c *Comparison) values(r *Request, dn, label, attribute string, ours, theirs []string) {
	additional := c.without(attribute, ours, theirs)
	missing := c.without(attribute, theirs, ours)
	d := Difference{Request: r.String(), DN: dn, Attribute: label}
	switch {
	case len(additional) == 0 && len(missing) == 0:
	case len(missing) == 0:
		d.Kind, d.Ours = Additional, shown(additional)
		c.report.add(d)
	case len(additional) == 0:
		d.Kind, d.Theirs = Missing, shown(missing)
		c.report.add(d)
	case c.namesEntries(attribute):
		more, less := d, d
		more.Kind, more.Ours = Additional, shown(additional)
		less.Kind, less.Theirs = Missing, shown(missing)
		c.report.add(more)
		c.report.add(less)
	default:
		d.Kind, d.Ours, d.Theirs = Differing, shown(additional), shown(missing)
		c.report.add(d)
	}
}

// without lists the values of a that b has not.
func (c *Comparison) without(attribute string, a, b []string) []string {
	has := map[string]bool{}
	for _, v := range b {
		has[c.keyOf(attribute, v)] = true
	}
	var left []string
	for _, v := range a {
		if !has[c.keyOf(attribute, v)] {
			left = append(left, v)
		}
	}
	return left
}

// keyOf is a value in the form in which equal values are equal, by the schema.
// What its syntax does not allow equals only itself.
func (c *Comparison) keyOf(attribute, value string) string {
	id, ok := c.Schema.Lookup(attribute)
	if !ok {
		return "=" + value
	}
	key, ok := c.Schema.Type(id).AppendKey(nil, []byte(value))
	if !ok {
		return "=" + value
	}
	return "~" + string(key)
}

func (c *Comparison) namesEntries(attribute string) bool {
	id, ok := c.Schema.Lookup(attribute)
	return ok && strings.EqualFold(c.Schema.Type(id).Equality, distinguishedName)
}

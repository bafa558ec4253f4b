package view

import (
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/aclens/aclens/proxy/policy"
	"github.com/aclens/aclens/resolver/name"
)

// whole tells whether a client may read an entry, and not only know of it as
// the ancestor of another.
func (o *oracle) whole(t testing.TB, w *who, e *thing) bool {
	if e.deny && !o.seesDenyLists(t, w) {
		return false
	}
	if o.isSelf(t, w, e) {
		return true
	}
	return slices.ContainsFunc(o.grants(t, w), func(r policy.Rule) bool { return o.reaches(t, r, e) })
}

func (o *oracle) reaches(t testing.TB, r policy.Rule, e *thing) bool {
	narrowedTo := func(class_ string) bool {
		return r.Attributes == nil || slices.ContainsFunc(r.Attributes, func(a string) bool { return a == "*" || class(strings.ToLower(a)) == class_ })
	}
	switch e.kind {
	case "person", "server":
		return gives(r, "people") || below(t, r, e) || gives(r, "groups") && narrowedTo("membership") || gives(r, "access") && narrowedTo("access")
	case "group":
		return gives(r, "groups") || below(t, r, e)
	case "other":
		return gives(r) || below(t, r, e)
	case "copy":
		return gives(r, "groups")
	case "database":
		return gives(r, "access") && in(r, e.db)
	case "finding":
		return gives(r) && r.Attributes == nil && r.Databases == nil || e.db != "" && !e.names && gives(r, "access") && in(r, e.db)
	}
	return false
}

// visible tells whether an entry may be returned at all.
func (o *oracle) visible(t testing.TB, w *who, e *thing) bool {
	known, ok := w.seen[e]
	if !ok {
		if w.seen == nil {
			w.seen = map[*thing]bool{}
		}
		known = o.shows(t, w, e)
		w.seen[e] = known
	}
	return known
}

func (o *oracle) shows(t testing.TB, w *who, e *thing) bool {
	if o.whole(t, w, e) {
		return true
	}
	if e.branch && slices.ContainsFunc(o.grants(t, w), func(r policy.Rule) bool { return gives(r, "groups", "access") }) {
		return true
	}
	if e.deny {
		return false
	}
	for _, low := range o.entries {
		if low != e && strings.HasSuffix(low.key, ","+e.key) && o.whole(t, w, low) {
			return true
		}
	}
	return false
}

// readable tells whether an attribute of an entry may be read.
func (o *oracle) readable(t testing.TB, w *who, e *thing, attribute string) bool {
	switch {
	case w.hides(attribute) || e.deny && !o.seesDenyLists(t, w):
		return false
	case class(attribute) == "open":
		return o.visible(t, w, e)
	case o.isSelf(t, w, e) && named(w.self, attribute):
		return true
	case e.kind == "container":
		return o.visible(t, w, e)
	}
	return slices.ContainsFunc(o.grants(t, w), func(r policy.Rule) bool {
		return named(r.Attributes, attribute) && o.opens(t, r, e, attribute)
	})
}

// opens tells whether a rule that names an attribute gives it of an entry.
func (o *oracle) opens(t testing.TB, r policy.Rule, e *thing, attribute string) bool {
	subject := e.kind == "person" || e.kind == "server"
	switch e.kind {
	case "copy", "database", "finding":
		return o.reaches(t, r, e)
	}
	if gives(r) {
		return true
	}
	switch class(attribute) {
	case "membership":
		return gives(r, "groups") && (subject || e.kind == "group")
	case "access":
		return gives(r, "access") && subject
	default:
		return gives(r, "people") && subject || gives(r, "groups") && e.kind == "group" || below(t, r, e)
	}
}

// values are those values of an attribute that a client may see.
func (o *oracle) values(t testing.TB, w *who, e *thing, attribute string) []string {
	if !o.visible(t, w, e) || !o.readable(t, w, e, attribute) {
		return nil
	}
	switch attribute {
	case "numsubordinates":
		return []string{strconv.Itoa(o.children(t, w, e))}
	case "hassubordinates":
		return []string{strings.ToUpper(strconv.FormatBool(o.children(t, w, e) > 0))}
	}
	var out []string
	for _, f := range e.facts[attribute] {
		switch {
		case f.db != "" && !o.tells(t, w, e, attribute, f):
		case !f.deny || o.seesDenyLists(t, w):
			out = append(out, f.text)
		case f.instead != "":
			out = append(out, f.instead)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// children counts the entries right below one that a client may know of.
func (o *oracle) children(t testing.TB, w *who, e *thing) int {
	n := 0
	for key, low := range o.entries {
		if parent, _ := name.ParentKey(key); parent == e.key && o.visible(t, w, low) {
			n++
		}
	}
	return n
}

// tells says whether a value about a database may be seen.
func (o *oracle) tells(t testing.TB, w *who, e *thing, attribute string, f fact) bool {
	if f.above && o.isSelf(t, w, e) && named(w.self, attribute) {
		return true
	}
	return slices.ContainsFunc(o.grants(t, w), func(r policy.Rule) bool {
		return gives(r, "access") && named(r.Attributes, attribute) && in(r, f.db)
	})
}

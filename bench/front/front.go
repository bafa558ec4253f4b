// Package front holds servers to compare proxy/front with: the least that Go
// can do for an answer, and the two LDAP server libraries that were tried
// before one was written here.
//
// It promises that each answers the benchmark's requests from memory with
// nothing done that its library does not ask for. It refuses to be used for
// anything else: the tests beside it show why.
package front

// Entry is an entry that the library servers answer from.
type Entry struct {
	DN         string
	Attributes []Attribute
}

// Attribute is one attribute of an Entry.
type Attribute struct {
	Name   string
	Values []string
}

// Tree is what the library servers know: entries by DN and by uid, both in
// lower case, and all of them in order.
type Tree struct {
	ByDN, ByUID map[string]*Entry
	All         []*Entry
}

// NewTree makes the indexes.
func NewTree(entries []*Entry, fold func(string) string) *Tree {
	t := &Tree{ByDN: map[string]*Entry{}, ByUID: map[string]*Entry{}, All: entries}
	for _, e := range entries {
		t.ByDN[fold(e.DN)] = e
		for _, a := range e.Attributes {
			if a.Name == "uid" {
				t.ByUID[a.Values[0]] = e
			}
		}
	}
	return t
}

// pick answers a search: the entry of a base search, the one with the uid of
// an equality filter, or all. Attributes are those asked for.
func (t *Tree) pick(base string, scopeBase bool, filter string) []*Entry {
	var e *Entry
	switch {
	case scopeBase:
		e = t.ByDN[base]
	case len(filter) > 6 && filter[:5] == "(uid=":
		e = t.ByUID[filter[5:len(filter)-1]]
	default:
		return t.All
	}
	if e == nil {
		return nil
	}
	return []*Entry{e}
}

// asked are the attributes of an entry that a request names.
func (e *Entry) asked(names []string) []Attribute {
	var found []Attribute
	for _, a := range e.Attributes {
		for _, n := range names {
			if n == a.Name {
				found = append(found, a)
			}
		}
	}
	return found
}

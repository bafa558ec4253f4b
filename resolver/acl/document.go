package acl

import "github.com/aclens/aclens/resolver/name"

// Item is one Readers or Authors item of a document as stored (rule 8.5).
type Item struct {
	Name   string
	Values []string
}

// Document is what a single document says about its own access (section 8).
type Document struct {
	Readers, Authors []Item
	Public           bool // the item $PublicAccess is 1 (rule 8.6)
}

// NamesList is what the values of Readers and Authors items are compared with
// (rule 8.2). The zero value is named nowhere.
type NamesList struct{ keys map[name.Key]struct{} }

// NewNamesList reads a names list in the form that name.NamesList writes: the
// subject first, then common names, wildcards, groups, and roles in brackets.
// An anonymous subject has no wildcards, whatever the list says (rule 3.10).
func NewNamesList(texts []string) NamesList {
	l := NamesList{make(map[name.Key]struct{}, len(texts))}
	anonymous := len(texts) > 0 && name.Parse(texts[0]).Key() == name.Parse(AnonymousName).Key()
	for _, s := range texts {
		n := name.Parse(s)
		if n.IsZero() || anonymous && n.IsWildcard() {
			continue
		}
		l.keys[n.Key()] = struct{}{}
	}
	return l
}

// Names tells whether the value of an item names the subject (rules 8.2 and
// 8.3). One text that joins several names with commas names nobody (rule 8.5).
func (l NamesList) Names(value string) bool {
	_, ok := l.keys[name.Parse(value).Key()]
	return ok
}

// Standing is how a subject stands towards every document of a database.
type Standing struct {
	Level      Level
	Privileges Privileges
	Names      NamesList
	FullAccess bool // full access administration is on (rule 3.11)
	Unenforced bool // a local database whose ACL is not enforced (rule 6.3)
}

// StandingOf takes over what a decision says about the database as a whole.
func StandingOf(d Decision, names NamesList) Standing {
	return Standing{
		Level: d.Level, Privileges: d.Privileges, Names: names,
		FullAccess: d.Source == FromFullAccess, Unenforced: d.Source == FromLocalUnenforced,
	}
}

// Grant is a yes or no with its reason.
type Grant struct {
	Allowed bool   `json:"allowed"`
	Rule    string `json:"rule"`  // of docs/access-rules.md; 8.6 means: only through forms and views marked for public access
	Item    string `json:"item"`  // the item that named the subject; empty when none had to
	Value   string `json:"value"` // its value, as stored
}

// DocumentAccess is what a subject may do with one document.
type DocumentAccess struct{ Read, Edit Grant }

// Access weighs one document for a subject (rules 8.1 to 8.6). Readers items
// only ever take away: nothing in a document raises No Access.
func (d *Document) Access(s Standing) DocumentAccess {
	read := d.read(s)
	if !read.Allowed {
		return DocumentAccess{Read: read, Edit: Grant{Rule: read.Rule}}
	}
	return DocumentAccess{Read: read, Edit: d.edit(s)}
}

func (d *Document) read(s Standing) Grant {
	if g := s.beyondItems(); g.Allowed {
		return g
	}
	rule := "8.1"
	if s.Level < Reader {
		if !d.Public || !s.Privileges.Has(ReadPublicDocs) {
			return Grant{Rule: rule}
		}
		rule = "8.6"
	}
	if !restricts(d.Readers) {
		return Grant{Allowed: true, Rule: rule}
	}
	for _, items := range [...][]Item{d.Readers, d.Authors} {
		if item, value, ok := s.Names.namedIn(items); ok {
			return Grant{Allowed: true, Rule: rule, Item: item, Value: value}
		}
	}
	return Grant{Rule: "8.1"}
}

// edit answers for a subject that may read the document.
func (d *Document) edit(s Standing) Grant {
	if g := s.beyondItems(); g.Allowed {
		return g
	}
	if s.Level >= Editor {
		return Grant{Allowed: true, Rule: "8.4"}
	}
	if s.Level == Author {
		if item, value, ok := s.Names.namedIn(d.Authors); ok {
			return Grant{Allowed: true, Rule: "8.4", Item: item, Value: value}
		}
	}
	if d.Public && s.Privileges.Has(WritePublicDocs) {
		return Grant{Allowed: true, Rule: "8.6"}
	}
	return Grant{Rule: "8.4"}
}

// beyondItems grants everything to those whom no item can shut out.
func (s Standing) beyondItems() Grant {
	switch {
	case s.Unenforced:
		return Grant{Allowed: true, Rule: "6.3"}
	case s.FullAccess:
		return Grant{Allowed: true, Rule: "3.11"}
	default:
		return Grant{}
	}
}

// restricts tells whether any item holds a value. Only the empty text is no
// value: one of spaces names nobody, but it is there.
func restricts(items []Item) bool {
	for _, i := range items {
		for _, v := range i.Values {
			if v != "" {
				return true
			}
		}
	}
	return false
}

func (l NamesList) namedIn(items []Item) (item, value string, ok bool) {
	for _, i := range items {
		for _, v := range i.Values {
			if l.Names(v) {
				return i.Name, v, true
			}
		}
	}
	return "", "", false
}

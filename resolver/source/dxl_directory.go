package source

import (
	"fmt"
	"io"
	"strings"

	"github.com/aclens/aclens/resolver/directory"
	"github.com/aclens/aclens/resolver/name"
	"github.com/aclens/aclens/resolver/server"
)

// ReadDirectory reads the Person, Group and Server documents of a DXL file into
// the entries that Domino's LDAP server makes of them (rules 10.1, 10.2, 10.8);
// documents of other forms are passed over. Former hierarchical names of a
// person are values of fullName, in Notes form (rule 9.9). Only the items named
// in this file are copied, so no secret can be. A document that cannot be an
// entry is a fault. What is left out may be a group that takes access away, so
// whoever decides access by the entries does not use a file with faults other
// than ErrConflict.
func ReadDirectory(r io.Reader, f File, emit func(directory.Draft) error) ([]Fault, error) {
	x, err := newDXLReader(r, f)
	if err != nil {
		return nil, err
	}
	err = x.documents(func(d *Document) error {
		form := entryForms[strings.ToLower(d.Form)]
		if form.identity == "" {
			return nil
		}
		e := &entryBuilder{doc: d}
		if e.identify(form) {
			form.fill(e)
		}
		if e.err != nil {
			x.add(d.line, e.subject(), e.err)
			return nil
		}
		return emit(e.draft)
	})
	return x.all(), err
}

// entryForm says which item of a form identifies the entry, and how the rest
// of the entry is made.
type entryForm struct {
	identity string
	classes  []string
	fill     func(*entryBuilder)
}

var entryForms = map[string]entryForm{
	"person": {
		identity: "FullName", fill: (*entryBuilder).person,
		classes: []string{"dominoPerson", "inetOrgPerson", "organizationalPerson", "person", "top"},
	},
	"group": {
		identity: "ListName", fill: (*entryBuilder).group,
		classes: []string{"dominoGroup", "groupOfNames", "top"},
	},
	"server": {
		identity: "ServerName", fill: (*entryBuilder).server,
		classes: []string{"dominoServer", "top"},
	},
}

// entryBuilder makes a Draft of a Document; the first error stays.
type entryBuilder struct {
	doc   *Document
	draft directory.Draft
	names []string // the values of the identifying item, not blank
	first name.Name
	err   error
}

func (e *entryBuilder) subject() string {
	if len(e.names) == 0 {
		return e.doc.subject()
	}
	return fmt.Sprintf("%s %q", e.doc.subject(), printable(e.names[0]))
}

// values returns the values of an item that are not blank.
func (e *entryBuilder) values(item string) []string {
	values, _, err := e.doc.Text(item)
	if err != nil && e.err == nil {
		e.err = err
	}
	return values
}

// identify makes DN and classes from the first value of the identifying item.
func (e *entryBuilder) identify(form entryForm) bool {
	e.names = e.values(form.identity)
	if e.err == nil && len(e.names) == 0 {
		e.err = fmt.Errorf("item %s %w", form.identity, errEmpty)
	}
	for _, n := range e.names {
		if e.err == nil {
			e.err = checkText("item "+form.identity, n, maxNameBytes)
		}
	}
	if e.err != nil {
		return false
	}
	e.first = name.Parse(e.names[0])
	e.draft.DN = e.first.DN()
	e.draft.AddText("objectClass", form.classes...)
	e.text("dominoUNID", e.doc.UNID)
	return true
}

// text adds values that are not empty.
func (e *entryBuilder) text(attribute string, values ...string) {
	for _, v := range values {
		if v != "" {
			e.draft.AddText(attribute, v)
		}
	}
}

// copied adds the values of items as they are.
func (e *entryBuilder) copied(pairs ...[2]string) {
	for _, p := range pairs {
		e.text(p[0], e.values(p[1])...)
	}
}

// dns adds the names in an item as distinguished names (rule 9.5).
func (e *entryBuilder) dns(attribute, item string) {
	for _, v := range e.values(item) {
		if err := checkText("item "+item, v, maxNameBytes); err != nil {
			if e.err == nil {
				e.err = err
			}
			return
		}
		e.text(attribute, name.Parse(v).DN())
	}
}

func (e *entryBuilder) person() {
	e.commonNames()
	e.copied(
		[2]string{"sn", "LastName"}, [2]string{"givenName", "FirstName"}, [2]string{"uid", "ShortName"},
		[2]string{"mail", "InternetAddress"}, [2]string{"altFullName", "AltFullName"},
		[2]string{"telephoneNumber", "OfficePhoneNumber"}, [2]string{"mailFile", "MailFile"},
		[2]string{"mailDomain", "MailDomain"}, [2]string{"checkPassword", "CheckPassword"},
	)
	e.dns("mailServer", "MailServer")
}

// commonNames adds cn from the first full name and from every flat one, and
// further hierarchical ones, which are no common names, as fullName (rule 9.7).
func (e *entryBuilder) commonNames() {
	seen := map[string]bool{}
	once := func(attribute, value string) {
		if k := attribute + " " + name.Fold(value); !seen[k] {
			seen[k] = true
			e.text(attribute, value)
		}
	}
	once("cn", commonOf(e.first))
	for _, v := range e.names[1:] {
		n := name.Parse(v)
		switch {
		case n.Key() == e.first.Key():
		case n.Hierarchical():
			once("fullName", n.Canonical())
		default:
			once("cn", commonOf(n))
		}
	}
}

// commonOf is the common name, or the canonical text of a name without one.
func commonOf(n name.Name) string {
	if cn := n.Common(); cn != "" {
		return cn
	}
	return n.Canonical()
}

func (e *entryBuilder) group() {
	e.text("cn", e.names...)
	e.text("listName", e.names...)
	e.copied([2]string{"groupType", "GroupType"}, [2]string{"description", "ListDescription"})
	e.dns("member", "Members")
}

func (e *entryBuilder) server() {
	e.text("cn", commonOf(e.first))
	e.copied([2]string{"description", "ServerTitle"}, [2]string{"mailDomain", "Domain"})
}

// ReadServers reads the Server documents of a DXL file with the lists of
// rule 7.9. A list that cannot be read in full spoils its document: a deny list
// that is cut would admit people.
func ReadServers(r io.Reader, f File, emit func(server.Document) error) ([]Fault, error) {
	x, err := newDXLReader(r, f)
	if err != nil {
		return nil, err
	}
	err = x.documents(func(d *Document) error {
		if !strings.EqualFold(d.Form, "Server") {
			return nil
		}
		e := &entryBuilder{doc: d}
		if !e.identify(entryForms["server"]) {
			x.add(d.line, e.subject(), e.err)
			return nil
		}
		doc := server.Document{Name: e.first, Origin: d.Origin, Lists: e.serverLists()}
		if e.err != nil {
			x.add(d.line, e.subject(), e.err)
			return nil
		}
		return emit(doc)
	})
	return x.all(), err
}

// serverLists copies the items that the document has, blank ones as empty lists.
func (e *entryBuilder) serverLists() map[string][]string {
	lists := map[string][]string{}
	for _, item := range server.Items {
		values, found, err := e.doc.Text(item)
		if err != nil && e.err == nil {
			e.err = err
		}
		for _, v := range values {
			if err := checkText("item "+item, v, maxNameBytes); err != nil && e.err == nil {
				e.err = err
			}
		}
		if found {
			lists[item] = append([]string{}, values...)
		}
	}
	return lists
}

package source

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/aclens/aclens/resolver/acl"
)

// Document is a Notes document as DXL carries it: its form, its id and those
// items whose values are text, numbers or times.
type Document struct {
	Form   string
	UNID   string // 32 hex digits as the source spells them, or empty
	Items  []Item
	Origin string // file and line
	line   int
}

// Item is one item of a Document. Values are in stored order; an item of
// another type (rich text, files) is Opaque and has none.
type Item struct {
	Name    string
	Values  []string
	Names   bool // holds names
	Readers bool // restricts reading (rule 8.1)
	Authors bool // may name editors (rule 8.4)
	Opaque  bool
}

// Readers lists the items that restrict reading (rule 8.1), blank ones as well.
func (d *Document) Readers() []Item {
	return d.which(func(i Item) bool { return i.Readers })
}

// Authors lists the items that name authors (rules 8.1 and 8.4).
func (d *Document) Authors() []Item {
	return d.which(func(i Item) bool { return i.Authors })
}

func (d *Document) which(want func(Item) bool) []Item {
	var found []Item
	for _, i := range d.Items {
		if want(i) {
			found = append(found, i)
		}
	}
	return found
}

// Text returns the values of an item that are not blank, and whether the
// document has the item. An item given twice or of a type without values is an
// error: part of a list is not the list.
func (d *Document) Text(item string) ([]string, bool, error) {
	var values []string
	found := false
	for _, i := range d.Items {
		if !strings.EqualFold(i.Name, item) {
			continue
		}
		if found {
			return nil, true, fmt.Errorf("item %s is there twice", item)
		}
		if i.Opaque {
			return nil, true, fmt.Errorf("item %s holds neither text nor numbers", item)
		}
		found = true
		for _, v := range i.Values {
			if v = strings.TrimSpace(v); v != "" {
				values = append(values, v)
			}
		}
	}
	return values, found, nil
}

// ErrConflict is the fault of a replication conflict, which is left out because
// the winning document counts. Unlike other faults it takes nothing away.
var ErrConflict = errors.New("a replication conflict is left out, the winning document counts")

// ReadDocuments reads every <document> of a DXL file, at the root or inside a
// <database>. Items that hold passwords are not read. A document with a flaw is
// a fault; a file without documents is an error.
func ReadDocuments(r io.Reader, f File, emit func(*Document) error) ([]Fault, error) {
	x, err := newDXLReader(r, f)
	if err != nil {
		return nil, err
	}
	if err := x.documents(emit); err != nil {
		return x.all(), err
	}
	return x.all(), nil
}

// ReadDocument reads a file that holds one document and nothing else in doubt.
func ReadDocument(r io.Reader, f File) (*Document, error) {
	var only *Document
	faults, err := ReadDocuments(r, f, func(d *Document) error {
		if only != nil {
			return fmt.Errorf("%s: a second document, after %s", d.Origin, only.Origin)
		}
		only = d
		return nil
	})
	if err == nil && len(faults) > 0 {
		err = &faults[0]
	}
	if err != nil {
		return nil, err
	}
	return only, nil
}

// documents calls emit for each document without a flaw.
func (x *dxlReader) documents(emit func(*Document) error) error {
	found := false
	var visit func(t xml.StartElement) error
	visit = func(t xml.StartElement) error {
		switch tagOf(t.Name) {
		case "database":
			return x.children(visit)
		case "document":
			found = true
			return x.document(t, emit)
		}
		return x.skip()
	}
	if err := x.roots(visit); err != nil {
		return err
	}
	if !found {
		return fmt.Errorf("%s: holds no <document> element", x.file.Name)
	}
	return nil
}

// documentDXL is one <document> while it is read.
type documentDXL struct {
	x        *dxlReader
	doc      *Document
	room     int // bytes of text that may still be kept
	conflict bool
	flaw
}

func (x *dxlReader) document(t xml.StartElement, emit func(*Document) error) error {
	d := &documentDXL{x: x, room: x.room, doc: &Document{line: x.line, Origin: x.file.at(x.line)}}
	d.doc.Form, _ = attribute(t, "form")
	if err := x.children(d.child); err != nil {
		return err
	}
	d.settleForm()
	if d.conflict {
		d.spoil(d.doc.line, "", ErrConflict)
	}
	if d.spoiled() {
		d.report(&x.faultList, d.doc.subject())
		return nil
	}
	return emit(d.doc)
}

// subject names the document in messages.
func (d *Document) subject() string {
	s := "document"
	if d.Form != "" {
		s = printable(d.Form) + " document"
	}
	if d.UNID != "" {
		s += " " + printable(d.UNID)
	}
	return s
}

// settleForm takes the form from the item of that name where the exporter left
// it there.
func (d *documentDXL) settleForm() {
	form, found, err := d.doc.Text("Form")
	switch {
	case d.spoiled() || !found && err == nil:
	case err != nil:
		d.spoil(d.doc.line, "", err)
	case len(form) == 1 && d.doc.Form == "":
		d.doc.Form = form[0]
	case len(form) == 1 && !strings.EqualFold(form[0], d.doc.Form):
		d.spoil(d.doc.line, "", fmt.Errorf("form %q in one place and %q in another", d.doc.Form, form[0]))
	}
}

func (d *documentDXL) child(t xml.StartElement) error {
	switch tagOf(t.Name) {
	case "noteinfo":
		d.doc.UNID, _ = attribute(t, "unid")
	case "item":
		if !d.spoiled() {
			return d.item(t)
		}
	}
	return d.x.skip()
}

// Access is what the document says about its own access: Readers and Authors
// items, and whether it is one for public access (rule 8.6).
func (d *Document) Access() (*acl.Document, error) {
	public, _, err := d.Text("$PublicAccess")
	if err != nil {
		return nil, err
	}
	return &acl.Document{
		Readers: accessItems(d.Readers()), Authors: accessItems(d.Authors()), Public: len(public) == 1 && public[0] == "1",
	}, nil
}

func accessItems(items []Item) []acl.Item {
	out := make([]acl.Item, len(items))
	for i, item := range items {
		out[i] = acl.Item{Name: item.Name, Values: item.Values}
	}
	return out
}

package source

import (
	"encoding/xml"
	"errors"
	"fmt"
	"strings"
)

// secretItem tells items whose value no reader may hold (rule 10.2,
// userpassword; HTTPPassword and its like).
func secretItem(item string) bool {
	item = strings.ToLower(item)
	return item != "checkpassword" && (strings.HasSuffix(item, "password") || strings.HasSuffix(item, "passworddigest"))
}

func (d *documentDXL) item(t xml.StartElement) error {
	line := d.x.line
	name, _ := attribute(t, "name")
	i := Item{Name: name}
	for _, flag := range []struct {
		attribute string
		to        *bool
	}{{"names", &i.Names}, {"readers", &i.Readers}, {"authors", &i.Authors}} {
		var err error
		if *flag.to, err = boolAttribute(t, flag.attribute, false); err != nil {
			d.spoil(line, "item "+printable(name), err)
		}
	}
	if strings.EqualFold(name, "$Conflict") {
		d.conflict = true
	}
	if secretItem(name) || d.spoiled() {
		return d.x.skip()
	}
	if len(d.doc.Items) == maxItems {
		d.spoil(line, "", fmt.Errorf("more than %d items", maxItems))
		return d.x.skip()
	}
	if err := d.x.children(func(t xml.StartElement) error { return d.values(&i, t) }); err != nil {
		return err
	}
	if i.Opaque && (i.Readers || i.Authors) {
		d.spoil(line, "item "+printable(name), errors.New("readers or authors in a form that cannot be read"))
	}
	d.doc.Items = append(d.doc.Items, i)
	return nil
}

// values reads one value element of an item, or a list of them.
func (d *documentDXL) values(i *Item, t xml.StartElement) error {
	switch tagOf(t.Name) {
	case "text", "number", "datetime":
		return d.value(i)
	case "textlist", "numberlist", "datetimelist":
		return d.x.children(func(t xml.StartElement) error {
			switch tagOf(t.Name) {
			case "text", "number", "datetime":
				return d.value(i)
			}
			i.Opaque = true
			return d.x.skip()
		})
	}
	i.Opaque = true
	return d.x.skip()
}

// valueCost is what a value takes beside its text.
const valueCost = 16

func (d *documentDXL) value(i *Item) error {
	line := d.x.line
	text, flawed, err := d.x.text(max(0, d.room-valueCost))
	if err != nil {
		return err
	}
	if d.room -= len(text) + valueCost; d.room < 0 && flawed == nil {
		flawed = fmt.Errorf("a document with more than %d KiB of text", d.x.room>>10)
	}
	if flawed != nil {
		d.spoil(line, "item "+printable(i.Name), flawed)
		return nil
	}
	i.Values = append(i.Values, text)
	return nil
}

package upstream

import (
	"strconv"
	"strings"

	"github.com/aclens/aclens/proxy/wire"
	"github.com/aclens/aclens/resolver/directory"
	"github.com/aclens/aclens/resolver/secret"
)

// decoder makes drafts of entries off the wire. It drops secrets before they
// are copied, so that they are in memory only as long as a read buffer is, and
// of content what is computed.
type decoder struct {
	attributes map[string]*attribute // by description as sent; entries repeat them
	content    bool                  // of the directory's content, where computed attributes are left out
}

// attribute is what a description means for the decoder.
type attribute struct {
	name   string // without a range option
	left   bool   // a secret, or computed
	stamp  bool   // modifyTimestamp
	ranged bool
	next   int // with ranged: the first value that is missing, or complete
}

// computed are attributes that servers compute from other entries or from their
// own state: they change without a change of the entry, so that no feed tells
// them, and aclens says itself what is right in its own tree.
var computed = map[string]bool{
	"contextcsn": true, "entrydn": true, "subschemasubentry": true, "hassubordinates": true, "numsubordinates": true,
	"numallsubordinates": true, "ds-sync-state": true, "ds-sync-generation-id": true,
}

// complete as attribute.next: no value is missing.
const complete = -1

// entry is a draft with what the decoder noticed on the way.
type entry struct {
	directory.Draft
	stamp   string // modifyTimestamp as sent, "" if there is none
	missing []gap
}

// gap is an attribute of an entry that came in part (MS-ADTS 3.1.1.3.1.3.3).
type gap struct {
	name string
	next int // index of the first missing value
}

func newDecoder() *decoder { return &decoder{attributes: map[string]*attribute{}} }

func newContentDecoder() *decoder {
	return &decoder{attributes: map[string]*attribute{}, content: true}
}

// entry decodes the body of a search entry; the result shares no memory with it.
func (d *decoder) entry(body []byte) (entry, error) {
	attributes, values, size, err := d.measure(body)
	if err != nil {
		return entry{}, err
	}
	cursor, err := wire.ParseEntry(body)
	if err != nil {
		return entry{}, err
	}
	e := entry{Draft: directory.Draft{
		DN:         string(cursor.DN()),
		Attributes: make([]directory.Attribute, 0, attributes),
	}}
	list, text := make([][]byte, 0, values), make([]byte, 0, size)
	for cursor.NextAttribute() {
		a := d.attribute(cursor.Name())
		if a.left {
			continue
		}
		first := len(list)
		for cursor.NextValue() {
			start := len(text)
			text = append(text, cursor.Value()...)
			list = append(list, text[start:len(text):len(text)])
		}
		e.add(a, list[first:len(list):len(list)])
	}
	return e, cursor.Err()
}

// add takes over one attribute. Active Directory sends a ranged one a second
// time, without values.
func (e *entry) add(a *attribute, values [][]byte) {
	if len(values) == 0 {
		return
	}
	if a.stamp {
		e.stamp = string(values[0])
	}
	if a.ranged {
		e.Add(a.name, values...)
		if a.next != complete {
			e.missing = append(e.missing, gap{name: a.name, next: a.next})
		}
		return
	}
	e.Attributes = append(e.Attributes, directory.Attribute{Name: a.name, Values: values})
}

// measure counts what entry will keep, so that it allocates once for each kind.
func (d *decoder) measure(body []byte) (attributes, values, size int, err error) {
	cursor, err := wire.ParseEntry(body)
	if err != nil {
		return 0, 0, 0, err
	}
	for cursor.NextAttribute() {
		if d.attribute(cursor.Name()).left {
			continue
		}
		attributes++
		for cursor.NextValue() {
			values++
			size += len(cursor.Value())
		}
	}
	return attributes, values, size, cursor.Err()
}

func (d *decoder) attribute(description []byte) *attribute {
	if a, ok := d.attributes[string(description)]; ok {
		return a
	}
	text := string(description)
	a := &attribute{name: text, left: secret.Attribute(text) || d.content && computed[strings.ToLower(text)], stamp: strings.EqualFold(text, "modifyTimestamp")}
	if name, next, ok := cutRange(text); ok {
		a.name, a.next, a.ranged = name, next, true
	}
	d.attributes[text] = a
	return a
}

// cutRange splits "member;range=0-1499" into its name and the index of the
// first value that is missing, 1500; for "member;range=1500-*" that is complete.
func cutRange(description string) (name string, next int, ok bool) {
	options := strings.Split(description, ";")
	kept := options[:1:1]
	for _, option := range options[1:] {
		const prefix = "range="
		if ok || len(option) < len(prefix) || !strings.EqualFold(option[:len(prefix)], prefix) {
			kept = append(kept, option)
			continue
		}
		_, high, found := strings.Cut(option[len(prefix):], "-")
		last, err := strconv.Atoi(high)
		switch {
		case found && high == "*":
			next = complete
		case found && err == nil && last >= 0:
			next = last + 1
		default:
			return "", 0, false
		}
		ok = true
	}
	return strings.Join(kept, ";"), next, ok
}

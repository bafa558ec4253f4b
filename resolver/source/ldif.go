package source

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/aclens/aclens/resolver/directory"
	"github.com/aclens/aclens/resolver/name"
)

// maxRecord bounds the bytes of one LDIF record; a group of a million members
// fits.
const maxRecord = 256 << 20

// ReadLDIF reads the content records of an LDIF file (RFC 2849), and change
// records that add an entry. Values are kept as they are, with the options of
// their attribute names. Other change records, controls, values by address
// (attr:< file:...) and anything that is no LDIF are errors with their line;
// the first one ends the reading and spoils the file.
func ReadLDIF(r io.Reader, f File, emit func(directory.Draft) error) error {
	return newLDIFReader(r, emit).read(f)
}

func newLDIFReader(r io.Reader, emit func(directory.Draft) error) *ldifReader {
	return &ldifReader{lines: newLDIFLines(r), emit: emit, limit: maxRecord}
}

// read reads the whole file.
func (l *ldifReader) read(f File) error {
	if err := l.run(); err != nil {
		if errors.As(err, new(*emitError)) {
			return errors.Unwrap(err)
		}
		return f.errorAt(l.lines.began, err)
	}
	return nil
}

// emitError carries the caller's own error through unchanged.
type emitError struct{ error }

func (e *emitError) Unwrap() error { return e.error }

// ldifReader gathers one record at a time.
type ldifReader struct {
	lines  *ldifLines
	emit   func(directory.Draft) error
	draft  directory.Draft // while its record is open, without values
	open   bool            // inside a record
	added  bool            // the record said changetype: add
	size   int             // bytes of the record
	limit  int             // of size
	values []placed        // of the record
	places []spot          // by attributeName.number
	record int             // counts records
	any    bool            // a line was read
	names  map[string]attributeName
	keys   map[string]int  // attribute in lower case -> attributeName.number
	met    []attributeName // by line of the record before: mostly the next one has the same
	nth    int             // line of the record
	counts []int           // of values, by attribute of the draft
	key    []byte          // of the record's name, normalised
	room   []byte          // for values
	lend   bool            // drafts are valid until emit returns, and may lie in the text
	lent   [][]byte        // the values of a draft that is lent
}

// placed is a value and which attribute of the draft it belongs to.
type placed struct {
	at    int
	value []byte
}

// spot is where an attribute is in the draft of a record.
type spot struct{ record, at int }

// attributeName is the name of an attribute as spelled and in lower case, and a
// number for all its spellings.
type attributeName struct {
	spelled, key string
	number       int
}

// maxInterned bounds how many attribute names of one file share their text.
const maxInterned = 4096

// attribute is intern, after a look at the same line of the record before.
func (l *ldifReader) attribute(spelled []byte) (attributeName, error) {
	at := l.nth
	l.nth++
	if at < len(l.met) && l.met[at].spelled == string(spelled) {
		return l.met[at], nil
	}
	n, err := l.intern(spelled)
	switch {
	case err != nil:
	case at < len(l.met):
		l.met[at] = n
	case at < maxInterned:
		l.met = append(l.met, n)
	}
	return n, err
}

// intern shares the text of attribute names between the records of a file.
func (l *ldifReader) intern(spelled []byte) (attributeName, error) {
	if n, ok := l.names[string(spelled)]; ok {
		return n, nil
	}
	if !isAttribute(spelled) {
		return attributeName{}, fmt.Errorf("%q is no attribute name", printable(string(spelled)))
	}
	n := attributeName{spelled: string(spelled), key: strings.ToLower(string(spelled))}
	if l.names == nil {
		l.names, l.keys = map[string]attributeName{}, map[string]int{}
	}
	number, known := l.keys[n.key]
	if !known {
		number = len(l.keys)
		l.keys[n.key] = number
		l.places = append(l.places, spot{})
	}
	n.number = number
	if len(l.names) < maxInterned {
		l.names[n.spelled] = n
	}
	return n, nil
}

func (l *ldifReader) run() error {
	for {
		line, err := l.lines.next()
		if errors.Is(err, io.EOF) {
			return l.flush()
		}
		if err != nil {
			return err
		}
		if len(line) == 0 {
			err = l.flush()
		} else {
			err = l.take(line)
		}
		if err != nil {
			return err
		}
	}
}

// flush ends a record.
func (l *ldifReader) flush() error {
	if !l.open {
		return nil
	}
	if len(l.draft.Attributes) == 0 {
		return fmt.Errorf("entry %q has no attributes", l.draft.DN)
	}
	draft := l.draft
	if !l.lend {
		draft.Attributes = slices.Clone(draft.Attributes)
	}
	l.giveValues(&draft)
	l.draft, l.open, l.added, l.size, l.values = directory.Draft{Attributes: l.draft.Attributes[:0]}, false, false, 0, l.values[:0]
	l.nth = 0
	if err := l.emit(draft); err != nil {
		return &emitError{err}
	}
	return nil
}

// giveValues gives every attribute its values, of which all of the record lie
// in one piece.
func (l *ldifReader) giveValues(d *directory.Draft) {
	counts := l.counts[:0]
	for range d.Attributes {
		counts = append(counts, 0)
	}
	for _, v := range l.values {
		counts[v.at]++
	}
	all, from := l.spaceForValues(), 0
	for i, n := range counts {
		d.Attributes[i].Values = all[from : from : from+n]
		from += n
	}
	for _, v := range l.values {
		a := &d.Attributes[v.at]
		a.Values = append(a.Values, v.value)
	}
	l.counts = counts
	if cap(l.values) > maxKept {
		l.values = nil
	}
}

// spaceForValues is where the values of a draft go.
func (l *ldifReader) spaceForValues() [][]byte {
	if !l.lend {
		return make([][]byte, len(l.values))
	}
	if cap(l.lent) < len(l.values) || cap(l.lent) > maxKept {
		l.lent = make([][]byte, len(l.values))
	}
	return l.lent[:len(l.values)]
}

// maxKept is how many values a record may have whose room is kept for the next.
const maxKept = 1 << 16

// take reads one attribute line of a record.
func (l *ldifReader) take(line []byte) error {
	if l.size += len(line); l.size > l.limit {
		return fmt.Errorf("a record of more than %d KiB", l.limit>>10)
	}
	head, rest, ok := bytes.Cut(line, []byte(":"))
	if !ok {
		return errors.New("a line without a colon")
	}
	attribute, err := l.attribute(head)
	if err != nil {
		return err
	}
	value, err := l.value(rest)
	if err != nil {
		return fmt.Errorf("%s: %w", head, err)
	}
	first := !l.any
	l.any = true
	switch {
	case l.open:
		return l.addValue(attribute, value)
	case first && attribute.key == "version":
		return checkVersion(value)
	case attribute.key != "dn":
		return fmt.Errorf("a record begins with %q, not with dn (ldapsearch writes LDIF with -LLL)", attribute.spelled)
	}
	return l.begin(value)
}

func checkVersion(value []byte) error {
	if string(value) != "1" {
		return fmt.Errorf("LDIF version %q, not 1", printable(string(value)))
	}
	return nil
}

func (l *ldifReader) begin(value []byte) error {
	if len(value) == 0 {
		return errors.New("a record without a name")
	}
	if err := checkSafe(value); err != nil {
		return fmt.Errorf("dn: %w", err)
	}
	dn := string(value)
	key, err := name.AppendKey(l.key[:0], dn)
	if l.key = key; err != nil {
		return fmt.Errorf("dn %q: %w", printable(dn), err)
	}
	l.open, l.draft.DN = true, dn
	l.record++
	if len(l.keys) > maxInterned {
		l.names, l.keys, l.places, l.met = nil, nil, nil, nil
	}
	return nil
}

// addValue adds a value in a record. The words of RFC 2849 that could stand
// there and mean something else are not attributes.
func (l *ldifReader) addValue(attribute attributeName, value []byte) error {
	switch attribute.key {
	case "dn":
		return errors.New("a second dn in one record; an empty line goes between records")
	case "control":
		return errors.New("controls are not supported")
	case "changetype":
		if len(l.draft.Attributes) > 0 || l.added || !strings.EqualFold(string(value), "add") {
			return fmt.Errorf("changetype %s: only entries, and changes that add one, are read", printable(string(value)))
		}
		l.added = true
		return nil
	}
	p := &l.places[attribute.number]
	if p.record != l.record {
		*p = spot{l.record, len(l.draft.Attributes)}
		l.draft.Attributes = append(l.draft.Attributes, directory.Attribute{Name: attribute.spelled})
	}
	l.values = append(l.values, placed{p.at, value})
	return nil
}

// value reads ": value" and ":: base64" behind the name, from the first colon
// on, and refuses ":< address". The value is a copy, or lies in the text that
// drafts are lent from.
func (l *ldifReader) value(rest []byte) ([]byte, error) {
	switch {
	case bytes.HasPrefix(rest, []byte("<")):
		return nil, errors.New("values by address are refused")
	case bytes.HasPrefix(rest, []byte(":")):
		return decodeBase64(bytes.Trim(rest[1:], " "))
	}
	value := bytes.TrimLeft(rest, " ")
	if err := checkSafe(value); err != nil {
		return nil, err
	}
	if l.lend && l.lines.lies {
		return value, nil
	}
	return l.copyOf(value), nil
}

// roomAtOnce is the size of the pieces in which small values lie.
const roomAtOnce = 8 << 10

func (l *ldifReader) copyOf(value []byte) []byte {
	if len(value) > roomAtOnce/4 {
		return bytes.Clone(value)
	}
	if l.room == nil || len(l.room)+len(value) > cap(l.room) {
		l.room = make([]byte, 0, roomAtOnce)
	}
	from := len(l.room)
	l.room = append(l.room, value...)
	return l.room[from:len(l.room):len(l.room)]
}

func decodeBase64(text []byte) ([]byte, error) {
	value := make([]byte, base64.StdEncoding.DecodedLen(len(text)))
	n, err := base64.StdEncoding.Strict().Decode(value, text)
	if err != nil {
		return nil, errors.New("the value is not base64")
	}
	return value[:n], nil
}

// checkSafe allows in plain values more than RFC 2849 does, UTF-8 as people
// write it, but not what must have been meant otherwise.
func checkSafe(value []byte) error {
	switch {
	case isPlain(value):
		return nil
	case bytes.IndexByte(value, 0) >= 0 || bytes.IndexByte(value, '\r') >= 0 || bytes.IndexByte(value, '\n') >= 0:
		return errors.New("the value holds a control character and is not in base64")
	case !utf8.Valid(value):
		return errors.New("the value is neither UTF-8 nor base64")
	}
	return nil
}

// isPlain tells text of ASCII without control characters, eight octets at a time:
// with the top bit of one set, or borrowed from where it is below a space, the
// text is something else.
func isPlain(text []byte) bool {
	const spaces, tops = 0x2020202020202020, 0x8080808080808080
	for ; len(text) >= 8; text = text[8:] {
		if w := binary.LittleEndian.Uint64(text); (w|(w-spaces))&tops != 0 {
			return false
		}
	}
	for _, c := range text {
		if c < ' ' || c >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// isAttribute tells an attribute description (RFC 4512, 2.5): a name or an
// object identifier, and options. The underscore is no part of it, but is met.
func isAttribute(s []byte) bool {
	parts := bytes.Split(s, []byte(";"))
	for i, p := range parts {
		if len(p) == 0 {
			return false
		}
		for _, c := range p {
			letter := 'a' <= c|0x20 && c|0x20 <= 'z'
			digit := '0' <= c && c <= '9'
			if !letter && !digit && c != '-' && c != '_' && (c != '.' || i > 0) {
				return false
			}
		}
	}
	return true
}

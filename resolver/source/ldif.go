package source

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
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
	draft  directory.Draft
	open   bool           // inside a record
	added  bool           // the record said changetype: add
	size   int            // bytes of the record
	limit  int            // of size
	places map[string]int // attribute in lower case -> position in draft.Attributes
	any    bool           // a line was read
	names  map[string]attributeName
}

// attributeName is the name of an attribute as spelled and in lower case.
type attributeName struct{ spelled, key string }

// maxInterned bounds how many attribute names of one file share their text.
const maxInterned = 4096

// intern shares the text of attribute names between the records of a file.
func (l *ldifReader) intern(spelled []byte) attributeName {
	if n, ok := l.names[string(spelled)]; ok {
		return n
	}
	n := attributeName{string(spelled), strings.ToLower(string(spelled))}
	if l.names == nil {
		l.names = map[string]attributeName{}
	}
	if len(l.names) < maxInterned {
		l.names[n.spelled] = n
	}
	return n
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
	draft := l.draft
	l.draft, l.open, l.added, l.size, l.places = directory.Draft{}, false, false, 0, nil
	if len(draft.Attributes) == 0 {
		return fmt.Errorf("entry %q has no attributes", draft.DN)
	}
	if err := l.emit(draft); err != nil {
		return &emitError{err}
	}
	return nil
}

// take reads one attribute line of a record.
func (l *ldifReader) take(line []byte) error {
	if l.size += len(line); l.size > l.limit {
		return fmt.Errorf("a record of more than %d KiB", l.limit>>10)
	}
	head, value, err := splitLDIF(line)
	if err != nil {
		return err
	}
	attribute := l.intern(head)
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
	if _, err := name.ParseDN(dn); err != nil {
		return fmt.Errorf("dn %q: %w", printable(dn), err)
	}
	l.open, l.draft.DN, l.places = true, dn, map[string]int{}
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
	at, ok := l.places[attribute.key]
	if !ok {
		at = len(l.draft.Attributes)
		l.places[attribute.key] = at
		l.draft.Attributes = append(l.draft.Attributes, directory.Attribute{Name: attribute.spelled})
	}
	a := &l.draft.Attributes[at]
	a.Values = append(a.Values, value)
	return nil
}

// splitLDIF reads "name: value" and "name:: base64", and refuses "name:< address".
// The value is a copy.
func splitLDIF(line []byte) (head, value []byte, err error) {
	head, rest, ok := bytes.Cut(line, []byte(":"))
	if !ok {
		return nil, nil, errors.New("a line without a colon")
	}
	if !isAttribute(head) {
		return nil, nil, fmt.Errorf("%q is no attribute name", printable(string(head)))
	}
	switch {
	case bytes.HasPrefix(rest, []byte("<")):
		err = errors.New("values by address are refused")
	case bytes.HasPrefix(rest, []byte(":")):
		value, err = decodeBase64(bytes.Trim(rest[1:], " "))
	default:
		value = append([]byte{}, bytes.TrimLeft(rest, " ")...)
		err = checkSafe(value)
	}
	if err != nil {
		return nil, nil, fmt.Errorf("%s: %w", head, err)
	}
	return head, value, nil
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
	case bytes.ContainsAny(value, "\x00\r\n"):
		return errors.New("the value holds a control character and is not in base64")
	case !utf8.Valid(value):
		return errors.New("the value is neither UTF-8 nor base64")
	}
	return nil
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

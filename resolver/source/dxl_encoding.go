package source

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"

	"golang.org/x/net/html/charset"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"
)

// encoding keeps what the beginning of a file and its XML declaration say about
// its characters; where they disagree, names could change their spelling.
type encoding struct {
	utf16    bool   // seen in the first bytes
	declared string // by the first XML declaration, lower case; empty when none was read
	read     bool   // a declaration was read
}

const utf8Label = "utf-8"

// sniff tells UTF-16 by its first bytes (XML 1.0, appendix F), since a
// declaration in UTF-16 can only be read by one who knows.
func (e *encoding) sniff(m *meter) (io.Reader, error) {
	head, err := m.r.Peek(4)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	order := unicode.LittleEndian
	switch {
	case bytes.HasPrefix(head, byteOrderMark):
		_, err := m.r.Discard(3)
		return m, err
	case bytes.HasPrefix(head, []byte{0xFF, 0xFE}), bytes.HasPrefix(head, []byte{'<', 0, '?', 0}):
	case bytes.HasPrefix(head, []byte{0xFE, 0xFF}), bytes.HasPrefix(head, []byte{0, '<', 0, '?'}):
		order = unicode.BigEndian
	default:
		return m, nil
	}
	e.utf16 = true
	return transform.NewReader(m, unicode.UTF16(order, unicode.UseBOM).NewDecoder()), nil
}

func isUTF16(label string) bool { return strings.HasPrefix(label, "utf-16") }

// open serves xml.Decoder.CharsetReader. A second declaration of the same
// encoding, as in concatenated exports, changes nothing.
func (e *encoding) open(label string, in io.Reader) (io.Reader, error) {
	label = strings.ToLower(label)
	switch {
	case e.read && label == e.declared:
		return in, nil
	case e.read:
		return nil, fmt.Errorf("declared after %s, but one file has one encoding", e.declared)
	case isUTF16(label) && e.utf16:
		return in, nil
	case isUTF16(label):
		return nil, errors.New("the file does not begin as UTF-16 does")
	case e.utf16:
		return nil, errors.New("the file is in UTF-16")
	case label == "us-ascii" || label == "ascii":
		return asciiOnly{in}, nil
	}
	found, name := charset.Lookup(label)
	if found == nil || name == "replacement" || name == "x-user-defined" {
		return nil, errors.New("unknown encoding")
	}
	return transform.NewReader(in, found.NewDecoder()), nil
}

// agree compares a declaration with the first one and with the bytes.
func (e *encoding) agree(declaration string) error {
	label := declaredEncoding(declaration)
	if label == "" {
		label = utf8Label
		if e.utf16 {
			label = "utf-16"
		}
	}
	if e.utf16 && !isUTF16(label) {
		return fmt.Errorf("declared as %s, but the file is in UTF-16", label)
	}
	if e.read && label != e.declared {
		return fmt.Errorf("encoding %s after %s, but one file has one encoding", label, e.declared)
	}
	e.read, e.declared = true, label
	return nil
}

// declaredEncoding finds the encoding in an XML declaration, lower case.
func declaredEncoding(declaration string) string {
	_, rest, ok := strings.Cut(declaration, "encoding")
	if !ok {
		return ""
	}
	rest = strings.TrimLeft(rest, " \t\r\n=")
	if rest == "" || rest[0] != '\'' && rest[0] != '"' {
		return ""
	}
	label, _, _ := strings.Cut(rest[1:], rest[:1])
	return strings.ToLower(label)
}

// asciiOnly refuses bytes that US-ASCII has not: what they mean is anyone's
// guess, and a guess could make one name of two.
type asciiOnly struct{ in io.Reader }

func (a asciiOnly) Read(p []byte) (int, error) {
	n, err := a.in.Read(p)
	for i, c := range p[:n] {
		if c >= 0x80 {
			return i, fmt.Errorf("byte 0x%02X is not US-ASCII", c)
		}
	}
	return n, err
}

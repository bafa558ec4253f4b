package name

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// scanner reads the text of a distinguished name from left to right.
type scanner struct {
	text string
	at   int
	avas int
}

// form says how the text of a value is to be understood.
type form uint8

const (
	plainForm   form = iota // the value itself
	escapedForm             // with backslashes
	hexForm                 // hex digits of a BER encoding
)

// rawValue is a value as it stands in the text, checked but not yet decoded.
type rawValue struct {
	text string
	form form
}

func newScanner(s string) (scanner, error) {
	if utf8.ValidString(s) {
		return scanner{text: s}, nil
	}
	for i, r := range s {
		if _, size := utf8.DecodeRuneInString(s[i:]); r == utf8.RuneError && size == 1 {
			return scanner{}, fmt.Errorf("parsing distinguished name: byte %d: not UTF-8", i)
		}
	}
	return scanner{text: s}, nil
}

// atEnd reports whether nothing but spaces is left.
func (in *scanner) atEnd() bool { return skipSpaces(in.text, in.at) == len(in.text) }

func (in *scanner) fail(what string) error {
	return fmt.Errorf("parsing distinguished name: byte %d: %s", in.at, what)
}

// attributeType reads the type and the '=' after it.
func (in *scanner) attributeType() (string, error) {
	if in.avas++; in.avas > maxParts {
		return "", in.fail(fmt.Sprintf("more than %d values", maxParts))
	}
	label, value, ok := scanLabel(in.text, in.at)
	if !ok {
		in.at = skipSpaces(in.text, in.at)
		return "", in.fail("attribute type and '=' expected")
	}
	in.at = value
	return label, nil
}

// value reads a value and leaves the scanner behind it.
func (in *scanner) value() (rawValue, error) {
	in.at = skipSpaces(in.text, in.at)
	if in.at == len(in.text) {
		return rawValue{}, nil
	}
	switch in.text[in.at] {
	case '#':
		return in.hexValue()
	case '"':
		return in.quotedValue()
	default:
		return in.stringValue()
	}
}

// stringValue reads an unquoted value (RFC 4514, section 3). Spaces at its ends
// count only if escaped.
func (in *scanner) stringValue() (rawValue, error) {
	start, past, how := in.at, in.at, plainForm
scan:
	for in.at < len(in.text) {
		c := in.text[in.at]
		switch c {
		case ',', '+':
			break scan
		case '\\':
			if err := in.escape(); err != nil {
				return rawValue{}, err
			}
			how, past = escapedForm, in.at
			continue
		case '"', ';', '<', '>', 0:
			return rawValue{}, in.fail(fmt.Sprintf("%q must be escaped", c))
		}
		in.at++
		if c != ' ' {
			past = in.at
		}
	}
	in.at = past
	return rawValue{in.text[start:past], how}, nil
}

// quotedValue reads a value in double quotes (RFC 2253, section 4).
func (in *scanner) quotedValue() (rawValue, error) {
	in.at++
	start, how := in.at, plainForm
	for in.at < len(in.text) {
		switch in.text[in.at] {
		case '"':
			in.at++
			return rawValue{in.text[start : in.at-1], how}, nil
		case '\\':
			if err := in.escape(); err != nil {
				return rawValue{}, err
			}
			how = escapedForm
		case 0:
			return rawValue{}, in.fail("a zero byte must be escaped")
		default:
			in.at++
		}
	}
	return rawValue{}, in.fail("closing quote expected")
}

// hexValue reads '#' and hex pairs.
func (in *scanner) hexValue() (rawValue, error) {
	in.at++
	start := in.at
	for in.at < len(in.text) {
		if _, ok := hexDigit(in.text[in.at]); !ok {
			break
		}
		in.at++
	}
	if digits := in.at - start; digits == 0 || digits%2 != 0 {
		return rawValue{}, in.fail("pairs of hex digits expected after '#'")
	}
	return rawValue{in.text[start:in.at], hexForm}, nil
}

// escape steps over a backslash and what it escapes.
func (in *scanner) escape() error {
	rest := in.text[in.at+1:]
	if rest == "" {
		return in.fail("nothing after the backslash")
	}
	if strings.IndexByte(` "#+,;<=>\`, rest[0]) >= 0 {
		in.at += 2
		return nil
	}
	if len(rest) >= 2 {
		_, high := hexDigit(rest[0])
		_, low := hexDigit(rest[1])
		if high && low {
			in.at += 3
			return nil
		}
	}
	return in.fail("a special character or two hex digits expected after the backslash")
}

// separator steps over a comma or plus sign and returns it, or 0 at the end.
func (in *scanner) separator() (byte, error) {
	in.at = skipSpaces(in.text, in.at)
	if in.at == len(in.text) {
		return 0, nil
	}
	c := in.text[in.at]
	if c != ',' && c != '+' {
		return 0, in.fail("',' or '+' expected")
	}
	in.at++
	return c, nil
}

// ava decodes the value.
func (v rawValue) ava(typ string) AVA {
	switch v.form {
	case escapedForm:
		return AVA{Type: typ, Value: string(appendUnescaped(nil, v.text))}
	case hexForm:
		if text, ok := appendBERString(nil, v.text); ok {
			return AVA{Type: typ, Value: string(text)}
		}
		return AVA{Type: typ, Value: "#" + strings.ToLower(v.text), opaque: true}
	default:
		return AVA{Type: typ, Value: v.text}
	}
}

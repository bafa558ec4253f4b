package wire

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// FilterString returns the text of f as RFC 4515 writes it, on one line of
// printable characters. What is not a filter is written as (?), which no parser takes.
func FilterString(f Filter) string {
	var b strings.Builder
	writeFilter(&b, &f)
	return b.String()
}

func writeFilter(b *strings.Builder, f *Filter) {
	b.WriteByte('(')
	switch f.Kind {
	case And:
		writeSet(b, '&', f.Children)
	case Or:
		writeSet(b, '|', f.Children)
	case Not:
		writeSet(b, '!', f.Children)
	case Equality:
		writeItem(b, f, "=")
	case GreaterOrEqual:
		writeItem(b, f, ">=")
	case LessOrEqual:
		writeItem(b, f, "<=")
	case Approx:
		writeItem(b, f, "~=")
	case Present:
		writeEscaped(b, f.Attr)
		b.WriteString("=*")
	case Substrings:
		writeSubstrings(b, f)
	case Extensible:
		writeExtensible(b, f)
	default:
		b.WriteByte('?')
	}
	b.WriteByte(')')
}

func writeSet(b *strings.Builder, operator byte, children []Filter) {
	b.WriteByte(operator)
	for i := range children {
		writeFilter(b, &children[i])
	}
}

func writeItem(b *strings.Builder, f *Filter, operator string) {
	writeEscaped(b, f.Attr)
	b.WriteString(operator)
	writeEscaped(b, f.Value)
}

func writeSubstrings(b *strings.Builder, f *Filter) {
	writeEscaped(b, f.Attr)
	b.WriteByte('=')
	writeEscaped(b, f.Initial)
	for _, piece := range f.Any {
		b.WriteByte('*')
		writeEscaped(b, piece)
	}
	b.WriteByte('*')
	writeEscaped(b, f.Final)
}

func writeExtensible(b *strings.Builder, f *Filter) {
	writeEscaped(b, f.Attr)
	if f.DNAttributes {
		b.WriteString(":dn")
	}
	if len(f.Rule) > 0 {
		b.WriteByte(':')
		writeEscaped(b, f.Rule)
	}
	b.WriteString(":=")
	writeEscaped(b, f.Value)
}

// writeEscaped escapes more than RFC 4515 demands: all that is not printable,
// because the text ends up in logs and on terminals.
func writeEscaped(b *strings.Builder, v []byte) {
	for len(v) > 0 {
		r, size := utf8.DecodeRune(v)
		if r == utf8.RuneError && size == 1 || !unicode.IsPrint(r) || strings.ContainsRune(`*()\`, r) {
			for _, octet := range v[:size] {
				writeHex(b, octet)
			}
		} else {
			b.Write(v[:size])
		}
		v = v[size:]
	}
}

func writeHex(b *strings.Builder, octet byte) {
	const digits = "0123456789abcdef"
	b.WriteByte('\\')
	b.WriteByte(digits[octet>>4])
	b.WriteByte(digits[octet&15])
}

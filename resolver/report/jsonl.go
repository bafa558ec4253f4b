package report

import (
	"strconv"
	"unicode/utf8"
)

// jsonFormat writes rows as JSON Lines, byte for byte as encoding/json writes
// resolver.Row without escaping HTML.
type jsonFormat struct{}

func (jsonFormat) header() string { return "" }

func (jsonFormat) appendUser(dst []byte, u *User) []byte {
	dst = appendJSON(append(dst, `{"user":`...), u.Name)
	return appendJSON(append(dst, `,"dn":`...), u.DN)
}

func (jsonFormat) appendCell(dst []byte, c *Cell) []byte {
	dst = appendJSON(append(dst, `,"database":`...), c.Database)
	dst = appendJSON(append(dst, `,"level":`...), c.Level.String())
	dst = strconv.AppendInt(append(dst, `,"levelNum":`...), int64(c.Level), 10)
	dst = appendJSONList(append(dst, `,"roles":`...), c.Roles)
	dst = appendJSONList(append(dst, `,"privileges":`...), c.Privileges)
	dst = appendJSON(append(dst, `,"source":`...), c.Source)
	dst = appendJSONList(append(dst, `,"winning":`...), c.Winning)
	return append(dst, '}', '\n')
}

func appendJSONList(dst []byte, list []string) []byte {
	dst = append(dst, '[')
	for i, text := range list {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = appendJSON(dst, text)
	}
	return append(dst, ']')
}

const hexDigits = "0123456789abcdef"

// appendJSON writes a text as a JSON string. Bytes that are no UTF-8 become
// U+FFFD; the two line separators of JavaScript are escaped (RFC 8259 does not
// ask for it, careless readers do).
func appendJSON(dst []byte, text string) []byte {
	dst = append(dst, '"')
	start := 0
	for i := 0; i < len(text); {
		c := text[i]
		if c >= ' ' && c < utf8.RuneSelf && c != '"' && c != '\\' {
			i++
			continue
		}
		r, size := rune(c), 1
		if c >= utf8.RuneSelf {
			r, size = utf8.DecodeRuneInString(text[i:])
			if valid := r != utf8.RuneError || size > 1; valid && r != '\u2028' && r != '\u2029' {
				i += size
				continue
			}
		}
		dst = appendEscape(append(dst, text[start:i]...), r)
		i += size
		start = i
	}
	return append(append(dst, text[start:]...), '"')
}

func appendEscape(dst []byte, r rune) []byte {
	switch r {
	case '"', '\\':
		return append(dst, '\\', byte(r))
	case '\b':
		return append(dst, '\\', 'b')
	case '\f':
		return append(dst, '\\', 'f')
	case '\n':
		return append(dst, '\\', 'n')
	case '\r':
		return append(dst, '\\', 'r')
	case '\t':
		return append(dst, '\\', 't')
	}
	return append(dst, '\\', 'u', hexDigits[r>>12&15], hexDigits[r>>8&15], hexDigits[r>>4&15], hexDigits[r&15])
}

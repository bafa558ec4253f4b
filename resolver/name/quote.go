package name

import "strings"

// In Notes text a character that would be read as structure stands between
// double quotes: "/", "@" and """ (rule 9.6). A plus sign that would be read as
// the joint of a component with several values is written "+" in the same way.

// quotedAt reports whether a quoted character starts at s[i].
func quotedAt(s string, i int) bool {
	if s[i] != '"' || i+2 >= len(s) || s[i+2] != '"' {
		return false
	}
	switch s[i+1] {
	case '/', '@', '"', '+':
		return true
	}
	return false
}

// stepOver is the number of bytes to the next unit of Notes text.
func stepOver(s string, i int) int {
	if quotedAt(s, i) {
		return 3
	}
	return 1
}

// unquote returns the value that a part of Notes text stands for.
func unquote(text string) string {
	text = strings.TrimSpace(text)
	if strings.IndexByte(text, '"') < 0 {
		return text
	}
	out := make([]byte, 0, len(text))
	for i := 0; i < len(text); {
		if quotedAt(text, i) {
			out = append(out, text[i+1])
			i += 3
			continue
		}
		out = append(out, text[i])
		i++
	}
	return strings.TrimSpace(string(out))
}

// appendQuoted writes a value as Notes text that follows a label.
func appendQuoted(dst []byte, value string) []byte {
	for i := 0; i < len(value); i++ {
		c := value[i]
		quote := c == '/' || c == '@' || c == '"'
		if c == '+' {
			_, _, quote = scanLabel(value, i+1)
		}
		dst = appendMaybeQuoted(dst, c, quote)
	}
	return dst
}

// appendBareQuoted writes the value of an unlabelled part, where '+' joins
// nothing. Characters in alsoPlain need no quotes either.
func appendBareQuoted(dst []byte, value, alsoPlain string) []byte {
	for i := 0; i < len(value); i++ {
		c := value[i]
		quote := (c == '/' || c == '@' || c == '"') && strings.IndexByte(alsoPlain, c) < 0
		dst = appendMaybeQuoted(dst, c, quote)
	}
	return dst
}

func appendMaybeQuoted(dst []byte, c byte, quote bool) []byte {
	if quote {
		return append(dst, '"', c, '"')
	}
	return append(dst, c)
}

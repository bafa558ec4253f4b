package wire

import (
	"fmt"
	"strings"
)

const filterSpace = " \t\r\n"

// ParseFilterString parses the text of a filter (RFC 4515) under
// DefaultFilterLimits. Like the usual tools it takes space around and between
// filters (never in values, where it counts), a filter without its outer
// parentheses, adjacent asterisks as one, and the escapes \* \( \) \\ of LDAP v2.
func ParseFilterString(s string) (Filter, error) {
	p := filterParser{text: strings.Trim(s, filterSpace), limits: DefaultFilterLimits}
	if p.text == "" {
		return Filter{}, fmt.Errorf("filter is empty")
	}
	if p.text[0] != '(' {
		p.text, p.wrapped = "("+p.text+")", true
	}
	var f Filter
	if err := p.filter(&f, 1); err != nil {
		return Filter{}, err
	}
	if p.pos < len(p.text) {
		return Filter{}, p.fault("text after the filter")
	}
	return f, nil
}

type filterParser struct {
	text    string
	pos     int
	wrapped bool // the outer parentheses are not the user's
	terms   int
	limits  FilterLimits
}

func (p *filterParser) fault(what string) error {
	place := p.pos + 1
	if p.wrapped {
		place = max(min(p.pos, len(p.text)-2), 1)
	}
	return fmt.Errorf("filter, character %d: %s", place, what)
}

func (p *filterParser) skipSpace() {
	for p.pos < len(p.text) && strings.IndexByte(filterSpace, p.text[p.pos]) >= 0 {
		p.pos++
	}
}

// accept steps over one character if it is the next.
func (p *filterParser) accept(c byte) bool {
	if p.pos < len(p.text) && p.text[p.pos] == c {
		p.pos++
		return true
	}
	return false
}

func (p *filterParser) filter(f *Filter, depth int) error {
	if depth > p.limits.Depth {
		return ErrFilterTooDeep
	}
	if p.terms++; p.terms > p.limits.Terms {
		return ErrFilterTooBig
	}
	if !p.accept('(') {
		return p.fault("opening parenthesis expected")
	}
	p.skipSpace()
	if err := p.component(f, depth); err != nil {
		return err
	}
	if !p.accept(')') {
		return p.fault("closing parenthesis expected")
	}
	return nil
}

func (p *filterParser) component(f *Filter, depth int) error {
	switch {
	case p.accept('&'):
		f.Kind = And
	case p.accept('|'):
		f.Kind = Or
	case p.accept('!'):
		f.Kind = Not
	default:
		return p.item(f)
	}
	p.skipSpace()
	for p.pos < len(p.text) && p.text[p.pos] == '(' {
		var child Filter
		if err := p.filter(&child, depth+1); err != nil {
			return err
		}
		f.Children = append(f.Children, child)
		p.skipSpace()
	}
	if f.Kind == Not && len(f.Children) != 1 {
		return p.fault("exactly one filter expected after !")
	}
	return nil
}

func (p *filterParser) item(f *Filter) error {
	attr := p.word()
	f.Attr = []byte(attr)
	if p.accept(':') {
		return p.extensible(f)
	}
	if attr == "" {
		return p.fault("attribute name expected")
	}
	for _, op := range filterOperators {
		if !strings.HasPrefix(p.text[p.pos:], op.text) {
			continue
		}
		p.pos += len(op.text)
		if op.kind == Equality {
			return p.equalityOrSubstrings(f)
		}
		f.Kind = op.kind
		return p.plainValue(f)
	}
	return p.fault("=, >=, <=, ~= or := expected after the attribute name")
}

var filterOperators = [...]struct {
	text string
	kind FilterKind
}{{"=", Equality}, {">=", GreaterOrEqual}, {"<=", LessOrEqual}, {"~=", Approx}}

// word steps over an attribute description or the name of a matching rule. An
// underscore is not in RFC 4512 but in the names of many directories.
func (p *filterParser) word() string {
	start := p.pos
	for p.pos < len(p.text) && isWordChar(p.text[p.pos]) {
		p.pos++
	}
	return p.text[start:p.pos]
}

func isWordChar(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' ||
		c == '-' || c == '.' || c == ';' || c == '_'
}

// extensible parses from behind the first colon: [dn:][rule:]=value.
func (p *filterParser) extensible(f *Filter) error {
	f.Kind = Extensible
	word := p.word()
	if strings.EqualFold(word, "dn") && p.accept(':') {
		f.DNAttributes = true
		word = p.word()
	}
	if word != "" {
		if !p.accept(':') {
			return p.fault("colon expected after the matching rule")
		}
		f.Rule = []byte(word)
	}
	if !p.accept('=') {
		return p.fault(":= expected")
	}
	if len(f.Attr) == 0 && len(f.Rule) == 0 {
		return p.fault("attribute name or matching rule expected before :=")
	}
	return p.plainValue(f)
}

// plainValue parses a value in which an asterisk means nothing and must be escaped.
func (p *filterParser) plainValue(f *Filter) error {
	value, err := p.value()
	f.Value = value
	if err == nil && p.pos < len(p.text) && p.text[p.pos] == '*' {
		return p.fault(`asterisk must be written \2a here`)
	}
	return err
}

// equalityOrSubstrings parses what follows "=": presence, equality or substrings.
func (p *filterParser) equalityOrSubstrings(f *Filter) error {
	first, err := p.value()
	if err != nil {
		return err
	}
	if !p.accept('*') {
		f.Kind, f.Value = Equality, first
		return nil
	}
	f.Kind, f.Initial = Substrings, first
	last, stars := []byte(nil), 1
	for {
		if last, err = p.value(); err != nil {
			return err
		}
		if !p.accept('*') {
			break
		}
		stars++
		if len(last) > 0 {
			f.Any = append(f.Any, last)
		}
		if p.terms++; p.terms > p.limits.Terms {
			return ErrFilterTooBig
		}
	}
	f.Final = last
	if len(f.Initial) > 0 || len(f.Any) > 0 || len(f.Final) > 0 {
		return nil
	}
	if stars > 1 {
		return p.fault("asterisks without a substring")
	}
	*f = Filter{Kind: Present, Attr: f.Attr}
	return nil
}

// value parses up to an unescaped asterisk or closing parenthesis and resolves the escapes.
func (p *filterParser) value() ([]byte, error) {
	out := []byte{}
	for p.pos < len(p.text) {
		switch c := p.text[p.pos]; c {
		case ')', '*':
			return out, nil
		case '(', 0:
			return nil, p.fault(`parenthesis or NUL in a value must be written \28, \29 or \00`)
		case '\\':
			octet, err := p.escape()
			if err != nil {
				return nil, err
			}
			out = append(out, octet)
		default:
			out = append(out, c)
			p.pos++
		}
	}
	return out, nil
}

func (p *filterParser) escape() (byte, error) {
	rest := p.text[p.pos+1:]
	if rest != "" && strings.IndexByte(`*()\`, rest[0]) >= 0 {
		p.pos += 2
		return rest[0], nil
	}
	if len(rest) < 2 {
		return 0, p.fault("two hexadecimal digits expected after the backslash")
	}
	high, okHigh := hexDigit(rest[0])
	low, okLow := hexDigit(rest[1])
	if !okHigh || !okLow {
		return 0, p.fault("two hexadecimal digits expected after the backslash")
	}
	p.pos += 3
	return high<<4 | low, nil
}

func hexDigit(c byte) (byte, bool) {
	switch {
	case '0' <= c && c <= '9':
		return c - '0', true
	case 'a' <= c && c <= 'f':
		return c - 'a' + 10, true
	case 'A' <= c && c <= 'F':
		return c - 'A' + 10, true
	}
	return 0, false
}

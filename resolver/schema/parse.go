package schema

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// ParseType reads an attribute type description (RFC 4512 section 4.1.2). It
// tolerates what servers publish: object identifiers in quotes, names without,
// lengths behind a syntax, unknown extensions, clauses in any order. What the
// definition does not say is left empty.
func ParseType(text string) (Type, error) {
	var t Type
	p := definition{text: text}
	oid, err := p.open()
	if err != nil {
		return t, err
	}
	t.OID = oid
	words := map[string]*string{
		"DESC": &t.Desc, "SUP": &t.Sup, "EQUALITY": &t.Equality, "ORDERING": &t.Ordering, "SUBSTR": &t.Substring, "SYNTAX": &t.Syntax,
	}
	flags := map[string]*bool{
		"OBSOLETE": &t.Obsolete, "SINGLE-VALUE": &t.SingleValue, "COLLECTIVE": &t.Collective, "NO-USER-MODIFICATION": &t.NoUserMod,
	}
	err = p.clauses(func(keyword string) error {
		if flag := flags[keyword]; flag != nil {
			*flag = true
			return nil
		}
		if word := words[keyword]; word != nil {
			*word, err = p.word()
			return err
		}
		switch keyword {
		case "NAME":
			t.Names, err = p.list()
		case "USAGE":
			t.Usage, err = p.usage()
		default:
			return errUnknownClause
		}
		return err
	})
	if err != nil {
		return t, err
	}
	t.Names = named(t.Names, t.OID)
	t.Syntax = syntaxOID(withoutLength(t.Syntax))
	return t, checkPublished(t.OID, t.Names, []string{t.Sup, t.Equality, t.Ordering, t.Substring, t.Syntax})
}

// ParseClass reads an object class description (RFC 4512 section 4.1.1), with
// the tolerance of ParseType.
func ParseClass(text string) (Class, error) {
	var c Class
	p := definition{text: text}
	oid, err := p.open()
	if err != nil {
		return c, err
	}
	c.OID = oid
	lists := map[string]*[]string{"NAME": &c.Names, "SUP": &c.Sup, "MUST": &c.Must, "MAY": &c.May}
	kinds := map[string]ClassKind{"STRUCTURAL": Structural, "ABSTRACT": Abstract, "AUXILIARY": Auxiliary}
	err = p.clauses(func(keyword string) error {
		if list := lists[keyword]; list != nil {
			*list, err = p.list()
			return err
		}
		if kind, ok := kinds[keyword]; ok {
			c.Kind = kind
			return nil
		}
		switch keyword {
		case "DESC":
			c.Desc, err = p.word()
			return err
		case "OBSOLETE":
			c.Obsolete = true
			return nil
		}
		return errUnknownClause
	})
	if err != nil {
		return c, err
	}
	c.Names = named(c.Names, c.OID)
	return c, checkPublished(c.OID, c.Names, slices.Concat(c.Sup, c.Must, c.May))
}

// named gives what has no name its OID for one.
func named(names []string, oid string) []string {
	if len(names) == 0 {
		return []string{oid}
	}
	return names
}

var errUnknownClause = errors.New("unknown clause")

// clauses reads to the closing parenthesis. A keyword that read does not know
// is skipped with its values, since servers have clauses of their own.
func (p *definition) clauses(read func(keyword string) error) error {
	seen := map[string]bool{}
	for {
		tok, err := p.next()
		if err != nil {
			return err
		}
		switch tok.kind {
		case closeToken:
			return p.end()
		case wordToken:
		default:
			return fmt.Errorf("%s where a keyword should stand", tok)
		}
		keyword := strings.ToUpper(tok.text)
		if seen[keyword] {
			return fmt.Errorf("%s stands twice", shorten(keyword))
		}
		seen[keyword] = true
		err = read(keyword)
		if errors.Is(err, errUnknownClause) {
			err = p.skip(keyword)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", shorten(keyword), err)
		}
	}
}

// skip passes over the values of a clause that means nothing to us. Only
// extensions may be skipped: another keyword may change what the rest means.
func (p *definition) skip(keyword string) error {
	if !strings.HasPrefix(keyword, "X-") {
		return errUnknownClause
	}
	_, err := p.list()
	return err
}

func (p *definition) usage() (Usage, error) {
	word, err := p.word()
	if err != nil {
		return 0, err
	}
	for u, name := range usageNames {
		if equalFold(name, word) {
			return Usage(u), nil
		}
	}
	return 0, fmt.Errorf("unknown usage %q", shorten(word))
}

// withoutLength takes the length bound off a syntax, as in 1.3.6.1{256}.
func withoutLength(syntax string) string {
	if at := strings.IndexByte(syntax, '{'); at >= 0 && strings.HasSuffix(syntax, "}") {
		return syntax[:at]
	}
	return syntax
}

// checkPublished checks the words of a directory's definition. Underscores are
// let through, which some servers have in names.
func checkPublished(oid string, names, references []string) error {
	if !isPublishedName(oid) && !isNumericOID(oid) {
		return fmt.Errorf("%q is no object identifier", shorten(oid))
	}
	for _, name := range names {
		if !isPublishedName(name) && name != oid {
			return fmt.Errorf("%q is no name", shorten(name))
		}
	}
	for _, word := range references {
		if word != "" && !isPublishedName(word) && !isNumericOID(word) {
			return fmt.Errorf("%q is neither a name nor an object identifier", shorten(word))
		}
	}
	return nil
}

func isPublishedName(s string) bool { return isDescr(strings.ReplaceAll(s, "_", "-")) }

package schema

import (
	"errors"
	"fmt"
	"strings"
)

// definition reads the words of one schema definition in parentheses.
type definition struct {
	text   string
	at     int
	peeked *token
}

type tokenKind uint8

const (
	openToken tokenKind = iota
	closeToken
	dollarToken
	wordToken
	quotedToken
)

type token struct {
	kind tokenKind
	text string
}

func (t token) String() string {
	switch t.kind {
	case openToken:
		return "an opening parenthesis"
	case closeToken:
		return "a closing parenthesis"
	case dollarToken:
		return "a dollar sign"
	default:
		return fmt.Sprintf("%q", shorten(t.text))
	}
}

var errCutOff = errors.New("the definition ends before its closing parenthesis")

func isBlank(c byte) bool { return c == ' ' || '\t' <= c && c <= '\r' }

// next reads one token.
func (p *definition) next() (token, error) {
	if p.peeked != nil {
		t := *p.peeked
		p.peeked = nil
		return t, nil
	}
	for p.at < len(p.text) && isBlank(p.text[p.at]) {
		p.at++
	}
	if p.at == len(p.text) {
		return token{}, errCutOff
	}
	start := p.at
	p.at++
	switch p.text[start] {
	case '(':
		return token{kind: openToken}, nil
	case ')':
		return token{kind: closeToken}, nil
	case '$':
		return token{kind: dollarToken}, nil
	case '\'':
		return p.quoted()
	}
	for p.at < len(p.text) && !isBlank(p.text[p.at]) && strings.IndexByte("()$'", p.text[p.at]) < 0 {
		p.at++
	}
	return token{wordToken, p.text[start:p.at]}, nil
}

func (p *definition) peek() (token, error) {
	t, err := p.next()
	if err == nil {
		p.peeked = &t
	}
	return t, err
}

// quoted reads to the closing quote. One in the middle of a text, which some
// servers forget to escape, has neither a blank nor a parenthesis behind it.
func (p *definition) quoted() (token, error) {
	start := p.at
	for ; p.at < len(p.text); p.at++ {
		if p.text[p.at] != '\'' {
			continue
		}
		if next := p.at + 1; next == len(p.text) || isBlank(p.text[next]) || strings.IndexByte("()$", p.text[next]) >= 0 {
			p.at++
			return token{quotedToken, unescapeQuoted(p.text[start : p.at-1])}, nil
		}
	}
	return token{}, errors.New("a quote is not closed")
}

var quotedEscapes = strings.NewReplacer(`\27`, "'", `\5c`, `\`, `\5C`, `\`)

func unescapeQuoted(s string) string {
	if strings.IndexByte(s, '\\') < 0 {
		return s
	}
	return quotedEscapes.Replace(s)
}

// open reads the opening parenthesis and the object identifier behind it.
func (p *definition) open() (oid string, err error) {
	t, err := p.next()
	if err != nil {
		return "", err
	}
	if t.kind != openToken {
		return "", fmt.Errorf("%s where an opening parenthesis should stand", t)
	}
	return p.word()
}

// end makes sure that nothing follows the closing parenthesis.
func (p *definition) end() error {
	if rest := strings.TrimSpace(p.text[p.at:]); rest != "" {
		return fmt.Errorf("%q behind the closing parenthesis", shorten(rest))
	}
	return nil
}

// word reads a value that may be quoted.
func (p *definition) word() (string, error) {
	t, err := p.next()
	if err != nil {
		return "", err
	}
	if t.kind != wordToken && t.kind != quotedToken {
		return "", fmt.Errorf("%s where a value should stand", t)
	}
	return t.text, nil
}

// list reads one value, or several in parentheses with or without dollar signs.
func (p *definition) list() ([]string, error) {
	first, err := p.peek()
	if err != nil {
		return nil, err
	}
	if first.kind != openToken {
		word, err := p.word()
		return []string{word}, err
	}
	p.peeked = nil
	var words []string
	for {
		t, err := p.next()
		if err != nil {
			return nil, err
		}
		switch t.kind {
		case closeToken:
			return words, nil
		case dollarToken:
		case openToken:
			return nil, fmt.Errorf("%s inside a list", t)
		default:
			words = append(words, t.text)
		}
	}
}

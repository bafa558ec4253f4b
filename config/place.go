package config

import (
	"fmt"
	"regexp"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/token"
)

// written is where a key stands in the file, and its scalar as it was typed,
// before environment variables; faults quote that, since a variable may hold a
// secret. The text of a secret is never kept.
type written struct {
	line, column int
	text         string
}

// place is a key's path and where it stands.
type place struct {
	key          string
	line, column int
}

func (p place) child(name string, pos *token.Position) place {
	key := shownKey(name)
	if p.key != "" {
		key = p.key + "." + key
	}
	return p.moved(key, pos)
}

var keyStart = regexp.MustCompile(`^[A-Za-z0-9_.-]{0,64}`)

// shownKey is a key as faults show it: a key that is no plain word ends at its
// first other character, since it may be a key and a password without the space
// between them (bindPassword:...).
func shownKey(name string) string {
	start := keyStart.FindString(name)
	if start == name {
		return name
	}
	return start + "..."
}

func (p place) item(i int, n ast.Node) place {
	return p.moved(fmt.Sprintf("%s[%d]", p.key, i), position(n))
}

func (p place) moved(key string, pos *token.Position) place {
	if pos != nil && pos.Line > 0 {
		return place{key, pos.Line, pos.Column}
	}
	return place{key, p.line, p.column}
}

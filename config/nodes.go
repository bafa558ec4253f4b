package config

import (
	"bytes"
	"strings"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/token"
)

// kind is what a YAML scalar is, by its spelling.
type kind int

const (
	kindOther  kind = iota // a mapping, a list, or a scalar that no key wants
	kindNull               // nothing, or null
	kindText               // text, quoted or not
	kindNumber             // a whole number or one with a fraction
	kindBool               // true or false
)

func kindOf(n ast.Node) kind {
	switch n.(type) {
	case *ast.NullNode, nil:
		return kindNull
	case *ast.StringNode, *ast.LiteralNode:
		return kindText
	case *ast.IntegerNode, *ast.FloatNode:
		return kindNumber
	case *ast.BoolNode:
		return kindBool
	}
	return kindOther
}

func isNull(n ast.Node) bool { return kindOf(n) == kindNull }

// quoted reports whether a text stands in quotes or in a block.
func quoted(n ast.Node) bool {
	s, ok := n.(*ast.StringNode)
	if !ok {
		return kindOf(n) == kindText
	}
	t := s.Token.Type
	return t == token.SingleQuoteType || t == token.DoubleQuoteType
}

// describe names what a node is, without its value, which may be a secret.
func describe(n ast.Node) string {
	switch kindOf(n) {
	case kindNull:
		return "no value"
	case kindText:
		return "text"
	case kindNumber:
		return "a number"
	case kindBool:
		return "true or false"
	}
	switch n.(type) {
	case *ast.MappingNode, *ast.MappingValueNode:
		if colonInKey(n) {
			return "keys with values; a text that holds a colon needs quotes between braces or brackets"
		}
		return "keys with values"
	case *ast.SequenceNode:
		return "a list"
	case *ast.TagNode:
		return "a YAML tag; a text that begins with ! needs quotes"
	}
	return "something else"
}

// colonInKey tells whether a key holds a colon, as ldap://host does where the
// parser takes ldap://host:389 between braces for a key and a value.
func colonInKey(n ast.Node) bool {
	pairs, _ := pairsOf(n)
	return len(pairs) == 1 && strings.Contains(nodeText(pairs[0].Key), ":")
}

// nodeText is the text of a scalar as typed, quotes and escapes resolved.
func nodeText(n ast.Node) string {
	switch n := n.(type) {
	case *ast.StringNode:
		return n.Value
	case *ast.LiteralNode:
		return n.Value.Value
	case *ast.MappingKeyNode:
		return nodeText(n.Value)
	case nil:
		return ""
	}
	if tk := n.GetToken(); tk != nil {
		return tk.Value
	}
	return ""
}

// pairsOf returns the keys and values of a mapping.
func pairsOf(n ast.Node) ([]*ast.MappingValueNode, bool) {
	switch n := n.(type) {
	case *ast.MappingNode:
		return n.Values, true
	case *ast.MappingValueNode:
		return []*ast.MappingValueNode{n}, true
	}
	return nil, false
}

// position is where a node begins; a block mapping or list begins at its first key or item.
func position(n ast.Node) *token.Position {
	switch m := n.(type) {
	case nil:
		return nil
	case *ast.MappingNode:
		if !m.IsFlowStyle && len(m.Values) > 0 {
			return position(m.Values[0].Key)
		}
	case *ast.MappingValueNode:
		return position(m.Key)
	}
	if tk := n.GetToken(); tk != nil {
		return tk.Position
	}
	return nil
}

// maxNesting is far beyond what a configuration needs and far below what makes
// the recursive parser run out of stack, which no recover can catch.
const maxNesting = 300

// tooDeep returns the first line that opens more brackets, or indents more
// lists and keys, than maxNesting; 0 if none does. Brackets within text are
// counted too, which no real configuration notices.
func tooDeep(data []byte) int {
	open := 0
	for i, line := range bytes.Split(data, []byte("\n")) {
		for _, c := range line {
			switch c {
			case '[', '{':
				open++
			case ']', '}':
				open = max(open-1, 0)
			}
			if open > maxNesting {
				return i + 1
			}
		}
		if blockOpeners(line) > maxNesting {
			return i + 1
		}
	}
	return 0
}

// blockOpeners bounds the blocks that are open where a line's text starts: each
// takes a sign ("- - ? -") or at least one column of indentation. A blank line
// or a comment opens none, however far to the right it stands.
func blockOpeners(line []byte) int {
	indent := bytes.TrimLeft(line, " \t\r")
	if len(indent) == 0 || indent[0] == '#' {
		return 0
	}
	return len(line) - len(bytes.TrimLeft(line, " \t-?:&!"))
}

package source

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"unicode/utf8"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/lexer"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"
)

// The limits of a file that somebody writes by hand.
const (
	maxYAML      = 4 << 20 // bytes of one file
	maxYAMLDepth = 32      // values inside each other
)

// parseYAML reads one YAML document, nil when it is empty. Aliases are refused:
// a few lines of them can stand for any amount of text.
func parseYAML(r io.Reader, f File) (ast.Node, error) {
	text, err := io.ReadAll(io.LimitReader(r, maxYAML+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf("%s: %w", f.Name, err)
	case len(text) > maxYAML:
		return nil, fmt.Errorf("%s: larger than %d MiB", f.Name, maxYAML>>20)
	case !utf8.Valid(text):
		return nil, fmt.Errorf("%s: not UTF-8", f.Name)
	}
	text = bytes.TrimPrefix(text, byteOrderMark)
	tokens := lexer.Tokenize(string(text))
	if line, err := checkTokens(tokens); err != nil {
		return nil, f.errorAt(line, err)
	}
	file, err := parser.Parse(tokens, 0)
	if err != nil {
		return nil, yamlError(f, err)
	}
	var body ast.Node
	for _, doc := range file.Docs {
		if doc.Body == nil {
			continue
		}
		if body != nil {
			return nil, f.errorAt(doc.Body.GetToken().Position.Line, errors.New("a second document in one file"))
		}
		body = doc.Body
	}
	return body, nil
}

// checkTokens refuses what could make the parser recurse without end, before
// the parser sees it, and returns the line.
func checkTokens(tokens token.Tokens) (int, error) {
	flow, inLine, line := 0, 0, 0
	for _, t := range tokens {
		if t.Position.Line != line {
			line, inLine = t.Position.Line, 0
		}
		switch t.Type {
		case token.AnchorType, token.AliasType, token.MergeKeyType:
			return line, errors.New("anchors and aliases are refused; put names that begin with * or & in quotes")
		case token.TagType, token.DirectiveType:
			return line, errors.New("tags and directives are refused")
		case token.SequenceStartType, token.MappingStartType:
			flow++
		case token.SequenceEndType, token.MappingEndType:
			flow = max(0, flow-1)
		case token.SequenceEntryType, token.MappingKeyType, token.MappingValueType:
			if flow == 0 {
				inLine++
			}
		}
		if flow > maxYAMLDepth || inLine > maxYAMLDepth || t.Position.Column > maxYAML/maxYAMLDepth {
			return line, fmt.Errorf("more than %d values inside each other", maxYAMLDepth)
		}
	}
	return 0, nil
}

// word is text exactly as it is written: the library would make the number 83 of
// the name 0123.
type word string

// UnmarshalYAML takes any scalar.
func (w *word) UnmarshalYAML(n ast.Node) error {
	switch n := n.(type) {
	case *ast.StringNode:
		*w = word(n.Value)
	case *ast.LiteralNode:
		*w = word(n.Value.Value)
	case *ast.NullNode:
		*w = ""
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode, *ast.InfinityNode, *ast.NanNode:
		*w = word(n.GetToken().Value)
	default:
		return &yaml.UnexpectedNodeTypeError{Actual: n.Type(), Expected: ast.StringType, Token: n.GetToken()}
	}
	return nil
}

// yamlError names the line of what the YAML library found.
func yamlError(f File, err error) error {
	var found yaml.Error
	if !errors.As(err, &found) {
		return fmt.Errorf("%s: %w", f.Name, err)
	}
	line := 1
	if t := found.GetToken(); t != nil && t.Position != nil {
		line = t.Position.Line
	}
	return f.errorAt(line, errors.New(found.GetMessage()))
}

// lineOf is the line of a place in the document, or of the nearest place above it.
func lineOf(body ast.Node, at string) int {
	for at != "$" {
		if p, err := yaml.PathString(at); err == nil {
			if n, err := p.FilterNode(body); err == nil && n != nil && n.GetToken() != nil {
				return n.GetToken().Position.Line
			}
		}
		at = above(at)
	}
	return body.GetToken().Position.Line
}

// above cuts the last step off a path.
func above(at string) string {
	for i := len(at) - 1; i > 0; i-- {
		if at[i] == '.' || at[i] == '[' {
			return at[:i]
		}
	}
	return "$"
}

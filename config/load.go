package config

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"

	yaml "github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
)

// maxFileBytes bounds the configuration file; a real one is a few kilobytes.
const maxFileBytes = 1 << 20

// Load reads and checks the configuration in the file at path. Its error is
// *Errors and holds every fault.
func Load(path string) (*Config, error) {
	data, err := readBounded(path)
	if err != nil {
		errs := &Errors{cause: err}
		errs.add(Fault{File: path, Text: "the configuration cannot be read: " + reason(err)})
		return nil, errs
	}
	return Parse(data, path)
}

func readBounded(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, maxFileBytes+1))
}

// reason is what went wrong with a file, without its path.
func reason(err error) string {
	var pe *os.PathError
	if errors.As(err, &pe) {
		return pe.Err.Error()
	}
	return err.Error()
}

// Parse checks a configuration; file names it in faults, and relative paths in
// it are relative to file's folder. Its error is *Errors and holds every fault.
func Parse(data []byte, file string) (*Config, error) {
	errs := &Errors{}
	cfg := Defaults()
	cfg.file = file
	body, fault := document(data)
	if fault != nil {
		fault.File = file
		errs.add(*fault)
		return nil, errs
	}
	d := &decoder{file: file, dir: folderOf(file), errs: errs, given: cfg.given, anchors: map[string]ast.Node{}}
	if body != nil {
		d.value(place{}.moved("", position(body)), body, reflect.ValueOf(cfg).Elem(), "")
	}
	cfg.fit()
	(&validator{cfg: cfg, file: file, errs: errs}).all()
	if len(errs.Faults) > 0 {
		errs.sort()
		return nil, errs
	}
	return cfg, nil
}

func folderOf(file string) string {
	dir, err := filepath.Abs(filepath.Dir(file))
	if err != nil {
		return filepath.Dir(file)
	}
	return dir
}

// document parses data as the one YAML document of a file; the body of an empty
// one is nil.
func document(data []byte) (body ast.Node, fault *Fault) {
	data = bytes.TrimPrefix(data, []byte("\xef\xbb\xbf")) // some editors' byte order mark
	if len(data) > maxFileBytes {
		return nil, &Fault{Text: fmt.Sprintf("the file is larger than %d bytes", maxFileBytes)}
	}
	if line := tooDeep(data); line > 0 {
		return nil, &Fault{Line: line, Text: "the nesting is too deep for a configuration"}
	}
	// The parser is known to panic on some malformed input; that is a fault of
	// the file and must not end a running proxy at a reload.
	defer func() {
		if recover() != nil {
			body, fault = nil, &Fault{Text: "this is not YAML that can be read"}
		}
	}()
	tree, err := parser.ParseBytes(data, 0, parser.AllowDuplicateMapKey())
	if err != nil {
		return nil, syntaxFault(err)
	}
	return onlyBody(tree)
}

func onlyBody(tree *ast.File) (ast.Node, *Fault) {
	var body ast.Node
	documents := 0
	for _, doc := range tree.Docs {
		if _, ok := doc.Body.(*ast.DirectiveNode); ok {
			continue
		}
		if documents++; documents > 1 {
			line := 0
			if doc.Start != nil {
				line = doc.Start.Position.Line
			}
			return nil, &Fault{Line: line, Text: "a second YAML document begins here; a configuration is one document"}
		}
		body = doc.Body
	}
	return body, nil
}

// quotedPart is what a parser's message quotes from the file, beyond one character.
var quotedPart = regexp.MustCompile(`(?s):? ?"(\\.|[^"\\]){2,}.*`)

// syntaxFault keeps the parser's message and position, but no part of the file:
// neither the excerpt that its Error method prints nor what the message quotes,
// since either could hold a password.
func syntaxFault(err error) *Fault {
	f := &Fault{Text: "this is not valid YAML"}
	var ye yaml.Error
	if !errors.As(err, &ye) {
		return f
	}
	message := quotedPart.ReplaceAllString(ye.GetMessage(), "")
	f.Text += ": " + message
	if strings.Contains(message, "alias") || strings.Contains(message, "scalar value type") {
		f.Text += "; a text that begins with * needs quotes"
	}
	if tk := ye.GetToken(); tk != nil && tk.Position != nil {
		f.Line, f.Column = tk.Position.Line, tk.Position.Column
	}
	return f
}

package config

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"strings"

	"github.com/goccy/go-yaml/ast"
)

// resolve makes a path absolute, starting at the configuration's folder.
func (d *decoder) resolve(path string) string {
	if filepath.IsAbs(path) {
		return filepath.Clean(path)
	}
	return filepath.Join(d.dir, path)
}

// onePath resolves and checks one path; kind is the path tag. Empty stays empty.
func (d *decoder) onePath(at place, got scalarText, kind string) string {
	if got.text == "" {
		return ""
	}
	path := d.resolve(got.text)
	if problem := pathProblem(path, kind); problem != "" {
		d.fault(at, "%s: %s", quoteRaw(got.raw), problem)
	}
	return path
}

// pathProblem says what keeps a path from being used as its key wants, or "".
func pathProblem(path, kind string) string {
	info, err := os.Stat(path)
	switch kind {
	case "newdir", "newfile":
		return newPathProblem(path, kind, info, err)
	}
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Sprintf("there is no such file (looked in %s)", filepath.Dir(path))
	case err != nil:
		return "cannot be read: " + reason(err)
	case kind != "any" && info.IsDir():
		return "is a folder, a file is wanted"
	case !info.IsDir() && !info.Mode().IsRegular(): // a pipe would be waited for
		return "is not a regular file"
	}
	return openProblem(path)
}

// openProblem finds out about permissions now, not at the first request.
func openProblem(path string) string {
	f, err := os.Open(path)
	if err != nil {
		return "cannot be read: " + reason(err)
	}
	_ = f.Close()
	return ""
}

// newPathProblem checks a path that need not exist yet.
func newPathProblem(path, kind string, info fs.FileInfo, err error) string {
	switch {
	case err == nil && kind == "newdir" && !info.IsDir():
		return "is a file, a folder is wanted"
	case err == nil && kind == "newfile" && info.IsDir():
		return "is a folder, a file is wanted"
	case err == nil:
		return ""
	case !errors.Is(err, fs.ErrNotExist):
		return "cannot be used: " + reason(err)
	}
	parent := filepath.Dir(path)
	if info, err := os.Stat(parent); err != nil || !info.IsDir() {
		return "there is no folder " + parent + " to put it in"
	}
	return ""
}

// pathList resolves a list of paths. A pattern (*, ?, [) that is not itself a
// file becomes the sorted list of what it matches; a match that is listed
// already is not repeated, but a path typed twice is a fault.
func (d *decoder) pathList(at place, seq *ast.SequenceNode, kind string) []string {
	var out []string
	typed := map[string]int{}
	taken := map[string]bool{}
	for i, item := range seq.Values {
		here := at.item(i, item)
		d.given[here.key] = written{line: here.line, column: here.column}
		var text string
		before := len(d.errs.Faults)
		d.value(here, item, reflect.ValueOf(&text).Elem(), `check:"text"`)
		if len(d.errs.Faults) > before {
			continue
		}
		path := d.resolve(text)
		if line, dup := typed[path]; dup {
			d.fault(here, "is listed twice, first at line %d", line)
			continue
		}
		typed[path] = here.line
		for _, p := range d.expand(here, path, kind) {
			if !taken[p] {
				taken[p] = true
				out = append(out, p)
			}
		}
	}
	return out
}

// expand returns the path, or what it matches as a pattern, checked.
func (d *decoder) expand(at place, path, kind string) []string {
	matches := []string{path}
	if _, err := os.Lstat(path); err != nil && strings.ContainsAny(path, "*?[") {
		found, err := filepath.Glob(path)
		if err != nil {
			d.fault(at, "the pattern cannot be read")
			return nil
		}
		if len(found) == 0 {
			d.fault(at, "%s matches no file", quoteRaw(d.given[at.key].text))
			return nil
		}
		matches = found
	}
	for _, p := range matches {
		if problem := pathProblem(p, kind); problem != "" {
			d.fault(at, "%s: %s", quoteRaw(d.given[at.key].text), problem)
			return nil
		}
	}
	return matches
}

// secret takes a secret's inline value. No fault of it shows the value.
func (d *decoder) secret(at place, n ast.Node, v reflect.Value) {
	n = d.plain(n)
	if kindOf(n) != kindText {
		d.fault(at, "wants text in quotes, has %s", describe(n))
		return
	}
	value, _, ok := d.text(at, n)
	switch {
	case !ok:
	case value == "":
		d.fault(at, "is empty; leave the key out where there is none")
	case v.Interface().(Secret).IsSet():
		d.fault(at, "is given twice, here and as a ...File key")
	default:
		v.Set(reflect.ValueOf(NewSecret(value)))
	}
}

// secretFile takes the path of a secret's file and reads it once, so that an
// absent or empty one is found now. No fault shows the path: a password typed
// at the wrong key would show too.
func (d *decoder) secretFile(at place, n ast.Node, v reflect.Value) {
	n = d.plain(n)
	if kindOf(n) != kindText {
		d.fault(at, "wants the path of a file, has %s", describe(n))
		return
	}
	path, _, ok := d.text(at, n)
	if !ok || path == "" {
		if ok {
			d.fault(at, "is empty; leave the key out where there is none")
		}
		return
	}
	if v.Interface().(Secret).IsSet() {
		d.fault(at, "is given twice, here and inline")
		return
	}
	s := SecretFile(d.resolve(path))
	value, err := s.Value()
	switch {
	case errors.Is(err, fs.ErrNotExist):
		d.fault(at, "there is no such file (relative paths start in %s)", d.dir)
	case err != nil:
		d.fault(at, "the file cannot be read: %s", reason(err))
	case value == "":
		d.fault(at, "the file is empty")
	default:
		v.Set(reflect.ValueOf(s))
	}
}

// plain follows anchors and aliases to the node that they stand for.
func (d *decoder) plain(n ast.Node) ast.Node {
	for range maxAlias {
		switch m := n.(type) {
		case *ast.AnchorNode:
			d.anchors[nodeText(m.Name)] = m.Value
			n = m.Value
		case *ast.AliasNode:
			n = d.anchors[nodeText(m.Value)]
		default:
			return n
		}
	}
	return nil
}

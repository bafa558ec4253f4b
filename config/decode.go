package config

import (
	"fmt"
	"net/netip"
	"reflect"
	"strings"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/token"
)

// decoder walks the YAML tree along the types of Config. It goes on after a
// fault, so that all are found at once.
type decoder struct {
	file    string
	dir     string // relative paths start here
	errs    *Errors
	given   map[string]written
	anchors map[string]ast.Node
	depth   int // of aliases being followed
	nodes   int // visited, aliases counted each time
}

func (d *decoder) fault(at place, format string, args ...any) {
	d.errs.add(Fault{d.file, at.line, at.column, at.key, fmt.Sprintf(format, args...)})
}

// Aliases may repeat a node; these bounds keep a few lines from becoming millions.
const (
	maxNodes = 200_000
	maxAlias = 16
)

// value decodes n into v. The tag is that of the struct field that v belongs to.
func (d *decoder) value(at place, n ast.Node, v reflect.Value, tag reflect.StructTag) {
	if d.errs.full() {
		return
	}
	if d.nodes++; d.nodes > maxNodes {
		if d.nodes == maxNodes+1 {
			d.fault(at, "the configuration holds too many values")
		}
		return
	}
	switch n := n.(type) {
	case *ast.AnchorNode:
		d.anchors[nodeText(n.Name)] = n.Value
		d.value(at, n.Value, v, tag)
		return
	case *ast.AliasNode:
		d.alias(at, n, v, tag)
		return
	case *ast.TagNode:
		d.fault(at, "YAML tags are not understood here; a text that begins with ! needs quotes")
		return
	}
	if v.Kind() == reflect.Pointer {
		d.pointer(at, n, v, tag)
		return
	}
	d.typed(at, n, v, tag)
}

func (d *decoder) alias(at place, n *ast.AliasNode, v reflect.Value, tag reflect.StructTag) {
	target, ok := d.anchors[nodeText(n.Value)]
	if !ok {
		d.fault(at, "there is no anchor of this name above; a text that begins with * needs quotes")
		return
	}
	if d.depth >= maxAlias {
		d.fault(at, "aliases lead to aliases too often")
		return
	}
	d.depth++
	d.value(at, target, v, tag)
	d.depth--
}

func (d *decoder) pointer(at place, n ast.Node, v reflect.Value, tag reflect.StructTag) {
	if isNull(n) {
		return
	}
	fresh := newElement(v.Type().Elem())
	d.value(at, n, fresh, tag)
	v.Set(fresh.Addr())
}

// typed chooses by the type of v.
func (d *decoder) typed(at place, n ast.Node, v reflect.Value, tag reflect.StructTag) {
	_, isPrefix := v.Interface().(netip.Prefix)
	switch {
	case isPrefix:
		d.scalar(at, n, v, tag)
	case v.Kind() == reflect.Struct:
		d.structure(at, n, v)
	case v.Kind() == reflect.Slice:
		d.list(at, n, v, tag)
	case v.Kind() == reflect.Map:
		d.textMap(at, n, v, tag)
	default:
		d.scalar(at, n, v, tag)
	}
}

// newElement returns a settable value of the type, with its defaults.
func newElement(t reflect.Type) reflect.Value {
	v := reflect.New(t)
	if def, ok := v.Interface().(defaulter); ok {
		def.setDefaults()
	}
	return v.Elem()
}

// structure decodes a mapping into a struct, key by key. An empty section
// (every line of it commented out) leaves the defaults.
func (d *decoder) structure(at place, n ast.Node, v reflect.Value) {
	if isNull(n) {
		d.required(at, v)
		return
	}
	if short, ok := v.Addr().Interface().(shortForm); ok && kindOf(n) == kindText {
		d.short(at, n, short)
		return
	}
	pairs, ok := pairsOf(n)
	if !ok {
		d.fault(at, "wants keys with values, has %s", describe(n))
		return
	}
	seen := map[string]int{}
	for _, pair := range pairs {
		d.pair(at, pair, v, seen)
	}
	d.required(at, v)
}

// pair decodes one key of a mapping into the field of that name.
func (d *decoder) pair(at place, pair *ast.MappingValueNode, v reflect.Value, seen map[string]int) {
	name, here, ok := d.key(at, pair, seen)
	if !ok {
		return
	}
	f, ok := fieldsOf(v.Type()).byName(name)
	if !ok {
		d.fault(here, "unknown key%s", suggestion(name, v.Type()))
		return
	}
	d.given[here.key] = written{line: here.line, column: here.column}
	target := v.FieldByIndex(f.index)
	switch {
	case f.secretFile:
		d.secretFile(here, pair.Value, target)
	case target.Type() == secretType:
		d.secret(here, pair.Value, target)
	default:
		d.value(here, pair.Value, target, f.tag)
	}
}

// key reads the name of a pair and refuses what is no plain name, or is there already.
func (d *decoder) key(at place, pair *ast.MappingValueNode, seen map[string]int) (string, place, bool) {
	pos := position(pair.Key)
	if pair.Key.IsMergeKey() {
		d.fault(at.moved(at.key, pos), "merge keys (<<) are not understood here")
		return "", at, false
	}
	if pair.Start == nil || pair.Start.Type != token.MappingValueType {
		d.fault(at.moved(at.key, pos), "here is something that is not key: value")
		return "", at, false
	}
	name := nodeText(pair.Key)
	here := at.child(name, pos)
	if kindOf(pair.Key) == kindOther {
		d.fault(at.moved(at.key, pos), "a key must be plain text")
		return "", at, false
	}
	if line, dup := seen[name]; dup {
		d.fault(here, "the key is there twice, first at line %d", line)
		return "", at, false
	}
	seen[name] = here.line
	return name, here, true
}

// required faults the fields of a struct that must not be empty.
func (d *decoder) required(at place, v reflect.Value) {
	for _, f := range fieldsOf(v.Type()).list {
		if f.tag.Get("need") == "" || f.secretFile || !isEmpty(v.FieldByIndex(f.index)) {
			continue
		}
		here := at.child(f.name, nil)
		w, given := d.given[here.key]
		switch {
		case d.faulty(here.key):
		case f.typ == secretType:
			d.fault(here, "is missing; set %sFile", f.name)
		case given:
			d.fault(place{here.key, w.line, w.column}, "must not be empty")
		default:
			d.fault(here, "is missing")
		}
	}
}

// faulty reports whether a key, or one below it, has a fault already; then what
// it lacks is only a consequence.
func (d *decoder) faulty(key string) bool {
	for _, f := range d.errs.Faults {
		rest, ok := strings.CutPrefix(f.Key, key)
		if ok && (rest == "" || rest == "File" || rest[0] == '[' || rest[0] == '.') {
			return true
		}
	}
	return false
}

func isEmpty(v reflect.Value) bool {
	if s, ok := v.Interface().(Secret); ok {
		return !s.IsSet()
	}
	switch v.Kind() {
	case reflect.String, reflect.Slice, reflect.Map:
		return v.Len() == 0
	}
	return v.IsZero()
}

// list decodes a sequence; it replaces the default, it does not add to it.
func (d *decoder) list(at place, n ast.Node, v reflect.Value, tag reflect.StructTag) {
	if isNull(n) {
		return
	}
	seq, ok := n.(*ast.SequenceNode)
	if !ok {
		d.fault(at, "wants a list such as [a, b], has %s", describe(n))
		return
	}
	if kind := tag.Get("path"); kind != "" {
		v.Set(reflect.ValueOf(d.pathList(at, seq, kind)))
		return
	}
	out := reflect.MakeSlice(v.Type(), 0, len(seq.Values))
	first := map[string]int{}
	for i, item := range seq.Values {
		here := at.item(i, item)
		d.given[here.key] = written{line: here.line, column: here.column}
		before := len(d.errs.Faults)
		e := newElement(v.Type().Elem())
		if isNull(item) {
			d.fault(here, "has no value")
		} else {
			d.value(here, item, e, tag)
		}
		if len(d.errs.Faults) == before {
			d.single(here, e, tag, first)
		}
		out = reflect.Append(out, e) // faulty ones too, so that indexes stay those of the file
	}
	v.Set(out)
}

// single faults a list's element that is in it already, where that matters.
func (d *decoder) single(at place, e reflect.Value, tag reflect.StructTag, first map[string]int) {
	how := tag.Get("unique")
	if how == "" {
		return
	}
	id := fmt.Sprint(e.Interface())
	if how == "fold" {
		id = strings.ToLower(id)
	}
	if line, dup := first[id]; dup {
		d.fault(at, "is listed twice, first at line %d", line)
		return
	}
	first[id] = at.line
}

// textMap decodes a mapping of texts.
func (d *decoder) textMap(at place, n ast.Node, v reflect.Value, tag reflect.StructTag) {
	if isNull(n) {
		return
	}
	pairs, ok := pairsOf(n)
	if !ok {
		d.fault(at, "wants keys with values, has %s", describe(n))
		return
	}
	out := reflect.MakeMap(v.Type())
	seen := map[string]int{}
	for _, pair := range pairs {
		name, here, ok := d.key(at, pair, seen)
		if !ok {
			continue
		}
		d.given[here.key] = written{line: here.line, column: here.column}
		e := reflect.New(v.Type().Elem()).Elem()
		d.value(here, pair.Value, e, tag)
		out.SetMapIndex(reflect.ValueOf(name), e)
	}
	v.Set(out)
}

package config

import (
	"fmt"
	"math"
	"net/netip"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml/ast"
)

// shortForm is a struct that may also be written as one text.
type shortForm interface{ fromText(string) error }

func (d *decoder) short(at place, n ast.Node, v shortForm) {
	text, _, ok := d.text(at, n)
	if !ok {
		return
	}
	if err := v.fromText(text); err != nil {
		d.fault(at, "%s", err)
	}
}

// scalar decodes one value: number, text, word or yes and no.
func (d *decoder) scalar(at place, n ast.Node, v reflect.Value, tag reflect.StructTag) {
	if kindOf(n) == kindNull {
		d.fault(at, `has no value; write "" for an empty text, or leave the key out`)
		return
	}
	if kindOf(n) == kindOther {
		d.fault(at, "wants %s, has %s", wanted(v.Type()), describe(n))
		return
	}
	w := d.given[at.key]
	w.text = nodeText(n)
	d.given[at.key] = w
	text, fromEnv, ok := d.text(at, n)
	if !ok {
		return
	}
	got := scalarText{text: text, raw: nodeText(n), kind: kindOf(n), quoted: quoted(n), fromEnv: fromEnv}
	d.set(at, got, v, tag)
}

// scalarText is a scalar on its way into a typed value.
type scalarText struct {
	text    string // environment variables put in
	raw     string // as typed; what faults may show
	kind    kind
	quoted  bool
	fromEnv bool
}

func (d *decoder) set(at place, got scalarText, v reflect.Value, tag reflect.StructTag) {
	switch p := v.Addr().Interface().(type) {
	case *Duration:
		setParsed(d, at, got, p, parseDuration, tag)
	case *Size:
		setParsed(d, at, got.integral(), p, parseSize, tag)
	case *int:
		number := got.integral()
		setParsed(d, at, number, p, number.parseInt, tag)
	case *Percent:
		setParsed(d, at, got, p, parsePercent, tag)
	case *Release:
		setParsed(d, at, got, p, parseRelease, tag)
	case *netip.Prefix:
		setParsed(d, at, got, p, parsePrefix, tag)
	case *bool:
		setParsed(d, at, got, p, got.parseBool, tag)
	default:
		d.setText(at, got, v, tag)
	}
}

// setParsed parses a scalar and holds it against the tag's min and max.
func setParsed[T any](d *decoder, at place, got scalarText, p *T, parse func(string) (T, error), tag reflect.StructTag) {
	x, err := parse(got.text)
	if err != nil {
		d.fault(at, "%s is %s", quoteRaw(got.raw), err)
		return
	}
	for _, bound := range []string{"min", "max"} {
		limit := tag.Get(bound)
		if limit == "" {
			continue
		}
		l, err := parse(limit)
		if err != nil {
			panic("config: bad " + bound + " tag of " + at.key)
		}
		if sign := order(x, l); bound == "min" && sign < 0 || bound == "max" && sign > 0 {
			d.fault(at, "%s is out of bounds: the %simum is %s", quoteRaw(got.raw), bound, limit)
			return
		}
	}
	*p = x
}

// order compares two numbers of one type.
func order(a, b any) int {
	x, y := reflect.ValueOf(a), reflect.ValueOf(b)
	switch {
	case x.Int() < y.Int():
		return -1
	case x.Int() > y.Int():
		return 1
	}
	return 0
}

var exponent = regexp.MustCompile(`^(0|[1-9][0-9]*)(\.[0-9]+)?(e\+?[0-9]+)?$`)

// integral rewrites a whole number that some tool has written with an exponent
// (4.194304e+06); anything else stays as it is and fails to parse.
func (s scalarText) integral() scalarText {
	if s.quoted || !exponent.MatchString(s.text) {
		return s
	}
	f, err := strconv.ParseFloat(s.text, 64)
	if err == nil && f == math.Trunc(f) && f < 1<<53 {
		s.text, s.kind = strconv.FormatFloat(f, 'f', 0, 64), kindNumber
	}
	return s
}

func (s scalarText) parseInt(text string) (int, error) {
	n, err := strconv.ParseInt(text, 10, 32)
	leadingZero := len(text) > 1 && text[0] == '0'
	if err != nil || leadingZero || s.kind == kindText && !s.fromEnv {
		return 0, fmt.Errorf("not a whole number")
	}
	return int(n), nil
}

// parseBool takes true and false, and the words yes and no out of quotes, which
// older YAML reads the same.
func (s scalarText) parseBool(text string) (bool, error) {
	if !s.quoted || s.fromEnv {
		switch strings.ToLower(text) {
		case "true", "yes":
			return true, nil
		case "false", "no":
			return false, nil
		}
	}
	return false, fmt.Errorf("not true or false")
}

// setText sets a text or a word after checking it.
func (d *decoder) setText(at place, got scalarText, v reflect.Value, tag reflect.StructTag) {
	if w, ok := v.Interface().(word); ok {
		d.setWord(at, got, v, w.words())
		return
	}
	if got.kind != kindText {
		d.fault(at, "wants text; put %s in quotes", got.raw)
		return
	}
	if strings.ContainsRune(got.text, 0) {
		d.fault(at, "holds a NUL character")
		return
	}
	if kind := tag.Get("path"); kind != "" {
		v.SetString(d.onePath(at, got, kind))
		return
	}
	if check := checks[tag.Get("check")]; check != nil {
		if problem := check(got.text); problem != "" {
			d.fault(at, "%s %s", quoteRaw(got.raw), problem)
			return
		}
	}
	v.SetString(got.text)
}

// setWord takes one of the words. YAML's older booleans stand for the words
// that they were: off and no for false, yes for true.
func (d *decoder) setWord(at place, got scalarText, v reflect.Value, words []string) {
	text := got.text
	if got.kind == kindBool || !got.quoted {
		text = boolWord(text, words)
	}
	if slices.Contains(words, text) {
		v.SetString(text)
		return
	}
	problem := fmt.Sprintf("%s is not one of %s", quoteRaw(got.raw), strings.Join(words, ", "))
	if near := Nearest(text, words); near != "" {
		problem += "; did you mean " + near + "?"
	}
	d.fault(at, "%s", problem)
}

func boolWord(text string, words []string) string {
	candidates := map[string][]string{"true": {"yes"}, "false": {"no", "off"}}[strings.ToLower(text)]
	for _, c := range candidates {
		if slices.Contains(words, c) {
			return c
		}
	}
	return text
}

// wanted describes a type to whoever writes a configuration.
func wanted(t reflect.Type) string {
	switch t {
	case reflect.TypeFor[Duration]():
		return "a duration such as 30s"
	case reflect.TypeFor[Size]():
		return "a number of bytes such as 4MiB"
	case reflect.TypeFor[Percent]():
		return "a share such as 10%"
	case reflect.TypeFor[Release]():
		return "a release such as 12"
	case reflect.TypeFor[netip.Prefix]():
		return "an address or network"
	}
	if w, ok := reflect.Zero(t).Interface().(word); ok {
		return "one of " + strings.Join(w.words(), ", ")
	}
	switch t.Kind() {
	case reflect.Int:
		return "a whole number"
	case reflect.Bool:
		return "true or false"
	}
	return "text"
}

package config

import (
	"reflect"
	"strings"
)

// suggestion completes "unknown key" with what was probably meant: a key of the
// same mapping, or the place where a key of this very name belongs.
func suggestion(name string, t reflect.Type) string {
	var names []string
	for _, f := range fieldsOf(t).list {
		names = append(names, f.name)
	}
	if near := Nearest(name, names); near != "" {
		return "; did you mean " + near + "?"
	}
	if path := elsewhere(name, reflect.TypeFor[Config](), ""); path != "" {
		return "; it belongs to " + path
	}
	return ""
}

// Nearest returns the one of names that is closest to s in spelling, "" if none
// is close: what whoever typed s probably meant.
func Nearest(s string, names []string) string {
	best, bestDistance := "", len(s)/3+2
	for _, name := range names {
		if strings.EqualFold(s, name) {
			return name
		}
		if d := distance(strings.ToLower(s), strings.ToLower(name)); d < bestDistance && d < len(name) {
			best, bestDistance = name, d
		}
	}
	return best
}

// distance counts the letters to put in, take out, change or swap with their
// neighbour to make b of a.
func distance(a, b string) int {
	const longest = 64 // no key is longer; a long word is not near any
	if len(a) > longest || len(b) > longest {
		return longest
	}
	rows := make([][]int, len(a)+1)
	for i := range rows {
		rows[i] = make([]int, len(b)+1)
		rows[i][0] = i
	}
	for j := range rows[0] {
		rows[0][j] = j
	}
	for i := 1; i <= len(a); i++ {
		for j := 1; j <= len(b); j++ {
			change := 1
			if a[i-1] == b[j-1] {
				change = 0
			}
			rows[i][j] = min(rows[i-1][j]+1, rows[i][j-1]+1, rows[i-1][j-1]+change)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				rows[i][j] = min(rows[i][j], rows[i-2][j-2]+1)
			}
		}
	}
	return rows[len(a)][len(b)]
}

// elsewhere returns the path of the first key of this name below a struct type.
func elsewhere(name string, t reflect.Type, path string) string {
	list := fieldsOf(t)
	if _, ok := list.byName(name); ok {
		return path + name
	}
	for _, f := range list.list {
		inner, mark := f.typ, "."
		if inner.Kind() == reflect.Slice {
			inner, mark = inner.Elem(), "[]."
		}
		if inner.Kind() == reflect.Pointer {
			inner = inner.Elem()
		}
		if inner.Kind() != reflect.Struct || inner == secretType {
			continue
		}
		if found := elsewhere(name, inner, path+f.name+mark); found != "" {
			return found
		}
	}
	return ""
}

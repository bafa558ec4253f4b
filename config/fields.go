package config

import (
	"reflect"
	"strings"
)

var secretType = reflect.TypeFor[Secret]()

// field is a key of a mapping and the struct field that it sets.
type field struct {
	name       string
	index      []int
	tag        reflect.StructTag
	typ        reflect.Type
	secretFile bool // the ...File key of a Secret
}

type fieldList struct{ list []field }

func (l fieldList) byName(name string) (field, bool) {
	for _, f := range l.list {
		if f.name == name {
			return f, true
		}
	}
	return field{}, false
}

// fieldsOf lists the keys of a struct type, embedded ones in their place. A
// Secret has two keys: its own, and the same with File behind it.
func fieldsOf(t reflect.Type) fieldList {
	var out []field
	for i := range t.NumField() {
		sf := t.Field(i)
		name, option, _ := strings.Cut(sf.Tag.Get("yaml"), ",")
		if option == "inline" {
			for _, f := range fieldsOf(sf.Type).list {
				f.index = append([]int{i}, f.index...)
				out = append(out, f)
			}
			continue
		}
		if name == "" {
			continue
		}
		f := field{name: name, index: []int{i}, tag: sf.Tag, typ: sf.Type}
		out = append(out, f)
		if sf.Type == secretType {
			f.name, f.secretFile = name+"File", true
			out = append(out, f)
		}
	}
	return fieldList{out}
}

package config

import "reflect"

// File returns the path that the configuration was loaded from, as it was given.
func (c *Config) File() string { return c.file }

// Differences lists the keys whose values differ between two configurations, in
// the order of the reference: a key of a section as listen.ldap, lists and
// whatever stands alone by its own name. Secrets in files differ where the path does.
func Differences(a, b *Config) []string {
	var keys []string
	va, vb := reflect.ValueOf(a).Elem(), reflect.ValueOf(b).Elem()
	for _, f := range fieldsOf(va.Type()).list {
		fa, fb := va.FieldByIndex(f.index), vb.FieldByIndex(f.index)
		if f.typ.Kind() != reflect.Struct || len(fieldsOf(f.typ).list) == 0 {
			if !reflect.DeepEqual(fa.Interface(), fb.Interface()) {
				keys = append(keys, f.name)
			}
			continue
		}
		for _, inner := range fieldsOf(f.typ).list {
			if inner.secretFile {
				continue // its secret is compared under its own key
			}
			if !reflect.DeepEqual(fa.FieldByIndex(inner.index).Interface(), fb.FieldByIndex(inner.index).Interface()) {
				keys = append(keys, f.name+"."+inner.name)
			}
		}
	}
	return keys
}

package config

import (
	"fmt"
	"net/netip"
	"reflect"
	"strings"
)

// Reference returns docs/configuration.md: every key with its type, default and
// meaning, written from the structs of this package.
func Reference() string {
	var b strings.Builder
	b.WriteString(referenceIntro)
	b.WriteString("## An example\n\n```yaml\n" + Example + "```\n")
	defaults := reflect.ValueOf(Defaults()).Elem()
	for _, f := range fieldsOf(defaults.Type()).list {
		section(&b, f, defaults.FieldByIndex(f.index))
	}
	return b.String()
}

// Example is a configuration of the usual size: one live directory, exports of
// one server, one client that may read all of it.
const Example = `listen:
  ldap: ":389"
  ldaps: ":636"
tls:
  certFile: tls/tls.crt
  keyFile: tls/tls.key
directory:
  ldap:
    urls: [ldaps://ldap1.example.com, ldaps://ldap2.example.com]
    bindDN: cn=reader,o=acme
    bindPasswordFile: secrets/reader
    bases: [o=acme]
databases:
  dxl: [acls/]
  homeServers: [Hub1/Acme]
  aliases: {crm: apps/crm.nsf}
servers:
  settings:
    - {name: Hub1/Acme, release: 12, enforce: {http: yes, ldap: no}}
clients:
  - {dn: "cn=sso,ou=services,o=acme", read: [people, groups, access]}
`

const referenceIntro = `# Configuration

aclens reads one YAML file, named by ` + "`--config`" + `. Every key but one directory source is optional.
This page is written from the program; ` + "`go test ./config -update`" + ` renews it.

The file is read strictly. An unknown key, a key twice, a wrong type, a value out of bounds, a file that is not there,
or a second YAML document is an error with file, line and key, and all errors are shown at once.

- **Durations** are written 500ms, 30s, 15m, 6h, 7d or 1d12h. **Sizes** are a number of bytes, or 64KiB, 4MiB, 1GiB. **Shares** are 0% to 100%, always with the sign.
- **Paths** are relative to the folder of the configuration file. In a list of files a pattern (` + "`acls/*.dxl`" + `) stands for the files that it matches, sorted, when the configuration is loaded; one that matches nothing is an error. Where folders are allowed, a folder is followed as its files come and go.
- **Secrets** are given inline, or better as a file in the key of the same name with ` + "`File`" + ` behind it. The file is read each time the secret is used, so it can be rotated; one line end at its end is not part of the secret. Secrets are never written to logs, errors or answers.
- **Environment variables**: ` + "`${NAME}`" + ` in any value becomes the variable's value; an unset variable is an error. ` + "`$${`" + ` stands for ` + "`${`" + ` itself.
- **yes and no** may be written true and false too. Text that looks like a number (a replica id such as 8525123400561234) needs quotes, and so does text that begins with a sign: ` + "`dn: \"*\"`" + `.
- A list in the file replaces the default list. A section without any key (all lines commented out) is as if it were not there.
- Anchors and aliases of YAML work; merge keys and tags do not.

## Changing it while it serves

On SIGHUP the file is read again, and then all sources.

- **At once**, for open connections too: ` + "`clients`, `self`, `hide`, `certificates`, `bindNames`, `bindCache`, `limits`, `controls`, `proxyProtocol`, `listen.allowPlaintextBind`, `log.level`, `drain`" + `. Where the rules about who may read what have changed, feeds of changes end with 52 (unavailable), cookies of pages count no more, and the explorer forgets the earlier states that it compares with: all of them were made under the old rules.
- **When they have been read**: whatever names sources or changes how they are taken, such as ` + "`directory`, `databases`, `servers`, `rules`, `view`, `stale`, `brake`" + `. The new sources are tried out first; until they give their first state the old ones answer.
- **After a restart**: ` + "`listen.ldap`, `listen.ldaps`, `listen.http`, `listen.metrics`, `tls`, `writes`, `state.dir`, `log.format`, `audit.file`" + `. A change of these is a warning in the log with line and key, and the old value stays. Changed certificates in the files that ` + "`tls`" + ` names need no restart.
- **A file that cannot be used changes nothing**, whether it is faulty or names a source that cannot be read: one error in the log says why, and ` + "`aclens_config_reload_errors_total`" + ` counts it.

`

// section writes one top-level key.
func section(b *strings.Builder, f field, v reflect.Value) {
	const head = "| key | type | default | meaning |\n|---|---|---|---|\n"
	fmt.Fprintf(b, "\n## %s\n\n", f.name)
	if t, ok := structIn(f.typ); ok {
		b.WriteString(f.tag.Get("doc") + "\n\n" + head)
		if f.name == "secondaries" {
			b.WriteString("| all keys of `directory` | | | The same for this directory. |\n")
		}
		rows(b, path(f), fresh(v, t))
		return
	}
	b.WriteString(head)
	row(b, f, f.name, v)
}

// structIn returns the struct type that a key's value is, points to or lists.
func structIn(t reflect.Type) (reflect.Type, bool) {
	for t.Kind() == reflect.Slice || t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	plain := t.Kind() == reflect.Struct && t != secretType && t != reflect.TypeFor[netip.Prefix]()
	return t, plain
}

// fresh returns the value whose fields are the defaults: the section itself, or
// a new element where the section is a list or may be absent.
func fresh(v reflect.Value, t reflect.Type) reflect.Value {
	if v.Type() == t {
		return v
	}
	return newElement(t)
}

func path(f field) string {
	if f.typ.Kind() == reflect.Slice {
		return f.name + "[]"
	}
	return f.name
}

// rows writes the keys of a struct, those of structs within it below them.
func rows(b *strings.Builder, prefix string, v reflect.Value) {
	for _, f := range fieldsOf(v.Type()).list {
		if prefix == "secondaries[]" && len(f.index) > 1 {
			continue // a directory's keys, which have their own section
		}
		key := prefix + "." + f.name
		row(b, f, key, v.FieldByIndex(f.index))
		if t, ok := structIn(f.typ); ok {
			rows(b, prefix+"."+path(f), fresh(v.FieldByIndex(f.index), t))
		}
	}
}

func row(b *strings.Builder, f field, key string, v reflect.Value) {
	doc := f.tag.Get("doc")
	if f.secretFile {
		doc = "The same, in a file."
	}
	doc = strings.ReplaceAll(doc, "|", `\|`)
	fmt.Fprintf(b, "| `%s` | %s | %s | %s |\n", key, typeText(f), defaultText(f, v), doc+bounds(f))
}

// bounds adds the smallest and largest value to a meaning, where there are any.
func bounds(f field) string {
	low, high := f.tag.Get("min"), f.tag.Get("max")
	trivial := low == "" || low == "0" || low == "0s"
	switch {
	case !trivial && high != "":
		return fmt.Sprintf(" From %s to %s.", low, high)
	case !trivial:
		return fmt.Sprintf(" At least %s.", low)
	case high != "":
		return fmt.Sprintf(" At most %s.", high)
	}
	return ""
}

// typeText names a key's type for the reference.
func typeText(f field) string {
	switch {
	case f.secretFile:
		return "path of a file"
	case f.typ == secretType:
		return "secret"
	}
	switch f.typ.Kind() {
	case reflect.Slice:
		if _, ok := structIn(f.typ); ok {
			return "list of sections"
		}
		return "list of: " + scalarType(f.typ.Elem(), f.tag)
	case reflect.Map:
		return "names with text"
	}
	if _, ok := structIn(f.typ); ok {
		return "section"
	}
	return scalarType(f.typ, f.tag)
}

var pathTypes = map[string]string{
	"file": "path of a file", "files": "path of a file, or pattern", "any": "path of a file or folder, or pattern",
	"newdir": "path of a folder", "newfile": "path of a file",
}

var checkTypes = map[string]string{
	"attribute": "attribute name", "attributes": "attribute name, `*` or `+`", "client": "DN, `*` or `anonymous`",
	"dn": "DN", "dnroot": "DN or `\"\"`", "filter": "LDAP filter", "glob": "glob", "httpurl": "URL", "ldapurl": "URL",
	"listen": "host:port", "notesname": "Notes name", "oid": "OID", "replicaid": "replica id",
	"right": "`" + strings.Join(rightWords, "`, `") + "` or a DN",
}

func scalarType(t reflect.Type, tag reflect.StructTag) string {
	if w, ok := reflect.Zero(t).Interface().(word); ok {
		return "`" + strings.Join(w.words(), "`, `") + "`"
	}
	if s, ok := pathTypes[tag.Get("path")]; ok {
		return s
	}
	if s, ok := checkTypes[tag.Get("check")]; ok {
		return s
	}
	switch t {
	case reflect.TypeFor[Duration]():
		return "duration"
	case reflect.TypeFor[Size]():
		return "size"
	case reflect.TypeFor[Percent]():
		return "share"
	case reflect.TypeFor[Release]():
		return "release"
	case reflect.TypeFor[netip.Prefix]():
		return "address or network"
	}
	return map[reflect.Kind]string{reflect.Bool: "yes or no", reflect.Int: "number"}[t.Kind()] +
		map[bool]string{true: "text"}[t.Kind() == reflect.String]
}

// defaultText writes a key's default as it would stand in the file.
func defaultText(f field, v reflect.Value) string {
	switch {
	case f.tag.Get("need") != "" && !f.secretFile && isEmpty(v):
		return "required"
	case f.typ == secretType, f.typ.Kind() == reflect.Pointer:
		return "none"
	}
	if _, ok := structIn(f.typ); ok && f.typ.Kind() == reflect.Struct {
		return ""
	}
	return "`" + literal(v) + "`"
}

func literal(v reflect.Value) string {
	switch v.Kind() {
	case reflect.Slice:
		items := make([]string, v.Len())
		for i := range items {
			items[i] = literal(v.Index(i))
		}
		return "[" + strings.Join(items, ", ") + "]"
	case reflect.Map:
		return "{}"
	}
	s := fmt.Sprint(v.Interface())
	if s == "" || strings.HasPrefix(s, "*") {
		return `"` + s + `"`
	}
	return s
}

package config

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

// faultCases: a text, and the line, key and words of the fault that it must have.
// The directory comes first, on line 1, unless the text has its own.
var faultCases = []struct {
	name, text string
	line       int
	key, words string
}{
	{"an unknown key suggests the near one", "limits:\n  conections: 5", 3, "limits.conections", "unknown key; did you mean connections?"},
	{"an unknown key says where it belongs", "bindDN: cn=a", 2, "bindDN", "it belongs to directory.ldap.bindDN"},
	{"an unknown top key", "frobnicate: 1", 2, "frobnicate", "unknown key"},
	{"a key in another case is unknown", "limits: {Connections: 5}", 2, "limits.Connections", "did you mean connections?"},
	{"a number for a text", "view:\n  base: 5", 3, "view.base", "wants text; put 5 in quotes"},
	{"a text for a section", "limits: many", 2, "limits", "wants keys with values, has text"},
	{"a section for a list", "hide: {a: b}", 2, "hide", "wants a list"},
	{"a text for a list", "hide: mail", 2, "hide", "wants a list"},
	{"a list for a number", "limits: {connections: [5]}", 2, "limits.connections", "wants a whole number, has a list"},
	{"a section for a secret", "secondaries:\n- name: a\n  ldap: {bindPassword: {a: b}}", 4, "secondaries[0].ldap.bindPassword", "has keys with values"},
	{"an address with a port that the parser splits", "secondaries:\n- {name: a, ldap: {urls: [ldap://h:389], bases: [o=a]}}", 3, "secondaries[0].ldap.urls[0]", "holds a colon needs quotes"},
	{"an address with a port in braces alone", "secondaries: [{name: a, ldap: {urls: [ldap://h:389], bases: [o=a]}}]", 2, "secondaries[0].ldap.urls[0]", "holds a colon needs quotes"},
	{"a section with keys for a text", "view: {base: {a: b}}", 2, "view.base", "wants text, has keys with values"},
	{"a number for a secret", "secondaries:\n- {name: a, ldap: {bindPassword: 12345}}", 3, "secondaries[0].ldap.bindPassword", "text in quotes, has a number"},
	{"no value", "log:\n  level:\n", 3, "log.level", "has no value"},
	{"no value in a list", "clients:\n-\n", 3, "clients[0]", "has no value"},
	{"a quoted number", "limits: {connections: \"5\"}", 2, "limits.connections", "is not a whole number"},
	{"a fraction", "limits: {connections: 5.5}", 2, "limits.connections", "is not a whole number"},
	{"a word for a boolean", "bindCache: {whenDown: maybe}", 2, "bindCache.whenDown", "is not true or false"},
	{"a quoted boolean", "bindCache: {whenDown: \"yes\"}", 2, "bindCache.whenDown", "is not true or false"},
	{"a key twice", "log:\n  level: info\n  level: debug", 4, "log.level", "there twice, first at line 3"},
	{"a section twice", "log: {}\nself: {}\nlog: {}", 4, "log", "there twice, first at line 2"},
	{"a second document", "log: {}\n---\nself: {}", 3, "", "second YAML document"},
	{"text that is not YAML", "log: {level: info", 2, "", "not valid YAML"},
	{"a tab", "log:\n\tlevel: info", 3, "", "not valid YAML"},
	{"a star without quotes", "clients:\n- {dn: *, read: [people]}", 3, "", "needs quotes"},
	{"two stars without quotes", "databases: {include: [**]}", 2, "", "needs quotes"},
	{"an entry without a colon", "log: {level}", 2, "log", "not key: value"},
	{"a merge key", "log: {<<: {level: info}}", 2, "log", "merge keys"},
	{"a tag", "log: {level: !!str info}", 2, "log.level", "tags are not understood"},
	{"a password that looks like a tag", "secondaries:\n- name: a\n  ldap:\n    bindPassword: !Hunter\n", 5, "secondaries[0].ldap.bindPassword", "begins with ! needs quotes"},
	{"an unset variable", "view: {base: \"${ACLENS_NOT_SET}\"}", 2, "view.base", "variable ACLENS_NOT_SET is not set"},
	{"an unset variable in a secret", "secondaries: [{name: a, ldap: {bindPassword: \"${ACLENS_NOT_SET}\"}}]", 2, "secondaries[0].ldap.bindPassword", "ACLENS_NOT_SET is not set"},
	{"half a variable", "view: {base: \"${X\"}", 2, "view.base", "write $${"},
	{"a duration without a unit", "stale: {acl: 48}", 2, "stale.acl", `"48" is not a duration`},
	{"a negative duration", "stale: {acl: -1h}", 2, "stale.acl", "is not a duration"},
	{"a duration of nothing", "stale: {acl: 0s}", 2, "stale.acl", "minimum is 1ms"},
	{"too long a bind cache", "bindCache: {ttl: 61s}", 2, "bindCache.ttl", "maximum is 60s"},
	{"a size with a decimal unit", "limits: {messageBytes: 4MB}", 2, "limits.messageBytes", "not a number of bytes"},
	{"too small a size", "limits: {messageBytes: 4095}", 2, "limits.messageBytes", "minimum is 4096"},
	{"a share without its sign", "brake: {people: 10}", 2, "brake.people", "with the sign"},
	{"a share above all", "brake: {people: 101%}", 2, "brake.people", "not a share"},
	{"a word that is none", "stale: {then: flags}", 2, "stale.then", "not one of flag, refuse; did you mean flag?"},
	{"true where only words are", "referrals: true", 2, "referrals", "not one of drop, rewrite, chase"},
	{"a channel that is none", "rules: {cappedChannels: [web]}", 2, "rules.cappedChannels[0]", "not one of notes"},
	{"a group channel that is none", "view: {groupChannel: session}", 2, "view.groupChannel", "not one of"},
	{"a group type above 4", "rules: {aclGroupTypes: [0, 5]}", 2, "rules.aclGroupTypes[1]", "maximum is 4"},
	{"a group type twice", "rules: {aclGroupTypes: [2, 2]}", 2, "rules.aclGroupTypes[1]", "listed twice"},
	{"a negative depth", "rules: {maxNestingDepth: -1}", 2, "rules.maxNestingDepth", "minimum is 0"},
	{"a base that is no DN", "view: {base: access}", 2, "view.base", "is not a DN"},
	{"an empty base", "view: {base: \"\"}", 2, "view.base", "must not be empty"},
	{"no bind name at all", "bindNames: []", 2, "bindNames", "must not be empty"},
	{"an attribute that is none", "hide: [\"a b\"]", 2, "hide[0]", "not an attribute name"},
	{"an attribute twice in another case", "hide:\n- mail\n- Mail", 4, "hide[1]", "listed twice, first at line 3"},
	{"an OID that is none", "controls: {ignoreCriticality: [paged]}", 2, "controls.ignoreCriticality[0]", "is not an OID"},
	{"a network with host bits", "proxyProtocol: [10.0.0.7/8]", 2, "proxyProtocol[0]", "write 10.0.0.0/8 or 10.0.0.7"},
	{"a network that is none", "proxyProtocol: [proxy.example.com]", 2, "proxyProtocol[0]", "not an address or network"},
	{"a listener without a port", "listen: {ldap: 127.0.0.1}", 2, "listen.ldap", "is not an address"},
	{"a listener with a bad port", "listen: {ldap: \"127.0.0.1:70000\"}", 2, "listen.ldap", "no port of 0 to 65535"},
	{"LDAPS without a certificate", "listen:\n  ldaps: \":636\"", 3, "listen.ldaps", "needs a certificate"},
	{"HTTP off loopback without TLS", "listen:\n  http: \":9389\"", 3, "listen.http", "without TLS"},
	{"HTTP on a name without TLS", "listen:\n  http: \"proxy.example.com:9389\"", 3, "listen.http", "without TLS"},
	{"one address twice", "listen: {ldap: \"127.0.0.1:5\", metrics: \"127.0.0.1:5\"}", 2, "listen.metrics", "address of listen.ldap"},
	{"a certificate without its key", "tls: {certFile: a.ldif}", 2, "tls", "belong together"},
	{"a missing certificate", "tls: {certFile: none.pem, keyFile: a.ldif}", 2, "tls.certFile", "there is no such file"},
	{"a folder for a certificate", "tls: {certFile: ., keyFile: a.ldif}", 2, "tls.certFile", "is a folder"},
	{"client authorities without a certificate", "tls: {clientCAFile: a.ldif}", 2, "tls.clientCAFile", "no effect"},
	{"certificates without authorities", "certificates: [{subject: cn=a, dn: cn=b}]", 2, "certificates", "need tls.clientCAFile"},
	{"a certificate's subject twice", "tls: {certFile: a.ldif, keyFile: a.ldif, clientCAFile: a.ldif}\ncertificates:\n- {subject: cn=a, dn: cn=b}\n- {subject: CN=A, dn: cn=c}", 5, "certificates[1].subject", "subject of certificates[0] too"},
	{"a certificate without a DN", "certificates: [{subject: cn=a}]", 2, "certificates[0].dn", "is missing"},
	{"missing exports", "databases:\n  dxl:\n  - a.ldif\n  - acls/", 5, "databases.dxl[1]", "there is no such file"},
	{"a pattern without a match", "databases: {dxl: [\"*.dxl\"]}", 2, "databases.dxl[0]", "matches no file"},
	{"a file twice", "databases: {dxl: [a.ldif, ./a.ldif]}", 2, "databases.dxl[1]", "listed twice"},
	{"an alias with a capital", "databases:\n  aliases:\n    CRM: a.nsf", 4, "databases.aliases.CRM", "a-z, 0-9 and -"},
	{"an alias with a line end", "databases: {aliases: {\"a\\nb\": a.nsf}}", 2, "databases.aliases.a...", "1 to 32"},
	{"too long an alias", "databases: {aliases: {" + strings.Repeat("a", 33) + ": a.nsf}}", 2, "databases.aliases." + strings.Repeat("a", 33), "1 to 32"},
	{"an alias twice", "databases:\n  aliases:\n    crm: a.nsf\n    crm: b.nsf", 5, "databases.aliases.crm", "there twice"},
	{"an alias of nothing", "databases: {aliases: {crm: \"\"}}", 2, "databases.aliases.crm", "is empty"},
	{"a glob with a backslash", `databases: {exclude: ['mail\*']}`, 2, "databases.exclude[0]", "have / between folders"},
	{"a REST service without a token", "databases: {rest: [{url: \"https://a\", databases: [\"A!!b\"]}]}", 2, "databases.rest[0].token", "is missing; set tokenFile"},
	{"a REST service without databases", "databases:\n  rest:\n  - url: https://a\n    token: t", 4, "databases.rest[0].databases", "is missing"},
	{"a REST service elsewhere", "databases: {rest: [{url: \"ftp://a\", token: t, databases: [\"A!!b\"]}]}", 2, "databases.rest[0].url", "is not a URL"},
	{"a REST database without a server", "databases: {rest: [{url: \"https://a\", token: t, databases: [b.nsf]}]}", 2, "databases.rest[0].databases[0]", "Server!!path"},
	{"a REST database without a path", "databases: {rest: [{url: \"https://a\", token: t, databases: [{server: A}]}]}", 2, "databases.rest[0].databases[0].path", "is missing"},
	{"a REST database twice", "databases: {rest: [{url: \"https://a\", token: t, databases: [\"A!!b/c\", 'a!!B\\C']}]}", 2, "databases.rest[0].databases[1]", "is databases[0] of the same service"},
	{"a replica id as a number", "databases: {rest: [{url: \"https://a\", token: t, databases: [{server: A, path: b, replicaId: 8525123400561234}]}]}", 2, "databases.rest[0].databases[0].replicaId", "in quotes"},
	{"a token twice", "databases: {rest: [{url: \"https://a\", token: t, tokenFile: a.ldif, databases: [\"A!!b\"]}]}", 2, "databases.rest[0].tokenFile", "given twice"},
	{"an empty secret file", "databases: {rest: [{url: \"https://a\", tokenFile: a.ldif, databases: [\"A!!b\"]}]}", 2, "databases.rest[0].tokenFile", "is empty"},
	{"a missing secret file", "databases: {rest: [{url: \"https://a\", tokenFile: none, databases: [\"A!!b\"]}]}", 2, "databases.rest[0].tokenFile", "no such file"},
	{"a server without a name", "servers:\n  settings:\n  - release: 12", 4, "servers.settings[0].name", "is missing"},
	{"a server twice", "servers:\n  settings:\n  - name: A\n  - name: a", 5, "servers.settings[1].name", "settings[0] too"},
	{"a folder twice", `servers: {settings: [{name: A, folders: [{path: a/b}, {path: 'A\b\'}]}]}`, 2, "servers.settings[0].folders[1].path", "folders[0] too"},
	{"an enforcement that is none", "servers: {settings: [{name: A, enforce: {http: perhaps}}]}", 2, "servers.settings[0].enforce.http", "not one of unknown, yes, no"},
	{"a protocol that is none", "servers: {settings: [{name: A, enforce: {https: yes}}]}", 2, "servers.settings[0].enforce.https", "did you mean http?"},
	{"a release that is none", "servers: {settings: [{name: A, release: R12}]}", 2, "servers.settings[0].release", "not a Domino release"},
	{"a secondary without a name", "secondaries: [{ldif: [a.ldif]}]", 2, "secondaries[0].name", "is missing"},
	{"a secondary's name twice", "secondaries:\n- {name: x, ldif: [a.ldif]}\n- {name: X, ldif: [a.ldif]}", 4, "secondaries[1].name", "secondaries[0] too"},
	{"two that authorise groups", "secondaries:\n- {name: x, ldif: [a.ldif], groupAuthorization: true}\n- {name: y, ldif: [a.ldif], groupAuthorization: true}", 4, "secondaries[1].groupAuthorization", "secondaries[0] already"},
	{"a secondary without a source", "secondaries:\n- name: x", 3, "secondaries[0]", "has no source"},
	{"a client rule for nobody", "clients:\n- read: [people]", 3, "clients[0]", "names nobody"},
	{"a client rule for two", "clients:\n- {dn: cn=a, group: cn=b, read: [people]}", 3, "clients[0]", "write two rules"},
	{"a client that is no DN", "clients: [{dn: sso, read: [people]}]", 2, "clients[0].dn", "is not a DN, * or anonymous"},
	{"a star for a group", "clients: [{group: \"*\", read: [people]}]", 2, "clients[0].group", "is not a DN"},
	{"a client rule that gives nothing", "clients: [{dn: cn=a}]", 2, "clients[0].read", "is missing"},
	{"a right that is none", "clients: [{dn: cn=a, read: [persons]}]", 2, "clients[0].read[0]", "not one of people"},
	{"a right for the whole tree by its empty name", "clients: [{dn: cn=a, read: [\"\"]}]", 2, "clients[0].read[0]", "nor a DN"},
	{"more before a bind than after", "limits: {messageBytes: 4096, preBindMessageBytes: 8192}", 2, "limits.preBindMessageBytes", "more than limits.messageBytes"},
	{"less in flight than a message", "limits: {inFlightBytes: 1MiB}", 2, "limits.inFlightBytes", "less than limits.messageBytes"},
	{"an audit file in no folder", "audit: {file: none/audit.log}", 2, "audit.file", "there is no folder"},
	{"a file for the state", "state: {dir: a.ldif}", 2, "state.dir", "a folder is wanted"},
	{"group bases without group names", "secondaries: [{name: x, ldif: [a.ldif], groupNameBases: [o=acme]}]", 2, "secondaries[0].groupNameBases", "unless groupName is cn"},
}

// directoryCases have a directory of their own, from line 1.
var directoryCases = []struct {
	name, text string
	line       int
	key, words string
}{
	{"no directory", "log: {level: info}", 0, "directory", "has no source: set exactly one of ldap, ldif and dxl"},
	{"an empty file", "", 0, "directory", "has no source"},
	{"a directory without a source", "directory:\n  profile: domino", 1, "directory", "has no source"},
	{"two sources", "directory:\n  ldif: [a.ldif]\n  dxl: [a.ldif]", 1, "directory", "more than one source (ldif, dxl)"},
	{"no URL", "directory:\n  ldap: {urls: []}", 2, "directory.ldap.urls", "must not be empty"},
	{"a URL of the web", "directory:\n  ldap:\n    urls:\n    - http://a", 4, "directory.ldap.urls[0]", "is not a URL such as ldap:"},
	{"a URL with a password", "directory: {ldap: {urls: [\"ldap://cn=a:pw@host\"]}}", 1, "directory.ldap.urls[0]", "the value "},
	{"a URL with a base", "directory: {ldap: {urls: [\"ldap://host/o=acme\"]}}", 1, "directory.ldap.urls[0]", "use bases"},
	{"a URL with a bad port", "directory: {ldap: {urls: [\"ldap://host:0\"]}}", 1, "directory.ldap.urls[0]", "no port"},
	{"StartTLS inside TLS", "directory: {ldap: {urls: [\"ldaps://a\"], startTLS: true}}", 1, "directory.ldap.urls[0]", "TLS already"},
	{"authorities without TLS", "directory: {ldap: {caFile: a.ldif}}", 1, "directory.ldap.caFile", "no effect"},
	{"an account without a password", "directory:\n  ldap:\n    bindDN: cn=a", 3, "directory.ldap.bindDN", "has no password"},
	{"a password without an account", "directory:\n  ldap:\n    bindPassword: x", 3, "directory.ldap.bindPassword", "has no account"},
	{"a password's file without an account", "directory:\n  ldap:\n    bindPasswordFile: pw", 3, "directory.ldap.bindPasswordFile", "has no account"},
	{"an empty password", "directory: {ldap: {bindDN: cn=a, bindPassword: \"\"}}", 1, "directory.ldap.bindPassword", "is empty"},
	{"a base that is no DN", "directory: {ldap: {bases: [acme]}}", 1, "directory.ldap.bases[0]", "is not a DN"},
	{"a filter that is none", "directory: {ldap: {personFilter: objectClass=person}}", 1, "directory.ldap.personFilter", "is not an LDAP filter"},
	{"a refresh mode that is none", "directory: {ldap: {refresh: {mode: pull}}}", 1, "directory.ldap.refresh.mode", "did you mean poll?"},
	{"polling without a pause", "directory: {ldap: {refresh: {interval: 0s}}}", 1, "directory.ldap.refresh.interval", "minimum is 100ms"},
	{"no time to connect", "directory: {ldap: {timeouts: {connect: 0s}}}", 1, "directory.ldap.timeouts.connect", "minimum is 1ms"},
	{"missing LDIF", "directory: {ldif: [people.ldif]}", 1, "directory.ldif[0]", `"people.ldif": there is no such file`},
	{"a folder of LDIF", "directory: {ldif: [.]}", 1, "directory.ldif[0]", "is a folder"},
	{"a list for the whole", "- a", 1, "", "wants keys with values, has a list"},
	{"nesting without end", strings.Repeat("[", 5000), 1, "", "too deep"},
	{"lists in lists without end", strings.Repeat("- ", 5000) + "a", 1, "", "too deep"},
}

func TestEveryFaultNamesItsLineAndKey(t *testing.T) {
	dir := folder(t, map[string]string{"a.ldif": "", "pw": "x"})
	file := filepath.Join(dir, "aclens.yaml")
	run := func(name, text string, line int, key, words string) {
		t.Run(name, func(t *testing.T) {
			_, err := Parse([]byte(text), file)
			var errs *Errors
			if !errors.As(err, &errs) {
				t.Fatalf("no fault was found, error %v", err)
			}
			for _, f := range errs.Faults {
				if f.File == file && f.Line == line && f.Key == key && strings.Contains(f.Text, words) {
					return
				}
			}
			t.Errorf("want line %d, %q, ...%s..., got\n%v", line, key, words, err)
		})
	}
	for _, c := range faultCases {
		run(c.name, "directory: {ldif: [a.ldif]}\n"+c.text, c.line, c.key, c.words)
	}
	for _, c := range directoryCases {
		run(c.name, c.text, c.line, c.key, c.words)
	}
}

func TestOneMistakeIsOneFault(t *testing.T) {
	dir := folder(t, map[string]string{"a.ldif": ""})
	for _, text := range []string{
		"clients: [{dn: sso, read: [people]}]",
		"clients: [{dn: cn=a, read: [persons]}]",
		"databases: {rest: [{url: \"ftp://a\", token: t, databases: [\"A!!b\"]}]}",
		"databases: {rest: [{url: \"https://a\", tokenFile: none, databases: [\"A!!b\"]}]}",
		"databases: {rest: [{url: \"https://a\", token: t, databases: [b.nsf]}]}",
		"secondaries: [{name: x, ldif: [none.ldif]}]",
		"secondaries: [{name: x, ldap: {bindDN: cn=a, bindPasswordFile: none}}]",
		"secondaries: [{name: x, ldap: {urls: [a]}}]",
		"view: {base: access}",
		"listen: {ldaps: \"127.0.0.1:1\"}\ntls: {certFile: none, keyFile: a.ldif}",
		"limits: {messageBytes: 1}",
	} {
		_, err := Parse([]byte("directory: {ldif: [a.ldif]}\n"+text), filepath.Join(dir, "c.yaml"))
		var errs *Errors
		if !errors.As(err, &errs) || len(errs.Faults) != 1 {
			t.Errorf("%s\ngives\n%v", text, err)
		}
	}
}

func TestAllFaultsComeAtOnceInTheOrderOfTheFile(t *testing.T) {
	text := "log: {level: loud}\nlisten:\n  ldaps: \":636\"\n  htp: x\nwrites: maybe\n"
	_, err := Parse([]byte(text), "aclens.yaml")
	want := `aclens.yaml:1: log.level: "loud" is not one of debug, info, warn, error
aclens.yaml:3: listen.ldaps: needs a certificate: set tls.certFile and tls.keyFile
aclens.yaml:4: listen.htp: unknown key; did you mean http?
aclens.yaml:5: writes: "maybe" is not one of off, forward
aclens.yaml: directory: has no source: set exactly one of ldap, ldif and dxl`
	if err == nil || err.Error() != want {
		t.Errorf("got\n%v\nwant\n%s", err, want)
	}
}

// sections returns, for every mapping that a configuration may hold, a text with
// %s where a key of that mapping stands, and the mapping's path.
func sections(t reflect.Type, text, path string) map[string]string {
	out := map[string]string{path: text}
	for _, f := range fieldsOf(t).list {
		inner, ok := structIn(f.typ)
		if !ok || f.secretFile {
			continue
		}
		shape, key := "{"+f.name+": {%s}}", f.name
		if f.typ.Kind() == reflect.Slice {
			shape, key = "{"+f.name+": [{%s}]}", f.name+"[0]"
		}
		if path != "" {
			shape, key = shape[1:len(shape)-1], path+"."+key
		}
		for p, s := range sections(inner, strings.Replace(text, "%s", shape, 1), key) {
			out[p] = s
		}
	}
	return out
}

func TestARandomUnknownKeyIsAlwaysRefused(t *testing.T) {
	all := sections(reflect.TypeFor[Config](), "%s", "")
	if len(all) < 30 {
		t.Fatalf("only %d sections were found", len(all))
	}
	rng := rand.New(rand.NewPCG(1, 2))
	const letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-"
	for range 40 {
		name := "z"
		for range rng.IntN(12) {
			name += string(letters[rng.IntN(len(letters))])
		}
		for path, text := range all {
			entry, key := name+": 1", strings.TrimPrefix(path+"."+name, ".")
			if path == "" {
				entry = "{" + entry + "}"
			}
			_, err := Parse([]byte(strings.Replace(text, "%s", entry, 1)), "c.yaml")
			if err == nil || !strings.Contains(err.Error(), "c.yaml:1: "+key+": unknown key") {
				t.Fatalf("%s in %q: %v", name, path, err)
			}
		}
	}
}

func TestEveryTagIsUnderstood(t *testing.T) {
	var visit func(reflect.Value, string)
	visit = func(v reflect.Value, path string) {
		for _, f := range fieldsOf(v.Type()).list {
			key := path + f.name
			if doc := f.tag.Get("doc"); doc == "" || !strings.HasSuffix(doc, ".") {
				t.Errorf("%s has no sentence", key)
			}
			if c := f.tag.Get("check"); c != "" && (checks[c] == nil || c != "text" && checkTypes[c] == "") {
				t.Errorf("%s has the unknown check %s", key, c)
			}
			if p := f.tag.Get("path"); p != "" && pathTypes[p] == "" {
				t.Errorf("%s has the unknown kind of path %s", key, p)
			}
			if t2, ok := structIn(f.typ); ok {
				visit(newElement(t2), key+".")
			}
		}
	}
	visit(reflect.ValueOf(Defaults()).Elem(), "")
}

// The defaults, written out as a file, are a valid file that gives the defaults:
// no default is a word or a number that its own key would refuse.
func TestTheDefaultsWrittenOutAreReadBack(t *testing.T) {
	var b strings.Builder
	var write func(v reflect.Value, indent string)
	write = func(v reflect.Value, indent string) {
		for _, f := range fieldsOf(v.Type()).list {
			x := v.FieldByIndex(f.index)
			switch {
			case f.typ == secretType || f.typ.Kind() == reflect.Pointer:
			case x.Kind() == reflect.Struct:
				fmt.Fprintf(&b, "%s%s:\n", indent, f.name)
				write(x, indent+"  ")
			default:
				fmt.Fprintf(&b, "%s%s: %s\n", indent, f.name, literal(x))
			}
		}
	}
	write(reflect.ValueOf(Defaults()).Elem(), "")
	dir := folder(t, map[string]string{"a.ldif": ""})
	text := strings.Replace(b.String(), "  ldif: []", "  ldif: [a.ldif]", 1)
	c, err := Parse([]byte(text), filepath.Join(dir, "c.yaml"))
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	c.Directory.LDIF = nil
	if !sameText(*c, *Defaults()) {
		t.Errorf("got %+v", c)
	}
}

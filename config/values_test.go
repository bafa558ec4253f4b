package config

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"
)

func TestDurationsAreReadAsWritten(t *testing.T) {
	for text, want := range map[string]time.Duration{
		"0": 0, "0s": 0, "30s": 30 * time.Second, "15m": 15 * time.Minute, "6h": 6 * time.Hour, "24h": 24 * time.Hour,
		"7d": 168 * time.Hour, "1d12h": 36 * time.Hour, "1.5h": 90 * time.Minute, "500ms": 500 * time.Millisecond, "0d": 0,
	} {
		if got, err := parseDuration(text); err != nil || got.Std() != want {
			t.Errorf("%q is %v, %v; want %v", text, got, err, want)
		}
	}
	for _, text := range []string{"", "5", "-1s", "+1s", "1d-1h", "d", "1.5d", "1w", "s", "1h1d", "99999999999d", "106751d24h", "5 m", "1d "} {
		if got, err := parseDuration(text); err == nil {
			t.Errorf("%q was read as %v", text, got)
		}
	}
}

func TestARandomDurationIsWrittenAndReadBack(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	units := []time.Duration{time.Millisecond, time.Second, time.Minute, time.Hour, 24 * time.Hour}
	for range 2000 {
		want := Duration(time.Duration(rng.IntN(5000)) * units[rng.IntN(len(units))])
		if got, err := parseDuration(want.String()); err != nil || got != want {
			t.Fatalf("%s is read as %v, %v", want, got, err)
		}
	}
}

func TestSizesSharesAndReleasesAreReadAsWritten(t *testing.T) {
	for text, want := range map[string]Size{"0": 0, "4194304": 4 << 20, "64KiB": 64 << 10, "4MiB": 4 << 20, "4 MiB": 4 << 20, "1GiB": 1 << 30} {
		if got, err := parseSize(text); err != nil || got != want {
			t.Errorf("size %q is %d, %v", text, got, err)
		}
	}
	for text, want := range map[string]Percent{"10%": 10, "0%": 0, "100%": 100, "2.5%": 2.5} {
		got, err := parsePercent(text)
		if err != nil || got != want || got.String() != text {
			t.Errorf("share %q is %s, %v", text, got, err)
		}
	}
	for text, want := range map[string]Release{"12": 12, "14.5": 14, "12.0.2": 12, "5": 5} {
		if got, err := parseRelease(text); err != nil || got != want {
			t.Errorf("release %q is %d, %v", text, got, err)
		}
	}
	for _, text := range []string{"", "-1", "+1", "4MB", "4mib", "MiB", "1.5MiB", "9223372036854775808", "9999999999GiB", "10", "%", "-1%", "100.1%", "NaN%", "1e1%", "R12", "3", "100", "."} {
		_, sizeErr := parseSize(text)
		_, shareErr := parsePercent(text)
		_, releaseErr := parseRelease(text)
		isNumber := text == "10" || text == "3" || text == "100"
		if sizeErr == nil != isNumber || shareErr == nil || releaseErr == nil != (text == "10") {
			t.Errorf("%q: size %v, share %v, release %v", text, sizeErr, shareErr, releaseErr)
		}
	}
	if got := Percent(10).Of(50); got != 5 {
		t.Errorf("10%% of 50 is %v", got)
	}
}

func TestNumbersThatAToolHasRewrittenAreUnderstood(t *testing.T) {
	c := parses(t, "limits: {messageBytes: 4.194304e+06, inFlightBytes: 1e+09, connections: 1e+06, sizeLimit: 500.0}")
	if l := c.Limits; l.MessageBytes != 4<<20 || l.InFlightBytes != 1e9 || l.Connections != 1e6 || l.SizeLimit != 500 {
		t.Errorf("limits are %+v", l)
	}
}

func TestNamesHaveTheFormThatTheirKeyWants(t *testing.T) {
	for _, c := range []struct {
		check     string
		good, bad []string
	}{
		{"dn", []string{"cn=a", "cn=a,o=b", "CN = a , O = b", `cn=a\,b,o=c`, `cn=\c3\a4`, `cn="a,b",o=c`, "cn=a+uid=b,o=c", "2.5.4.3=a", "cn=,o=a", "cn=a;o=b", "ou=a=b", "cn=#04024869"},
			[]string{"a", "a,b", "cn=a,", "=a", "cn=a,b", `cn=a\`, `cn=a\x`, `cn="a`, "cn=a<b", "c n=a", ",cn=a", "cn=a,,o=b", " "}},
		{"filter", []string{"(a=b)", "(objectClass=*)", "(&(a=b)(|(c=d)(!(e=f))))", `(cn=\28x\29)`, "(a>=1)", "(a:1.2.3:=b)"},
			[]string{"a=b", "(a=b", "(a=b))", "()", "(&)", "(!a=b)", "(!(a=b)(c=d))", "(a)", "(=b)", "(a=(b))", "(a=b)x", strings.Repeat("(!", 100) + "(a=b)" + strings.Repeat(")", 100)}},
		{"attribute", []string{"mail", "cn;lang-en", "2.5.4.3", "x-a"}, []string{"a b", "1a", "*", "a_b", "mail;", "2.05"}},
		{"attributes", []string{"*", "+", "mail"}, []string{"**", "", "a,b"}},
		{"listen", []string{"", ":389", "127.0.0.1:0", "[::1]:389", "host.example.com:636"}, []string{"389", "::1:389", "a:b", "a:", "a:-1", "a:65536"}},
		{"ldapurl", []string{"ldap://a", "ldaps://a:636", "LDAP://a", "ldap://[::1]:389/"}, []string{"a", "ldap:", "ldap://", "ldapi:///x", "ldap://a:x", "ldap://a:", "ldap://a/o=b", "ldap://a?x", "ldap://u@a"}},
		{"httpurl", []string{"https://a/api", "http://a:80"}, []string{"a", "https://", "https://u:p@a", "https://a?x=1", "https://a:0"}},
		{"notesname", []string{"Hub1/Acme", "CN=Hub1/O=Acme", "Hub1"}, []string{"Hub1/", "/Acme", "a//b"}},
		{"replicaid", []string{"C1258A2F004B7D10", "c1258a2f:004b7d10"}, []string{"C1258A2F", "C1258A2F004B7D1X", "C1258A2F004B7D100"}},
		{"oid", []string{"1.2.840.113556.1.4.319"}, []string{"", "3.1", "1", "1.02", "1..2", "paged"}},
		{"right", []string{"people", "all", "o=acme"}, []string{"", "person", "All"}},
		{"client", []string{"*", "anonymous", "cn=a"}, []string{"everyone", "**"}},
	} {
		for _, s := range c.good {
			if p := checks[c.check](s); p != "" {
				t.Errorf("%s: %q %s", c.check, s, p)
			}
		}
		for _, s := range c.bad {
			if checks[c.check](s) == "" {
				t.Errorf("%s: %q passed", c.check, s)
			}
		}
	}
}

func TestOnlyAddressesOfThisMachineAreLoopback(t *testing.T) {
	for address, want := range map[string]bool{
		"127.0.0.1:1": true, "127.9.9.9:1": true, "[::1]:1": true, "localhost:1": true, "[::ffff:127.0.0.1]:1": true,
		":1": false, "0.0.0.0:1": false, "[::]:1": false, "10.0.0.1:1": false, "localhost.example.com:1": false, "127.0.0.1.example.com:1": false, "x": false,
	} {
		if isLoopback(address) != want {
			t.Errorf("%s: loopback %v", address, !want)
		}
	}
}

// The naive twin: the fewest edits found by trying them all, breadth first.
func TestTheDistanceOfWordsIsTheFewestEdits(t *testing.T) {
	edits := func(s string) []string {
		var out []string
		for i := 0; i <= len(s); i++ {
			for _, c := range "ab" {
				out = append(out, s[:i]+string(c)+s[i:])
				if i < len(s) {
					out = append(out, s[:i]+string(c)+s[i+1:])
				}
			}
			if i < len(s) {
				out = append(out, s[:i]+s[i+1:])
			}
		}
		return out
	}
	naive := func(a, b string) int {
		seen, front := map[string]bool{a: true}, []string{a}
		for n := 0; ; n++ {
			var next []string
			for _, s := range front {
				if s == b {
					return n
				}
				for _, e := range edits(s) {
					if !seen[e] && len(e) <= 5 {
						seen[e] = true
						next = append(next, e)
					}
				}
			}
			front = next
		}
	}
	words := []string{""}
	for i := 0; len(words) < 31; i++ {
		words = append(words, words[i]+"a", words[i]+"b")
	}
	for _, a := range words {
		for _, b := range words {
			// A swap of neighbours is one edit here and two for the twin.
			got, want := distance(a, b), naive(a, b)
			if got > want || got < want && !strings.Contains(a, "ab") && !strings.Contains(a, "ba") {
				t.Fatalf("%q to %q is %d, want %d", a, b, got, want)
			}
		}
	}
	if distance("metrcis", "metrics") != 1 || Nearest("metrcis", []string{"ldap", "metrics"}) != "metrics" || Nearest("zzzzzz", []string{"ldap"}) != "" {
		t.Error("a swap of two letters is not one edit")
	}
}

func TestPathsStartInTheFoldersOfTheConfiguration(t *testing.T) {
	dir := folder(t, map[string]string{"c/d/x.dxl": "", "c/b.dxl": "", "c/a.dxl": "", "c/[1].dxl": "", "c/k.pem": "", "c/p.ldif": ""})
	outside := filepath.Join(dir, "c", "p.ldif")
	text := fmt.Sprintf(`
directory: {ldif: [%q]}
tls: {certFile: k.pem, keyFile: ./d/../k.pem}
databases: {dxl: [b.dxl, "*.dxl", d/, "[1].dxl"]}
state: {dir: state}
audit: {file: d/audit.log}
`, outside)
	c, err := Parse([]byte(text), filepath.Join(dir, "c", "aclens.yaml"))
	must(t, err)
	in := func(names ...string) (out []string) {
		for _, n := range names {
			out = append(out, filepath.Join(dir, "c", n))
		}
		return out
	}
	if want := in("b.dxl", "[1].dxl", "a.dxl", "d"); !reflect.DeepEqual(c.Databases.DXL, want) {
		t.Errorf("exports are %v, want %v", c.Databases.DXL, want)
	}
	got := append([]string{c.TLS.CertFile, c.TLS.KeyFile, c.State.Dir, c.Audit.File}, c.Directory.LDIF...)
	if want := in("k.pem", "k.pem", "state", "d/audit.log", "p.ldif"); !reflect.DeepEqual(got, want) {
		t.Errorf("paths are %v, want %v", got, want)
	}
}

func TestARelativeConfigurationGivesAbsolutePaths(t *testing.T) {
	dir := folder(t, map[string]string{"sub/a.ldif": "", "sub/c.yaml": "directory: {ldif: [a.ldif]}\n"})
	t.Chdir(dir)
	c, err := Load(filepath.Join("sub", "c.yaml"))
	must(t, err)
	wd, err := os.Getwd()
	must(t, err)
	if want := filepath.Join(wd, "sub", "a.ldif"); c.Directory.LDIF[0] != want {
		t.Errorf("got %s, want %s", c.Directory.LDIF[0], want)
	}
}

func TestAFaultShowsAtRunTimeWhereItsKeyStands(t *testing.T) {
	c := parses(t, "log:\n  level: debug\nclients:\n- {dn: cn=a, read: [people]}\n- {dn: cn=b, read: [people]}")
	for key, want := range map[string]int{"log.level": 2, "log.format": 1, "clients[1].dn": 5, "clients[1].databases[0]": 5, "stale.acl": 0, "clients": 3} {
		if got := c.Line(key); got != want {
			t.Errorf("%s is at line %d, want %d", key, got, want)
		}
	}
	if !c.Given("log.level") || c.Given("log.format") {
		t.Error("given keys are mixed up")
	}
}

func TestYAMLOfEverySpellingIsRead(t *testing.T) {
	for name, text := range map[string]string{
		"anchors":              "self: &a {attributes: &l [mail]}\nhide: *l",
		"quoted keys":          "'log': {\"level\": 'debug'}",
		"a directive":          "%YAML 1.2\n---\nlog: {level: debug}",
		"a byte order mark":    "\ufefflog: {level: debug}",
		"line ends of Windows": "log:\r\n  level: debug\r\n",
		"comments":             "# one\nlog: # two\n  # three\n  level: debug # four\n" + strings.Repeat(" ", 500) + "# far out",
		"a block text":         "view:\n  base: >-\n    ou=access,\n    o=acme",
	} {
		c := parses(t, text)
		if c.Log.Level != LogDebug && c.View.Base != "ou=access, o=acme" && !reflect.DeepEqual(c.Hide, []string{"mail"}) {
			t.Errorf("%s: got %+v", name, c)
		}
	}
}

func TestAFewAliasesCannotBecomeMillionsOfValues(t *testing.T) {
	for name, text := range map[string]string{
		"valid values": "hide: &a [" + strings.Repeat("mail,", 500) + "]\nclients:\n" +
			strings.Repeat("- {dn: cn=a, read: [people], databases: &b ["+strings.Repeat("x,", 500)+"]}\n", 1) +
			strings.Repeat("- {dn: cn=a, read: [people], databases: *b}\n", 1000),
		"an alias of itself": "hide: &a [*a]",
	} {
		_, err := Parse([]byte(text), "c.yaml")
		if err == nil || len(err.Error()) > 1<<20 {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestFaultsComeToAnEnd(t *testing.T) {
	_, err := Parse([]byte("hide: ["+strings.Repeat("'a b',", 3000)+"]"), "c.yaml")
	var errs *Errors
	if !errors.As(err, &errs) || len(errs.Faults) != maxFaults+1 || !strings.Contains(err.Error(), "more faults than are shown") {
		t.Errorf("got %d bytes of faults", len(err.Error()))
	}
}

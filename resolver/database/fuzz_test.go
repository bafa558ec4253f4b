package database

import (
	"strings"
	"testing"

	"github.com/aclens/aclens/resolver/acl"
	"github.com/aclens/aclens/resolver/name"
)

// fuzzed reads instances, one "server|path|replica id" a line.
func fuzzed(lines string) []*Instance {
	var in []*Instance
	for n, line := range strings.Split(lines, "\n") {
		fields := strings.SplitN(line, "|", 3)
		if len(fields) < 3 || n == 12 {
			break
		}
		i := &Instance{Server: name.Parse(fields[0]), Path: fields[1], Origin: line, List: &acl.List{}}
		i.ReplicaID, _ = name.ReplicaID(fields[2])
		in = append(in, i)
	}
	return in
}

// justified tells whether a text is some spelling of a name of the instance.
func justified(text string, d *Database, in *Instance) bool {
	if name.Fold(UnescapeKey(strings.ReplaceAll(text, `\`, "/"))) == name.Fold(UnescapeKey(d.Key)) && in == d.Primary {
		return true
	}
	if id, ok := name.ReplicaID(text); ok && id == d.ReplicaID && in == d.Primary {
		return true
	}
	for _, alias := range d.Alias {
		if in == d.Primary && name.Fold(alias) == name.Fold(text) {
			return true
		}
	}
	plain := UnescapeKey(text)
	for i := range plain {
		if !strings.HasPrefix(plain[i:], "!!") {
			continue
		}
		if name.Parse(plain[:i]).Key() == in.Server.Key() && foldPath(plain[i+2:]) == foldPath(in.Path) {
			return true
		}
	}
	return in.Server.IsZero() && foldPath(plain) == foldPath(in.Path)
}

func FuzzFindNeverConfusesDatabases(f *testing.F) {
	f.Add("Hub1/Acme|apps\\crm.nsf|C1258A2F004B7D10\nWeb1/Acme|crm.nsf|C1258A2F004B7D10", "Web1/Acme!!crm.nsf", "crm.nsf")
	f.Add("Hub1/Acme|a#1%.nsf|\n|c1258a2f004b7d10|\nWeb1/Acme!|!a!!b|C1258A2F:004B7D11", "Web1/Acme!!!!a!!b", "a%231%25.nsf")
	f.Add("Hub1/Acme|web1/acme!!a|1\nWeb1/Acme|a|\nHub1/Acme|a|C1258A2F004B7D11\nHub1/Acme|b|C1258A2F004B7D11", "c1258a2f004b7d11", "web1\\acme!!a")
	f.Add("Hub1|İ|\nHub1|i|\nHub1|K|\nX \"/\" / Acme|k|", "x\"/\"/acme!!K", "Hub1!!i")
	f.Add("CN=A+OU=B/O=Acme|x|\nA/OU=B/C=US|\\x|\n[a]|x|", "cn=a+ou=b/o=acme!!x", "[A]!!x")
	f.Fuzz(func(t *testing.T, lines, text, alias string) {
		if len(lines)+len(text)+len(alias) > 2000 {
			return
		}
		in := fuzzed(lines)
		o := Options{HomeServers: []string{"Hub1/Acme"}, Aliases: map[string]string{alias: text}}
		s, _, err := Arrange(in, o)
		if err != nil {
			return
		}
		keys := map[string]bool{}
		shared := map[string]int{}
		for _, d := range s.All() {
			if k := name.Fold(d.Key); keys[k] || strings.Contains(k, "#") {
				t.Errorf("key %q is there twice, or holds #", d.Key)
			} else {
				keys[k] = true
			}
			shared[d.ReplicaID]++
		}
		for _, d := range s.All() {
			mustFind(t, s, d.Key, d, d.Primary)
			for _, i := range d.Instances {
				mustFind(t, s, LongForm(i), d, i)
			}
			for _, a := range d.Alias {
				mustFind(t, s, a, d, d.Primary)
			}
			if d.ReplicaID != "" && shared[d.ReplicaID] == 1 {
				mustFind(t, s, d.ReplicaID, d, d.Primary)
			}
		}
		for _, asked := range []string{text, alias, lines} {
			neverConfused(t, s, asked)
		}
	})
}

func mustFind(t *testing.T, s *Set, text string, d *Database, in *Instance) {
	t.Helper()
	if found, i, ok := s.Find(text); !ok || found != d || i != in {
		t.Errorf("%q finds %v, want %s", text, i, LongForm(in))
	}
}

func neverConfused(t *testing.T, s *Set, text string) {
	t.Helper()
	found, instance, ok := s.Find(text)
	for _, d := range s.All() {
		for _, i := range d.Instances {
			if mine := ok && d == found && i == instance; justified(text, d, i) != mine && (ok || mine) {
				t.Errorf("%q finds %v, but is it a name of %q: %v", text, instance, LongForm(i), !mine)
			}
		}
	}
	if key, ok := s.KeyFor(text + "#editor"); ok {
		before, _, _ := strings.Cut(text, "#")
		if d, i, found := s.Find(before); !found || i != d.Primary || d.Key != key {
			t.Errorf("%q is read as the key %q", text, key)
		}
	}
}

func FuzzEscapedKeysReadBack(f *testing.F) {
	f.Add("a#b%23%")
	f.Fuzz(func(t *testing.T, s string) {
		escaped := EscapeKey(s)
		if strings.Contains(escaped, "#") || UnescapeKey(escaped) != s {
			t.Errorf("%q is escaped as %q", s, escaped)
		}
	})
}

func FuzzGlobsAgreeWithRegularExpressions(f *testing.F) {
	f.Add("**/a*.nsf", "b/c/ab.nsf")
	f.Fuzz(func(t *testing.T, pattern, key string) {
		if strings.Trim(pattern+key, "abc.*/!") != "" || strings.Contains(pattern, "*/**/**") || len(pattern)+len(key) > 200 {
			return
		}
		if got, want := parseGlob(pattern).matches(key), slowGlob(pattern).MatchString(key); got != want {
			t.Errorf("%q on %q is %v, want %v", pattern, key, got, want)
		}
	})
}

package database

import (
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"
)

func TestGlobs(t *testing.T) {
	rows := []struct {
		glob string
		yes  []string
		no   []string
	}{
		{"**", []string{"a", "a/b", "a/b/c.nsf", "Web1/Acme!!a.nsf"}, nil},
		{"*", []string{"a", "names.nsf"}, []string{"a/b", "Web1/Acme!!a.nsf"}},
		{"mail/**", []string{"mail/a.nsf", "mail/a/b.nsf"}, []string{"mail", "mail.nsf", "mailbox/a.nsf", "x/mail/a.nsf", "Web1/Acme!!mail/a.nsf"}},
		{"MAIL/*.NSF", []string{"mail/a.nsf"}, []string{"mail/a/b.nsf", "mail/a.ntf"}},
		{"**/crm.nsf", []string{"crm.nsf", "apps/crm.nsf", "a/b/crm.nsf"}, []string{"xcrm.nsf", "a/xcrm.nsf", "crm.nsf/a"}},
		{"apps/**/crm.nsf", []string{"apps/crm.nsf", "apps/a/crm.nsf", "apps/a/b/crm.nsf"}, []string{"apps/xcrm.nsf", "crm.nsf", "appscrm.nsf"}},
		{"apps/**.nsf", []string{"apps/a.nsf", "apps/a/b.nsf", "apps/.nsf"}, []string{"apps/a.ntf", "app/a.nsf"}},
		{"apps/cr*.n?f", []string{"apps/crm.n?f"}, []string{"apps/crm.nsf"}},
		{"*/Acme!!**", []string{"Web1/Acme!!a.nsf", "web1/acme!!a/b.nsf"}, []string{"a.nsf", "Web1/East/Acme!!a.nsf"}},
		{`apps\*`, []string{"apps/crm.nsf"}, []string{"apps/a/b.nsf"}},
		{"a#1*", []string{"a%231.nsf"}, []string{"a1.nsf"}},
		{"***/a", []string{"a", "b/a", "c/b/a"}, []string{"ba"}},
		{"a.*", []string{"a.nsf", "a."}, []string{"axnsf"}},
		{"größe/*", []string{"größe/a.nsf"}, []string{"grosse/a.nsf"}},
		{strings.Repeat("*a", 80), []string{strings.Repeat("a", 80), strings.Repeat("ba", 100)}, []string{strings.Repeat("a", 79)}},
	}
	for _, r := range rows {
		g := parseGlob(r.glob)
		for _, key := range r.yes {
			if !g.matches(strings.ToLower(key)) {
				t.Errorf("%q does not match %q", r.glob, key)
			}
		}
		for _, key := range r.no {
			if g.matches(strings.ToLower(key)) {
				t.Errorf("%q matches %q", r.glob, key)
			}
		}
	}
}

var (
	longRun   = regexp.MustCompile(`\*{3,}`)
	anyFolder = regexp.MustCompile(`(^|/)\\\*\\\*/`)
	nextToAny = regexp.MustCompile(`\x00\\\*\\\*/`)
)

// slowGlob is a glob as a regular expression; "**/" at most twice in a row.
func slowGlob(glob string) *regexp.Regexp {
	pattern := regexp.QuoteMeta(longRun.ReplaceAllString(glob, "**"))
	pattern = anyFolder.ReplaceAllString(pattern, "$1\x00")
	pattern = nextToAny.ReplaceAllString(pattern, "\x00\x00")
	pattern = strings.ReplaceAll(pattern, `\*\*`, `.*`)
	pattern = strings.ReplaceAll(pattern, `\*`, `[^/]*`)
	pattern = strings.ReplaceAll(pattern, "\x00", "(?:.*/)?")
	return regexp.MustCompile("(?s)^(?:" + pattern + ")$")
}

func TestGlobsAgreeWithRegularExpressions(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	text := func(letters string, most int) string {
		b := make([]byte, r.IntN(most))
		for i := range b {
			b[i] = letters[r.IntN(len(letters))]
		}
		return string(b)
	}
	hits := 0
	for range 20_000 {
		pattern, key := text("a*/*.b", 8), text("a/b.", 9)
		want := slowGlob(pattern).MatchString(key)
		if got := parseGlob(pattern).matches(key); got != want {
			t.Fatalf("%q on %q is %v, want %v", pattern, key, got, want)
		}
		if want {
			hits++
		}
	}
	if hits < 300 {
		t.Errorf("only %d pairs matched", hits)
	}
}

func TestMatchListsByKeyAndTakesNamesOfOneDatabase(t *testing.T) {
	s := acme(t)
	rows := []struct{ sentence, glob, keys string }{
		{"everything", "**", keysOf(s.All())},
		{"a level of folders", "*", "c%231 100%25.nsf | one.nsf | two.nsf"},
		{"any case", "APPS/*", "apps/crm.nsf"},
		{"long forms are keys", "web1/acme!!**", "Web1/Acme!!web/shop.nsf"},
		{"a key", "apps/crm.nsf", "apps/crm.nsf"},
		{"an alias", "crm", "apps/crm.nsf"},
		{"a replica id", ridB, "Web1/Acme!!web/shop.nsf"},
		{"a replica id of copies", ridC, ""},
		{"a long form of an instance that gives no answers", "Web1/Acme!!apps/crm.nsf", ""},
		{"nothing", "", ""},
	}
	for _, r := range rows {
		if got := keysOf(s.Match(r.glob)); got != r.keys {
			t.Errorf("%s: %q lists %s, want %s", r.sentence, r.glob, got, r.keys)
		}
	}
}

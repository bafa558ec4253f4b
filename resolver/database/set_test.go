package database

import (
	"strings"
	"testing"
)

// acme is a home server, a web server with a replica and a database of its own,
// copies of one file, and a bare export.
func acme(t testing.TB) *Set {
	s, problems := arranged(t, Options{
		HomeServers: []string{"Hub1/Acme"},
		Aliases:     map[string]string{"crm": `Apps\CRM.nsf`, "customers": ridA, "shop": "web1/acme!!web/shop.nsf", "gone": "gone.nsf", "copy": ridC, "web": "Web1/Acme!!apps/crm.nsf"},
	}, at("Hub1/Acme", `Apps\CRM.nsf`, ridA), at("Web1/Acme", `apps\crm.nsf`, ridA), at("CN=Web1/O=Acme", `Web\Shop.nsf`, ridB),
		at("Hub1/Acme", "one.nsf", ridC), at("Hub1/Acme", "two.nsf", ridC), at("Web1/Acme", "two.nsf", ridC), at("Web1/Acme", "three.nsf", ridC),
		at("", "Bare/HR", ""), at("Hub1/Acme", "c#1 100%.nsf", ""), at("Web1/Yahoo!", "!a!!b.nsf", ""))
	if got := kindsOf(problems); got != "alias-ambiguous copy | alias-of-replica web | alias-unknown gone | copies-on-server "+ridC {
		t.Fatalf("problems are %s", got)
	}
	return s
}

func TestFind(t *testing.T) {
	s := acme(t)
	rows := []struct{ sentence, text, key, instance string }{
		{"a key", "apps/crm.nsf", "apps/crm.nsf", "Hub1/Acme!!apps/crm.nsf"},
		{"a key in other case with backslash", `APPS\Crm.NSF`, "apps/crm.nsf", "Hub1/Acme!!apps/crm.nsf"},
		{"an alias", "crm", "apps/crm.nsf", "Hub1/Acme!!apps/crm.nsf"},
		{"an alias in other case", "CRM", "apps/crm.nsf", "Hub1/Acme!!apps/crm.nsf"},
		{"an alias of a replica id", "customers", "apps/crm.nsf", "Hub1/Acme!!apps/crm.nsf"},
		{"an alias of a long form that is the key", "shop", "Web1/Acme!!web/shop.nsf", "Web1/Acme!!web/shop.nsf"},
		{"a replica id", ridA, "apps/crm.nsf", "Hub1/Acme!!apps/crm.nsf"},
		{"a replica id in lower case with colon", "c1258a2f:004b7d10", "apps/crm.nsf", "Hub1/Acme!!apps/crm.nsf"},
		{"the long form of the primary instance", "Hub1/Acme!!apps/crm.nsf", "apps/crm.nsf", "Hub1/Acme!!apps/crm.nsf"},
		{"the long form of another instance", "Web1/Acme!!apps/crm.nsf", "apps/crm.nsf", "Web1/Acme!!apps/crm.nsf"},
		{"a canonical server and backslash", `cn=web1/o=ACME!!Apps\CRM.nsf`, "apps/crm.nsf", "Web1/Acme!!apps/crm.nsf"},
		{"a long form that is a key", "Web1/Acme!!web/shop.nsf", "Web1/Acme!!web/shop.nsf", "Web1/Acme!!web/shop.nsf"},
		{"copies by their own paths", "two.nsf", "two.nsf", "Hub1/Acme!!two.nsf"},
		{"a replica of a copy lies with the copy of its path", "Web1/Acme!!two.nsf", "two.nsf", "Web1/Acme!!two.nsf"},
		{"a replica of a copy under another path lies with the first", "Web1/Acme!!three.nsf", "one.nsf", "Web1/Acme!!three.nsf"},
		{"a bare export", "bare/hr", "bare/hr", "bare/hr"},
		{"an escaped key", "c%231 100%25.nsf", "c%231 100%25.nsf", "Hub1/Acme!!c%231 100%25.nsf"},
		{"the path behind an escaped key", "C#1  100%.nsf", "c%231 100%25.nsf", "Hub1/Acme!!c%231 100%25.nsf"},
		{"exclamation marks on both sides of the joint", "Web1/Yahoo!!!!a!!b.nsf", "Web1/Yahoo!!!!a!!b.nsf", "Web1/Yahoo!!!!a!!b.nsf"},
		{"the path of a database that is no key", "web/shop.nsf", "", ""},
		{"a path on a server that has it not", "Hub1/Acme!!web/shop.nsf", "", ""},
		{"a server that is not known", "Hub2/Acme!!apps/crm.nsf", "", ""},
		{"the replica id of copies names none of them", ridC, "", ""},
		{"an alias of copies", "copy", "", ""},
		{"an alias of an instance that gives no answers", "web", "", ""},
		{"an alias of nothing", "gone", "", ""},
		{"a key with something after it", "apps/crm.nsf#editor", "", ""},
		{"a replica id without server before the joint", "!!apps/crm.nsf", "", ""},
		{"nothing", "", "", ""},
		{"blanks", "  ", "", ""},
		{"far too long a text", strings.Repeat("!", maxNameText+1), "", ""},
		{"many joints", strings.Repeat("!", maxNameText), "", ""},
	}
	for _, r := range rows {
		t.Run(r.sentence, func(t *testing.T) {
			d, in, ok := s.Find(r.text)
			key, instance := "", ""
			if ok {
				key, instance = d.Key, LongForm(in)
			}
			if ok != (r.key != "") || key != r.key || instance != r.instance {
				t.Errorf("%q is %q in %q (%v), want %q in %q", r.text, key, instance, ok, r.key, r.instance)
			}
		})
	}
}

func TestKeyFor(t *testing.T) {
	s := acme(t)
	rows := []struct{ sentence, text, key string }{
		{"an alias", "crm", "apps/crm.nsf"},
		{"an alias before a level", "crm#editor", "apps/crm.nsf"},
		{"only the first # ends the name", "customers#[A#B]", "apps/crm.nsf"},
		{"a replica id before a role", strings.ToLower(ridA) + "#[Buyer]", "apps/crm.nsf"},
		{"a key", "APPS/crm.nsf#reader", "apps/crm.nsf"},
		{"an escaped key", "c%231 100%25.nsf#reader", "c%231 100%25.nsf"},
		{"the long form of the instance that answers", "Hub1/Acme!!apps/crm.nsf#editor", "apps/crm.nsf"},
		{"the long form of an instance that does not answer", "Web1/Acme!!apps/crm.nsf#editor", ""},
		{"a replica id of copies", ridC + "#editor", ""},
		{"an unescaped # ends the name", "c#1 100%.nsf", ""},
		{"nothing before the #", "#editor", ""},
	}
	for _, r := range rows {
		if key, ok := s.KeyFor(r.text); key != r.key || ok != (r.key != "") {
			t.Errorf("%s: %q is read as %q (%v), want %q", r.sentence, r.text, key, ok, r.key)
		}
	}
}

func TestAliasesAreSortedAndBelongToOneDatabase(t *testing.T) {
	s := acme(t)
	for _, d := range s.All() {
		want := map[string]string{"apps/crm.nsf": "crm customers", "Web1/Acme!!web/shop.nsf": "shop"}[d.Key]
		if got := strings.Join(d.Alias, " "); got != want {
			t.Errorf("%s has the aliases %q, want %q", d.Key, got, want)
		}
	}
}

func TestAnAliasMayBeItsOwnDatabasesKeyOrReplicaID(t *testing.T) {
	s, problems := arranged(t, Options{Aliases: map[string]string{"crm": "crm", strings.ToLower(ridA): "crm"}}, at("", "CRM", ridA))
	if d, _, ok := s.Find("crm"); !ok || len(d.Alias) != 2 || len(problems) != 0 {
		t.Errorf("found %v with %v, problems %v", ok, d, problems)
	}
}

func TestTheTitleIsThatOfThePrimaryInstanceIfItHasOne(t *testing.T) {
	hub, web, app := at("Hub1/Acme", "a.nsf", ridA), at("Web1/Acme", "a.nsf", ridA), at("App1/Acme", "a.nsf", ridA)
	web.Title, app.Title = "Web", "App"
	o := Options{HomeServers: []string{"Hub1/Acme"}}
	if s, _ := arranged(t, o, web, hub, app); s.At(0).Title != "App" {
		t.Errorf("without one of its own the title is %q", s.At(0).Title)
	}
	hub.Title = "Hub"
	if s, _ := arranged(t, o, web, hub, app); s.At(0).Title != "Hub" {
		t.Errorf("the title is %q", s.At(0).Title)
	}
}

func TestEscapingKeys(t *testing.T) {
	for plain, escaped := range map[string]string{
		"apps/crm.nsf": "apps/crm.nsf", "a#b": "a%23b", "a%b": "a%25b", "a%23b": "a%2523b", "%25#%": "%2525%23%25", "": "",
	} {
		if got := EscapeKey(plain); got != escaped {
			t.Errorf("%q is escaped as %q, want %q", plain, got, escaped)
		}
		if got := UnescapeKey(escaped); got != plain {
			t.Errorf("%q is unescaped as %q, want %q", escaped, got, plain)
		}
	}
	if got := UnescapeKey("100% a%2Fb"); got != "100% a%2Fb" {
		t.Errorf("a %% that no key has becomes %q", got)
	}
}

func TestIncludeAndExclude(t *testing.T) {
	in := []*Instance{at("Hub1/Acme", "apps/crm.nsf", ridA), at("Web1/Acme", "crm.nsf", ridA), at("Hub1/Acme", "mail/jdoe.nsf", ridB), at("Web1/Acme", "mail/shop.nsf", "")}
	copies := []*Instance{at("Hub1/Acme", "a/copy.nsf", ridA), at("Hub1/Acme", "crm.nsf", ridA), at("Web1/Acme", "web.nsf", ridA)}
	clash := []*Instance{at("Hub1/Acme", "log.nsf", ridA), at("Web1/Acme", "log.nsf", ridB), at("Hub1/Acme", "a.nsf", ridC)}
	hub, both := []string{"Hub1/Acme"}, []string{"Hub1/Acme", "Web1/Acme"}
	rows := []struct {
		sentence         string
		homes            []string
		in               []*Instance
		include, exclude []string
		keys, problems   string
	}{
		{"without either all are taken", hub, in, nil, nil, "Web1/Acme!!mail/shop.nsf | apps/crm.nsf | mail/jdoe.nsf", ""},
		{"** takes all, and globs are on keys", hub, in, []string{"**"}, []string{"MAIL/**"}, "Web1/Acme!!mail/shop.nsf | apps/crm.nsf", ""},
		{"exclude wins", hub, in, []string{"apps/*"}, []string{"**/crm.nsf"}, "", ""},
		{"what is excluded does not come back under another key", hub, in, nil, []string{"apps/**", "mail/*"}, "Web1/Acme!!mail/shop.nsf", ""},
		{"a replica id", hub, in, nil, []string{strings.ToLower(ridA)}, "Web1/Acme!!mail/shop.nsf | mail/jdoe.nsf", ""},
		{"a long form of the instance that answers", hub, in, []string{`CN=Web1/O=Acme!!Mail\Shop.nsf`}, nil, "Web1/Acme!!mail/shop.nsf", ""},
		{"a long form of another instance selects nothing", hub, in, nil, []string{"Web1/Acme!!crm.nsf"},
			"Web1/Acme!!mail/shop.nsf | apps/crm.nsf | mail/jdoe.nsf", "exclude-matches-nothing Web1/Acme!!crm.nsf"},
		{"an alias", hub, in, []string{"crm"}, nil, "apps/crm.nsf", ""},
		{"patterns that select nothing are reported", hub, in, []string{"**", "app/*"}, []string{"nothing"},
			"Web1/Acme!!mail/shop.nsf | apps/crm.nsf | mail/jdoe.nsf", "exclude-matches-nothing nothing | include-matches-nothing app/*"},
		{"an excluded copy leaves the replica id to the other", hub, copies, nil, []string{"a/*"}, "crm.nsf", ""},
		{"of two databases of one key one may be excluded by replica id", both, clash, nil, []string{ridB}, "a.nsf | log.nsf", ""},
		{"of two databases of one key one may be excluded by long form", both, clash, nil, []string{"Hub1/Acme!!log.nsf"}, "a.nsf | log.nsf", ""},
		{"of two databases of one key both may be excluded", both, clash, nil, []string{"log.nsf"}, "a.nsf", ""},
	}
	for _, r := range rows {
		t.Run(r.sentence, func(t *testing.T) {
			o := Options{HomeServers: r.homes, Include: r.include, Exclude: r.exclude}
			if strings.Contains(strings.Join(r.include, ""), "crm") {
				o.Aliases = map[string]string{"crm": "apps/crm.nsf"}
			}
			s, problems := arranged(t, o, r.in...)
			if got := keysOf(s.All()); got != r.keys {
				t.Errorf("keys are %s, want %s", got, r.keys)
			}
			if got := kindsOf(problems); got != r.problems {
				t.Errorf("problems are %s, want %s", got, r.problems)
			}
		})
	}
	if _, problems := arranged(t, Options{HomeServers: hub, Exclude: []string{"nothing"}, Unasked: true}, in...); len(problems) > 0 {
		t.Errorf("a default that excludes nothing is reported: %v", problems)
	}
	s, _ := arranged(t, Options{HomeServers: hub, Exclude: []string{"a/*"}}, copies...)
	if d, in, ok := s.Find(ridA); !ok || d.Key != "crm.nsf" || in != d.Primary || len(d.Instances) != 2 {
		t.Errorf("after the copy is excluded its replica id finds %v, %v", d, ok)
	}
	if _, _, ok := s.Find("Hub1/Acme!!a/copy.nsf"); ok {
		t.Error("an excluded copy is found by its long form")
	}
}

package shadow_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/go-ldap/ldap/v3"
	"github.com/google/go-cmp/cmp"

	"github.com/aclens/aclens/proxy/policy"
	"github.com/aclens/aclens/proxy/shadow"
	"github.com/aclens/aclens/proxy/upstream/slapdtest"
	"github.com/aclens/aclens/proxy/view"
	"github.com/aclens/aclens/proxy/wire"
	"github.com/aclens/aclens/resolver"
	"github.com/aclens/aclens/resolver/acl"
	"github.com/aclens/aclens/resolver/database"
	"github.com/aclens/aclens/resolver/directory"
	"github.com/aclens/aclens/resolver/name"
	"github.com/aclens/aclens/resolver/source"
)

// people is a directory with nested groups, one of them in a circle.
const people = `dn: o=acme
objectClass: organization
o: acme

dn: ou=people,o=acme
objectClass: organizationalUnit
ou: people

dn: ou=groups,o=acme
objectClass: organizationalUnit
ou: groups

dn: cn=Jane Doe,ou=people,o=acme
objectClass: inetOrgPerson
cn: Jane Doe
sn: Doe
uid: jdoe
mail: jane.doe@acme.example
userPassword: jdoe

dn: cn=Tom Baker,ou=people,o=acme
objectClass: inetOrgPerson
cn: Tom Baker
sn: Baker
uid: tbaker
mail: tom@acme.example
description: one
description: two

dn: cn=Sales,ou=groups,o=acme
objectClass: groupOfNames
cn: Sales
member: cn=Jane Doe,ou=people,o=acme

dn: cn=Editors,ou=groups,o=acme
objectClass: groupOfNames
cn: Editors
member: cn=Sales,ou=groups,o=acme

dn: cn=Everyone,ou=groups,o=acme
objectClass: groupOfNames
cn: Everyone
member: cn=Editors,ou=groups,o=acme
member: cn=Circle,ou=groups,o=acme

dn: cn=Circle,ou=groups,o=acme
objectClass: groupOfNames
cn: Circle
member: cn=Everyone,ou=groups,o=acme
`

const reader = "cn=reader,o=acme"

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// ours is the view of an LDIF, to an account that may read as much as it says.
func ours(t testing.TB, ldif string, read ...string) (*shadow.Ours, *resolver.Snapshot) {
	t.Helper()
	set, _, err := database.Arrange(nil, database.Options{})
	must(t, err)
	in := resolver.Input{Settings: resolver.Defaults(), Databases: set}
	must(t, source.ReadLDIF(strings.NewReader(ldif), source.File{Name: "people.ldif"}, func(d directory.Draft) error {
		in.Entries = append(in.Entries, directory.Change{Put: &d})
		return nil
	}))
	sc, err := view.Schema(nil)
	must(t, err)
	in.Store = directory.Empty(sc)
	snap, faults := resolver.Build(in)
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	rules, err := policy.New(policy.Settings{Rules: []policy.Rule{{Who: policy.OneDN, DN: reader, Read: read, Attributes: []string{"*"}}}})
	must(t, err)
	v, err := view.New(view.Settings{Base: "cn=access", GroupChannel: acl.WebSession, MemberOf: true, LookThrough: 1000, Now: time.Now}, rules)
	must(t, err)
	v.Swap("test", snap, nil, time.Now())
	key, err := name.KeyOf(reader)
	must(t, err)
	return &shadow.Ours{View: v, Who: policy.Identity{DN: reader, Key: key}, Base: "cn=access"}, snap
}

// world is both sides: aclens with one state of the directory, slapd with another.
func world(t *testing.T, own string) (*shadow.Comparison, *slapdtest.Server) {
	t.Helper()
	slapd := slapdtest.Start(t, slapdtest.Options{Suffix: "o=acme", LDIF: []byte(people)})
	o, snap := ours(t, own, "people", "groups")
	theirs := shadow.NewTheirs(slapd.Dial(), 0, 10*time.Second)
	return &shadow.Comparison{Ours: o, Theirs: theirs, Schema: snap.Store().Schema()}, slapd
}

func filter(t testing.TB, text string) wire.Filter {
	t.Helper()
	f, err := wire.ParseFilterString(text)
	must(t, err)
	return f
}

func walk(t testing.TB) *shadow.Walk {
	t.Helper()
	w, err := shadow.ParseWalk("isMemberOf=member")
	must(t, err)
	w.Bases = []string{"o=acme"}
	return w
}

// told is every difference in short.
func told(r *shadow.Report) []string {
	var list []string
	for _, k := range []shadow.Kind{shadow.Additional, shadow.Missing, shadow.Differing, shadow.Result} {
		for _, d := range r.Examples(k) {
			list = append(list, strings.TrimSpace(strings.Join([]string{k.String(), d.DN, d.Attribute,
				strings.Join(d.Ours, "+"), strings.Join(d.Theirs, "+")}, "|")))
		}
	}
	return list
}

func comparePeople(t *testing.T, c *shadow.Comparison, limit int) *shadow.Report {
	t.Helper()
	r, err := c.People(context.Background(), []string{"o=acme"}, filter(t, "(objectClass=person)"), limit)
	must(t, err)
	return r
}

func TestTheSameDirectoryOnBothSidesHasNoDifference(t *testing.T) {
	// order, spelling and case differ, and mean nothing
	own := strings.NewReplacer("description: one\ndescription: two", "description: TWO\ndescription: One",
		"member: cn=Jane Doe,ou=people,o=acme", "member: CN=jane  doe, OU=People, O=Acme").Replace(people)
	c, _ := world(t, own)
	c.Walk = walk(t)
	r := comparePeople(t, c, 0)
	if got := told(r); len(got) > 0 || r.Entries != 2 || r.Same != 2 || r.Requests != 3 {
		t.Errorf("%d searches, %d entries, %d the same; differences: %q", r.Requests, r.Entries, r.Same, got)
	}
}

func TestPlantedDifferencesAreToldByKind(t *testing.T) {
	own := strings.NewReplacer(
		"mail: tom@acme.example", "mail: tom.baker@acme.example", // differs
		"description: one\n", "", // missing
		"uid: jdoe\n", "uid: jdoe\ntitle: Boss\n", // additional
		"cn: Circle\n", "cn: Circle\nmember: cn=Tom Baker,ou=people,o=acme\n", // Tom is let into two groups more
	).Replace(people) + "\ndn: cn=Eve Late,ou=people,o=acme\nobjectClass: inetOrgPerson\ncn: Eve Late\nsn: Late\n"
	c, slapd := world(t, own)
	conn := slapd.Dial()
	add := ldap.NewAddRequest("cn=New Man,ou=people,o=acme", nil)
	add.Attribute("objectClass", []string{"inetOrgPerson"})
	add.Attribute("cn", []string{"New Man"})
	add.Attribute("sn", []string{"Man"})
	must(t, conn.Add(add))
	join := ldap.NewModifyRequest("cn=Sales,ou=groups,o=acme", nil)
	join.Add("member", []string{"cn=Tom Baker,ou=people,o=acme"})
	must(t, conn.Modify(join))
	c.Walk = walk(t)
	want := []string{
		"additional|cn=Eve Late,ou=people,o=acme|||",
		"additional|cn=Jane Doe,ou=people,o=acme|title|Boss|",
		"missing|cn=New Man,ou=people,o=acme|||",
		"missing|cn=Tom Baker,ou=people,o=acme|isMemberOf (climbed by member)||cn=Sales,ou=groups,o=acme+cn=Editors,ou=groups,o=acme",
		"missing|cn=Tom Baker,ou=people,o=acme|description||one",
		"differing|cn=Tom Baker,ou=people,o=acme|mail|tom.baker@acme.example|tom@acme.example",
	}
	r := comparePeople(t, c, 0)
	if d := cmp.Diff(want, told(r)); d != "" {
		t.Errorf("(-want +got)\n%s", d)
	}
	if r.Entries != 2 || r.Same != 0 || r.Differing() != len(want) || r.Count(shadow.Missing) != 3 {
		t.Errorf("%d entries, %d the same, %d differences, %d missing", r.Entries, r.Same, r.Differing(), r.Count(shadow.Missing))
	}
}

func TestAGroupTooManyDoesNotHideBehindOneThatIsMissing(t *testing.T) {
	// aclens has Tom in Circle, slapd has him in Sales: what both give is Everyone and Circle
	own := strings.Replace(people, "cn: Circle\n", "cn: Circle\nmember: cn=Tom Baker,ou=people,o=acme\n", 1)
	own = strings.Replace(own, "dn: cn=Circle", "dn: cn=Extra,ou=groups,o=acme\nobjectClass: groupOfNames\ncn: Extra\nmember: cn=Tom Baker,ou=people,o=acme\n\ndn: cn=Circle", 1)
	c, slapd := world(t, own)
	join := ldap.NewModifyRequest("cn=Sales,ou=groups,o=acme", nil)
	join.Add("member", []string{"cn=Tom Baker,ou=people,o=acme"})
	must(t, slapd.Dial().Modify(join))
	c.Walk, c.Only = walk(t), true
	want := []string{
		"additional|cn=Tom Baker,ou=people,o=acme|isMemberOf (climbed by member)|cn=Extra,ou=groups,o=acme|",
		"missing|cn=Tom Baker,ou=people,o=acme|isMemberOf (climbed by member)||cn=Sales,ou=groups,o=acme+cn=Editors,ou=groups,o=acme",
	}
	if d := cmp.Diff(want, told(comparePeople(t, c, 0))); d != "" {
		t.Errorf("(-want +got)\n%s", d)
	}
}

func TestNamesAreMappedInSelectionsFiltersAndAnswers(t *testing.T) {
	c, slapd := world(t, people)
	stored := ldap.NewModifyRequest("cn=Jane Doe,ou=people,o=acme", nil) // the present server keeps groups in an attribute of its own
	stored.Add("seeAlso", []string{"cn=Sales,ou=groups,o=acme", "cn=Editors,ou=groups,o=acme", "cn=Everyone,ou=groups,o=acme"})
	must(t, slapd.Dial().Modify(stored))
	var err error
	c.Pairs, err = shadow.ParsePairs("isMemberOf=seeAlso, mail")
	must(t, err)
	c.Only = true
	want := []string{"additional|cn=Jane Doe,ou=people,o=acme|isMemberOf (seealso)|cn=Circle,ou=groups,o=acme|"}
	if d := cmp.Diff(want, told(comparePeople(t, c, 0))); d != "" {
		t.Errorf("of people (-want +got)\n%s", d)
	}
	c.Only = false
	list, err := shadow.ReadRequests(strings.NewReader(`base: o=acme
filter: (&(objectClass=person)(seeAlso=cn=Editors,ou=groups,o=acme))
attributes: seeAlso mail
`))
	must(t, err)
	r, err := c.Requests(context.Background(), list)
	must(t, err)
	if d := cmp.Diff(want, told(r)); d != "" || r.Requests != 1 || r.Entries != 1 {
		t.Errorf("of %d requests, %d entries (-want +got)\n%s", r.Requests, r.Entries, d)
	}
}

func TestResultsAreComparedWhereThereIsNothingElse(t *testing.T) {
	c, _ := world(t, people)
	list, err := shadow.ReadRequests(strings.NewReader(`{"base":"ou=nowhere,o=acme","scope":"sub"}
{"base":"cn=Tom Baker,ou=people,o=acme","scope":"base","attributes":["cn"]}
{"base":"cn=access","scope":"base","filter":"(cn=nothing)"}
{"base":"no dn","scope":"base"}
`))
	must(t, err)
	r, err := c.Requests(context.Background(), list)
	must(t, err)
	want := []string{"result|||success|noSuchObject"}
	if d := cmp.Diff(want, told(r)); d != "" || r.Requests != 4 || r.Cut != 1 || r.Entries != 1 {
		t.Errorf("%d requests, %d cut, %d entries (-want +got)\n%s", r.Requests, r.Cut, r.Entries, d)
	}
}

func TestNobodySeesMoreThanTheRightsOfTheIdentity(t *testing.T) {
	c, _ := world(t, people)
	own := c.Ours.(*shadow.Ours)
	own.Who = policy.Identity{}
	r := comparePeople(t, c, 0)
	if r.Count(shadow.Missing) != 2 || r.Differing() != 2 || r.Entries != 0 {
		t.Errorf("anonymous: %q", told(r))
	}
}

func TestCredentialsAreNeitherComparedNorShown(t *testing.T) {
	c, _ := world(t, people)
	pairs, err := shadow.ParsePairs("userPassword")
	must(t, err)
	for _, only := range []bool{true, false} {
		c.Pairs, c.Only = pairs, only
		r := comparePeople(t, c, 0)
		var text bytes.Buffer
		must(t, r.Print(&text))
		if r.Differing() > 0 || strings.Contains(strings.ToLower(text.String()), "password") {
			t.Errorf("a password is compared: %s", &text)
		}
	}
}

func TestALimitLeavesPeopleOutAndSaysSo(t *testing.T) {
	c, _ := world(t, people)
	r := comparePeople(t, c, 1)
	if r.Entries != 1 || r.LeftOut != 1 {
		t.Errorf("%d entries, %d left out", r.Entries, r.LeftOut)
	}
}

func TestAServerThatGoesAwayIsNoDifference(t *testing.T) {
	c, slapd := world(t, people)
	slapd.Stop()
	r, err := c.People(context.Background(), []string{"o=acme"}, filter(t, "(objectClass=person)"), 0)
	if !errors.Is(err, shadow.ErrAway) || r.Differing() > 0 {
		t.Errorf("%v, and %d differences", err, r.Differing())
	}
}

func TestALimitOfThePresentServerIsNoMissingEntry(t *testing.T) {
	slapd := slapdtest.Start(t, slapdtest.Options{Suffix: "o=acme", LDIF: []byte(people), Directives: []string{"sizelimit 1"}})
	o, snap := ours(t, people, "people", "groups")
	conn, err := ldap.DialURL(slapd.URL) // anonymous: no limit holds for the root account
	must(t, err)
	defer conn.Close()
	c := &shadow.Comparison{Ours: o, Theirs: shadow.NewTheirs(conn, 0, 10*time.Second), Schema: snap.Store().Schema()}
	list := []shadow.Request{{Base: "o=acme", Scope: wire.ScopeSubtree, Filter: filter(t, "(objectClass=person)"), Attributes: []string{"cn"}}}
	r, err := c.Requests(context.Background(), list)
	must(t, err)
	if d := cmp.Diff([]string{"result|||success|sizeLimitExceeded"}, told(r)); d != "" {
		t.Error(d)
	}
}

func TestPagesAreReadToTheEnd(t *testing.T) {
	var many strings.Builder
	many.WriteString(people)
	for i := range 1234 {
		n := strings.Repeat("x", i%7) + string(rune('a'+i%26)) + strings.Repeat("y", i/26)
		many.WriteString("\ndn: cn=" + n + ",ou=people,o=acme\nobjectClass: inetOrgPerson\ncn: " + n + "\nsn: Many\n")
	}
	slapd := slapdtest.Start(t, slapdtest.Options{Suffix: "o=acme", LDIF: []byte(many.String())})
	o, _ := ours(t, many.String(), "people")
	r := shadow.Request{Base: "o=acme", Scope: wire.ScopeSubtree, Filter: filter(t, "(objectClass=person)"), Attributes: []string{"1.1"}}
	for what, side := range map[string]shadow.Server{"aclens": o, "slapd": shadow.NewTheirs(slapd.Dial(), 0, 10*time.Second)} {
		a, err := side.All(context.Background(), r)
		must(t, err)
		if len(a.Entries) != 1236 || a.Code != wire.Success {
			t.Errorf("%s: %d entries, %s", what, len(a.Entries), a.Code)
		}
	}
}

func TestTheRateIsKept(t *testing.T) {
	slapd := slapdtest.Start(t, slapdtest.Options{Suffix: "o=acme", LDIF: []byte(people)})
	theirs := shadow.NewTheirs(slapd.Dial(), 50, 10*time.Second)
	r := shadow.Request{Base: "o=acme", Filter: filter(t, "(objectClass=*)")}
	start := time.Now()
	for range 6 {
		_, err := theirs.Search(context.Background(), r)
		must(t, err)
	}
	if took := time.Since(start); took < 100*time.Millisecond {
		t.Errorf("6 searches at 50 a second took %v", took)
	}
	ended, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := theirs.Search(ended, r); !errors.Is(err, context.Canceled) {
		t.Errorf("a search after the end: %v", err)
	}
}

func TestTheReportIsJSONWithAllKinds(t *testing.T) {
	c, _ := world(t, strings.Replace(people, "uid: jdoe\n", "uid: jdoe\ntitle: Boss\n", 1))
	text, err := json.Marshal(comparePeople(t, c, 0))
	must(t, err)
	for _, part := range []string{`{"requests":3,"entries":2,"same":1,"leftOut":0,"cut":0,"references":0,"differences":[{"kind":"additional","count":1,"examples":[{"kind":"additional","request":"base \"cn=Jane Doe`,
		`"attribute":"title","ours":["Boss"]}]},{"kind":"missing","count":0,"examples":[]},{"kind":"differing"`} {
		if !strings.Contains(string(text), part) {
			t.Errorf("no %s in\n%s", part, text)
		}
	}
}

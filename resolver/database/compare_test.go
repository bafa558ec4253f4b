package database

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/aclens/aclens/resolver/acl"
	"github.com/aclens/aclens/resolver/name"
)

// crmList is a list with one of everything that Compare looks at.
func crmList() acl.List {
	editors := acl.NewEntry("CRM Editors", false)
	editors.Type, editors.Level, editors.Privileges, editors.Unknown = acl.TypePersonGroup, acl.Editor, acl.DeleteDocs, acl.ReplicateOrCopy
	editors.Roles = acl.RoleSet{}.With(1)
	jane := acl.NewEntry("CN=Jane Doe/OU=Sales/O=Acme", false)
	jane.Type, jane.Level = acl.TypePerson, acl.Manager
	return acl.List{
		Roles: []string{"[Admin]", "[Buyer]"}, Entries: []acl.Entry{acl.NewEntry(acl.DefaultName, true), editors, jane},
		MaxLevel: acl.Editor, MaxKnown: true, Consistent: acl.Yes, AdminServer: "CN=Hub1/O=Acme",
	}
}

func TestCompareSaysEachDifferenceInWords(t *testing.T) {
	rows := []struct {
		sentence string
		change   func(*acl.List)
		want     []string
	}{
		{"equal lists do not differ", func(*acl.List) {}, nil},
		{"the order of entries and of roles is no difference", func(l *acl.List) {
			slices.Reverse(l.Entries)
			slices.Reverse(l.Roles)
			l.Entries[1].Roles = acl.RoleSet{}.With(0)
		}, nil},
		{"the spelling of names is no difference", func(l *acl.List) {
			l.Entries[2].Label, l.Entries[2].Name = "jane doe/sales/acme", name.Parse("jane doe/sales/acme")
			l.Roles[0], l.AdminServer = "[ADMIN]", "hub1/acme"
		}, nil},
		{"-Default- in another language is no difference", func(l *acl.List) { l.Entries[0] = acl.NewEntry("-Vorgabe-", true) }, nil},
		{"the maximum", func(l *acl.List) { l.MaxLevel = acl.Reader }, []string{"maximum Internet access: editor on Hub1/Acme, reader on Web1/Acme"}},
		{"an unknown maximum is no difference", func(l *acl.List) { l.MaxLevel, l.MaxKnown = acl.Reader, false }, nil},
		{"the consistent flag", func(l *acl.List) { l.Consistent = acl.No }, []string{"consistent ACL: on on Hub1/Acme, off on Web1/Acme"}},
		{"an unknown flag is no difference", func(l *acl.List) { l.Consistent = acl.Unknown }, nil},
		{"the administration server", func(l *acl.List) { l.AdminServer = "" }, []string{"administration server: CN=Hub1/O=Acme on Hub1/Acme, none on Web1/Acme"}},
		{"a source without any settings says nothing of that server", func(l *acl.List) {
			l.AdminServer, l.MaxKnown, l.Consistent = "", false, acl.Unknown
		}, nil},
		{"a role more and a role less", func(l *acl.List) { l.Roles[0] = "[Audit]" }, []string{"role [Admin]: only on Hub1/Acme", "role [Audit]: only on Web1/Acme"}},
		{"an entry less", func(l *acl.List) { l.Entries = l.Entries[:2] }, []string{`entry "CN=Jane Doe/OU=Sales/O=Acme": only on Hub1/Acme, with level manager`}},
		{"no -Default- entry", func(l *acl.List) { l.Entries = l.Entries[1:] }, []string{"entry -Default-: only on Hub1/Acme, with level noaccess"}},
		{"an entry more", func(l *acl.List) { l.Entries = append(l.Entries, acl.NewEntry("Sales", false)) }, []string{`entry "Sales": only on Web1/Acme, with level noaccess`}},
		{"a level, without the privileges that it implies", func(l *acl.List) { l.Entries[1].Level = acl.Author },
			[]string{`entry "CRM Editors": level: editor on Hub1/Acme, author on Web1/Acme`}},
		{"a level of -Default-", func(l *acl.List) { l.Entries[0].Level = acl.Reader }, []string{"entry -Default-: level: noaccess on Hub1/Acme, reader on Web1/Acme"}},
		{"a type", func(l *acl.List) { l.Entries[1].Type = acl.TypeMixedGroup },
			[]string{`entry "CRM Editors": type: persongroup on Hub1/Acme, mixedgroup on Web1/Acme`}},
		{"a privilege", func(l *acl.List) { l.Entries[1].Privileges = acl.CreateSharedFolders }, []string{
			`entry "CRM Editors": privilege deleteDocs: only on Hub1/Acme`, `entry "CRM Editors": privilege createSharedFolders: only on Web1/Acme`}},
		{"a privilege that the level does not have is no difference", func(l *acl.List) { l.Entries[0].Privileges = acl.DeleteDocs }, nil},
		{"a privilege that one source cannot tell is no difference", func(l *acl.List) { l.Entries[1].Privileges |= acl.ReplicateOrCopy }, nil},
		{"nor is one that depends on an unknown one", func(l *acl.List) {
			l.Entries[0].Privileges, l.Entries[0].Unknown = acl.ReadPublicDocs|acl.ReplicateOrCopy, acl.ReadPublicDocs
		}, nil},
		{"roles of an entry", func(l *acl.List) { l.Entries[1].Roles = acl.RoleSet{}.With(0).With(1) },
			[]string{`entry "CRM Editors": roles: [Buyer] on Hub1/Acme, [Admin] [Buyer] on Web1/Acme`}},
		{"no roles of an entry", func(l *acl.List) { l.Entries[1].Roles = acl.RoleSet{} },
			[]string{`entry "CRM Editors": roles: [Buyer] on Hub1/Acme, none on Web1/Acme`}},
	}
	for _, r := range rows {
		t.Run(r.sentence, func(t *testing.T) {
			a, b := at("Hub1/Acme", "crm.nsf", ridA), at("Web1/Acme", "crm.nsf", ridA)
			changed := crmList()
			r.change(&changed)
			a.List, b.List = sealed(crmList()), sealed(changed)
			if got := Compare(a, b); !slices.Equal(got, r.want) {
				t.Errorf("differences are %q, want %q", got, r.want)
			}
			if back := Compare(b, a); len(back) != len(r.want) {
				t.Errorf("the other way round the differences are %q, want as many as %q", back, r.want)
			}
		})
	}
}

func TestCompareCallsInstancesByWhatTellsThemApart(t *testing.T) {
	one, two := crmList(), crmList()
	two.Consistent = acl.No
	rows := []struct {
		a, b *Instance
		want string
	}{
		{at("Hub1/Acme", "a", ""), at("Web1/Acme", "b", ""), "on on Hub1/Acme, off on Web1/Acme"},
		{at("Hub1/Acme", "a", ""), at("Hub1/Acme", "b", ""), "on on Hub1/Acme!!a, off on Hub1/Acme!!b"},
		{at("", "a", ""), at("Hub1/Acme", "a", ""), "on on a, off on Hub1/Acme!!a"},
		{&Instance{Path: "a", Origin: "old/a.dxl"}, &Instance{Path: "a", Origin: "new/a.dxl"}, "on on old/a.dxl, off on new/a.dxl"},
	}
	for _, r := range rows {
		r.a.List, r.b.List = sealed(one), sealed(two)
		if got := Compare(r.a, r.b); len(got) != 1 || got[0] != "consistent ACL: "+r.want {
			t.Errorf("differences are %q, want %q", got, r.want)
		}
	}
	if got := Compare(&Instance{}, at("", "a", "")); len(got) != 0 {
		t.Errorf("no list and an empty one differ in %q", got)
	}
}

func TestDifferentReplicasAreReportedAndStayReachable(t *testing.T) {
	hub, web, app := at("Hub1/Acme", "crm.nsf", ridA), at("Web1/Acme", "crm.nsf", ridA), at("App1/Acme", "crm.nsf", ridA)
	changed := crmList()
	changed.Entries[0].Level = acl.Manager
	hub.List, web.List, app.List = sealed(crmList()), sealed(changed), sealed(crmList())
	s, problems := arranged(t, Options{HomeServers: []string{"Hub1/Acme"}}, web, app, hub)
	d, in, ok := s.Find("Web1/Acme!!crm.nsf")
	if !ok || in != web || d.Primary != hub || len(d.Instances) != 3 {
		t.Fatalf("the other instance is %v in %v", in, d)
	}
	if len(d.Replicas) != 1 || d.Replicas[0].Instance != web || len(d.Replicas[0].Words) != 1 {
		t.Errorf("the replicas differ in %v", d.Replicas)
	}
	if len(problems) != 1 || problems[0].Kind != ReplicasDiffer || problems[0].Subject != "crm.nsf" {
		t.Fatalf("problems are %v", problems)
	}
	for _, want := range []string{"Hub1/Acme!!crm.nsf (hub1:crm.nsf.dxl) gives the answer", "web1:crm.nsf.dxl", "noaccess on Hub1/Acme, manager on Web1/Acme", "rule 6.5"} {
		if !strings.Contains(problems[0].Text, want) {
			t.Errorf("%q does not say %q", problems[0].Text, want)
		}
	}
}

func TestALongListOfDifferencesIsCutInProblemsOnly(t *testing.T) {
	in := []*Instance{at("Hub1/Acme", "crm.nsf", ridA)}
	for n := range 7 {
		other := at(fmt.Sprintf("Web%d/Acme", n), "crm.nsf", ridA)
		l := crmList()
		for m := range 7 {
			l.Entries = append(l.Entries, acl.NewEntry(fmt.Sprintf("Group %d", m), false))
		}
		other.List = sealed(l)
		in = append(in, other)
	}
	in[0].List = sealed(crmList())
	s, problems := arranged(t, Options{HomeServers: []string{"Hub1/Acme"}}, in...)
	if d := s.At(0); len(d.Replicas) != 7 || len(d.Replicas[0].Words) != 7 {
		t.Errorf("differences are %v", d.Replicas)
	}
	if text := problems[0].Text; !strings.Contains(text, "; and 2 more") || !strings.HasSuffix(text, "2 more instances") {
		t.Errorf("the problem is %q", text)
	}
}

func randomList(r *rand.Rand) *acl.List {
	l := acl.List{Roles: []string{"[A]", "[B]"}, MaxKnown: r.IntN(2) == 0, MaxLevel: acl.Level(r.IntN(3)), Consistent: acl.Tri(r.IntN(3))}
	for _, label := range []string{acl.DefaultName, "Sales", "Jane Doe/Acme", "*/Acme"} {
		e := acl.NewEntry(label, false)
		e.Level, e.Type = acl.Level(r.IntN(acl.Levels)), acl.UserType(r.IntN(2))
		e.Privileges, e.Unknown = acl.Privileges(r.IntN(512)), acl.Privileges(r.IntN(4))<<7
		if r.IntN(2) == 0 {
			e.Roles = e.Roles.With(r.IntN(2))
		}
		if r.IntN(3) > 0 {
			l.Entries = append(l.Entries, e)
		}
	}
	return sealed(l)
}

// longList is an ACL of an ordinary length.
func longList(r *rand.Rand) *acl.List {
	l := acl.List{}
	for n := range 15 {
		e := acl.NewEntry(fmt.Sprintf("CN=Group %d/OU=Sales/O=Acme", n), false)
		e.Level = acl.Level(r.IntN(acl.Levels))
		l.Entries = append(l.Entries, e)
	}
	return sealed(l)
}

// slowDiffer tells whether two lists differ, one fact at a time.
func slowDiffer(a, b *acl.List) bool {
	if a.MaxKnown && b.MaxKnown && a.MaxLevel != b.MaxLevel || a.Consistent+b.Consistent == acl.No+acl.Yes && a.Consistent*b.Consistent != 0 {
		return true
	}
	has := func(l *acl.List, k name.Key) *acl.Entry {
		for i := range l.Entries {
			if l.Entries[i].Name.Key() == k {
				return &l.Entries[i]
			}
		}
		return nil
	}
	for _, e := range a.Entries {
		o := has(b, e.Name.Key())
		if o == nil || o.Level != e.Level || o.Type != e.Type || o.Roles != e.Roles {
			return true
		}
		for p := acl.CreateDocs; p <= acl.ReplicateOrCopy; p <<= 1 {
			unknown := (e.Unknown | o.Unknown).Has(p)
			if p == acl.ReplicateOrCopy && e.Level <= acl.Depositor {
				unknown = unknown || (e.Unknown | o.Unknown).Has(acl.ReadPublicDocs)
			}
			if !unknown && e.Privileges.Cut(e.Level).Has(p) != o.Privileges.Cut(o.Level).Has(p) {
				return true
			}
		}
	}
	return slices.ContainsFunc(b.Entries, func(e acl.Entry) bool { return has(a, e.Name.Key()) == nil })
}

func TestCompareAgreesWithItsTwin(t *testing.T) {
	r := rand.New(rand.NewPCG(9, 10))
	same := 0
	for range 8_000 {
		a, b := at("Hub1/Acme", "a", ""), at("Web1/Acme", "a", "")
		a.List = randomList(r)
		b.List = a.List
		if r.IntN(2) == 0 {
			b.List = randomList(r)
		} else {
			b.List = altered(r, *a.List)
		}
		want := slowDiffer(a.List, b.List)
		if got := Compare(a, b); (len(got) > 0) != want {
			t.Fatalf("%+v and %+v differ in %q, want a difference: %v", a.List, b.List, got, want)
		}
		if !want {
			same++
		}
	}
	if same < 300 {
		t.Errorf("only %d pairs were equal", same)
	}
}

// altered is the list with at most one bit of one entry turned.
func altered(r *rand.Rand, l acl.List) *acl.List {
	l.Entries = slices.Clone(l.Entries)
	r.Shuffle(len(l.Entries), func(i, j int) { l.Entries[i], l.Entries[j] = l.Entries[j], l.Entries[i] })
	if len(l.Entries) > 0 && r.IntN(3) > 0 {
		l.Entries[0].Privileges ^= 1 << r.IntN(9)
	}
	return sealed(l)
}

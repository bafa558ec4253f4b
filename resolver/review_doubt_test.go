package resolver_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/aclens/aclens/resolver"
	"github.com/aclens/aclens/resolver/acl"
	"github.com/aclens/aclens/resolver/name"
	"github.com/aclens/aclens/resolver/server"
)

// twoOfOneName is a world in which two entries have the name Jane Doe/Acme: one
// as its own, another as an alternate name.
func twoOfOneName(s serverDoc) *world {
	w := &world{rules: standardRules(), servers: []serverDoc{s}}
	w.docs = []doc{
		{kind: "person", name: "Jane Doe/Acme"},
		{kind: "person", name: "John Roe/Other", alternates: []string{"Jane Doe/Acme"}},
	}
	w.acls = []aclDoc{{server: "Hub1/Acme", path: "crm.nsf", maximum: "editor", consistent: "no",
		entries: []aclLine{{name: "-Default-", kind: "unspecified", level: "reader"}}}}
	return w
}

func decided(t *testing.T, s *resolver.Snapshot, dn string, q resolver.Query) resolver.Decision {
	t.Helper()
	sub := entitySubject(t, s, dn)
	return s.Decide(sub, s.Databases().At(0).Primary, q)
}

func entitySubject(t *testing.T, s *resolver.Snapshot, dn string) *resolver.Subject {
	t.Helper()
	id, ok := s.FindEntry(dn)
	if !ok {
		t.Fatalf("no entry %s", dn)
	}
	sub, ok := s.Subject(id)
	if !ok {
		t.Fatalf("%s is no subject", dn)
	}
	return sub
}

func TestANameThatTwoEntriesHoldGetsNobodyPastAServersLists(t *testing.T) {
	both := []string{"cn=Jane Doe,o=Acme", "cn=John Roe,o=Other"}
	t.Run("nobody is admitted by it", func(t *testing.T) {
		s := twoOfOneName(serverDoc{name: "Hub1/Acme", known: true, allow: []string{"Jane Doe/Acme"}, deny: []string{}}).build(t)
		for _, dn := range both {
			if d := decided(t, s, dn, resolver.Query{}); d.Server != server.Denied {
				t.Errorf("%s is %s", dn, d.Server)
			}
		}
	})
	t.Run("nobody gets full access by it", func(t *testing.T) {
		s := twoOfOneName(serverDoc{name: "Hub1/Acme", known: true, admin: []string{"Jane Doe/Acme"}, deny: []string{}}).build(t)
		for _, dn := range both {
			if d := decided(t, s, dn, resolver.Query{FullAccess: true}); d.Level != acl.Reader {
				t.Errorf("%s is %s", dn, d.Level)
			}
		}
	})
	t.Run("nobody gets agent rights by it", func(t *testing.T) {
		s := twoOfOneName(serverDoc{name: "Hub1/Acme", known: true})
		in := s.input(t)
		in.Servers[0].Document.Lists[server.RestrictedAgents] = []string{"Jane Doe/Acme"}
		snap, _ := resolver.Build(in)
		for _, dn := range both {
			snap.AgentRights(entitySubject(t, snap, dn), func(_ name.Name, r server.Right) { t.Errorf("%s has %s", dn, r) })
		}
	})
	t.Run("a refusal still refuses", func(t *testing.T) {
		s := twoOfOneName(serverDoc{name: "Hub1/Acme", known: true, deny: []string{"Jane Doe/Acme"}}).build(t)
		for _, dn := range both {
			if d := decided(t, s, dn, resolver.Query{}); d.Server != server.Denied {
				t.Errorf("%s is %s", dn, d.Server)
			}
		}
	})
}

func TestWhetherADenyListOfADoubledNameMeansItsMemberIsNotKnown(t *testing.T) {
	w := twoOfOneName(serverDoc{name: "Hub1/Acme", known: true, deny: []string{"Leavers"}})
	w.docs = append(w.docs[:1],
		doc{kind: "group", name: "Leavers", groupType: "3", members: []string{"Jane Doe/Acme"}},
		doc{kind: "group", name: "Old Leavers", groupType: "3", listNames: []string{"Leavers"}})
	if d := decided(t, w.build(t), "cn=Jane Doe,o=Acme", resolver.Query{}); d.Server != server.Unknown {
		t.Errorf("the server is %s", d.Server)
	}
	w.docs[1].members = nil
	if d := decided(t, w.build(t), "cn=Jane Doe,o=Acme", resolver.Query{}); d.Server != server.Allowed {
		t.Errorf("for who is in neither group the server is %s", d.Server)
	}
}

func TestANamesListHoldsNoNameThatIsAnothersToo(t *testing.T) {
	w := twoOfOneName(serverDoc{name: "Hub1/Acme"})
	w.rules.secondGroups = true
	w.docs = append(w.docs,
		doc{kind: "group", name: "Staff", members: []string{"Nobody/Acme"}},
		doc{dir: 1, kind: "group", name: "Others", listNames: []string{"Staff"}, members: []string{"John Roe/Other"}},
		doc{kind: "group", name: "Twice", members: []string{"John Roe/Other"}},
		doc{kind: "group", name: "Again", listNames: []string{"Twice"}},
		doc{kind: "group", name: "Team", members: []string{"John Roe/Other"}})
	s := w.build(t)
	list := s.NamesList(entitySubject(t, s, "cn=John Roe,o=Other"), resolver.AnyGroup, nil)
	for _, want := range []string{"CN=John Roe/O=Other", "Team", "Others"} {
		if !slices.Contains(list, want) {
			t.Errorf("%s is not in %q", want, list)
		}
	}
	for _, never := range []string{"CN=Jane Doe/O=Acme", "Staff", "Twice"} {
		if slices.Contains(list, never) {
			t.Errorf("%s is in %q", never, list)
		}
	}
	item := &acl.Document{Readers: []acl.Item{{Name: "Readers", Values: []string{"Staff", "Twice", "Jane Doe/Acme"}}}}
	if a := s.DocumentAccess(entitySubject(t, s, "cn=John Roe,o=Other"), s.Databases().At(0).Primary, resolver.Query{}, item); a.Read.Allowed {
		t.Error("a document for others may be read")
	}
}

func TestAGroupOfSeveralTypesCountsForNothing(t *testing.T) {
	w := &world{rules: standardRules(), servers: []serverDoc{}}
	w.docs = []doc{{kind: "person", name: "Jane Doe/Acme"}, {kind: "group", name: "Staff", groupType: "0", members: []string{"Jane Doe/Acme"}}}
	w.acls = []aclDoc{{server: "Hub1/Acme", path: "crm.nsf", entries: []aclLine{
		{name: "-Default-", kind: "unspecified", level: "noaccess"}, {name: "Staff", kind: "unspecified", level: "manager"}}}}
	in := w.input(t)
	in.Entries[1].Put.AddText("groupType", "1")
	s, _ := resolver.Build(in)
	if d := decided(t, s, "cn=Jane Doe,o=Acme", resolver.Query{}); d.Level != acl.NoAccess {
		t.Errorf("the level is %s", d.Level)
	}
}

func TestNobodyIsAnonymousByName(t *testing.T) {
	w := twoOfOneName(serverDoc{name: "Hub1/Acme", known: true, allow: []string{"Jane Doe/Acme"}, deny: []string{}})
	w.rules.notesName = true
	w.docs = []doc{{kind: "person", name: "Eve/Elsewhere", mapped: []string{"Anonymous"}}, {kind: "person", name: "Anonymous"}}
	s := w.build(t)
	for _, dn := range []string{"cn=Eve,o=Elsewhere", "cn=Anonymous"} {
		if d := decided(t, s, dn, resolver.Query{}); d.Server != server.Denied {
			t.Errorf("%s is %s by a list that does not name it", dn, d.Server)
		}
	}
}

func TestNoReasonNamesADenyListHoweverItIsNamed(t *testing.T) {
	w := &world{rules: standardRules()}
	w.docs = []doc{{kind: "person", name: "Jane Doe/Acme"}, {kind: "group", name: "Secret List", groupType: "3", members: []string{"Jane Doe/Acme"}}}
	above := "Secret List"
	for _, g := range []string{"G1", "G2", "G3", "G4", "G5", "G6", "G7"} {
		w.docs = append(w.docs, doc{kind: "group", name: g, groupType: "0", members: []string{above}})
		above = g
	}
	w.docs = append(w.docs, doc{kind: "group", name: "Secret Too", groupType: "3", members: []string{above}})
	w.acls = []aclDoc{{server: "Hub1/Acme", path: "crm.nsf", entries: []aclLine{
		{name: "-Default-", kind: "unspecified", level: "noaccess"}, {name: "G1", kind: "unspecified", level: "reader"},
		{name: "Secret Too", kind: "unspecified", level: "editor"}}}}
	for _, byCN := range []bool{false, true} {
		in := w.input(t)
		if byCN { // the deny list at the bottom lies where groups have no name for ACLs
			in.Settings.GroupName, in.Settings.GroupNameBases = resolver.GroupNamedByCN, []string{"ou=named,o=acme"}
			for i := range in.Entries {
				d := in.Entries[i].Put
				if strings.HasPrefix(d.DN, "CN=G") || strings.HasPrefix(d.DN, "CN=Secret Too") {
					d.DN += ",ou=named,o=acme"
				}
				for j, m := range d.Values("member") {
					if strings.HasPrefix(string(m), "CN=G") {
						d.Values("member")[j] = []byte(string(m) + ",ou=named,o=acme")
					}
				}
			}
		}
		s, faults := resolver.Build(in)
		if len(faults) > 0 {
			t.Fatal(faults)
		}
		db := s.Databases().At(0)
		e := s.Explain(entitySubject(t, s, "cn=Jane Doe,o=Acme"), db, db.Primary, resolver.Query{})
		if e.Level != "editor" {
			t.Fatalf("by common name %t: the level is %s", byCN, e.Level)
		}
		s.HideDenyLists(e)
		if text, _ := json.Marshal(e); strings.Contains(string(text), "Secret") {
			t.Errorf("by common name %t: a deny list is named: %s", byCN, text)
		}
		if !slices.Contains(e.Warnings, "unless the server refuses") {
			t.Errorf("by common name %t: the answer does not say that the server may refuse: %q", byCN, e.Warnings)
		}
	}
}

// A distinguished name means the entry that has it, whoever has the like Notes name.
func TestADistinguishedNameFindsItsEntry(t *testing.T) {
	w := &world{rules: standardRules()}
	w.rules.notesName = true
	w.docs = []doc{{kind: "person", name: "Jane Doe/Acme", mapped: []string{"Jane Doe/Sales/Acme"}},
		{kind: "person", name: "John Roe/Other", mapped: []string{"Jane Doe/Acme"}}}
	w.acls = []aclDoc{{server: "Hub1/Acme", path: "crm.nsf", entries: []aclLine{{name: "-Default-", kind: "unspecified", level: "reader"}}}}
	s := w.build(t)
	for text, want := range map[string]string{"cn=Jane Doe,o=Acme": "CN=Jane Doe,O=Acme", "CN=Jane Doe/O=Acme": "CN=John Roe,O=Other", "Jane Doe/Acme": "CN=John Roe,O=Other"} {
		sub, _, err := s.FindSubject(text, resolver.OnlyHierarchicalNames)
		if err != nil || s.DN(sub) != want {
			t.Errorf("%s: %v %v", text, sub, err)
		}
	}
}

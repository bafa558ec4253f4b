package server

import (
	"math/rand/v2"
	"testing"

	"github.com/aclens/aclens/resolver/acl"
)

func TestFolderListsShutOutWhoIsNotListed(t *testing.T) {
	jane := named("Jane Doe/Sales/Acme").in("Staff")
	hr := Folder{"HR", []string{"HR Team"}}
	staffed := Folder{"HR", []string{"Staff"}}
	rows := []struct {
		title      string
		folders    []Folder
		database   string
		channel    acl.Channel
		fullAccess bool
		want       Access
	}{
		{"no lists", nil, "hr/a.nsf", acl.Notes, false, Allowed},
		{"in the folder, not listed", []Folder{hr}, "hr/a.nsf", acl.Notes, false, Denied},
		{"in the folder, listed", []Folder{staffed}, "hr/a.nsf", acl.Notes, false, Allowed},
		{"in a subfolder", []Folder{hr}, `HR\2026\a.nsf`, acl.Notes, false, Denied},
		{"outside", []Folder{hr}, "sales/a.nsf", acl.Notes, false, Allowed},
		{"a longer name is another folder", []Folder{hr}, "hrx/a.nsf", acl.Notes, false, Allowed},
		{"a file of the folder's name is outside", []Folder{hr}, "hr", acl.Notes, false, Allowed},
		{"a detour leads into the folder", []Folder{hr}, "sales/../hr/a.nsf", acl.Notes, false, Denied},
		{"a detour out of it", []Folder{hr}, "hr/../sales/a.nsf", acl.Notes, false, Allowed},
		{"doubled slashes", []Folder{hr}, "/hr//a.nsf", acl.Notes, false, Denied},
		{"a folder with slashes round it", []Folder{{`\HR\`, nil}}, "hr/a.nsf", acl.Notes, false, Denied},
		{"a directory link", []Folder{{"links/HR.dir", nil}}, "links/hr/a.nsf", acl.Notes, false, Denied},
		{"the whole data directory", []Folder{{"", nil}}, "a.nsf", acl.Notes, false, Denied},
		{"a list without entries admits nobody", []Folder{{"hr", nil}}, "hr/a.nsf", acl.Notes, false, Denied},
		{"a list of a view admits nobody", []Folder{{"hr", []string{"*People"}}}, "hr/a.nsf", acl.Notes, false, Denied},
		{"listed above, not listed below", []Folder{staffed, {"hr/pay", []string{"Payroll"}}}, "hr/pay/a.nsf", acl.Notes, false, Denied},
		{"listed below, not listed above", []Folder{{"hr/pay", []string{"Staff"}}, hr}, "hr/pay/a.nsf", acl.Notes, false, Denied},
		{"listed in both", []Folder{{"hr/pay", []string{"Staff"}}, staffed}, "hr/pay/a.nsf", acl.Notes, false, Allowed},
		{"full access administrators pass", []Folder{hr}, "hr/a.nsf", acl.Notes, true, Allowed},
		{"web is not documented", []Folder{hr}, "hr/a.nsf", acl.WebSession, false, Unknown},
		{"web is not documented for who is listed either", []Folder{staffed}, "hr/a.nsf", acl.WebClientCert, false, Unknown},
		{"web outside", []Folder{hr}, "sales/a.nsf", acl.WebSession, false, Allowed},
		{"local", []Folder{hr}, "hr/a.nsf", acl.Local, false, Allowed},
	}
	for _, r := range rows {
		s := &Server{Settings: Settings{Folders: r.folders}}
		got, reason := s.FolderAccess(r.database, jane, r.channel, r.fullAccess)
		if got != r.want || reason.Rule == "" || reason.Why == "" {
			t.Errorf("%s: %s (%+v), want %s", r.title, got, reason, r.want)
		}
		if got == Denied && reason.Item == "" {
			t.Errorf("%s: the reason names no folder", r.title)
		}
	}
}

func TestDisabledFullAccessAdministrationDoesNotPassFolders(t *testing.T) {
	s := &Server{Settings: Settings{FullAdminDisabled: true, Folders: []Folder{{"hr", nil}}}}
	if got, r := s.FolderAccess("hr/a.nsf", named("Jane Doe/Acme"), acl.Notes, true); got != Denied {
		t.Errorf("%s (%+v)", got, r)
	}
}

func TestFolderAccessNeedsEveryFolderAbove(t *testing.T) {
	rng := rand.New(rand.NewPCG(53, 59))
	tree := []struct {
		path  string
		above map[string]bool // the databases below it
	}{
		{"apps", map[string]bool{"apps/crm.nsf": true, "apps/eu/crm.nsf": true}},
		{"Apps/EU/", map[string]bool{"apps/eu/crm.nsf": true}},
		{`apps\us`, nil},
		{"mail", map[string]bool{"mail/jdoe.nsf": true}},
		{"/", map[string]bool{"apps/crm.nsf": true, "apps/eu/crm.nsf": true, "mail/jdoe.nsf": true}},
	}
	counts := map[Access]int{}
	for n := range 10_000 {
		sub, who := randomSubject(rng)
		want := map[string]Access{"apps/crm.nsf": Allowed, "apps/eu/crm.nsf": Allowed, "mail/jdoe.nsf": Allowed}
		s := &Server{}
		for range rng.IntN(4) {
			node, f := tree[rng.IntN(len(tree))], randomField(rng)
			folder := Folder{Path: node.path}
			for _, e := range f.entries {
				folder.Entries = append(folder.Entries, e.text)
			}
			s.Settings.Folders = append(s.Settings.Folders, folder)
			for database := range node.above {
				if !f.any(who, means) {
					want[database] = Denied
				}
			}
		}
		sometimesSealed(rng, s)
		for database, w := range want {
			if got, r := s.FolderAccess(database, sub, acl.Notes, false); got != w {
				t.Fatalf("question %d: %s under %+v, subject %+v\ngot %s (%+v), want %s", n, database, s.Settings.Folders, who, got, r, w)
			}
			counts[w]++
		}
	}
	if counts[Allowed] < 1000 || counts[Denied] < 1000 {
		t.Errorf("outcomes %v", counts)
	}
}

func TestDatabasesOfOneScopeGetTheSameAnswer(t *testing.T) {
	rng := rand.New(rand.NewPCG(61, 67))
	databases := []string{"a.nsf", "apps/a.nsf", `APPS\b.nsf`, "apps/eu/a.nsf", "apps/eu/../b.nsf", "appsx/a.nsf", "mail/a.nsf"}
	folders := []string{"", "apps", "Apps/EU", `mail\`, "apps.dir", "elsewhere"}
	counts := map[bool]int{}
	for range 5_000 {
		s := &Server{}
		for range rng.IntN(4) {
			folder := Folder{Path: folders[rng.IntN(len(folders))]}
			for _, e := range randomField(rng).entries {
				folder.Entries = append(folder.Entries, e.text)
			}
			s.Settings.Folders = append(s.Settings.Folders, folder)
		}
		sometimesSealed(rng, s)
		sub, who := randomSubject(rng)
		one, other := databases[rng.IntN(len(databases))], databases[rng.IntN(len(databases))]
		same := s.FolderScope(one) == s.FolderScope(other)
		counts[same]++
		if !same {
			continue
		}
		for _, channel := range []acl.Channel{acl.Notes, acl.WebSession, acl.Local} {
			got, _ := s.FolderAccess(one, sub, channel, false)
			if want, _ := s.FolderAccess(other, sub, channel, false); got != want {
				t.Fatalf("%s and %s under %+v, subject %+v: %s and %s", one, other, s.Settings.Folders, who, got, want)
			}
		}
	}
	if counts[true] < 1000 || counts[false] < 1000 {
		t.Errorf("same scope and other scope: %v", counts)
	}
}

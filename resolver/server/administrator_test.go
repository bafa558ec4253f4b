package server

import (
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"

	"github.com/aclens/aclens/resolver/name"
)

func TestCreateRightsNeedEachOther(t *testing.T) {
	jane := named("Jane Doe/Acme").in("Builders")
	rows := []struct {
		title                     string
		items                     map[string][]string
		create, replica, template bool
	}{
		{"all blank", map[string][]string{CreateAccess: {}, ReplicaAccess: {}, TemplateAccess: {}}, true, false, false},
		{"no item at all", map[string][]string{}, false, false, false},
		{"no create item", map[string][]string{ReplicaAccess: {"Builders"}, TemplateAccess: {"Builders"}}, false, false, false},
		{"listed everywhere", map[string][]string{CreateAccess: {"Builders"}, ReplicaAccess: {"Builders"}, TemplateAccess: {"Builders"}}, true, true, true},
		{"blank create, listed for replicas", map[string][]string{CreateAccess: {""}, ReplicaAccess: {"Builders"}, TemplateAccess: {}}, true, true, false},
		{"templates without replicas", map[string][]string{CreateAccess: {}, ReplicaAccess: {}, TemplateAccess: {"Builders"}}, true, false, false},
		{"replicas without create", map[string][]string{CreateAccess: {"Others"}, ReplicaAccess: {"Builders"}, TemplateAccess: {"Builders"}}, false, false, false},
		{"a view gives nothing", map[string][]string{CreateAccess: {"*People"}}, false, false, false},
	}
	for _, r := range rows {
		s := &Server{Document: lists(r.items)}
		create, _ := s.MayCreateDatabases(jane)
		replica, _ := s.MayCreateReplicas(jane)
		template, _ := s.MayCreateMasterTemplates(jane)
		if create != r.create || replica != r.replica || template != r.template {
			t.Errorf("%s: create %v, replica %v, template %v", r.title, create, replica, template)
		}
	}
	blank := &Server{Document: lists(map[string][]string{CreateAccess: {}})}
	for _, nobody := range []person{{}, named("Anonymous")} {
		if ok, r := blank.MayCreateDatabases(nobody); ok {
			t.Errorf("%v creates databases by %+v", nobody.names, r)
		}
	}
	s := &Server{Document: lists(map[string][]string{CreateAccess: {"Others"}, ReplicaAccess: {"Builders"}})}
	if _, r := s.MayCreateReplicas(jane); r.Item != CreateAccess {
		t.Errorf("the reason %+v does not name the right that is missing", r)
	}
}

func TestAdministratorsFormAHierarchy(t *testing.T) {
	all := []AdminRight{
		FullAccessAdministrator, GeneralAdministrator, DatabaseAdministrator, FullConsoleAdministrator,
		ViewOnlyAdministrator, SystemAdministrator, RestrictedSystemAdministrator,
	}
	rows := []struct {
		item string
		want []AdminRight
	}{
		{FullAdmin, all},
		{Administrator, all[1:]},
		{DatabaseAdmin, []AdminRight{DatabaseAdministrator}},
		{RemoteAdmin, []AdminRight{FullConsoleAdministrator, ViewOnlyAdministrator}},
		{ViewOnlyAdmin, []AdminRight{ViewOnlyAdministrator}},
		{SystemAdmin, []AdminRight{SystemAdministrator, RestrictedSystemAdministrator}},
		{RestrictedSysAdmin, []AdminRight{RestrictedSystemAdministrator}},
		{BrowserAdmin, nil},
		{RestrictedSysCmds, nil},
		{UnrestrictedAgents, nil},
	}
	jane := named("Jane Doe/Acme").in("Admins")
	for _, r := range rows {
		s := &Server{Document: lists(map[string][]string{r.item: {"Admins"}})}
		if got := s.AdminRights(jane); !slices.Equal(got, r.want) {
			t.Errorf("listed in %s: got %v, want %v", r.item, got, r.want)
		}
		mayDelete, by := s.MayDeleteAnyDatabase(jane)
		if mayDelete != slices.Contains(r.want, DatabaseAdministrator) || by.Rule != "3.14" {
			t.Errorf("listed in %s: may delete any database %v by %+v", r.item, mayDelete, by)
		}
	}
}

func TestBlankAdministratorFieldsAreNobodys(t *testing.T) {
	items := map[string][]string{}
	for _, i := range []string{FullAdmin, Administrator, DatabaseAdmin, RemoteAdmin, ViewOnlyAdmin, SystemAdmin, RestrictedSysAdmin} {
		items[i] = []string{""}
	}
	s := &Server{Document: lists(items)}
	if got := s.AdminRights(named("Jane Doe/Acme")); len(got) != 0 {
		t.Errorf("got %v", got)
	}
}

func TestDisabledFullAccessAdministrationVoidsTheField(t *testing.T) {
	s := &Server{Document: lists(map[string][]string{FullAdmin: {"Jane Doe/Acme"}})}
	jane := named("Jane Doe/Acme")
	if ok, r := s.MayUseFullAccess(jane); !ok || r.Entry != "Jane Doe/Acme" {
		t.Fatalf("listed, but %v by %+v", ok, r)
	}
	s.Settings.FullAdminDisabled = true
	if ok, r := s.MayUseFullAccess(jane); ok || r.Item != FullAdmin {
		t.Errorf("disabled, but %v by %+v", ok, r)
	}
	if got := s.AdminRights(jane); len(got) != 0 {
		t.Errorf("the void field still gives %v", got)
	}
}

// includes is rule 7.8 by item: what being listed there amounts to.
var includes = map[string][]string{
	FullAdmin:          {"fullAccess", "administrator", "database", "fullConsole", "viewOnlyConsole", "system", "restrictedSystem"},
	Administrator:      {"administrator", "database", "fullConsole", "viewOnlyConsole", "system", "restrictedSystem"},
	DatabaseAdmin:      {"database"},
	RemoteAdmin:        {"fullConsole", "viewOnlyConsole"},
	ViewOnlyAdmin:      {"viewOnlyConsole"},
	SystemAdmin:        {"system", "restrictedSystem"},
	RestrictedSysAdmin: {"restrictedSystem"},
}

func TestAdministratorRightsAreTheUnionOfTheFields(t *testing.T) {
	rng := rand.New(rand.NewPCG(43, 47))
	for n := range 10_000 {
		sub, who := randomSubject(rng)
		items, want := map[string][]string{}, map[string]bool{}
		disabled := rng.IntN(4) == 0
		for item, rights := range includes {
			f := randomField(rng)
			f.put(items, item)
			if f.any(who, means) && !(disabled && item == FullAdmin) {
				for _, r := range rights {
					want[r] = true
				}
			}
		}
		s := sometimesSealed(rng, &Server{Document: lists(items), Settings: Settings{FullAdminDisabled: disabled}})
		got := map[string]bool{}
		for _, r := range s.AdminRights(sub) {
			got[r.String()] = true
		}
		if !reflect.DeepEqual(got, want) {
			t.Fatalf("document %d: %v, disabled %v, subject %+v\ngot %v, want %v", n, items, disabled, who, got, want)
		}
	}
}

func TestBypassNamesEntriesAsSpelledAndTheHost(t *testing.T) {
	host := name.Parse("CN=Hub1/O=Acme")
	s := &Server{Document: lists(map[string][]string{
		FullAdmin: {"CN=Ann Admin/O=Acme", ""}, Administrator: {}, DatabaseAdmin: {"DB admins"}, UnrestrictedAgents: {"*/Dev/Acme"},
	})}
	kinds := func(bs []Bypass) (ks []BypassKind, entries [][]string) {
		for _, b := range bs {
			if b.Rule == "" || b.How == "" {
				t.Errorf("%+v does not say why", b)
			}
			ks, entries = append(ks, b.Kind), append(entries, b.Entries)
		}
		return ks, entries
	}
	ks, entries := kinds(s.Bypass(host))
	wantKinds := []BypassKind{BypassFullAccess, BypassDatabaseAdmins, BypassSigners, BypassHost}
	wantEntries := [][]string{{"CN=Ann Admin/O=Acme"}, {"DB admins"}, {"*/Dev/Acme"}, {"Hub1/Acme"}}
	if !slices.Equal(ks, wantKinds) || !reflect.DeepEqual(entries, wantEntries) {
		t.Errorf("got %v %v", ks, entries)
	}
	s.Settings.FullAdminDisabled = true
	if ks, _ := kinds(s.Bypass(host)); !slices.Equal(ks, wantKinds[1:]) {
		t.Errorf("with full access administration disabled: %v", ks)
	}
	if ks, _ := kinds((&Server{}).Bypass(host)); !slices.Equal(ks, []BypassKind{BypassHost}) {
		t.Errorf("without a document: %v", ks)
	}
	if got := (&Server{}).Bypass(name.Name{}); len(got) != 0 {
		t.Errorf("of nothing: %v", got)
	}
}

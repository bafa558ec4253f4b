package refresh

import (
	"context"
	"errors"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aclens/aclens/resolver"
	"github.com/aclens/aclens/resolver/acl"
	"github.com/aclens/aclens/resolver/database"
	"github.com/aclens/aclens/resolver/source"
)

// files is a folder of sources, all read by one Refresher.
type files struct {
	t        *testing.T
	dir      string
	settings Settings
	to       *sink
	w        *world
}

// newFiles makes a folder with one person; settings name folders that are there.
func newFiles(t *testing.T) *files {
	t.Helper()
	f := &files{t: t, dir: t.TempDir()}
	f.write("people.ldif", ldifOf("Jane Doe", "pw-1"))
	for _, folder := range []string{"acls", "kit", "json", "yaml", "servers"} {
		if err := os.Mkdir(f.path(folder), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	f.settings, f.to = told(offlineIn(f.path("people.ldif")))
	f.settings.Clock, f.settings.Freshness = newFakeClock(), 1000*time.Hour
	f.settings.Databases = Databases{
		DXL: []string{f.path("acls")}, Export: []string{f.path("kit")}, JSON: []string{f.path("json")}, YAML: []string{f.path("yaml")},
	}
	f.settings.Servers.DXL = []string{f.path("servers")}
	return f
}

func (f *files) path(name string) string { return filepath.Join(f.dir, filepath.FromSlash(name)) }

func (f *files) write(name, text string) {
	f.t.Helper()
	writeTo(f.t, f.path(name), text)
}

func (f *files) remove(name string) {
	f.t.Helper()
	if err := os.Remove(f.path(name)); err != nil {
		f.t.Fatal(err)
	}
}

// load begins; later calls of step follow.
func (f *files) load() {
	f.t.Helper()
	f.w = loadedWorld(f.t, f.settings)
}

func (f *files) step() {
	f.t.Helper()
	f.w.poll(f.t)
}

// keys are the keys of the databases that answer.
func (f *files) keys() []string {
	var keys []string
	for _, db := range f.w.now.snapshot.Databases().All() {
		keys = append(keys, db.Key)
	}
	return keys
}

func (f *files) wantKeys(want ...string) {
	f.t.Helper()
	if got := f.keys(); !slices.Equal(got, want) {
		f.t.Errorf("databases %q, want %q", got, want)
	}
}

// level is what the entry of a database says.
func (f *files) level(key, label string) acl.Level {
	f.t.Helper()
	db, _, ok := f.w.now.snapshot.Databases().Find(key)
	if !ok {
		f.t.Fatalf("no database %s", key)
	}
	for _, e := range db.Primary.List.Entries {
		if e.Label == label {
			return e.Level
		}
	}
	f.t.Fatalf("no entry %s in %s", label, key)
	return 0
}

func (f *files) wantFinding(kind, subject string) {
	f.t.Helper()
	for _, each := range f.w.findings(f.w.now) {
		if each.Kind == kind && strings.Contains(each.Subject, subject) {
			return
		}
	}
	f.t.Errorf("no finding %s about %s among %q", kind, subject, kindsOf(f.w.findings(f.w.now)))
}

func (f *files) wantNoFinding(kind string) {
	f.t.Helper()
	if each, ok := findingOf(f.w.findings(f.w.now), kind); ok {
		f.t.Errorf("finding %+v", each)
	}
}

const (
	hub  = "CN=Hub1/O=Acme"
	web  = "CN=Web1/O=Acme"
	idA  = "C1258A2F004B7D10"
	idB  = "C1258A2F004B7D11"
	bare = `<acl xmlns="http://www.lotus.com/dxl"><aclentry name="-Default-" default="true" level="reader"/></acl>`
)

func TestABrokenExportKeepsItsLastGoodState(t *testing.T) {
	f := newFiles(t)
	f.write("acls/crm.dxl", aclOf(hub, `apps\crm.nsf`, idA, "Sales Team", "editor"))
	f.write("acls/hr.dxl", aclOf(hub, `apps\hr.nsf`, idB, "Sales Team", "reader"))
	f.load()
	id := f.to.last(t).id
	f.write("acls/crm.dxl", "<database xmlns='http://www.lotus.com/dxl'><acl><aclentry name=")
	f.write("acls/hr.dxl", aclOf(hub, `apps\hr.nsf`, idB, "Sales Team", "author"))
	f.step()
	if f.level("apps/crm.nsf", "Sales Team") != acl.Editor || f.level("apps/hr.nsf", "Sales Team") != acl.Author {
		t.Error("the broken file did not keep its state, or the good one did not change")
	}
	f.wantFinding("broken-export", "crm.dxl")
	if f.to.last(t).id == id || f.to.errorsOf(KindExport) != 1 {
		t.Errorf("the change was not handed over, or the error counted %d times", f.to.errorsOf(KindExport))
	}
	f.step()
	if f.to.errorsOf(KindExport) != 1 {
		t.Error("an error that is no news was counted again")
	}
	f.write("acls/crm.dxl", aclOf(hub, `apps\crm.nsf`, idA, "Sales Team", "noaccess"))
	f.step()
	if f.level("apps/crm.nsf", "Sales Team") != acl.NoAccess {
		t.Error("the mended file was not read")
	}
	f.wantNoFinding("broken-export")
}

func TestABrokenExportIsLeftOutOfTheFirstState(t *testing.T) {
	f := newFiles(t)
	f.write("acls/bad.dxl", "<database xmlns='http://www.lotus.com/dxl'>")
	f.write("acls/crm.dxl", aclOf(hub, `apps\crm.nsf`, idA, "Sales Team", "editor"))
	f.write("acls/half.dxl", `<dxl>`+strings.TrimPrefix(aclOf(hub, `apps\a.nsf`, "", "x", "no such level"), `<?xml version="1.0"?>`)+`</dxl>`)
	l := mustLoad(t, f.settings)
	if l.Counts.Databases != 1 || l.Counts.Instances != 1 || l.Counts.People != 1 || l.Counts.ByDirectory["primary"] != 1 {
		t.Errorf("counts %+v", l.Counts)
	}
	if len(l.Faults) != 2 {
		t.Fatalf("faults %v", l.Faults)
	}
	for i, want := range []string{"bad.dxl", "half.dxl"} {
		if filepath.Base(l.Faults[i].File) != want || !strings.Contains(l.Faults[i].Error(), want) {
			t.Errorf("fault %v, want one of %s", l.Faults[i], want)
		}
	}
	if f := l.Faults[1]; f.Line == 0 || f.Subject == "" {
		t.Errorf("the fault does not say where: %+v", f)
	}
}

func TestTheFirstStateIsRefusedWithTheReason(t *testing.T) {
	for sentence, c := range map[string]struct {
		spoil func(*files)
		says  string
	}{
		"an LDIF file is broken":         {func(f *files) { f.write("people.ldif", "dn: cn=x\ncn x\n") }, "people.ldif: line 2"},
		"an LDIF file is missing":        {func(f *files) { f.remove("people.ldif") }, "people.ldif"},
		"an entry is there twice":        {func(f *files) { f.write("people.ldif", ldifOf("A", "x")+ldifOf("a", "y")) }, "given twice"},
		"a folder of exports is missing": {func(f *files) { f.remove("kit") }, "kit"},
		"there are no files of people":   {func(f *files) { f.settings.Directories[0].LDIF = []string{f.path("acls")} }, "no LDIF"},
		"Check refuses it":               {func(f *files) { f.settings.Check = refuse }, "refused by the test"},
		"one database is given twice": {func(f *files) {
			f.write("acls/a.dxl", aclOf(hub, "a.nsf", "", "x", "reader"))
			f.write("acls/b.dxl", aclOf(hub, "A.nsf", "", "x", "reader"))
		}, "a.dxl"},
		"exports of two servers and no home server": {func(f *files) {
			f.write("acls/a.dxl", aclOf(hub, "a.nsf", "", "x", "reader"))
			f.write("acls/b.dxl", aclOf(web, "a.nsf", "", "x", "reader"))
		}, "homeServers"},
		"Server documents contradict each other": {func(f *files) {
			f.write("servers/a.dxl", serverOf("Jane Doe/Sales/Acme"))
			f.write("servers/b.dxl", serverOf(""))
		}, "two documents that differ"},
		"a group of a DXL directory is broken": {func(f *files) {
			f.settings.Directories[0] = Directory{DXL: []string{f.path("names.dxl")}}
			f.write("names.dxl", namesOf("Group", "ListName", "Deny", "Members", "\x7f"))
		}, "Deny"},
	} {
		t.Run(sentence, func(t *testing.T) {
			f := newFiles(t)
			c.spoil(f)
			_, err := mustNew(t, f.settings).Load(t.Context())
			if err == nil || !strings.Contains(err.Error(), c.says) {
				t.Fatalf("error %v, want one that says %q", err, c.says)
			}
			if errors.Is(err, ErrUnreachable) {
				t.Error("it is taken for a service that is away")
			}
			if err := mustNew(t, f.settings).Run(t.Context()); err == nil {
				t.Error("Run begins all the same")
			}
			f.to.none(t, "nothing could be loaded")
		})
	}
}

func refuse(*resolver.Snapshot) error { return errors.New("refused by the test") }

// serverOf is the Server document of the hub with its deny list.
func serverOf(denied string) string {
	return namesOf("Server", "ServerName", hub, "DenyAccess", denied)
}

// namesOf is a document with two text items.
func namesOf(form string, pairs ...string) string {
	text := `<document xmlns="http://www.lotus.com/dxl" form="` + form + `">`
	for i := 0; i < len(pairs); i += 2 {
		text += `<item name="` + pairs[i] + `"><textlist><text>` + pairs[i+1] + `</text></textlist></item>`
	}
	return text + `</document>`
}

func TestFilesOfAFolderAreFoundByTheirExtension(t *testing.T) {
	f := newFiles(t)
	f.write("acls/a.dxl", bare)
	f.write("acls/Sub/Deep/b.XML", bare)
	f.write("acls/.hidden.dxl", "no XML")
	f.write("acls/.hidden/c.dxl", "no XML")
	f.write("acls/readme.txt", "no XML")
	f.write("elsewhere/linked.dxl", bare)
	if err := os.Symlink(f.path("elsewhere/linked.dxl"), f.path("acls/z.dxl")); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(f.path("elsewhere"), f.path("acls/folder")); err != nil {
		t.Fatal(err)
	}
	f.write("named.export", bare)
	f.settings.Databases.DXL = append(f.settings.Databases.DXL, f.path("named.export"), f.path("acls")+"/./a.dxl")
	f.load()
	f.wantKeys("a", "named", "sub/deep/b", "z")
}

func TestABareExportHasThePathBelowItsFolderAsKey(t *testing.T) {
	f := newFiles(t)
	f.write("acls/hub1/apps/CRM.dxl", bare)
	f.load()
	f.wantKeys("hub1/apps/crm")
}

func TestFilesOfAFolderComeAndGo(t *testing.T) {
	f := newFiles(t)
	f.write("acls/a.dxl", bare)
	f.load()
	f.write("acls/new/b.dxl", bare)
	f.step()
	f.wantKeys("a", "new/b")
	f.remove("acls/a.dxl")
	f.step()
	f.wantKeys("new/b")
}

func TestAFolderThatIsAwayKeepsItsDatabases(t *testing.T) {
	f := newFiles(t)
	f.write("acls/a.dxl", bare)
	f.load()
	if err := os.Rename(f.path("acls"), f.path("away")); err != nil {
		t.Fatal(err)
	}
	f.step()
	f.wantKeys("a")
	f.wantFinding("broken-export", "acls")
	if err := os.Rename(f.path("away"), f.path("acls")); err != nil {
		t.Fatal(err)
	}
	f.step()
	f.wantKeys("a")
	f.wantNoFinding("broken-export")
}

func TestAFileThatIsNamedAndGoneKeepsItsDatabases(t *testing.T) {
	f := newFiles(t)
	f.write("one.dxl", bare)
	f.settings.Databases.DXL = []string{f.path("one.dxl")}
	f.load()
	f.remove("one.dxl")
	f.step()
	f.wantKeys("one")
	f.wantFinding("broken-export", "one.dxl")
}

func TestALinkThatIsTurnedLikeAConfigMapIsSeen(t *testing.T) {
	f := newFiles(t)
	f.write("acls/..v1/crm.dxl", bare)
	f.write("acls/..v2/crm.dxl", strings.Replace(bare, `"reader"`, `"noaccess"`, 1))
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(os.Symlink("..v1", f.path("acls/..data")))
	must(os.Symlink("..data/crm.dxl", f.path("acls/crm.dxl")))
	f.load()
	if f.level("crm", acl.DefaultName) != acl.Reader {
		t.Fatal("the link was not followed")
	}
	must(os.Symlink("..v2", f.path("acls/..next")))
	must(os.Rename(f.path("acls/..next"), f.path("acls/..data")))
	f.step()
	if f.level("crm", acl.DefaultName) != acl.NoAccess {
		t.Error("the new version was not read")
	}
	f.wantKeys("crm")
}

func TestDatabasesThatContradictEachOtherStayAsTheyWere(t *testing.T) {
	f := newFiles(t)
	f.write("acls/a.dxl", aclOf(hub, "a.nsf", "", "x", "reader"))
	f.load()
	f.write("acls/b.dxl", aclOf(web, "b.nsf", "", "x", "reader"))
	f.write("people.ldif", ldifOf("Rob Nash", "x"))
	f.step()
	f.step()
	f.wantKeys("a.nsf")
	f.wantFinding("broken-export", "homeServers")
	if f.to.errorsOf(KindArrange) != 1 {
		t.Errorf("counted %d times", f.to.errorsOf(KindArrange))
	}
	if !f.w.has(rob) {
		t.Error("the directory did not go on")
	}
	f.remove("acls/b.dxl")
	f.step()
	f.wantNoFinding("broken-export")
}

func TestHandwrittenFactsAreAddedWhereASourceLacksThem(t *testing.T) {
	f := newFiles(t)
	f.write("json/a.json", `{"path": "a.nsf", "entries": [{"name": "-Default-", "level": "READER", "flags": []}]}`)
	f.write("yaml/1.yaml", "databases:\n- {path: a.nsf, maxInternetAccess: editor}\n- {path: nothing.nsf, maxInternetAccess: editor}\n")
	f.write("yaml/2.yaml", "databases:\n- {path: A.nsf, maxInternetAccess: reader}\n")
	l := mustLoad(t, f.settings)
	db, _, _ := l.Snapshot.Databases().Find("a.nsf")
	if list := db.Primary.List; !list.MaxKnown || list.MaxLevel != acl.Reader {
		t.Errorf("the maximum is %v (known: %t), want the lower one of two", list.MaxLevel, list.MaxKnown)
	}
	if len(l.Faults) != 1 || !errors.Is(l.Faults[0].Err, errIdle) {
		t.Errorf("faults %v", l.Faults)
	}
}

func TestAnIncompleteExportLetsItsServerKeepTheLastState(t *testing.T) {
	for sentence, spoil := range map[string]func(f *files){
		"in its own file": func(f *files) { f.write("kit/hub-1.jsonl", cutKit(kitOf(hub, "a.nsf", "author"))) },
		"in a new file, the old one is gone": func(f *files) {
			f.remove("kit/hub-1.jsonl")
			f.write("kit/hub-2.jsonl", cutKit(kitOf(hub, "a.nsf", "author")))
		},
		"in a file that does not say its server": func(f *files) {
			f.remove("kit/hub-1.jsonl")
			f.write("kit/hub-2.jsonl", "")
		},
	} {
		t.Run(sentence, func(t *testing.T) {
			f := newFiles(t)
			f.settings.Databases.Options.HomeServers = []string{hub}
			f.write("kit/hub-1.jsonl", kitOf(hub, "a.nsf", "reader"))
			f.write("kit/web.jsonl", kitOf(web, "b.nsf", "reader"))
			f.load()
			spoil(f)
			f.remove("kit/web.jsonl")
			f.write("kit/web.jsonl", kitOf(web, "c.nsf", "reader"))
			f.step()
			if f.level("a.nsf", acl.DefaultName) != acl.Reader {
				t.Error("the last state was not kept")
			}
			f.wantKeys("Web1/Acme!!c.nsf", "a.nsf")
			f.wantFinding("incomplete-export", "hub-")
			f.step()
			f.wantKeys("Web1/Acme!!c.nsf", "a.nsf")
			for _, name := range []string{"kit/hub-1.jsonl", "kit/hub-2.jsonl"} {
				_ = os.Remove(f.path(name))
			}
			f.write("kit/hub-3.jsonl", kitOf(hub, "a.nsf", "noaccess"))
			f.step()
			if f.level("a.nsf", acl.DefaultName) != acl.NoAccess {
				t.Error("the next complete export does not count")
			}
			f.wantNoFinding("incomplete-export")
		})
	}
}

func TestAServerWhoseExportIsGoneIsGone(t *testing.T) {
	f := newFiles(t)
	f.write("kit/hub.jsonl", kitOf(hub, "a.nsf", "reader"))
	f.load()
	f.remove("kit/hub.jsonl")
	f.step()
	f.wantKeys()
}

func TestABrokenServerDocumentKeepsItsFile(t *testing.T) {
	f := newFiles(t)
	f.write("servers/hub.dxl", serverOf("Jane Doe/Sales/Acme"))
	f.load()
	if len(f.w.servers.list) != 1 {
		t.Fatal("the document was not read")
	}
	f.write("servers/hub.dxl", serverOf("\x7f"))
	f.step()
	if got := f.w.servers.list; len(got) != 1 || len(got[0].Document.Lists["DenyAccess"]) != 1 {
		t.Error("a deny list was lost with its document")
	}
	f.wantFinding("broken-export", "hub.dxl")
}

func TestAServerDocumentThatChangesIsSeen(t *testing.T) {
	f := newFiles(t)
	f.load()
	denied := func() int {
		doc := f.w.now.snapshot.Server(parseName(hub)).Document
		if doc == nil {
			return -1
		}
		return len(doc.Lists["DenyAccess"])
	}
	for _, c := range []struct {
		do   func()
		want int
	}{
		{func() {}, -1},
		{func() { f.write("servers/hub.dxl", serverOf("")) }, 0},
		{func() { f.write("servers/hub.dxl", serverOf("Jane Doe/Sales/Acme")) }, 1},
		{func() { f.remove("servers/hub.dxl") }, -1},
	} {
		c.do()
		f.step()
		if got := denied(); got != c.want {
			t.Errorf("%d names are denied, want %d", got, c.want)
		}
	}
}

func TestADirectoryOfFilesIsReloadedAsAWhole(t *testing.T) {
	f := newFiles(t)
	f.write("more.ldif", ldifOf("Rob Nash", "pw-2"))
	f.settings.Directories[0].LDIF = append(f.settings.Directories[0].LDIF, f.path("more.ldif"))
	f.load()
	if want := []string{keyOf(jane), keyOf(rob)}; !slices.Equal(slices.Sorted(maps.Keys(f.to.credentials)), want) {
		t.Fatalf("passwords of %q", slices.Sorted(maps.Keys(f.to.credentials)))
	}
	f.write("people.ldif", ldifOf("Ann Admin", "pw-3"))
	f.write("more.ldif", "dn: cn=broken\n")
	f.step()
	if !f.w.has(jane) || !f.w.has(rob) || f.w.has("cn=Ann Admin,ou=Sales,o=Acme") {
		t.Error("one broken file did not keep the directory as it was")
	}
	f.wantFinding("broken-export", "directory primary")
	f.write("more.ldif", ldifOf("Rob Nash", "pw-4"))
	f.step()
	if f.w.has(jane) || !f.w.has(rob) || !f.w.has("cn=Ann Admin,ou=Sales,o=Acme") {
		t.Error("the mended files were not read")
	}
	if got := f.to.credentials[keyOf(rob)]; len(got) != 1 || string(got[0]) != "pw-4" {
		t.Error("a changed password was not handed over")
	}
	if f.to.credentials[keyOf(jane)] != nil {
		t.Error("the password of somebody who is gone was kept")
	}
}

func TestAPasswordThatAloneChangesIsHandedOver(t *testing.T) {
	f := newFiles(t)
	f.load()
	id := f.to.last(t).id
	f.write("people.ldif", ldifOf("Jane Doe", "pw-9"))
	f.step()
	if got := f.to.credentials[keyOf(jane)]; len(got) != 1 || string(got[0]) != "pw-9" {
		t.Errorf("the password is %q", got)
	}
	if f.w.now.id != id {
		t.Error("a password is part of the id")
	}
}

func TestAgesAreThoseOfTheSources(t *testing.T) {
	f := newFiles(t)
	old := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	at := func(name string, days int) time.Time {
		when := old.AddDate(0, 0, days)
		if err := os.Chtimes(f.path(name), when, when); err != nil {
			t.Fatal(err)
		}
		return when
	}
	f.write("acls/a.dxl", bare)
	f.write("yaml/by-hand.yaml", "databases:\n- {path: y.nsf, entries: [{name: -Default-, level: reader}]}\n")
	f.write("servers/hub.dxl", serverOf(""))
	at("yaml/by-hand.yaml", -100)
	people, acls, servers := at("people.ldif", 0), at("acls/a.dxl", 1), at("servers/hub.dxl", 2)
	f.settings.Stale = Stale{Directory: time.Hour}
	l := mustLoad(t, f.settings)
	got := l.Snapshot.AsOf()
	if !got.Directory.Equal(people) || !got.ACL.Equal(acls) || !got.Server.Equal(servers) {
		t.Errorf("as of %+v", got)
	}
	if found, ok := findingOf(l.Findings, "stale-export"); !ok || found.Subject != "directory primary" {
		t.Errorf("the old directory is no finding: %q", kindsOf(l.Findings))
	}
	f.write("json/b.json", `{"path": "b.nsf", "capturedAt": "2025-05-05T05:05:05Z", "entries": []}`)
	if got := mustLoad(t, f.settings).Snapshot.AsOf().ACL; !got.Equal(time.Date(2025, 5, 5, 5, 5, 5, 0, time.UTC)) {
		t.Errorf("what the source says of its age does not count: %v", got)
	}
	f.settings.Databases = Databases{YAML: f.settings.Databases.YAML}
	if got := mustLoad(t, f.settings).Snapshot.AsOf().ACL; !got.Equal(f.settings.Clock.Now()) {
		t.Errorf("ACLs by hand are as of %v, not of the look at them", got)
	}
}

func TestWhatIsOfATimeYetToComeIsStale(t *testing.T) {
	f := newFiles(t)
	f.settings.Stale = Stale{ACL: 48 * time.Hour}
	for ahead, stale := range map[time.Duration]bool{30 * time.Minute: false, 1000 * time.Hour: true} {
		when := f.settings.Clock.Now().Add(ahead)
		for _, each := range []string{"acls/a.dxl", "acls/b.dxl"} {
			f.write(each, bare)
			if err := os.Chtimes(f.path(each), when, when); err != nil {
				t.Fatal(err)
			}
		}
		found, ok := findingOf(mustLoad(t, f.settings).Findings, "stale-export")
		if ok != stale || stale && !strings.Contains(found.Detail, ", which is yet to come") {
			t.Errorf("%s ahead: %+v, %v", ahead, found, ok)
		}
	}
}

func TestAServiceOfACLsThatIsAwayKeepsItsDatabases(t *testing.T) {
	f := newFiles(t)
	service := &fakeService{}
	service.set(t, "reader")
	f.settings.Databases.Live = []LiveDatabases{{Name: "rest", Source: service}}
	f.load()
	f.wantKeys("live.nsf")
	service.err = errors.New("away")
	f.step()
	f.wantKeys("live.nsf")
	f.wantFinding("broken-export", "rest")
	service.err = nil
	service.faults = []error{errors.New("other.nsf is locked")}
	service.set(t, "noaccess")
	f.step()
	if f.level("live.nsf", acl.DefaultName) != acl.NoAccess {
		t.Error("the service was not asked again")
	}
	f.wantFinding("broken-export", "rest")
	before := f.to.errorsOf(KindExport)
	f.step()
	if got := f.to.errorsOf(KindExport); got != before {
		t.Errorf("what is no news was counted again: %d, then %d", before, got)
	}
	service.err, service.faults = errors.New("away"), nil
	l := mustLoad(t, f.settings)
	if len(l.Faults) != 1 || !errors.Is(l.Faults[0].Err, ErrUnreachable) {
		t.Errorf("faults %v", l.Faults)
	}
}

type fakeService struct {
	list   []*database.Instance
	err    error
	faults []error
}

func (s *fakeService) set(t *testing.T, level string) {
	t.Helper()
	s.list = nil
	text := strings.NewReader(strings.Replace(bare, `"reader"`, `"`+level+`"`, 1))
	if _, err := source.ReadDatabases(text, source.File{Name: "live", Bare: "live.nsf"}, func(in database.Instance) error {
		s.list = append(s.list, &in)
		return nil
	}); err != nil {
		t.Fatal(err)
	}
}

func (s *fakeService) Faults() []error { return s.faults }

func (s *fakeService) Instances(context.Context) ([]*database.Instance, error) { return s.list, s.err }

func TestWhatIsSaidOfTheConfigurationFollowsTheFiles(t *testing.T) {
	f := newFiles(t)
	f.settings.Databases.Options.Exclude = []string{"mail/**"}
	f.write("acls/a.dxl", bare)
	f.load()
	f.wantFinding("exclude-matches-nothing", "mail/**")
	f.write("acls/mail/jane.dxl", bare)
	f.step()
	f.wantKeys("a")
	f.wantNoFinding("exclude-matches-nothing")
}

package refresh

import (
	"testing"

	"github.com/aclens/aclens/resolver"
	"github.com/aclens/aclens/resolver/directory"
)

// two are settings of a primary directory and a secondary one.
func two(primary, secondary Live, groups bool) Settings {
	s := live(primary)
	s.Directories = append(s.Directories, Directory{Live: secondary})
	s.Resolver.Directories = append(s.Resolver.Directories, resolver.DirectoryRole{Name: "partner", Groups: groups})
	return s
}

func TestTheIDIsAFunctionOfTheState(t *testing.T) {
	a, b := person("Jane Doe", "x", "y"), group("Sales Team", "Jane Doe")
	base := mustLoad(t, live(listed{a, b})).ID
	other := person("Jane Doe", "y", "x")
	other.Attributes[0], other.Attributes[1] = other.Attributes[1], other.Attributes[0]
	secret := person("Jane Doe", "x", "y")
	secret.AddText("userPassword", "x")
	withChoices := live(listed{a, b})
	withChoices.Choices = "personFilter"
	withDepth := live(listed{a, b})
	withDepth.Resolver.MaxDepth = 3
	for sentence, c := range map[string]struct {
		settings Settings
		same     bool
	}{
		"in another order":                   {live(listed{b, a}), true},
		"with values in another order":       {live(listed{other, b}), true},
		"with a password":                    {live(listed{secret, b}), true},
		"with another value":                 {live(listed{person("Jane Doe", "x"), b}), false},
		"without an entry":                   {live(listed{a}), false},
		"under another filter":               {withChoices, false},
		"under another rule":                 {withDepth, false},
		"with an entry in another directory": {two(listed{a}, listed{b}, false), false},
	} {
		if got := mustLoad(t, c.settings).ID; (got == base) != c.same {
			t.Errorf("%s: id %s, before %s", sentence, got, base)
		}
	}
	if len(base) != 32 {
		t.Errorf("id %q", base)
	}
}

func TestTheIDOfACLsIsThatOfTheirContent(t *testing.T) {
	load := func(name, text string, o func(*Settings)) string {
		f := newFiles(t)
		f.write("acls/"+name, text)
		if o != nil {
			o(&f.settings)
		}
		return mustLoad(t, f.settings).ID
	}
	text := aclOf(hub, "a.nsf", idA, "Sales Team", "editor")
	base := load("a.dxl", text, nil)
	if load("elsewhere/b.dxl", text, nil) != base {
		t.Error("where the file lies is part of the id")
	}
	for sentence, id := range map[string]string{
		"another level":   load("a.dxl", aclOf(hub, "a.nsf", idA, "Sales Team", "author"), nil),
		"another name":    load("a.dxl", aclOf(hub, "a.nsf", idA, "Sales Teams", "editor"), nil),
		"another replica": load("a.dxl", aclOf(hub, "a.nsf", idB, "Sales Team", "editor"), nil),
		"an alias": load("a.dxl", text, func(s *Settings) {
			s.Databases.Options.Aliases = map[string]string{"crm": "a.nsf"}
		}),
		"a server's settings": load("a.dxl", text, func(s *Settings) {
			s.Servers.Settings = []ServerSettings{{Name: parseName(hub)}}
		}),
	} {
		if id == base {
			t.Errorf("%s does not change the id", sentence)
		}
	}
}

func TestTheFirstDirectoryWinsAndTheOtherIsSaid(t *testing.T) {
	primary := newFakeLive(person("Jane Doe", "of the primary"), container())
	secondary := newFakeLive(container(), person("Jane Doe", "of the partner"), person("Rob Nash"), denyList("Leavers"))
	s, to := told(two(primary, secondary, false))
	s.Clock = newFakeClock()
	w := loadedWorld(t, s)
	description := func() string {
		st := w.now.snapshot.Store()
		id, _ := st.Find(keyOf(jane))
		a, _ := st.Schema().Lookup("description")
		raw, _ := st.Entry(id).Find(a)
		values := raw.Values()
		text, _ := values.Next()
		return text
	}
	if description() != "of the primary" {
		t.Errorf("the entry is that %s", description())
	}
	f, ok := findingOf(w.last.findings, DuplicateEntry)
	if !ok || f.Count != 1 || f.Subjects[0] != jane || f.Subject != "directory partner" || f.DenyList {
		t.Errorf("finding %+v", f)
	}
	primary.remove(jane)
	primary.put(denyList("Leavers"))
	w.poll(t)
	if description() != "of the partner" {
		t.Errorf("the entry is that %s", description())
	}
	if f, _ := findingOf(w.last.findings, DuplicateEntry); f.Count != 1 || !f.DenyList {
		t.Errorf("a deny list that is there twice: %+v", f)
	}
	if to.last(t).id != mustLoad(t, two(primary, secondary, false)).ID {
		t.Error("a fresh load has another id")
	}
}

// container is an entry that both directories may have without a word.
func container() directory.Draft {
	d := directory.Draft{DN: "o=Acme"}
	d.AddText("objectClass", "organization", "top")
	return d
}

func denyList(cn string) directory.Draft {
	d := group(cn)
	for i := range d.Attributes {
		if d.Attributes[i].Name == "groupType" {
			d.Attributes[i].Values = [][]byte{[]byte("3")}
		}
	}
	return d
}

func TestTheDirectoryIsAsOldAsTheOldestThatDecides(t *testing.T) {
	for _, groups := range []bool{true, false} {
		primary, secondary := newFakeLive(person("Jane Doe")), newFakeLive(person("Rob Nash"))
		s, _ := told(two(primary, secondary, groups))
		clock := newFakeClock()
		s.Clock = clock
		w := loadedWorld(t, s)
		began := clock.Now()
		secondary.fail(errAway)
		w.poll(t)
		if got := w.now.snapshot.AsOf().Directory; got.Equal(began) != groups {
			t.Errorf("with groups that count (%t) the directory is as of %v; the secondary one is of %v, now is %v", groups, got, began, clock.Now())
		}
	}
}

func TestAPasswordBehindAnotherDirectorysEntryIsNobodys(t *testing.T) {
	f := newFiles(t)
	f.write("partner.ldif", ldifOf("Jane Doe", "of the partner")+ldifOf("Rob Nash", "pw"))
	primary := newFakeLive(person("Jane Doe"))
	f.settings.Directories = []Directory{{Live: primary}, {LDIF: []string{f.path("partner.ldif")}}}
	f.settings.Resolver.Directories = append(f.settings.Resolver.Directories, resolver.DirectoryRole{Name: "partner"})
	f.load()
	if f.to.credentials[keyOf(jane)] != nil || f.to.credentials[keyOf(rob)] == nil {
		t.Errorf("passwords of %v", f.to.credentials)
	}
	primary.put(person("Rob Nash"))
	primary.remove(jane)
	f.step()
	if f.to.credentials[keyOf(jane)] == nil || f.to.credentials[keyOf(rob)] != nil {
		t.Errorf("after a change of the primary directory: %v", f.to.credentials)
	}
}

func TestANewSchemaOfTheDirectoryMakesEverythingAnew(t *testing.T) {
	d := person("Jane Doe")
	d.AddText("badge", "AB-1")
	f := newFakeLive(d)
	s, to := told(live(f))
	clock := newFakeClock()
	s.Clock = clock
	types := []string{"( 1.3.6.1.4.1.32473.1 NAME 'badge' EQUALITY caseExactMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 )"}
	failing := error(nil)
	s.Directories[0].Definitions = func(contextOf) ([]string, []string, error) { return types, nil, failing }
	w := loadedWorld(t, s)
	equality := func() string {
		sc := w.now.snapshot.Store().Schema()
		id, _ := sc.Lookup("badge")
		return sc.Type(id).Equality
	}
	if equality() != "caseExactMatch" {
		t.Fatalf("equality %q", equality())
	}
	types = []string{"( 1.3.6.1.4.1.32473.1 NAME 'badge' EQUALITY caseIgnoreMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 )"}
	clock.advance(DefaultFull)
	f.fail(errAway)
	w.poll(t)
	if equality() != "caseExactMatch" || !w.has(jane) {
		t.Error("a reading that failed changed the schema")
	}
	f.fail(nil)
	w.poll(t)
	if equality() != "caseIgnoreMatch" || !w.has(jane) {
		t.Errorf("the new schema is not used: %q", equality())
	}
	all := f.count("all")
	w.poll(t)
	if f.count("all") != all {
		t.Error("everything is read at each poll")
	}
	clock.advance(DefaultFull)
	failing = errNoName
	w.poll(t)
	if equality() != "caseIgnoreMatch" {
		t.Error("a schema that cannot be read for once is forgotten")
	}
	to.last(t)
}

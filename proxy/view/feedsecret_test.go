package view

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/aclens/aclens/proxy/policy"
	"github.com/aclens/aclens/proxy/wire"
	"github.com/aclens/aclens/resolver"
	"github.com/aclens/aclens/resolver/database"
	"github.com/aclens/aclens/resolver/directory"
	"github.com/aclens/aclens/resolver/name"
)

// noted is one message of a persistent search.
type noted struct {
	dn, previous string
	kind         wire.ChangeTypes
}

// notices gathers what a persistent search tells.
type notices struct {
	t    *testing.T
	list []noted
}

func (n *notices) Room() []byte { return nil }

func (n *notices) Keep(b []byte) error {
	m, err := wire.ParseMessage(b)
	must(n.t, err)
	e, err := wire.ParseEntry(m.Body)
	must(n.t, err)
	controls, err := wire.ParseControls(m.Controls)
	must(n.t, err)
	notice, err := wire.ParseEntryChange(controls[0].Value)
	must(n.t, err)
	n.list = append(n.list, noted{string(e.DN()), string(notice.PreviousDN), notice.Type})
	return nil
}

// toldClient is one client that follows a directory in every way there is.
type toldClient struct {
	t      *testing.T
	view   *View
	snap   *resolver.Snapshot
	who    policy.Identity
	search *wire.SearchRequest
	cookie []byte
	live   *persistent
	heard  *notices
	number int
}

// follows makes a directory, and a client with some rules that follows what is
// at and below o=Acme.
func follows(t *testing.T, rules []policy.Rule, more ...directory.Draft) *toldClient {
	t.Helper()
	s := viewSettings()
	s.History = &past{}
	in := resolver.Input{Settings: resolver.Defaults(), Entries: changes(append([]directory.Draft{
		draft("o=Acme", "objectClass", "organization", "o", "Acme"), draft(client, "objectClass", "applicationProcess", "cn", "client")}, more...))}
	in.Databases, _ = demoDatabases(t)
	c := &toldClient{t: t, snap: build(t, in), who: identity(t, client), heard: &notices{t: t}}
	c.view = newView(t, s, policy.Settings{Rules: rules}, c.snap)
	c.search = ask("o=Acme", wire.ScopeSubtree, parseFilter(t, "(objectClass=*)"), "*", "isMemberOf")
	c.poll()
	r := c.request()
	r.Persist = &wire.PersistentSearch{Types: wire.AnyChange, ChangesOnly: true, ReturnECs: true}
	q, refused := c.view.Prepare(r)
	if refused.Code != wire.Success {
		t.Fatal(refused)
	}
	f, refused := q.begin(context.Background(), c.heard)
	if refused.Code != wire.Success {
		t.Fatal(refused)
	}
	c.live = &persistent{f}
	return c
}

func (c *toldClient) request() Request {
	return Request{MessageID: 1, Identity: c.who, Search: c.search}
}

// happens changes the directory, and waits until feeds stand on the change.
func (c *toldClient) happens(list ...directory.Change) {
	c.t.Helper()
	c.snap, _ = c.snap.Update(resolver.Change{Entries: list})
	c.number++
	c.view.Swap(string(rune('a'+c.number)), c.snap, nil, testTime)
	for c.view.told() != c.view.Current() {
		runtime.Gosched()
	}
}

// poll asks for what changed since it was asked last; names are those of entries
// that came or changed, gone those of others.
func (c *toldClient) poll() (names, gone []string) {
	c.t.Helper()
	r := c.request()
	r.Sync = &wire.SyncRequest{Mode: wire.SyncRefreshOnly, Cookie: c.cookie}
	q, refused := c.view.Prepare(r)
	if refused.Code != wire.Success {
		c.t.Fatal(refused)
	}
	m := newMirrored(c.t)
	a := q.Run(context.Background(), m)
	if a.Result.Code != wire.Success {
		c.t.Fatal(a.Result)
	}
	c.cookie = a.Synced.Cookie
	for _, n := range m.names {
		names = append(names, n)
	}
	slices.Sort(names)
	return names, m.gone
}

// hears is what the persistent search has told since it was asked last.
func (c *toldClient) hears() []noted {
	c.t.Helper()
	c.heard.list = nil
	if r := c.live.follow(c.view.Current()); r.Code != wire.Success {
		c.t.Fatal(r)
	}
	return c.heard.list
}

func person(dn, uuid string) directory.Draft {
	return draft(dn, "objectClass", "person", "cn", "Jane Doe", "sn", "Doe", "entryUUID", uuid)
}

func removal(t *testing.T, dn string) directory.Change {
	key, err := name.KeyOf(dn)
	must(t, err)
	return directory.Change{Remove: key}
}

func TestAnEntryThatComesFromWhereNothingMayBeReadDoesNotTellWhatItWasCalled(t *testing.T) {
	const hidden, shown, uuid = "cn=Jane Doe,ou=Merger,o=Acme", "cn=Jane Doe,ou=Open,o=Acme", "0e7a1f3c-0001-4000-8000-000000000001"
	c := follows(t, []policy.Rule{one("ou=Open,o=Acme")}, draft("ou=Open,o=Acme", "objectClass", "organizationalUnit", "ou", "Open"),
		draft("ou=Merger,o=Acme", "objectClass", "organizationalUnit", "ou", "Merger"), person(hidden, uuid))
	moved := person(shown, uuid)
	c.happens(removal(t, hidden), directory.Change{Put: &moved})
	names, gone := c.poll()
	if !slices.Contains(names, "cn=jane doe,ou=open,o=acme") || len(gone) > 0 {
		t.Errorf("a refresh tells of %q, and that %q is gone", names, gone)
	}
	if heard := c.hears(); !slices.Equal(heard, []noted{{shown, "", wire.EntryAdded}}) {
		t.Errorf("a persistent search tells %+v", heard)
	}

	again := person("cn=Jane Roe,ou=Open,o=Acme", uuid)
	c.happens(removal(t, shown), directory.Change{Put: &again})
	if _, gone := c.poll(); !slices.Equal(gone, []string{"cn=jane doe,ou=open,o=acme"}) {
		t.Errorf("of a new name where everything may be read, a refresh says that %q is gone", gone)
	}
	if heard := c.hears(); !slices.Equal(heard, []noted{{"cn=Jane Roe,ou=Open,o=Acme", shown, wire.EntryRenamed}}) {
		t.Errorf("of a new name where everything may be read, a persistent search tells %+v", heard)
	}
}

// accessTold are the decisions whose change a client is told, as user and database.
func (c *toldClient) accessTold() (list []string) {
	c.t.Helper()
	if !c.view.Current().Changes(c.who, 0, func(each *Change) bool {
		if each.Access != nil {
			list = append(list, each.Access.User+" in "+each.Access.Database)
		}
		return true
	}) {
		c.t.Fatal("not everything is remembered")
	}
	return list
}

func TestWhoMayNotReadReasonsIsToldOfNoDecisionWhenTheDatabaseGoes(t *testing.T) {
	for _, c := range []struct {
		sentence   string
		attributes []string
		told       bool
	}{
		{"with the titles of databases alone", []string{"databaseTitle"}, false},
		{"with the reasons", []string{"effectiveAccessReason"}, true},
	} {
		t.Run(c.sentence, func(t *testing.T) {
			const dn, uuid = "cn=Jane Doe,ou=Sales,o=Acme", "0e7a1f3c-0001-4000-8000-000000000001"
			x := follows(t, []policy.Rule{narrowed(one("access"), []string{"**"}, c.attributes)})
			jane := person(dn, uuid)
			x.happens(directory.Change{Put: &jane})
			x.happens(removal(t, dn))
			if told := x.accessTold(); (len(told) > 0) != c.told {
				t.Errorf("while the databases are there: %q", told)
			}
			none, _, err := database.Arrange(nil, database.Options{})
			must(t, err)
			x.snap, _ = x.snap.Update(resolver.Change{Databases: none})
			x.view.Swap("without databases", x.snap, nil, testTime)
			if told := x.accessTold(); (len(told) > 0) != c.told {
				t.Errorf("without the databases: %q", told)
			}
		})
	}
}

func TestWhoIsPutOnADenyListChangesOnlyForThoseWhoMayKnow(t *testing.T) {
	const dn, key, uuid = "cn=Jane Doe,ou=Sales,o=Acme", "cn=jane doe,ou=sales,o=acme", "0e7a1f3c-0001-4000-8000-000000000001"
	barred := func(members ...string) directory.Change {
		d := draft("cn=Barred,o=Acme", "objectClass", "dominoGroup", "cn", "Barred", "groupType", "3", "member", "cn=Nobody,o=Acme")
		for _, m := range members {
			d.AddText("member", m)
		}
		return directory.Change{Put: &d}
	}
	staff := func(members ...string) directory.Draft {
		d := draft("cn=Staff,o=Acme", "objectClass", "dominoGroup", "cn", "Staff", "groupType", "0", "member", "cn=Somebody,o=Acme")
		for _, m := range members {
			d.AddText("member", m)
		}
		return d
	}
	for _, c := range []struct {
		sentence string
		rights   []string
		may      bool
	}{
		{"with the right denylists", []string{"people", "groups", "access", "denylists"}, true},
		{"without the right denylists", []string{"people", "groups", "access"}, false},
	} {
		t.Run(c.sentence, func(t *testing.T) {
			x := follows(t, []policy.Rule{one(c.rights...)}, person(dn, uuid), staff(), *barred().Put)
			told := func() (attributes []string) {
				since := uint64(0)
				if ms := x.view.settings.History.(*past).moments; len(ms) > 1 {
					since = ms[len(ms)-2].Last
				}
				x.view.Current().Changes(x.who, since, func(each *Change) bool {
					if each.Key == key || each.Key == "cn=staff,o=acme" {
						attributes = append(attributes, each.Attributes...)
					}
					return true
				})
				return attributes
			}
			stamp := func() []string {
				es, _ := search(t, x.view, client, dn, wire.ScopeBase, "(objectClass=*)", "modifyTimestamp")
				return es[0].get("modifyTimestamp")
			}
			before := stamp()
			x.happens(barred(dn))
			attributes := told()
			if slices.Contains(attributes, "isMemberOf") != c.may || !c.may && len(attributes) > 0 {
				t.Errorf("put on a deny list, the changes tell of %q", attributes)
			}
			names, _ := x.poll()
			if slices.Contains(names, key) != c.may {
				t.Errorf("put on a deny list, a refresh tells of %q", names)
			}
			if heard := x.hears(); slices.ContainsFunc(heard, func(n noted) bool { return n.dn == dn }) != c.may {
				t.Errorf("put on a deny list, a persistent search tells %+v", heard)
			}
			if !slices.Equal(stamp(), before) {
				t.Errorf("put on a deny list, the entry is of %v and was of %v", stamp(), before)
			}

			inside := staff("cn=Barred,o=Acme")
			x.happens(directory.Change{Put: &inside})
			if attributes := told(); slices.Contains(attributes, "member") != c.may {
				t.Errorf("of a group that holds a deny list now, the changes tell of %q", attributes)
			}

			both, off := staff(dn), barred()
			x.happens(directory.Change{Put: &both}, off)
			if attributes := told(); !slices.Contains(attributes, "isDirectMemberOf") || !slices.Contains(attributes, "member") {
				t.Errorf("taken off, and put into another group, the changes tell of %q", attributes)
			}
			if names, _ := x.poll(); !slices.Contains(names, key) {
				t.Errorf("taken off, and put into another group, a refresh tells of %q", names)
			}
		})
	}
}

// shownOpenly is an entry as everybody may see it who may not know of deny lists.
func shownOpenly(t testing.TB, s *State, id directory.ID) string {
	v := policyOfEverythingButDenyLists(t, s)
	q := &Query{view: s.view, state: s, rights: v, pace: &pace{}}
	ask := [][]byte{[]byte("*")}
	for _, a := range attributes {
		if !uncounted[a.name] && a.values != nil {
			ask = append(ask, []byte(a.name))
		}
	}
	q.sel = s.selectionOf(ask, selecting{})
	w := q.writerFor(&stage{place: &realPlace{state: s, rights: v}, store: s.Snapshot.Store()}, q.sel)
	e, ok := shownIn(w.append(nil, 1, id))
	if !ok {
		t.Fatal("an entry cannot be read again")
	}
	var lines []string
	for _, a := range read(&e) {
		slices.Sort(a.values)
		lines = append(lines, a.name+": "+fmt.Sprintf("%q", a.values))
	}
	slices.Sort(lines)
	text := s.Snapshot.Store().Entry(id).DN() + "\n" + strings.Join(lines, "\n")
	if sub, ok := s.Snapshot.Subject(id); ok && s.recorded(sub) {
		for _, db := range s.Snapshot.Databases().All() {
			text += fmt.Sprintf("\n%+v", s.recordContent(sub, db, false))
		}
	}
	return text
}

func policyOfEverythingButDenyLists(t testing.TB, s *State) *policy.Rights {
	rules, err := policy.New(policy.Settings{Rules: []policy.Rule{one("people", "groups", "access", "o=Acme", "ou=Sales,o=Acme")}})
	must(t, err)
	return rules.Over(s.Snapshot, classOf).Rights(identity(t, client))
}

// The twin of Hushed: whether anything of an entry is another thing for those
// who may not know of deny lists.
func TestAChangeIsHushedIfAndOnlyIfItShowsNowhereWithoutDenyLists(t *testing.T) {
	hushed, heard := 0, 0
	for seed := range uint64(12) {
		d := newDice(seed)
		snap, drafts := d.world(t)
		v := newView(t, viewSettings(), policy.Settings{Rules: []policy.Rule{allRule()}}, snap)
		for step := range 6 {
			before := v.Current()
			var changed []directory.Change
			drafts, changed = d.happen(t, drafts)
			snap, _ = snap.Update(resolver.Change{Entries: changed})
			after := v.Swap(fmt.Sprint(step), snap, nil, testTime)
			for _, c := range Differences(before, after) {
				old, was := before.Snapshot.Store().Find(c.Key)
				id, is := after.Snapshot.Store().Find(c.Key)
				if c.Kind != Modified || !was || !is || before.over.Entry(old).DenyList || after.over.Entry(id).DenyList {
					continue // deny lists themselves are seen by those alone who may know of them
				}
				same := shownOpenly(t, before, old) == shownOpenly(t, after, id)
				if same {
					hushed++
				} else {
					heard++
				}
				if same != c.Hushed() {
					t.Errorf("seed %d, step %d: %s differs in %q, quiet %q; to be hushed: %t\n%s\n%s", seed, step, c.DN, c.Attributes, c.Quiet, same,
						shownOpenly(t, before, old), shownOpenly(t, after, id))
				}
			}
		}
	}
	if hushed == 0 || heard == 0 {
		t.Errorf("%d changes were hushed and %d heard: this proves little", hushed, heard)
	}
}

func TestAFeedEndsWithItsView(t *testing.T) {
	c := follows(t, []policy.Rule{allRule()})
	over := make(chan bool)
	go func() {
		_, more := c.live.await()
		over <- more
	}()
	c.view.Retire()
	if <-over {
		t.Error("a feed goes on without a view")
	}
}

package view

import (
	"context"
	"slices"
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

// happens changes the directory.
func (c *toldClient) happens(list ...directory.Change) {
	c.t.Helper()
	c.snap, _ = c.snap.Update(resolver.Change{Entries: list})
	c.number++
	c.view.Swap(string(rune('a'+c.number)), c.snap, nil, testTime)
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

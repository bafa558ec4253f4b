package refresh

import (
	"fmt"
	"log/slog"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-ldap/ldap/v3"

	"github.com/aclens/aclens/proxy/upstream"
	"github.com/aclens/aclens/proxy/upstream/slapdtest"
)

// provider is a slapd that gives a feed, with an organisation to change.
func provider(t *testing.T, more ...string) *slapdtest.Server {
	t.Helper()
	var b strings.Builder
	b.WriteString("dn: o=acme\nobjectClass: organization\no: acme\n\n")
	for _, ou := range []string{"Sales", "Labs", "Nested,ou=Labs"} {
		rdn, _, _ := strings.Cut(ou, ",")
		fmt.Fprintf(&b, "dn: ou=%s,o=acme\nobjectClass: organizationalUnit\nou: %s\n\n", ou, rdn)
		for i := range 4 {
			fmt.Fprintf(&b, "dn: cn=%s %d,ou=%s,o=acme\nobjectClass: dominoPerson\ncn: %[1]s %[2]d\nsn: Doe\n\n", rdn, i, ou)
		}
	}
	b.WriteString("dn: cn=Team,o=acme\nobjectClass: dominoGroup\ncn: Team\ngroupType: 0\nmember: cn=Sales 0,ou=Sales,o=acme\n")
	return slapdtest.Start(t, slapdtest.Options{
		Suffix: "o=acme", LDIF: []byte(b.String()), Overlays: append([]string{"syncprov\nsyncprov-sessionlog 50"}, more...),
	})
}

// following are settings that follow a directory by its feed.
func following(t *testing.T, servers ...*slapdtest.Server) (Settings, *sink) {
	t.Helper()
	settings := upstream.Settings{BindDN: servers[0].RootDN, Password: func() (string, error) { return servers[0].RootPW, nil }, Bases: []string{"o=acme"}}
	for _, s := range servers {
		settings.URLs = append(settings.URLs, s.URL)
	}
	settings.Operation = 3 * time.Second
	d, err := upstream.New(settings, slog.New(slog.DiscardHandler), noObserver{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(d.Close)
	s, to := told(live(d))
	s.Directories[0].Feed, s.Directories[0].Definitions = d, d.Subschema
	s.Directories[0].Interval, s.Directories[0].Full = time.Hour, 24*time.Hour // nothing is polled
	return s, to
}

func (s *sink) resynced(r Reason) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.resyncs[r]
}

func (s *sink) followedBy() upstream.Mode {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.mode
}

func TestAFeedMakesEveryKindOfChangeSeenWithinASecond(t *testing.T) {
	server := provider(t)
	s, to := following(t, server)
	start(t, s)
	to.await(t, "the first state", holds("cn=Sales 0,ou=Sales,o=acme", true))
	admin := server.Dial()
	for _, step := range []struct {
		sentence string
		do       func() error
		seen     func(swapped) bool
	}{
		{"a change of a person", func() error { return admin.Modify(setting("cn=Sales 0,ou=Sales,o=acme", "x")) }, func(swapped) bool { return true }},
		{"a new person", func() error { return admin.Add(personRequest("New", "ou=Labs,o=acme")) }, holds("cn=New,ou=Labs,o=acme", true)},
		{"a new name", func() error {
			return admin.ModifyDN(ldap.NewModifyDNRequest("cn=New,ou=Labs,o=acme", "cn=Newer", true, "ou=Sales,o=acme"))
		}, func(s swapped) bool {
			return has(s.snapshot, "cn=Newer,ou=Sales,o=acme") && !has(s.snapshot, "cn=New,ou=Labs,o=acme")
		}},
		{"a subtree that moves", func() error {
			return admin.ModifyDN(ldap.NewModifyDNRequest("ou=Labs,o=acme", "ou=Works", true, "ou=Sales,o=acme"))
		}, func(s swapped) bool {
			return has(s.snapshot, "cn=Nested 1,ou=Nested,ou=Works,ou=Sales,o=acme") && !has(s.snapshot, "cn=Nested 1,ou=Nested,ou=Labs,o=acme")
		}},
		{"a change of an entry that moved along", func() error {
			return admin.ModifyDN(ldap.NewModifyDNRequest("cn=Nested 1,ou=Nested,ou=Works,ou=Sales,o=acme", "cn=Moved", true, ""))
		}, func(s swapped) bool {
			return has(s.snapshot, "cn=Moved,ou=Nested,ou=Works,ou=Sales,o=acme") && !has(s.snapshot, "cn=Nested 1,ou=Nested,ou=Works,ou=Sales,o=acme")
		}},
		{"a deletion", func() error {
			return admin.Del(ldap.NewDelRequest("cn=Moved,ou=Nested,ou=Works,ou=Sales,o=acme", nil))
		}, holds("cn=Moved,ou=Nested,ou=Works,ou=Sales,o=acme", false)},
	} {
		if err := step.do(); err != nil {
			t.Fatalf("%s: %v", step.sentence, err)
		}
		began := time.Now()
		to.await(t, step.sentence, step.seen)
		if took := time.Since(began); took > time.Second {
			t.Errorf("%s was seen after %v", step.sentence, took)
		}
	}
	for _, r := range Reasons {
		if n := to.resynced(r); n > 0 {
			t.Errorf("everything was read again, %d times: %s", n, r)
		}
	}
	if to.followedBy() != upstream.ModeSyncrepl {
		t.Errorf("followed by %s", to.followedBy())
	}
}

func personRequest(cn, below string) *ldap.AddRequest {
	a := ldap.NewAddRequest("cn="+cn+","+below, nil)
	a.Attribute("objectClass", []string{"dominoPerson"})
	a.Attribute("sn", []string{"Doe"})
	return a
}

func setting(dn, text string) *ldap.ModifyRequest {
	m := ldap.NewModifyRequest(dn, nil)
	m.Replace("description", []string{text})
	return m
}

// company changes a real directory at random.
type company struct {
	r     *rand.Rand
	admin *ldap.Conn
	n     int
}

// dns lists what is there, of a class.
func (c *company) dns(t *testing.T, class string) []string {
	t.Helper()
	found, err := c.admin.Search(&ldap.SearchRequest{BaseDN: "o=acme", Scope: ldap.ScopeWholeSubtree, Filter: "(objectClass=" + class + ")", Attributes: []string{"1.1"}})
	if err != nil {
		t.Fatal(err)
	}
	var list []string
	for _, e := range found.Entries {
		list = append(list, e.DN)
	}
	return list
}

func (c *company) one(list []string) string {
	if len(list) == 0 {
		return "cn=nobody,o=acme"
	}
	return list[c.r.IntN(len(list))]
}

// change makes one change; one that the directory refuses is none.
func (c *company) change(t *testing.T) {
	t.Helper()
	people, units := c.dns(t, "dominoPerson"), c.dns(t, "organizationalUnit")
	c.n++
	var err error
	switch c.r.IntN(9) {
	case 0, 1:
		err = c.admin.Add(personRequest(fmt.Sprint("Person ", c.n%7), c.one(units)))
	case 2, 3:
		err = c.admin.Modify(setting(c.one(people), fmt.Sprint(c.n)))
	case 4:
		err = c.admin.Del(ldap.NewDelRequest(c.one(people), nil))
	case 5:
		err = c.admin.ModifyDN(ldap.NewModifyDNRequest(c.one(people), fmt.Sprint("cn=Person ", c.r.IntN(7)), true, c.one(units)))
	case 6:
		m := ldap.NewModifyRequest("cn=Team,o=acme", nil)
		m.Replace("member", []string{c.one(people), c.one(people)})
		err = c.admin.Modify(m)
	case 7:
		err = c.admin.ModifyDN(ldap.NewModifyDNRequest(c.one(units), fmt.Sprint("ou=Unit ", c.r.IntN(4)), true, c.one(append(units, "o=acme"))))
	case 8:
		a := ldap.NewAddRequest(fmt.Sprintf("ou=Unit %d,%s", c.r.IntN(4), c.one(append(units, "o=acme"))), nil)
		a.Attribute("objectClass", []string{"organizationalUnit"})
		err = c.admin.Add(a)
	}
	if ldap.IsErrorWithCode(err, ldap.ErrorNetwork) {
		t.Fatal(err)
	}
}

func TestChangesOneByOneLeadToWhatALoadFinds(t *testing.T) {
	for seed := range uint64(3) {
		server := provider(t)
		s, to := following(t, server)
		start(t, s)
		c := &company{r: rand.New(rand.NewPCG(seed, 11)), admin: server.Dial()}
		state := to.await(t, "the first state", func(swapped) bool { return true })
		for round := range 12 {
			for range 1 + c.r.IntN(8) {
				c.change(t)
			}
			switch c.r.IntN(6) {
			case 0: // what changes while the server is gone from the feed is told later
				server.Stop()
				server.Restart()
				c.admin = server.Dial()
				c.change(t)
			case 1:
				server.Pause()
				server.Resume()
			}
			want := mustLoad(t, s)
			if state.id != want.ID {
				state = to.await(t, fmt.Sprintf("seed %d, round %d: what a load finds", seed, round), func(s swapped) bool { return s.id == want.ID })
			}
			if got := dump(state.snapshot); !slices.Equal(got, dump(want.Snapshot)) {
				t.Fatalf("seed %d, round %d: followed\n%s\nloaded\n%s", seed, round, strings.Join(got, "\n"), strings.Join(dump(want.Snapshot), "\n"))
			}
		}
		for _, r := range Reasons {
			if n := to.resynced(r); n > 0 && (r != ReasonDoubt || n > rareDoubts) {
				t.Errorf("seed %d: everything was read again, %d times: %s", seed, n, r)
			}
		}
	}
}

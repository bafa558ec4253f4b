package resolver_test

import (
	"encoding/json"
	"os"
	"slices"
	"testing"

	"github.com/aclens/aclens/resolver"
	"github.com/aclens/aclens/resolver/acl"
	"github.com/aclens/aclens/resolver/database"
	"github.com/aclens/aclens/resolver/name"
)

// accessCase is a case of kind effective-access of testdata/cases.json.
type accessCase struct {
	ID, Kind, Title string
	Config          struct {
		WildcardMode         string `json:"wildcardMode"`
		CommonNameMatch      string `json:"commonNameMatch"`
		CommonNameInGroups   bool   `json:"commonNameInGroups"`
		ACLGroupTypes        []int  `json:"aclGroupTypes"`
		MaxNestingDepth      int    `json:"maxNestingDepth"`
		DAGroupAuthorization bool   `json:"daGroupAuthorization"`
		DANestedExpansion    *bool  `json:"daNestedExpansion"`
	}
	Subject struct{ Kind, Name string }
	Groups  []struct {
		Name      string
		Type      json.Number
		Directory string
		Members   []string
	}
	ACL struct {
		ConsistentACL     bool   `json:"consistentACL"`
		MaxInternetAccess string `json:"maxInternetAccess"`
		Roles             []string
		Entries           []struct {
			Name, Type, Level string
			Privileges, Roles []string
		}
	}
	Context struct {
		Channel         string
		Server          string
		StoredGroups    []string `json:"storedGroups"`
		FullAccessAdmin bool     `json:"fullAccessAdmin"`
	}
	Expect struct {
		Level, Source              string
		LevelNum                   int `json:"levelNum"`
		Privileges, Roles, Winning []string
	}
}

func readCases(t *testing.T) []accessCase {
	t.Helper()
	text, err := os.ReadFile("../testdata/cases.json")
	if err != nil {
		t.Fatal(err)
	}
	var all struct{ Cases []json.RawMessage }
	if err := json.Unmarshal(text, &all); err != nil {
		t.Fatal(err)
	}
	var cases []accessCase
	for _, raw := range all.Cases {
		var kind struct{ Kind string }
		if err := json.Unmarshal(raw, &kind); err != nil {
			t.Fatal(err)
		}
		if kind.Kind != "effective-access" {
			continue
		}
		var c accessCase
		if err := json.Unmarshal(raw, &c); err != nil {
			t.Fatal(err)
		}
		cases = append(cases, c)
	}
	return cases
}

// world tells the case as an installation in Domino's shape.
func (c *accessCase) world() *world {
	w := &world{rules: standardRules()}
	r := &w.rules
	if c.Config.WildcardMode != "" {
		r.wildcardMode = c.Config.WildcardMode
	}
	if c.Config.CommonNameMatch != "" {
		r.commonNameMatch = c.Config.CommonNameMatch
	}
	if c.Config.ACLGroupTypes != nil {
		r.aclGroupTypes = c.Config.ACLGroupTypes
	}
	r.commonNameInGroups, r.maxNestingDepth = c.Config.CommonNameInGroups, c.Config.MaxNestingDepth
	r.secondGroups = c.Config.DAGroupAuthorization
	if c.Config.DANestedExpansion != nil {
		r.secondNested = *c.Config.DANestedExpansion
	}
	if c.Subject.Kind == "person" || c.Subject.Kind == "server" {
		w.docs = append(w.docs, doc{kind: c.Subject.Kind, name: c.Subject.Name})
	}
	for _, g := range c.Groups {
		d := doc{kind: "group", name: g.Name, groupType: g.Type.String(), members: g.Members}
		if g.Directory == "da" {
			d.dir = 1
		}
		w.docs = append(w.docs, d)
	}
	a := aclDoc{server: "CN=Hub1/O=Acme", path: "apps/crm.nsf", roles: c.ACL.Roles, maximum: c.ACL.MaxInternetAccess, consistent: "no"}
	if c.Context.Server != "" {
		a.server = c.Context.Server
	}
	if c.ACL.ConsistentACL {
		a.consistent = "yes"
	}
	for _, e := range c.ACL.Entries {
		a.entries = append(a.entries, aclLine{e.Name, e.Type, e.Level, e.Privileges, e.Roles})
	}
	w.acls = []aclDoc{a}
	return w
}

func (c *accessCase) subject(t *testing.T, s *resolver.Snapshot) *resolver.Subject {
	t.Helper()
	switch c.Subject.Kind {
	case "anonymous":
		return resolver.AnonymousSubject()
	case "database":
		return s.NamedSubject(name.Parse(c.Subject.Name), acl.Database)
	}
	sub, _, err := s.FindSubject(c.Subject.Name, resolver.OnlyHierarchicalNames)
	if err != nil {
		t.Fatal(err)
	}
	return sub
}

func TestEffectiveAccessCasesOfTheReference(t *testing.T) {
	cases := readCases(t)
	if len(cases) != 61 {
		t.Fatalf("%d cases, want 61", len(cases))
	}
	for _, c := range cases {
		t.Run(c.ID+" "+c.Title, func(t *testing.T) {
			w := c.world()
			s := w.build(t)
			sub, db := c.subject(t, s), s.Databases().At(0)
			channel, err := acl.ParseChannel(c.Context.Channel)
			if err != nil {
				t.Fatal(err)
			}
			q := resolver.Query{Channel: channel, FullAccess: c.Context.FullAccessAdmin, StoredGroups: c.Context.StoredGroups}
			d := s.Decide(sub, db.Primary, q)
			c.check(t, "Decide", s.Row(sub, db, db.Primary, &d))
			s.EachDecision(sub, q, func(db *database.Database, d *resolver.Decision) bool {
				c.check(t, "EachDecision", s.Row(sub, db, db.Primary, d))
				return true
			})
			e := s.Explain(sub, db, db.Primary, q)
			c.check(t, "Explain", resolver.Row{Level: e.Level, LevelNum: e.LevelNum, Roles: e.Roles, Privileges: e.Privileges, Source: e.Source, Winning: e.Winning})
			c.checkNaive(t, w)
			if !q.FullAccess && q.StoredGroups == nil && c.Subject.Kind != "database" {
				c.checkAccess(t, s, db, sub, channel)
			}
		})
	}
}

func (c *accessCase) check(t *testing.T, what string, r resolver.Row) {
	t.Helper()
	x := &c.Expect
	if r.Level != x.Level || r.LevelNum != x.LevelNum || r.Source != x.Source {
		t.Errorf("%s: %s (%d) from %s, want %s (%d) from %s", what, r.Level, r.LevelNum, r.Source, x.Level, x.LevelNum, x.Source)
	}
	if !slices.Equal(r.Roles, x.Roles) || !slices.Equal(r.Privileges, x.Privileges) || !slices.Equal(r.Winning, x.Winning) {
		t.Errorf("%s: roles %v, privileges %v, winning %v; want %v, %v, %v", what, r.Roles, r.Privileges, r.Winning, x.Roles, x.Privileges, x.Winning)
	}
}

// checkNaive proves the other evaluator on the same case.
func (c *accessCase) checkNaive(t *testing.T, w *world) {
	t.Helper()
	who := somebody{kind: c.Subject.Kind, names: []string{c.Subject.Name}}
	if d := w.visible(key(c.Subject.Name)); d != nil {
		who = w.somebody(d)
	}
	v := w.evaluate(&w.acls[0], who, question{c.Context.Channel, c.Context.FullAccessAdmin, c.Context.StoredGroups})
	c.check(t, "naive", resolver.Row{Level: v.level, LevelNum: rank(v.level), Roles: v.roles, Privileges: v.privileges, Source: v.source, Winning: v.winning})
}

// checkAccess looks at the same answer from the database's side.
func (c *accessCase) checkAccess(t *testing.T, s *resolver.Snapshot, db *database.Database, sub *resolver.Subject, channel acl.Channel) {
	t.Helper()
	a, id := s.Access(db, channel), uint32(sub.Entry)
	if level := mustLevel(t, c.Expect.Level); !a.Level(level).Contains(id) || !a.AtLeast(level).Contains(id) {
		t.Errorf("Access: not among those with %s", level)
	}
	for i, role := range db.Primary.List.Roles {
		want := slices.Contains(c.Expect.Roles, role) && c.Expect.LevelNum > 0
		if a.Role(i).Contains(id) != want {
			t.Errorf("Access: role %s is %v, want %v", role, !want, want)
		}
	}
}

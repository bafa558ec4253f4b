package view

import (
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/aclens/aclens/proxy/policy"
	"github.com/aclens/aclens/resolver"
	"github.com/aclens/aclens/resolver/acl"
	"github.com/aclens/aclens/resolver/database"
	"github.com/aclens/aclens/resolver/directory"
	"github.com/aclens/aclens/resolver/name"
)

// accessCase is a case of kind "effective-access" of testdata/cases.json.
type accessCase struct {
	ID, Kind, Title string
	Config          struct {
		WildcardMode, CommonNameMatch string
		CommonNameInGroups            bool
		ACLGroupTypes                 []int
		MaxNestingDepth               int
		DAGroupAuthorization          bool
		DANestedExpansion             *bool
	}
	Subject struct{ Kind, Name string }
	Groups  []struct {
		Name      string
		Type      int
		Members   []string
		Directory string
	}
	ACL struct {
		ConsistentACL     bool
		MaxInternetAccess string
		Roles             []string
		Entries           []struct {
			Name, Type, Level string
			Privileges, Roles []string
		}
	}
	Context struct {
		Channel         string
		FullAccessAdmin bool
		StoredGroups    []string
	}
	Expect struct {
		Level, Source              string
		LevelNum                   int
		Privileges, Roles, Winning []string
	}
}

func accessCases(t *testing.T) []accessCase {
	text, err := os.ReadFile("../../testdata/cases.json")
	must(t, err)
	var file struct{ Cases []json.RawMessage }
	must(t, json.Unmarshal(text, &file))
	var out []accessCase
	for _, raw := range file.Cases {
		var kind struct{ Kind string }
		must(t, json.Unmarshal(raw, &kind))
		if kind.Kind != "effective-access" {
			continue
		}
		var c accessCase
		must(t, json.Unmarshal(raw, &c))
		out = append(out, c)
	}
	return out
}

func (c *accessCase) settings(t *testing.T) resolver.Settings {
	s := resolver.Defaults()
	s.Reading.Wildcards = map[string]acl.WildcardMode{"": acl.WildcardFallback, "fallback": acl.WildcardFallback, "merge": acl.WildcardMerge}[c.Config.WildcardMode]
	s.CommonName = map[string]resolver.CommonNameMode{"": resolver.CommonNameSameOrg, "same-org": resolver.CommonNameSameOrg,
		"always": resolver.CommonNameAlways, "never": resolver.CommonNameNever}[c.Config.CommonNameMatch]
	s.CommonNameInGroups, s.MaxDepth = c.Config.CommonNameInGroups, c.Config.MaxNestingDepth
	if c.Config.ACLGroupTypes != nil {
		s.GroupTypes = [5]bool{}
		for _, n := range c.Config.ACLGroupTypes {
			s.GroupTypes[n] = true
		}
	}
	s.Directories = append(s.Directories, resolver.DirectoryRole{Name: "da", Groups: c.Config.DAGroupAuthorization,
		NestedExpansion: c.Config.DANestedExpansion == nil || *c.Config.DANestedExpansion})
	return s
}

// drafts are the case's people and groups as Domino's LDAP shows them.
func (c *accessCase) drafts() []directory.Draft {
	var out []directory.Draft
	n := name.Parse(c.Subject.Name)
	switch c.Subject.Kind {
	case "person":
		out = append(out, draft(n.DN(), "objectClass", "dominoPerson"))
	case "server":
		out = append(out, draft(n.DN(), "objectClass", "dominoServer"))
	}
	groups := map[string]bool{}
	for _, g := range c.Groups {
		groups[strings.ToLower(g.Name)] = true
	}
	for _, g := range c.Groups {
		d := draft("CN="+g.Name, "objectClass", "dominoGroup", "cn", g.Name, "groupType", string(rune('0'+g.Type)))
		if g.Directory == "da" {
			d.Source = 1
		}
		for _, m := range g.Members {
			if groups[strings.ToLower(m)] {
				d.AddText("member", "CN="+m)
			} else {
				d.AddText("member", name.Parse(m).DN())
			}
		}
		out = append(out, d)
	}
	return out
}

func (c *accessCase) list(t *testing.T) *acl.List {
	level := func(s string) acl.Level {
		l, err := acl.ParseLevel(s)
		must(t, err)
		return l
	}
	l := &acl.List{Roles: c.ACL.Roles, MaxLevel: level(c.ACL.MaxInternetAccess), MaxKnown: true, Consistent: acl.TriOf(c.ACL.ConsistentACL)}
	for _, e := range c.ACL.Entries {
		entry := acl.NewEntry(e.Name, e.Name == acl.DefaultName)
		var err error
		entry.Type, err = acl.ParseUserType(e.Type)
		must(t, err)
		entry.Level = level(e.Level)
		for _, p := range e.Privileges {
			bit, err := acl.ParsePrivilege(p)
			must(t, err)
			entry.Privileges |= bit
		}
		entry.Roles, err = l.RoleSetOf(e.Roles...)
		must(t, err)
		l.Entries = append(l.Entries, entry)
	}
	must(t, l.Seal())
	return l
}

func (c *accessCase) build(t *testing.T) (*resolver.Snapshot, *database.Database) {
	in := resolver.Input{Settings: c.settings(t), Entries: changes(c.drafts()), AsOf: resolver.AsOf{Directory: testTime, ACL: testTime}}
	instance := &database.Instance{Server: name.Parse("CN=Hub1/O=Acme"), Path: `apps\crm.nsf`, ReplicaID: "C1258A2F004B7D10", Title: c.Title, List: c.list(t)}
	var err error
	in.Databases, _, err = database.Arrange([]*database.Instance{instance}, database.Options{Aliases: map[string]string{"crm": "apps/crm.nsf"}})
	must(t, err)
	return build(t, in), in.Databases.At(0)
}

func (c *accessCase) subject(t *testing.T, snap *resolver.Snapshot) *resolver.Subject {
	sub, _, err := snap.FindSubject(c.Subject.Name, resolver.OnlyHierarchicalNames)
	must(t, err)
	if known := c.Subject.Kind != "database"; known != (sub.Entry != directory.None) {
		t.Fatalf("%s has an entry: %v", c.Subject.Name, !known)
	}
	return sub
}

func TestCasesOfEffectiveAccessThroughEveryView(t *testing.T) {
	cases := accessCases(t)
	if len(cases) != 61 {
		t.Fatalf("%d cases of effective access", len(cases))
	}
	for _, c := range cases {
		t.Run(c.ID+" "+c.Title, func(t *testing.T) {
			snap, db := c.build(t)
			channel, err := acl.ParseChannel(c.Context.Channel)
			must(t, err)
			s := viewSettings()
			s.GroupChannel = channel
			v := newView(t, s, policy.Settings{Rules: []policy.Rule{allRule()}}, snap)
			a := &asked{TB: t, snap: snap, sub: c.subject(t, snap), db: db, channel: channel,
				want: wanted{c.Expect.Level, c.Expect.Roles, c.Expect.Privileges, c.Expect.Source, c.Expect.Winning}}
			if int(a.want.level(t)) != c.Expect.LevelNum {
				t.Fatalf("level %s has not the number %d", c.Expect.Level, c.Expect.LevelNum)
			}
			a.everywhere(v, resolver.Query{Channel: channel, FullAccess: c.Context.FullAccessAdmin, StoredGroups: c.Context.StoredGroups})
		})
	}
}

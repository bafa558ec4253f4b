package database

import (
	"strings"
	"testing"

	"github.com/aclens/aclens/resolver/acl"
	"github.com/aclens/aclens/resolver/name"
)

// Replica ids of the tests.
const (
	ridA = "C1258A2F004B7D10"
	ridB = "C1258A2F004B7D11"
	ridC = "C1258A2F004B7D12"
)

// at makes an instance with an empty ACL; its file is called after its place.
func at(server, path, replicaID string) *Instance {
	in := &Instance{Path: path, ReplicaID: replicaID, Origin: strings.ToLower(name.Parse(server).Common()) + ":" + path + ".dxl", List: sealed(acl.List{})}
	if server != "" {
		in.Server = name.Parse(server)
	}
	return in
}

func sealed(l acl.List) *acl.List {
	if err := l.Seal(); err != nil {
		panic(err)
	}
	return &l
}

func arranged(t testing.TB, o Options, in ...*Instance) (*Set, []Problem) {
	t.Helper()
	s, problems, err := Arrange(in, o)
	if err != nil {
		t.Fatal(err)
	}
	return s, problems
}

func keysOf(databases []*Database) string {
	var keys []string
	for _, d := range databases {
		keys = append(keys, d.Key)
	}
	return strings.Join(keys, " | ")
}

func kindsOf(problems []Problem) string {
	var kinds []string
	for _, p := range problems {
		kinds = append(kinds, p.Kind+" "+p.Subject)
	}
	return strings.Join(kinds, " | ")
}

func TestKeys(t *testing.T) {
	hub := Options{HomeServers: []string{"Hub1/Acme"}}
	both := Options{HomeServers: []string{"Hub1/Acme", "CN=Web1/O=Acme"}}
	rows := []struct {
		sentence string
		options  Options
		in       []*Instance
		keys     string
		problems string
	}{
		{"the key is the path in lower case with / for \\", Options{}, []*Instance{at("Hub1/Acme", `Apps\CRM.nsf`, ridA)}, "apps/crm.nsf", ""},
		{"when all exports come from one server it is the home server, however it is spelled", Options{},
			[]*Instance{at("Hub1/Acme", `b.nsf`, ridA), at("cn=hub1/o=acme", "a.nsf", ridB)}, "a.nsf | b.nsf", ""},
		{"replicas are one database, whose key is the path on the home server", hub,
			[]*Instance{at("Web1/Acme", "web/crm.nsf", ridA), at("Hub1/Acme", "apps/crm.nsf", ridA)}, "apps/crm.nsf", ""},
		{"the first home server that holds a database gives its key", both,
			[]*Instance{at("Web1/Acme", "a.nsf", ridA), at("App1/Acme", "b.nsf", ridA), at("Web1/Acme", "c.nsf", ridB), at("Hub1/Acme", "d.nsf", ridB)}, "a.nsf | d.nsf", ""},
		{"a database without an instance on a home server has the long form as key", hub,
			[]*Instance{at("Hub1/Acme", "a.nsf", ridA), at("CN=Web1/OU=East/O=Acme", `Web\Shop.nsf`, ridB)}, "Web1/East/Acme!!web/shop.nsf | a.nsf", ""},
		{"on several servers, none of them a home server, the first by name gives the key, which is reported", hub,
			[]*Instance{at("Hub1/Acme", "a.nsf", ridA), at("Web1/Acme", "x.nsf", ridB), at("App1/Acme", "y.nsf", ridB)},
			"App1/Acme!!y.nsf | a.nsf", "no-home-instance App1/Acme!!y.nsf"},
		{"one server that is no home server of the configuration does not become one", hub,
			[]*Instance{at("Web1/Acme", "a.nsf", ridA)}, "Web1/Acme!!a.nsf", "home-server-unused Hub1/Acme"},
		{"a bare export has the path of its file, and its presence makes no second server", Options{},
			[]*Instance{at("", "Sales/CRM", ""), at("Hub1/Acme", "a.nsf", ridA)}, "a.nsf | sales/crm", ""},
		{"a bare export that is a replica gives way to a home server but to no other", hub,
			[]*Instance{at("", "crm", ridA), at("Hub1/Acme", "apps/crm.nsf", ridA), at("", "hr", ridB), at("Web1/Acme", "hr.nsf", ridB)}, "apps/crm.nsf | hr", ""},
		{"instances without a replica id are a database each", hub,
			[]*Instance{at("Hub1/Acme", "a.nsf", ""), at("Web1/Acme", "a.nsf", ""), at("Hub1/Acme", "b.nsf", "")}, "Web1/Acme!!a.nsf | a.nsf | b.nsf", ""},
		{"a replica id of zeros is none", Options{}, []*Instance{at("Hub1/Acme", "a.nsf", unsetReplicaID), at("Hub1/Acme", "b.nsf", "00000000:00000000")}, "a.nsf | b.nsf", ""},
		{"# is written %23 and % %25", hub,
			[]*Instance{at("Hub1/Acme", "a#1%.nsf", ridA), at("Web1/Acme", "b#2%23.nsf", ridB)}, "Web1/Acme!!b%232%2523.nsf | a%231%25.nsf", ""},
		{"files of one replica id on the home server are a database each", hub,
			[]*Instance{at("Hub1/Acme", "apps/crm.nsf", ridA), at("Hub1/Acme", "a/copy.nsf", ridA), at("Web1/Acme", "apps/crm.nsf", ridA)},
			"a/copy.nsf | apps/crm.nsf", "copies-on-server " + ridA},
		{"no instance at all is a set without databases", hub, nil, "", ""},
	}
	for _, r := range rows {
		t.Run(r.sentence, func(t *testing.T) {
			s, problems := arranged(t, r.options, r.in...)
			if got := keysOf(s.All()); got != r.keys {
				t.Errorf("keys are %s, want %s", got, r.keys)
			}
			if got := kindsOf(problems); got != r.problems {
				t.Errorf("problems are %s, want %s", got, r.problems)
			}
			for i, d := range s.All() {
				if d.Index != i || s.At(i) != d || s.Len() != len(s.All()) || d.Instances[0] != d.Primary {
					t.Errorf("%s has index %d at %d of %d, primary %v", d.Key, d.Index, i, s.Len(), LongForm(d.Primary))
				}
			}
		})
	}
}

func TestArrangeRefusesWhatCouldChangeAKey(t *testing.T) {
	hub := Options{HomeServers: []string{"Hub1/Acme"}}
	aliases := func(pairs ...string) Options {
		o := Options{HomeServers: hub.HomeServers, Aliases: map[string]string{}}
		for i := 0; i < len(pairs); i += 2 {
			o.Aliases[pairs[i]] = pairs[i+1]
		}
		return o
	}
	noACL := at("Hub1/Acme", "a.nsf", "")
	noACL.List = nil
	crm, web := at("Hub1/Acme", "crm.nsf", ridA), at("Web1/Acme", "shop.nsf", ridB)
	rows := []struct {
		sentence string
		options  Options
		in       []*Instance
		want     []string
	}{
		{"several servers without home servers", Options{}, []*Instance{crm, web}, []string{"homeServers", "Hub1/Acme in hub1:crm.nsf.dxl", "Web1/Acme in web1:shop.nsf.dxl"}},
		{"home servers of blanks are none", Options{HomeServers: []string{" "}}, []*Instance{crm, web}, []string{"homeServers is empty"}},
		{"the same server and path twice", hub, []*Instance{crm, {Server: name.Parse("CN=HUB1/O=ACME"), Path: "crm.nsf", Origin: "other.json", List: crm.List}},
			[]string{"crm.nsf is given twice", "hub1:crm.nsf.dxl", "other.json"}},
		{"the same bare path twice", hub, []*Instance{at("", "crm", ""), at("", "crm", "")}, []string{"crm is given twice", ":crm.dxl"}},
		{"\\ and / are no difference", hub, []*Instance{at("Hub1/Acme", `a\b.nsf`, ridA), at("Hub1/Acme", "a/b.nsf", ridA)}, []string{"given twice", `hub1:a\b.nsf.dxl`, "hub1:a/b.nsf.dxl"}},
		{"two paths on one server that differ only in case", hub, []*Instance{at("Web1/Acme", "A.nsf", ridA), at("Web1/Acme", "a.nsf", ridB)},
			[]string{"only in case", `"A.nsf" by web1:A.nsf.dxl`, `"a.nsf" by web1:a.nsf.dxl`}},
		{"two paths that LDAP cannot tell apart", hub, []*Instance{at("Hub1/Acme", "a  b.nsf", ridA), at("Hub1/Acme", "a b.nsf", ridB)}, []string{"spaces", "hub1:a  b.nsf.dxl", "hub1:a b.nsf.dxl"}},
		{"several faults are counted", hub, []*Instance{at("", "a", ""), at("", "a", ""), at("", "b", ""), at("", "b", ""), at("", "c", ""), at("", "c", "")}, []string{"a is given twice", "and 2 more"}},
		{"different databases of one path on two home servers", Options{HomeServers: []string{"Hub1/Acme", "Web1/Acme"}},
			[]*Instance{at("Hub1/Acme", "log.nsf", ridA), at("Web1/Acme", "log.nsf", ridB)}, []string{`key "log.nsf"`, "hub1:log.nsf.dxl", "web1:log.nsf.dxl"}},
		{"a bare export of the path of a database", hub, []*Instance{crm, at("", "CRM.nsf", "")}, []string{`key "crm.nsf"`, "hub1:crm.nsf.dxl", ":CRM.nsf.dxl"}},
		{"a path that reads as a long form that is a key", hub, []*Instance{web, at("Hub1/Acme", "web1/acme!!shop.nsf", ridA)},
			[]string{"two databases", "web1:shop.nsf.dxl", "hub1:web1/acme!!shop.nsf.dxl"}},
		{"a path that reads as the long form of a replica", hub, []*Instance{web, at("Hub1/Acme", "shop.nsf", ridB), at("Hub1/Acme", "cn=web1/o=acme!!shop.nsf", ridA)},
			[]string{"names both", "web1:shop.nsf.dxl", "hub1:cn=web1/o=acme!!shop.nsf.dxl"}},
		{"a path that reads as another database's replica id", hub, []*Instance{web, at("", strings.ToLower(ridB), "")}, []string{"names both", "web1:shop.nsf.dxl"}},
		{"a path that reads as the replica id of copies", hub, []*Instance{at("Hub1/Acme", "a", ridA), at("Hub1/Acme", "b", ridA), at("Hub1/Acme", ridA, ridB)},
			[]string{"replica id of several databases", "hub1:" + ridA}},
		{"an alias that is another database's key", aliases("shop", "crm.nsf"), []*Instance{crm, at("", "shop", "")}, []string{`alias "shop"`, ":shop.dxl"}},
		{"an alias that is a key and names nothing itself", aliases("shop", "gone.nsf"), []*Instance{crm, at("", "shop", "")}, []string{`alias "shop"`, ":shop.dxl"}},
		{"an alias that is another database's replica id", aliases(strings.ToLower(ridB), "crm.nsf"), []*Instance{crm, web}, []string{"alias", "web1:shop.nsf.dxl"}},
		{"an alias that may become a replica id", aliases(strings.ToLower(ridC), "crm.nsf"), []*Instance{crm}, []string{"reads as a replica id"}},
		{"an alias that is the replica id of copies", aliases(strings.ToLower(ridA), "a.nsf"), []*Instance{at("Hub1/Acme", "a.nsf", ridA), at("Hub1/Acme", "b.nsf", ridA)}, []string{"several databases"}},
		{"an alias that is the path of a bare replica", aliases("crm", "crm.nsf"), []*Instance{crm, at("", "crm", ridA)}, []string{`alias "crm"`, ":crm.dxl"}},
		{"two spellings of one alias", aliases("CRM", "crm.nsf", "crm", "crm.nsf"), []*Instance{crm}, []string{`"CRM" and "crm" are one alias`}},
		{"a replica id that is none", hub, []*Instance{at("Hub1/Acme", "a.nsf", "12345")}, []string{"hub1:a.nsf.dxl", `"12345"`}},
		{"a database without a path", hub, []*Instance{at("Hub1/Acme", " ", "")}, []string{"no path", "hub1: .dxl"}},
		{"a database without an ACL", hub, []*Instance{noACL}, []string{"hub1:a.nsf.dxl", "no ACL"}},
	}
	for _, r := range rows {
		t.Run(r.sentence, func(t *testing.T) {
			s, _, err := Arrange(r.in, r.options)
			if err == nil {
				t.Fatalf("accepted with the keys %s", keysOf(s.All()))
			}
			for _, w := range r.want {
				if !strings.Contains(err.Error(), w) {
					t.Errorf("%q does not say %q", err, w)
				}
			}
			if strings.Contains(err.Error(), "\n") {
				t.Errorf("%q is more than one line", err)
			}
		})
	}
}

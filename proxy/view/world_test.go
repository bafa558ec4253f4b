package view

import (
	"bytes"
	"context"
	"io/fs"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aclens/aclens/deploy/demo"
	"github.com/aclens/aclens/proxy/policy"
	"github.com/aclens/aclens/proxy/wire"
	"github.com/aclens/aclens/resolver"
	"github.com/aclens/aclens/resolver/acl"
	"github.com/aclens/aclens/resolver/database"
	"github.com/aclens/aclens/resolver/directory"
	"github.com/aclens/aclens/resolver/finding"
	"github.com/aclens/aclens/resolver/name"
	"github.com/aclens/aclens/resolver/server"
	"github.com/aclens/aclens/resolver/source"
)

// testTime is when everything in these tests was read.
var testTime = time.Date(2026, 11, 21, 8, 15, 0, 0, time.UTC)

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// demoDrafts is the sample directory as its source has it, secrets included,
// so that tests show that none gets out.
func demoDrafts(t testing.TB) []directory.Draft {
	t.Helper()
	var drafts []directory.Draft
	must(t, source.ReadLDIF(bytes.NewReader(demo.LDIF()), source.File{Name: "demo.ldif"}, func(d directory.Draft) error {
		drafts = append(drafts, d)
		return nil
	}))
	return drafts
}

// demoDatabases is the sample's ACLs, with some more.
func demoDatabases(t testing.TB, instances ...*database.Instance) (*database.Set, []database.Problem) {
	t.Helper()
	must(t, fs.WalkDir(demo.ACLs(), ".", func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() || !strings.HasSuffix(path, ".dxl") {
			return err
		}
		b, err := fs.ReadFile(demo.ACLs(), path)
		must(t, err)
		faults, err := source.ReadDatabases(bytes.NewReader(b), source.File{Name: path}, func(i database.Instance) error {
			instances = append(instances, &i)
			return nil
		})
		if len(faults) > 0 {
			t.Fatal(faults)
		}
		return err
	}))
	set, problems, err := database.Arrange(instances, database.Options{HomeServers: []string{"Hub1/Acme"},
		Aliases: map[string]string{"crm": "apps/crm.nsf", "hr": "apps/hr.nsf"}})
	must(t, err)
	return set, problems
}

// demoInput is everything of the sample, with some entries more.
func demoInput(t testing.TB, more ...directory.Draft) resolver.Input {
	t.Helper()
	in := resolver.Input{Settings: resolver.Defaults(), AsOf: resolver.AsOf{Directory: testTime, ACL: testTime}}
	in.Entries = changes(append(demoDrafts(t), more...))
	in.Databases, _ = demoDatabases(t)
	_, err := source.ReadServers(bytes.NewReader(demo.Servers()), source.File{Name: "servers.dxl"}, func(d server.Document) error {
		in.Servers = append(in.Servers, &server.Server{Document: &d})
		return nil
	})
	must(t, err)
	return in
}

func changes(drafts []directory.Draft) []directory.Change {
	var out []directory.Change
	for i := range drafts {
		out = append(out, directory.Change{Put: &drafts[i]})
	}
	return out
}

// build makes a Snapshot under the schema of the view.
func build(t testing.TB, in resolver.Input) *resolver.Snapshot {
	t.Helper()
	var aliases []string
	for _, db := range in.Databases.All() {
		aliases = append(aliases, db.Alias...)
	}
	sc, err := Schema(aliases)
	must(t, err)
	in.Store = directory.Empty(sc)
	snap, faults := resolver.Build(in)
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	return snap
}

// draft is an entry from pairs of attribute and value.
func draft(dn string, pairs ...string) directory.Draft {
	d := directory.Draft{DN: dn}
	for i := 0; i+1 < len(pairs); i += 2 {
		d.AddText(pairs[i], pairs[i+1])
	}
	return d
}

// viewSettings are those of the sample.
func viewSettings() Settings {
	return Settings{Base: "cn=access", NamingContexts: []string{""}, GroupChannel: acl.WebSession, MemberOf: true, LookThrough: 100000,
		Now: func() time.Time { return testTime }}
}

// newView shows a Snapshot under a policy.
func newView(t testing.TB, s Settings, p policy.Settings, snap *resolver.Snapshot, findings ...finding.Finding) *View {
	t.Helper()
	rules, err := policy.New(p)
	must(t, err)
	v, err := New(s, rules)
	must(t, err)
	v.Swap("test", snap, findings, testTime)
	return v
}

// demoView shows the sample under client rules.
func demoView(t testing.TB, rules ...policy.Rule) *View {
	t.Helper()
	return newView(t, viewSettings(), policy.Settings{Rules: rules}, build(t, demoInput(t)))
}

// entry is one returned entry, its attributes by the name that was sent.
type entry struct {
	dn    string
	attrs map[string][]string
}

// get is the values of an attribute, whatever the case of its name.
func (e *entry) get(attribute string) []string {
	for n, values := range e.attrs {
		if strings.EqualFold(n, attribute) {
			return values
		}
	}
	return nil
}

// sink collects answers.
type sink struct {
	t       testing.TB
	entries []entry
}

func (s *sink) Room() []byte { return nil }

func (s *sink) Keep(b []byte) error {
	m, err := wire.ParseMessage(b)
	must(s.t, err)
	c, err := wire.ParseEntry(m.Body)
	must(s.t, err)
	e := entry{dn: string(c.DN()), attrs: map[string][]string{}}
	for c.NextAttribute() {
		n := string(c.Name())
		if _, twice := e.attrs[n]; twice {
			s.t.Errorf("%s: attribute %s is there twice", e.dn, n)
		}
		e.attrs[n] = []string{}
		for c.NextValue() {
			e.attrs[n] = append(e.attrs[n], string(c.Value()))
		}
	}
	must(s.t, c.Err())
	s.entries = append(s.entries, e)
	return nil
}

// identity is who bound with a DN; the empty one is anonymous.
func identity(t testing.TB, dn string) policy.Identity {
	t.Helper()
	if dn == "" {
		return policy.Identity{}
	}
	k, err := name.KeyOf(dn)
	must(t, err)
	return policy.Identity{DN: dn, Key: k}
}

// ask is a search request.
func ask(base string, scope wire.Scope, f wire.Filter, attrs ...string) *wire.SearchRequest {
	r := &wire.SearchRequest{Base: []byte(base), Scope: scope, Filter: f}
	for _, a := range attrs {
		r.Attributes = append(r.Attributes, []byte(a))
	}
	return r
}

// usedWorkspaces are those of searches that are over, so that what one leaves would
// show in another.
var usedWorkspaces = sync.Pool{New: func() any { return new(Workspace) }}

// run answers one request.
func runQuery(t testing.TB, v *View, r Request) ([]entry, Answer) {
	t.Helper()
	r.Workspace = usedWorkspaces.Get().(*Workspace)
	defer usedWorkspaces.Put(r.Workspace)
	defer r.Workspace.Clear()
	q, refused := v.Prepare(r)
	if refused.Code != wire.Success {
		return nil, Answer{Result: refused}
	}
	s := &sink{t: t}
	a := q.Run(context.Background(), s)
	if a.Entries != len(s.entries) {
		t.Errorf("%d entries are counted, %d were sent", a.Entries, len(s.entries))
	}
	return s.entries, a
}

func parseFilter(t testing.TB, text string) wire.Filter {
	t.Helper()
	f, err := wire.ParseFilterString(text)
	must(t, err)
	return f
}

// search runs one search and returns its entries and its end.
func search(t testing.TB, v *View, who, base string, scope wire.Scope, filter string, attrs ...string) ([]entry, Answer) {
	t.Helper()
	return runQuery(t, v, Request{MessageID: 1, Identity: identity(t, who), Search: ask(base, scope, parseFilter(t, filter), attrs...)})
}

// compare runs one Compare.
func compare(t testing.TB, v *View, who, dn, attribute, value string) wire.Result {
	t.Helper()
	return v.Compare(identity(t, who), &wire.CompareRequest{Entry: []byte(dn), Attr: []byte(attribute), Value: []byte(value)}, nil)
}

const reader = "cn=reader,o=acme"

func allRule() policy.Rule { return policy.Rule{Who: policy.OneDN, DN: reader, Read: []string{"all"}} }

// dns lists the names of entries.
func dns(es []entry) []string {
	out := make([]string, len(es))
	for i := range es {
		out[i] = es[i].dn
	}
	return out
}

package front

import (
	"bytes"
	"context"
	"io/fs"
	"strings"
	"testing"
	"time"

	"github.com/aclens/aclens/deploy/demo"
	"github.com/aclens/aclens/proxy/login"
	"github.com/aclens/aclens/proxy/policy"
	"github.com/aclens/aclens/proxy/view"
	"github.com/aclens/aclens/proxy/wire"
	"github.com/aclens/aclens/resolver"
	"github.com/aclens/aclens/resolver/acl"
	"github.com/aclens/aclens/resolver/database"
	"github.com/aclens/aclens/resolver/directory"
	"github.com/aclens/aclens/resolver/name"
	files "github.com/aclens/aclens/resolver/source"
)

// The client identities of the sample as it is served here.
const (
	reader = "cn=reader,o=acme"            // may read all, and act as others
	janeD  = "cn=Jane Doe,ou=Sales,o=Acme" // reads what is her own
)

// sampleView is the sample organisation, read by the reader and by its people.
func sampleView(t *testing.T) *view.View {
	t.Helper()
	rules, err := policy.New(policy.Settings{Rules: []policy.Rule{{Who: policy.OneDN, DN: reader, Read: []string{"all"}}}})
	check(t, err)
	v, err := view.New(view.Settings{Base: "cn=access", NamingContexts: []string{""}, GroupChannel: acl.WebSession, MemberOf: true,
		LookThrough: 100000, Controls: SupportedControls(), Now: time.Now}, rules)
	check(t, err)
	v.Swap("sample", sampleSnapshot(t), nil, time.Now())
	return v
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func sampleSnapshot(t *testing.T) *resolver.Snapshot {
	t.Helper()
	in := resolver.Input{Settings: resolver.Defaults(), AsOf: resolver.AsOf{Directory: time.Now(), ACL: time.Now()}}
	check(t, files.ReadLDIF(bytes.NewReader(demo.LDIF()), files.File{Name: "acme.ldif"}, func(d directory.Draft) error {
		in.Entries = append(in.Entries, directory.Change{Put: &d})
		return nil
	}))
	var err error
	in.Databases, _, err = database.Arrange(sampleInstances(t), database.Options{HomeServers: []string{"Hub1/Acme"}, Aliases: map[string]string{"crm": "apps/crm.nsf"}})
	check(t, err)
	sc, err := view.Schema([]string{"crm"})
	check(t, err)
	in.Store = directory.Empty(sc)
	snap, faults := resolver.Build(in)
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	return snap
}

func sampleInstances(t *testing.T) []*database.Instance {
	t.Helper()
	var out []*database.Instance
	check(t, fs.WalkDir(demo.ACLs(), ".", func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() || !strings.HasSuffix(path, ".dxl") {
			return err
		}
		b, err := fs.ReadFile(demo.ACLs(), path)
		check(t, err)
		faults, err := files.ReadDatabases(bytes.NewReader(b), files.File{Name: path}, func(i database.Instance) error {
			out = append(out, &i)
			return nil
		})
		if len(faults) > 0 {
			t.Fatal(faults)
		}
		return err
	}))
	return out
}

// sampleBench is a Server before the sample, where everybody has the password.
func sampleBench(t *testing.T, more ...func(*bench)) *bench {
	t.Helper()
	v := sampleView(t)
	settings := Settings{ProxiedAuthorization: []string{reader}, ResolveAuthzID: v.Identity}
	return newBench(t, settings, append([]func(*bench){func(b *bench) {
		b.dir.prepare = func(r view.Request) (Search, wire.Result) { return v.Prepare(r) }
		b.dir.compare = v.Compare
		b.login.answer = func(_ context.Context, a login.Attempt) login.Outcome {
			key, err := name.KeyOf(a.Name)
			if err != nil || string(a.Password) != password {
				return login.Outcome{Result: wire.Result{Code: wire.InvalidCredentials}}
			}
			return login.Outcome{Who: policy.Identity{DN: a.Name, Key: key}}
		}
	}}, more...)...)
}

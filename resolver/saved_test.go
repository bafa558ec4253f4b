package resolver_test

import (
	"bytes"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/aclens/aclens/resolver"
	"github.com/aclens/aclens/resolver/finding"
	"github.com/aclens/aclens/resolver/saved"
	"github.com/aclens/aclens/resolver/schema"
	"github.com/aclens/aclens/resolver/server"
)

// savedAndRead is a Snapshot that was written and read back.
func savedAndRead(t *testing.T, s *resolver.Snapshot) (*resolver.Snapshot, []byte) {
	t.Helper()
	var file bytes.Buffer
	if err := saved.Write(&file, s, saved.Meta{ID: "1"}); err != nil {
		t.Fatal(err)
	}
	text := bytes.Clone(file.Bytes())
	back, _, err := saved.Read(&file, schema.Standard(), *s.Settings())
	if err != nil {
		t.Fatal(err)
	}
	return back, text
}

func TestASavedSnapshotAnswersAsTheOneThatWasSaved(t *testing.T) {
	for seed := range uint64(60) {
		d := dice{rand.New(rand.NewPCG(seed, 29))}
		w := d.world()
		s := w.build(t)
		for step := range 3 {
			back, text := savedAndRead(t, s)
			compare(t, w.portrait(t, back), w.portrait(t, s))
			sameSlots(t, back, s)
			if got, want := finding.All(back, nil), finding.All(s, nil); !reflect.DeepEqual(got, want) {
				t.Errorf("findings\n%v\nwant\n%v", got, want)
			}
			if _, again := savedAndRead(t, back); !bytes.Equal(again, text) {
				t.Error("what was read is written as other bytes")
			}
			before := slices.Clone(w.docs)
			d.happen(w)
			change := resolver.Change{Entries: w.changesSince(before), AsOf: resolver.AsOf{ACL: time.Unix(int64(step), 5)}}
			next, _ := s.Update(change)
			backNext, _ := back.Update(change)
			compare(t, w.portrait(t, backNext), w.portrait(t, next))
			if t.Failed() {
				t.Fatalf("seed %d, step %d\n%s", seed, step, w)
			}
			s = next
		}
	}
}

// sameSlots compares entries with their IDs, hidden ones and ages.
func sameSlots(t *testing.T, got, want *resolver.Snapshot) {
	t.Helper()
	a, b := got.Store(), want.Store()
	if a.Cap() != b.Cap() || a.Len() != b.Len() {
		t.Errorf("%d entries of %d, want %d of %d", a.Len(), a.Cap(), b.Len(), b.Cap())
		return
	}
	for id := range b.Cap() {
		if a.Entry(id) != b.Entry(id) {
			t.Errorf("slot %d holds %q, want %q", id, a.Entry(id), b.Entry(id))
		}
	}
	if !slices.Equal(slices.Collect(a.Shadowed()), slices.Collect(b.Shadowed())) {
		t.Error("other entries are hidden")
	}
	for _, at := range [][2]time.Time{{got.AsOf().Directory, want.AsOf().Directory}, {got.AsOf().ACL, want.AsOf().ACL}, {got.AsOf().Server, want.AsOf().Server}} {
		if !at[0].Equal(at[1]) {
			t.Errorf("as of %v, want %v", at[0], at[1])
		}
	}
}

// TestASavedSnapshotKeepsEveryFactOfServersAndDatabases compares what portraits
// do not show.
func TestASavedSnapshotKeepsEveryFactOfServersAndDatabases(t *testing.T) {
	for seed := range uint64(40) {
		d := dice{rand.New(rand.NewPCG(seed, 31))}
		w := d.world()
		in := w.input(t)
		for i, srv := range in.Servers {
			srv.Settings.Release, srv.Settings.PersonalAgents = 9+i, i%2 == 0
			if i == 1 {
				srv.Settings.BlankAgentFields = server.DefaultBlankAgentFields()
			}
			if i == 2 {
				srv.Settings.BlankAgentFields = []server.BlankAgentFields{}
			}
		}
		s, _ := resolver.Build(in)
		for i, db := range s.Databases().All() {
			one := db.Primary
			one.Log, one.Release, one.CapturedAt = []string{"a", ""}, "12.0", time.Unix(int64(seed), 999).UTC()
			one.List.Roles = append([]string(nil), one.List.Roles...) // none is none, in whatever way it is written
			one.List.AdminServer, one.List.AdminMayModify, one.List.ExtendedAccess = "CN=Hub1/O=Acme", "namesfields", i%2 == 0
			for j := range one.List.Entries {
				one.List.Entries[j].Unknown = 1 << (j % 9)
			}
		}
		back, _ := savedAndRead(t, s)
		if got, want := back.Databases(), s.Databases(); !reflect.DeepEqual(got, want) {
			t.Fatalf("seed %d: other databases", seed)
		}
		if !reflect.DeepEqual(back.Servers(), s.Servers()) {
			t.Fatalf("seed %d: servers %+v, want %+v", seed, back.Servers(), s.Servers())
		}
	}
}

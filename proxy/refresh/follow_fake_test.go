package refresh

import (
	"fmt"
	"log/slog"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aclens/aclens/proxy/upstream"
	"github.com/aclens/aclens/proxy/upstream/feedtest"
)

// followingFake are settings that follow a directory in memory.
func followingFake(t *testing.T, kind feedtest.Kind) (*feedtest.Server, Settings, *sink) {
	t.Helper()
	server := feedtest.Start(t, kind)
	d, err := upstream.New(upstream.Settings{URLs: []string{server.URL}}, slog.New(slog.DiscardHandler), noObserver{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(d.Close)
	s, to := told(live(d))
	s.Directories[0].Feed = d
	s.Directories[0].Interval, s.Directories[0].Full = 50*time.Millisecond, 24*time.Hour
	return server, s, to
}

// rareDoubts is how often a random run may read everything again, since a
// subtree moved on while what had moved with it was read.
const rareDoubts = 3

// shuffle makes one change at random.
func shuffle(r *rand.Rand, server *feedtest.Server, n int) {
	names := server.Names()
	one := func() string { return names[r.IntN(len(names))] }
	below := func(what string) string { return fmt.Sprintf("%s %d,%s", what, r.IntN(5), one()) }
	switch dn := one(); r.IntN(6) {
	case 0, 1:
		server.Put(below("cn=Person"), map[string][]string{"objectClass": {"inetOrgPerson"}, "sn": {"Doe"}, "description": {fmt.Sprint(n)}})
	case 2:
		server.Put(below("ou=Unit"), map[string][]string{"objectClass": {"organizationalUnit"}})
	case 3:
		server.Put("cn=Team,"+feedtest.Base, map[string][]string{"objectClass": {"groupOfNames"}, "member": {one(), one()}})
	case 4:
		if !slices.ContainsFunc(names, func(other string) bool { return strings.HasSuffix(other, ","+dn) }) {
			server.Delete(dn)
		}
	case 5:
		if to := below("ou=Unit"); !strings.HasSuffix(to, dn) && dn != feedtest.Base {
			server.Rename(dn, to)
		}
	}
}

func TestChangesOfDirSyncAndPersistentSearchLeadToWhatALoadFinds(t *testing.T) {
	for mode, kind := range map[upstream.Mode]feedtest.Kind{upstream.ModeDirSync: feedtest.DirSync, upstream.ModePersistent: feedtest.Persistent} {
		for seed := range uint64(3) {
			server, s, to := followingFake(t, kind)
			start(t, s)
			r := rand.New(rand.NewPCG(seed, 13))
			state := to.await(t, "the first state", func(swapped) bool { return true })
			for round := range 15 {
				for range 1 + r.IntN(6) {
					shuffle(r, server, round)
				}
				switch r.IntN(8) {
				case 0:
					server.Cut()
				case 1:
					server.Forget()
				}
				shuffle(r, server, round)
				want := mustLoad(t, s)
				if state.id != want.ID {
					state = to.await(t, fmt.Sprintf("%s, seed %d, round %d", mode, seed, round), func(s swapped) bool { return s.id == want.ID })
				}
				if got := dump(state.snapshot); !slices.Equal(got, dump(want.Snapshot)) {
					t.Fatalf("%s, seed %d, round %d: followed\n%s\nloaded\n%s", mode, seed, round, strings.Join(got, "\n"), strings.Join(dump(want.Snapshot), "\n"))
				}
			}
			if to.followedBy() != mode {
				t.Errorf("followed by %s", to.followedBy())
			}
			if n := to.resynced(ReasonDoubt); n > rareDoubts {
				t.Errorf("%s, seed %d: %d doubts", mode, seed, n)
			}
		}
	}
}

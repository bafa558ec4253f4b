package change

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/aclens/aclens/proxy/policy"
	"github.com/aclens/aclens/proxy/view"
	"github.com/aclens/aclens/resolver"
	"github.com/aclens/aclens/resolver/acl"
	"github.com/aclens/aclens/resolver/database"
	"github.com/aclens/aclens/resolver/directory"
)

// shown is a view with a Log over a directory of people that a test changes.
type shown struct {
	t    *testing.T
	log  *Log
	view *view.View
	snap *resolver.Snapshot
	now  time.Time
}

func show(t *testing.T, l *Log) *shown {
	t.Helper()
	x := &shown{t: t, now: time.Date(2026, 11, 21, 8, 15, 0, 0, time.UTC)}
	if l == nil {
		l = New(func() time.Time { return x.now })
	}
	l.now = func() time.Time { return x.now }
	x.log = l
	rules, err := policy.New(policy.Settings{})
	if err != nil {
		t.Fatal(err)
	}
	x.view, err = view.New(view.Settings{Base: "cn=access", GroupChannel: acl.WebSession, MemberOf: true, Now: l.now, History: l}, rules)
	if err != nil {
		t.Fatal(err)
	}
	sc, err := view.Schema(nil)
	if err != nil {
		t.Fatal(err)
	}
	set, _, err := database.Arrange(nil, database.Options{})
	if err != nil {
		t.Fatal(err)
	}
	x.snap, _ = resolver.Build(resolver.Input{Settings: resolver.Defaults(), Store: directory.Empty(sc), Databases: set})
	return x
}

// swap makes a state of the people 0 to n-1.
func (x *shown) swap(id string, n, phone int) *view.State {
	x.t.Helper()
	var list []directory.Change
	for i := range n {
		d := &directory.Draft{DN: fmt.Sprintf("cn=Jane Doe %d,o=Acme", i)}
		d.AddText("objectClass", "person")
		d.AddText("cn", fmt.Sprintf("Jane Doe %d", i))
		if i == 0 {
			d.AddText("telephoneNumber", fmt.Sprint("+1 555 ", phone))
		}
		list = append(list, directory.Change{Put: d})
	}
	next, faults := x.snap.Update(resolver.Change{Entries: list})
	if len(faults) > 0 {
		x.t.Fatal(faults)
	}
	x.snap = next
	st := x.view.Swap(id, next, nil, x.now)
	st.Moment() // is there when the changes are numbered
	return st
}

func (x *shown) numbers(from, to uint64) ([]uint64, bool) {
	var out []uint64
	ok := x.log.Between(from, to, func(c *view.Change) bool {
		out = append(out, c.Number)
		return true
	})
	return out, ok
}

func TestNumbersAndTimesOnlyGrowThoughTheClockGoesBack(t *testing.T) {
	x := show(t, nil)
	first := x.swap("a", 1, 1).Moment()
	x.now = x.now.Add(-time.Hour)
	second := x.swap("b", 1, 2).Moment()
	if second.At <= first.At || second.Last != first.Last+1 {
		t.Errorf("%+v, then %+v", first, second)
	}
	if third := x.swap("c", 1, 2).Moment(); third != second {
		t.Errorf("a state without changes is %+v, want %+v", third, second)
	}
	if n, ok := x.log.Find(second.At); !ok || n != second.Last {
		t.Errorf("%d, %t", n, ok)
	}
	if _, ok := x.log.Find(second.At + 1); ok {
		t.Error("a time that never was is found")
	}
}

func TestWhatIsForgottenIsSaidToBe(t *testing.T) {
	x := show(t, nil)
	x.swap("0", 1, 0)
	for i := range 5 {
		x.swap(fmt.Sprint(i+1), 1, i+1)
	}
	if got, ok := x.numbers(2, 5); !ok || !slices.Equal(got, []uint64{3, 4, 5}) {
		t.Fatalf("%v, %t", got, ok)
	}
	x.log.bytes = mostBytes + 3*size(&x.log.changes[0])/2
	x.log.forget()
	if first := x.log.First(); first != 3 {
		t.Fatalf("the first is %d", first)
	}
	if _, ok := x.numbers(1, 5); ok {
		t.Error("changes that are forgotten are given")
	}
	if got, ok := x.numbers(2, 5); !ok || len(got) != 3 {
		t.Errorf("%v, %t", got, ok)
	}
	if _, ok := x.numbers(2, 6); ok {
		t.Error("changes that have not happened are given")
	}
}

func TestAHistorySurvivesWhenTheSameStateComesAgain(t *testing.T) {
	x := show(t, nil)
	x.swap("a", 2, 1)
	was := x.swap("b", 3, 2).Moment()
	kept, err := x.log.MarshalBinary()
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range []string{"b", "c"} {
		again := show(t, nil)
		if err := again.log.Restore(kept); err != nil {
			t.Fatal(err)
		}
		again.now = x.now.Add(time.Hour)
		is := again.swap(id, 3, 2)
		_, ok := again.log.Find(was.At)
		if same := id == "b"; ok != same || (is.Moment() == was) != same || again.log.Replica() != x.log.Replica() {
			t.Errorf("with state %s: %+v was %+v, found %t", id, is.Moment(), was, ok)
		}
		if is.Moment().Last < was.Last {
			t.Errorf("numbers go back from %d to %d", was.Last, is.Moment().Last)
		}
		if id == "b" && !cmp.Equal(is.Known(), x.view.Current().Known()) {
			t.Error(cmp.Diff(is.Known(), x.view.Current().Known()))
		}
	}
}

func TestWhatIsHeldStaysAsItWasWhileTheLogGoesOn(t *testing.T) {
	for sentence, hold := range map[string]func(x *shown, s *view.State) func() ([]byte, error){
		"the log as it is":      func(x *shown, _ *view.State) func() ([]byte, error) { return x.log.Hold() },
		"the log up to a state": func(x *shown, s *view.State) func() ([]byte, error) { return x.log.HoldAt(s) },
		"with its own MarshalBinary": func(x *shown, _ *view.State) func() ([]byte, error) {
			kept, err := x.log.MarshalBinary()
			return func() ([]byte, error) { return kept, err }
		},
	} {
		x := show(t, nil)
		x.swap("a", 2, 1)
		st := x.swap("b", 3, 2)
		was := st.Moment()
		octets := hold(x, st)
		for n := range 20 {
			x.swap(fmt.Sprint("later ", n), 3+n%2, 2)
		}
		kept, err := octets()
		if err != nil {
			t.Fatal(err)
		}
		again := show(t, nil)
		if err := again.log.Restore(kept); err != nil {
			t.Fatalf("%s: %v", sentence, err)
		}
		again.now = x.now.Add(time.Hour)
		if is := again.swap("b", 3, 2); is.Moment() != was || !cmp.Equal(is.Known(), st.Known()) {
			t.Errorf("%s: it goes on from %+v, held was %+v", sentence, is.Moment(), was)
		}
	}
}

func TestDamageIsRefusedWhereverItIs(t *testing.T) {
	x := show(t, nil)
	x.swap("a", 1, 1)
	x.swap("b", 2, 2)
	kept, err := x.log.MarshalBinary()
	if err != nil {
		t.Fatal(err)
	}
	for i := range kept {
		bad := slices.Clone(kept)
		bad[i] ^= 1
		if err := New(time.Now).Restore(bad); !errors.Is(err, ErrDamaged) {
			t.Fatalf("octet %d: %v", i, err)
		}
		if err := New(time.Now).Restore(kept[:i]); !errors.Is(err, ErrDamaged) {
			t.Fatalf("%d octets: %v", i, err)
		}
	}
	if err := New(time.Now).Restore(append(kept, 0)); !errors.Is(err, ErrDamaged) {
		t.Fatal(err)
	}
}

func TestManyChangesAreYieldedInOrderAndNeverInPart(t *testing.T) {
	const many = 3*copied + 7
	l := New(time.Now)
	x := show(t, l)
	state := x.swap("0", 1, 0)
	l.Append(state, make([]view.Change, many), 0)
	for _, c := range []struct{ from, to uint64 }{{0, many}, {1, copied}, {copied, copied + 1}, {5, 2*copied + 5}, {many, many}, {7, 3}} {
		next := c.from + 1
		if !l.Between(c.from, c.to, func(each *view.Change) bool {
			if each.Number != next {
				t.Fatalf("behind %d to %d: change %d comes where %d should", c.from, c.to, each.Number, next)
			}
			next++
			return true
		}) || next != max(c.from, c.to)+1 {
			t.Errorf("behind %d to %d the last is %d", c.from, c.to, next-1)
		}
	}
	seen := 0
	if l.Between(0, many, func(*view.Change) bool {
		if seen++; seen == 1 {
			l.Append(state, make([]view.Change, mostChanges), 0)
		}
		return true
	}) || seen != copied {
		t.Errorf("changes that are forgotten meanwhile are said to be all, behind %d of them", seen)
	}
	one := 0
	if !l.Between(l.First()-1, l.last().Last, func(*view.Change) bool { one++; return false }) || one != 1 {
		t.Errorf("whoever has enough after one is given %d", one)
	}
}

package refresh

import (
	"fmt"
	"slices"
	"sync/atomic"
	"testing"

	"github.com/aclens/aclens/resolver/directory"
)

// large is a directory whose findings are found behind the Swap.
func large() *fakeLive {
	var drafts []directory.Draft
	for i := range adviseAtOnce + 10 {
		drafts = append(drafts, person(fmt.Sprint("Person ", i)))
	}
	return newFakeLive(append(drafts, group("Sales", "Person 1"))...)
}

func TestFindingsOfALargeStateFollowItsSwapAndAreThoseOfALoad(t *testing.T) {
	f := large()
	s, to := told(live(f))
	var of, ofFirst atomic.Value
	s.Advised = func(id string) {
		ofFirst.CompareAndSwap(nil, id)
		of.Store(id)
	}
	r := start(t, s)
	known := func(group string) func(swapped) bool {
		return func(w swapped) bool {
			return of.Load() == w.id && slices.Contains(kindsOf(w.findings), "empty-group "+group)
		}
	}
	to.await(t, "the first state", func(w swapped) bool { return !slices.Contains(kindsOf(w.findings), "empty-group Empty") })
	if first, told := ofFirst.Load().(string); !told || first != "" {
		t.Errorf("findings that nobody knows yet are those of %q", first)
	}
	f.put(group("Empty"))
	r.Reload()
	to.await(t, "the change, whatever is known of it", holds("cn=Empty", true))
	if got := to.await(t, "its findings", known("Empty")); !slices.Equal(kindsOf(got.findings), kindsOf(mustLoad(t, s).Findings)) {
		t.Errorf("found %q", kindsOf(got.findings))
	}
	f.put(group("Sales"))
	r.Reload()
	got := to.await(t, "the findings of the next state", known("Sales"))
	if want := mustLoad(t, s); got.id != want.ID || !slices.Equal(kindsOf(got.findings), kindsOf(want.Findings)) {
		t.Errorf("%s has %q, a load finds %q", got.id, kindsOf(got.findings), kindsOf(want.Findings))
	}
}

func TestALargeStateKeepsTheFindingsOfTheOneBeforeUntilItsOwnAreFound(t *testing.T) {
	f := large()
	s, to := told(live(f))
	s.Clock = newFakeClock()
	w := loadedWorld(t, s)
	to.last(t)
	w.adviser = newAdviser(t.Context(), w.Clock)
	defer w.adviser.close()
	before, first := kindsOf(w.findings(w.now)), w.now.id
	f.put(group("Sales")) // nobody is in it any more
	w.poll(t)
	if got := to.last(t); got.id == first || !slices.Equal(kindsOf(got.findings), before) || w.now.adviceOf != first {
		t.Fatalf("state %s goes with %q of %s", got.id, kindsOf(got.findings), w.now.adviceOf)
	}
	w.keepAdvised()
	second := w.now.id
	f.put(group("Empty")) // while that is under way
	w.poll(t)
	to.last(t)
	w.takeAdvice(<-w.adviser.finished())
	if got := to.last(t); w.now.adviceOf != second || !slices.Contains(kindsOf(got.findings), "empty-group Sales") || !w.now.unadvised {
		t.Fatalf("findings of %s: %q", w.now.adviceOf, kindsOf(got.findings))
	}
	w.Clock.(*fakeClock).advance(DefaultInterval)
	w.keepAdvised()
	w.takeAdvice(<-w.adviser.finished())
	if got := to.last(t); w.now.adviceOf != w.now.id || !slices.Equal(kindsOf(got.findings), kindsOf(mustLoad(t, s).Findings)) {
		t.Errorf("findings of %s: %q", w.now.adviceOf, kindsOf(got.findings))
	}
	if due := w.nextAdvice(); !due.IsZero() {
		t.Errorf("the same findings are to be found again at %v", due)
	}
}

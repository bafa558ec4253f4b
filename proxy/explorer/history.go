package explorer

import (
	"slices"
	"sync"
	"time"

	"github.com/aclens/aclens/proxy/inquiry"
	"github.com/aclens/aclens/proxy/view"
)

// Bounds of the states that are kept for comparison.
const (
	keptStates = 5
	keptFor    = 7 * 24 * time.Hour
)

// History keeps a few earlier states, so that the present one can be compared
// with them. The nearer to now, the closer they lie together. States that are
// too large to compare are not kept. It is safe for concurrent use.
type History struct {
	now func() time.Time

	mu   sync.Mutex // guards kept
	kept []Earlier
}

// Earlier is a state with the time at which it began to answer.
type Earlier struct {
	State *view.State
	Since time.Time
}

// NewHistory makes one that holds nothing.
func NewHistory(now func() time.Time) *History { return &History{now: now} }

// Keep takes the state that answers from now on.
func (h *History) Keep(s *view.State) {
	p := s.Snapshot.Population()
	if int(p.People.GetCardinality()+p.Servers.GetCardinality())*s.Snapshot.Databases().Len() > inquiry.MaxPairs/2 {
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	now := h.now()
	h.kept = slices.DeleteFunc(h.kept, func(e Earlier) bool { return now.Sub(e.Since) > keptFor })
	if n := len(h.kept); n > 0 && h.kept[n-1].State.ID == s.ID {
		h.kept[n-1].State = s // the same state, made anew
		return
	}
	h.kept = append(h.kept, Earlier{s, now})
	if len(h.kept) > keptStates+1 {
		h.thin()
	}
}

// Forget drops all states, when other rules say who may see what: a state is
// seen under the rules that it was made under.
func (h *History) Forget() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.kept = nil
}

// thin drops the state whose neighbours are nearest to each other for their
// age; the oldest and the two newest stay.
func (h *History) thin() {
	now, drop, least := h.now(), 1, 0.0
	for i := 1; i < len(h.kept)-2; i++ {
		gap := h.kept[i+1].Since.Sub(h.kept[i-1].Since)
		age := max(time.Second, now.Sub(h.kept[i].Since))
		if weight := float64(gap) / float64(age); i == 1 || weight < least {
			drop, least = i, weight
		}
	}
	h.kept = slices.Delete(h.kept, drop, drop+1)
}

// Before lists the states that answered before the present one, newest first.
func (h *History) Before(present *view.State) []Earlier {
	h.mu.Lock()
	defer h.mu.Unlock()
	list := slices.DeleteFunc(slices.Clone(h.kept), func(e Earlier) bool { return e.State == present || e.State.ID == present.ID })
	slices.Reverse(list)
	return list
}

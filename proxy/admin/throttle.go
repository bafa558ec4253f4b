package admin

import (
	"net"
	"sync"
	"time"

	lru "github.com/hashicorp/golang-lru/v2/simplelru"
)

// How many refused log-ins an address may have within how long, and how many
// addresses are remembered.
const (
	refusedMost      = 10
	refusedWithin    = time.Minute
	refusedAddresses = 10000
)

// throttle keeps an address that guesses passwords waiting. The directory's own
// lock-out stands behind it.
type throttle struct {
	now func() time.Time

	mu   sync.Mutex // guards seen
	seen *lru.LRU[string, tries]
}

// tries are the refused log-ins of one address since a moment.
type tries struct {
	since time.Time
	count int
}

func newThrottle(now func() time.Time) *throttle {
	seen, err := lru.NewLRU[string, tries](refusedAddresses, nil)
	if err != nil {
		panic(err) // only for a size that is not positive
	}
	return &throttle{now: now, seen: seen}
}

func host(remote string) string {
	h, _, err := net.SplitHostPort(remote)
	if err != nil {
		return remote
	}
	return h
}

// may tells whether another try of the address is looked at.
func (t *throttle) may(remote string) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	n, ok := t.seen.Get(host(remote))
	return !ok || n.count < refusedMost || t.now().Sub(n.since) >= refusedWithin
}

// refused counts a log-in that was refused.
func (t *throttle) refused(remote string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	n, ok := t.seen.Get(host(remote))
	if now := t.now(); !ok || now.Sub(n.since) >= refusedWithin {
		n = tries{since: now}
	}
	n.count++
	t.seen.Add(host(remote), n)
}

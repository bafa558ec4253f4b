package admin

import (
	"net"
	"net/netip"
	"sync"
	"time"

	lru "github.com/hashicorp/golang-lru/v2/simplelru"
)

// How many refused log-ins an address may have within how long, how many may be
// checked for it at one time, and how many addresses are remembered. Whoever has
// one address of IPv6 has all that begin like it.
const (
	refusedMost      = 10
	refusedWithin    = time.Minute
	refusedAddresses = 10000
	checkedAtOnce    = 64
	networkBits      = 64
)

// throttle keeps an address that guesses passwords waiting. The directory's own
// lock-out stands behind it.
type throttle struct {
	now func() time.Time

	mu   sync.Mutex // guards seen
	seen *lru.LRU[string, tries]
}

// tries are the refused log-ins of one address since a moment, and those that
// are being checked.
type tries struct {
	since  time.Time
	count  int
	checks int
}

func newThrottle(now func() time.Time) *throttle {
	seen, err := lru.NewLRU[string, tries](refusedAddresses, nil)
	if err != nil {
		panic(err) // only for a size that is not positive
	}
	return &throttle{now: now, seen: seen}
}

// host is whom tries are counted for.
func host(remote string) string {
	h, _, err := net.SplitHostPort(remote)
	if err != nil {
		return remote
	}
	at, err := netip.ParseAddr(h)
	if err != nil || !at.Is6() || at.Is4In6() {
		return h
	}
	network, err := at.WithZone("").Prefix(networkBits)
	if err != nil {
		return h
	}
	return network.String()
}

// of is what is known of an address.
func (t *throttle) of(address string) tries {
	n, _ := t.seen.Get(address)
	if t.now().Sub(n.since) >= refusedWithin {
		n.count = 0
	}
	return n
}

// begin tells whether another try of the address is looked at; then end has to
// follow. Tries at one time could all pass before the first is refused, so once
// one was they count as if they were.
func (t *throttle) begin(remote string) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	n := t.of(host(remote))
	if n.checks >= checkedAtOnce || n.count >= refusedMost || n.count > 0 && n.count+n.checks >= refusedMost {
		return false
	}
	n.checks++
	t.seen.Add(host(remote), n)
	return true
}

// end counts how a try ended.
func (t *throttle) end(remote string, refused bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	n := t.of(host(remote))
	n.checks = max(0, n.checks-1) // whoever was forgotten meanwhile begins anew
	if refused {
		if n.count == 0 {
			n.since = t.now()
		}
		n.count++
	}
	t.seen.Add(host(remote), n)
}

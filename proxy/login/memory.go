package login

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/netip"
	"sync"
	"time"

	"github.com/hashicorp/golang-lru/v2/simplelru"
	"golang.org/x/crypto/bcrypt"
)

// memoryCost is that of bcrypt; why is in the package comment.
const memoryCost = 6

// place is where a bind counts: one name from one client on one listener.
type place struct {
	listener string
	client   netip.Addr
	dnKey    string
}

// remembered is one bind that succeeded.
type remembered struct {
	hash  []byte
	until time.Time
}

// memory is the bind cache.
type memory struct {
	secret  [sha256.Size]byte // of this process
	turns   turns
	cost    int
	compare func(hash, password []byte) error // bcrypt.CompareHashAndPassword

	mu      sync.Mutex // guards what follows
	binds   *simplelru.LRU[place, remembered]
	byDN    map[string]map[place]struct{} // what binds holds, by dnKey
	watches map[string]*watch             // by dnKey: binds under way
	sweeper *time.Timer                   // nil while nothing is remembered
}

// watch is shared by the binds of one entry that are under way. Once the entry
// is forgotten they must not be remembered: the directory may have answered
// before the change.
type watch struct {
	forgotten bool
	users     int
}

func newMemory() (*memory, error) {
	m := &memory{turns: newTurns(), cost: memoryCost, compare: bcrypt.CompareHashAndPassword, watches: map[string]*watch{}}
	if _, err := rand.Read(m.secret[:]); err != nil {
		return nil, fmt.Errorf("making the key of the bind cache: %w", err)
	}
	m.reset(1)
	return m, nil
}

// reset forgets everything and sets how many binds are remembered at most.
func (m *memory) reset(entries int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.clear()
	m.byDN = map[string]map[place]struct{}{}
	m.binds, _ = simplelru.NewLRU(max(entries, 1), m.unlist) // fails for less than one
}

// unlist takes a bind out of byDN; mu is held.
func (m *memory) unlist(p place, _ remembered) {
	delete(m.byDN[p.dnKey], p)
	if len(m.byDN[p.dnKey]) == 0 {
		delete(m.byDN, p.dnKey)
	}
}

func (m *memory) forgetAll() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.clear()
}

// clear forgets everything; mu is held.
func (m *memory) clear() {
	for dnKey, w := range m.watches {
		w.forgotten = true
		delete(m.watches, dnKey)
	}
	if m.binds != nil {
		m.binds.Purge()
	}
	if m.sweeper != nil {
		m.sweeper.Stop()
		m.sweeper = nil
	}
}

func (m *memory) forget(dnKey string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if w := m.watches[dnKey]; w != nil {
		w.forgotten = true
		delete(m.watches, dnKey)
	}
	for p := range m.byDN[dnKey] {
		m.binds.Remove(p)
	}
}

// begin watches an entry until end is called with what it returns.
func (m *memory) begin(dnKey string) *watch {
	m.mu.Lock()
	defer m.mu.Unlock()
	w := m.watches[dnKey]
	if w == nil {
		w = &watch{}
		m.watches[dnKey] = w
	}
	w.users++
	return w
}

func (m *memory) end(dnKey string, w *watch) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if w.users--; w.users == 0 && m.watches[dnKey] == w {
		delete(m.watches, dnKey)
	}
}

// recall says what is known of a password at a place. If no processor is free
// soon it is a miss.
func (m *memory) recall(ctx context.Context, p place, password []byte) CacheUse {
	m.mu.Lock()
	r, ok := m.binds.Peek(p) // Get would make the order another one than that of age
	m.mu.Unlock()
	if !ok || m.turns.take(ctx) != nil {
		return CacheMiss
	}
	defer m.turns.give()
	if m.compare(r.hash, m.digest(password)) != nil {
		return CacheMismatch
	}
	if !time.Now().Before(r.until) || !m.still(p, r) {
		return CacheMiss
	}
	return CacheHit
}

// still tells whether a bind was not forgotten while it was looked at.
func (m *memory) still(p place, r remembered) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	now, ok := m.binds.Peek(p)
	return ok && &now.hash[0] == &r.hash[0]
}

// keep remembers a bind unless its entry was forgotten since the watch began.
// A bind that would have to wait for a processor is not worth it.
func (m *memory) keep(p place, w *watch, password []byte, until time.Time) {
	if !m.turns.tryTake() {
		return
	}
	hash, err := bcrypt.GenerateFromPassword(m.digest(password), m.cost)
	m.turns.give()
	if err != nil {
		return // no salt to be had: nothing is remembered
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if w.forgotten || !time.Now().Before(until) {
		return
	}
	m.binds.Add(p, remembered{hash, until})
	if m.byDN[p.dnKey] == nil {
		m.byDN[p.dnKey] = map[place]struct{}{}
	}
	m.byDN[p.dnKey][p] = struct{}{}
	if m.sweeper == nil {
		m.sweeper = time.AfterFunc(time.Until(until), m.sweep)
	}
}

// digest makes a password of any length and content fit for bcrypt.
func (m *memory) digest(password []byte) []byte {
	mac := hmac.New(sha256.New, m.secret[:])
	mac.Write(password)
	return hex.AppendEncode(nil, mac.Sum(nil))
}

// sweep removes what is out of date, and comes again when the next is. Binds
// were added about in the order in which they end.
func (m *memory) sweep() {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.sweeper == nil {
		return // forgotten meanwhile
	}
	for {
		_, r, ok := m.binds.GetOldest()
		if !ok {
			m.sweeper = nil
			return
		}
		if left := time.Until(r.until); left > 0 {
			m.sweeper.Reset(left)
			return
		}
		m.binds.RemoveOldest()
	}
}

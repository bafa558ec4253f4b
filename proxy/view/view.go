package view

import (
	"crypto/rand"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/aclens/aclens/proxy/policy"
	"github.com/aclens/aclens/resolver"
	"github.com/aclens/aclens/resolver/acl"
	"github.com/aclens/aclens/resolver/cache"
	"github.com/aclens/aclens/resolver/finding"
	"github.com/aclens/aclens/resolver/name"
)

// Settings shape what clients see.
type Settings struct {
	Base            string      // DN of the virtual subtree
	NamingContexts  []string    // of the directory, in order; "" is a rootless tree; none: read off the entries
	GroupChannel    acl.Channel // of the level and role groups
	MemberOf        bool        // memberOf is computed; else the directory's own values are passed on
	MemberOfInStar  bool        // memberOf is returned with *
	MemberOfVirtual bool        // memberOf holds the DNs of the flattened copies
	OmitEmptyGroups bool        // a group of the subtree without members is left out
	SizeLimit       int         // entries; 0 is no limit
	LookThrough     int         // entries looked at in vain; 0 is no limit
	StaleAfter      StaleAfter
	RefuseStale     bool // answer 52 instead of flagging
	Version         string
	Controls        []string // OIDs that the front serves
	Extensions      []string
	Mechanisms      []string // SASL
	References      bool     // referral objects of the directory are served, led to the address that the client reached
	Now             func() time.Time
	History         History // nil: no feeds, and stamps are the directory's
}

// StaleAfter says how old a source may be; zero is any age.
type StaleAfter struct{ Directory, ACL time.Duration }

// View answers searches and compares. It is safe for concurrent use.
type View struct {
	settings          Settings
	policy            *policy.Policy
	base              name.DN
	created           time.Time // createTimestamp of virtual entries
	groupChannel      acl.Channel
	memberOfEffective bool
	memberOfVirtual   bool
	cookieKey         [32]byte
	current           atomic.Pointer[State]
	last              atomic.Pointer[State] // whose changes are numbered
	findingsOf        atomic.Pointer[string]
	numbering         chan struct{} // a place for each State that waits for its numbers
	serials           atomic.Uint64
	databasesKey      string // normalised DN of ou=databases
	kept              keptStates
	uses              cacheUses
	orders            *cache.Cache[orderKey, []orderedEntry]
	bases             *cache.Cache[string, name.DN]
	sorting           atomic.Int64 // octets in use for sorting
	mostSorted        int          // entries that one search may sort
	news              news         // wakes those who follow
	retired           atomic.Bool  // no State will follow
}

// New makes a View without a State: until the first Swap every search is answered 52.
func New(s Settings, p *policy.Policy) (*View, error) {
	base, err := name.ParseDN(s.Base)
	if err != nil || base.IsRoot() {
		return nil, fmt.Errorf("view.base: %q is not a DN", s.Base)
	}
	v := &View{settings: s, policy: p, base: base, groupChannel: s.GroupChannel,
		memberOfEffective: s.MemberOf, memberOfVirtual: s.MemberOfVirtual, created: s.Now(), mostSorted: mostSorted, numbering: make(chan struct{}, mostNumbering)}
	v.orders, v.bases = newOrderCache(&v.uses.orders), newBaseCache(&v.uses.bases)
	v.databasesKey = ouDatabases + "," + base.Key()
	for _, c := range s.NamingContexts {
		if _, err := name.ParseDN(c); err != nil {
			return nil, fmt.Errorf("naming context %q: %w", c, err)
		}
	}
	if _, err := rand.Read(v.cookieKey[:]); err != nil {
		return nil, fmt.Errorf("making a key for cookies: %w", err)
	}
	return v, nil
}

// CheckBase refuses a Snapshot with a real entry at or below the virtual
// subtree, which would be shadowed by it.
func (v *View) CheckBase(s *resolver.Snapshot) error {
	if id, ok := s.Store().Find(v.base.Key()); ok {
		return fmt.Errorf("view.base: the directory has an entry %q", s.Store().Entry(id).DN())
	}
	return nil
}

// Swap makes a Snapshot the one that answers. With a History, what changed is
// numbered behind that, aside; while several States wait for that, Swap waits, too.
func (v *View) Swap(id string, s *resolver.Snapshot, findings []finding.Finding, changed time.Time) *State {
	before := v.current.Load()
	st := v.newState(id, s, findings, changed)
	st.inherit(before)
	v.current.Store(st)
	v.kept.keep(st, v.settings.Now())
	v.number(before, st)
	return st
}

// Advised notes of which State the findings are that go with the States from now
// on: they may be found behind the Swap.
func (v *View) Advised(id string) { v.findingsOf.Store(&id) }

// FindingsOf is the id of the State that the findings are of: this one, or one
// that answered a little before it; empty while those of a first State are being
// found.
func (s *State) FindingsOf() string {
	if of := s.view.findingsOf.Load(); of != nil {
		return *of
	}
	return s.ID
}

// Current is the State that answers, nil before the first Swap.
func (v *View) Current() *State { return v.current.Load() }

func (v *View) stale(a resolver.AsOf) bool {
	return a.Stale(v.settings.Now(), v.settings.StaleAfter.Directory, v.settings.StaleAfter.ACL)
}

// Refuses tells whether answers from a State are refused because a source is
// older than the configuration allows.
func (v *View) Refuses(s *State) bool { return v.settings.RefuseStale && s.Stale() }

// underBase tells whether a normalised DN lies at or below the virtual subtree.
func (v *View) underBase(key string) bool { return name.KeyUnder(key, v.base.Key()) }

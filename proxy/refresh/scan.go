package refresh

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/aclens/aclens/proxy/upstream"
	"github.com/aclens/aclens/resolver/directory"
	"github.com/aclens/aclens/resolver/finding"
	"github.com/aclens/aclens/resolver/name"
)

var errNoName = errors.New("it has no name")

// scan is one pass over a directory beside what is held of it. Nothing of it
// counts until it is committed, but that a pass met an entry.
type scan struct {
	name    string
	source  uint8
	sieve   *sieve
	hand    *hand    // of take
	packing *packing // nil: drafts are kept
	held    *marks
	pass    uint32
	fresh   bool // held against nothing

	changes   []directory.Change
	put       map[string]digest   // what came or changed
	gone      []string            // what is no more
	stated    map[string]bool     // of gone: what a feed said itself, see groundOf
	twice     []string            // entries that the directory holds twice
	passwords map[string][][]byte // userPassword of what is in files
	faults    []Fault
	refused   []Fault // by the Store

	asOf  time.Time
	full  bool           // everything was read
	below string         // with whole: of all entries at or below this one; empty is all
	whole bool           // the names of all entries were met: what is not among them is gone
	asked bool           // the directory was asked: it did not tell by itself
	hold  *hold          // what the brake keeps back after this pass; nil is nothing
	since upstream.State // of a live directory
	ids   idKeys         // identities of what came, where a feed knows them
	feed  upstream.Mode  // by which entries show their identities
	seen  []look         // of a directory of files
}

// take is given every entry of a directory.
func (s *scan) take(d directory.Draft) error {
	if s.hand == nil {
		s.hand = s.newHand()
	}
	if s.packing != nil {
		s.packing.learn(&d)
	}
	r := s.hand.make(d)
	s.takeReady(&r)
	return nil
}

// takeReady takes an entry. Of two that have one name the one with the lower
// digest counts, so that all replicas of the proxy agree.
func (s *scan) takeReady(r *ready) {
	if r.err != nil {
		s.leaveOut(r.dn, r.err)
		return
	}
	if s.packing != nil && r.change.Put != nil {
		s.packing.learn(r.change.Put)
	}
	now, known := s.held.meet(r.key, s.pass)
	staged, changed := s.put[r.key]
	if changed || known && now.pass == s.pass {
		s.twice = append(s.twice, r.key)
		if !changed {
			staged = now.digest
		}
		if r.sum.compare(staged) < 0 {
			s.stageReady(r)
		}
		return
	}
	if !known || now.digest != r.sum {
		s.stageReady(r)
	}
}

// takeOnce is takeReady for a file: an entry that is there twice spoils
// everything, and passwords are kept aside.
func (s *scan) takeOnce(file string, r *ready) error {
	before := len(s.twice)
	s.takeReady(r)
	if len(s.twice) > before {
		return fmt.Errorf("%s: entry %q is given twice", file, r.dn)
	}
	if len(r.passwords) == 0 {
		return nil
	}
	if r.err != nil {
		return fmt.Errorf("%s: entry %q: %w", file, r.dn, r.err)
	}
	for i, p := range r.passwords {
		r.passwords[i] = bytes.Clone(p) // not with all that was read beside it
	}
	s.passwords[r.key] = r.passwords
	return nil
}

// takeChange is given what a feed tells: the last word on an entry counts.
func (s *scan) takeChange(d directory.Draft) error {
	key, sum, ok := s.prepare(&d)
	if !ok {
		return nil
	}
	now, known := s.held.meet(key, s.pass)
	staged, changed := s.put[key]
	if !changed {
		staged = now.digest
	}
	if !known && !changed || staged != sum {
		s.stage(key, sum, d)
	}
	return nil
}

// prepare strips a draft and finds its name. An entry whose name cannot be
// understood is left out.
func (s *scan) prepare(d *directory.Draft) (key string, sum digest, ok bool) {
	d.Source = s.source
	s.sieve.strip(d)
	key, err := name.KeyOf(d.DN)
	if err == nil && key == "" {
		err = errNoName
	}
	if err != nil {
		s.leaveOut(d.DN, err)
		return "", digest{}, false
	}
	return key, s.sieve.digest(key, d), true
}

// leaveOut reports an entry whose name cannot be understood.
func (s *scan) leaveOut(dn string, err error) {
	s.faults = append(s.faults, Fault{Severity: finding.Error, File: "directory " + s.name, Subject: fmt.Sprintf("entry %q", dn), Err: err})
}

func (s *scan) stageReady(r *ready) {
	s.put[r.key] = r.sum
	s.changes = append(s.changes, r.change)
}

func (s *scan) stage(key string, sum digest, d directory.Draft) {
	s.put[key] = sum
	s.changes = append(s.changes, directory.Change{Put: &d})
}

// met notes the name of an entry that the directory holds; it tells whether
// anything is held under it.
func (s *scan) met(key string) bool {
	_, known := s.held.meet(key, s.pass)
	return known
}

// missing finds what this pass has not met: it is no more.
func (s *scan) missing() {
	s.whole = true
	for key, m := range s.held.all() {
		if m.pass == s.pass {
			continue
		}
		if _, back := s.put[key]; !back {
			s.gone = append(s.gone, key)
		}
	}
	slices.Sort(s.gone)
	for _, key := range s.gone {
		s.changes = append(s.changes, directory.Change{Remove: key, Source: s.source})
	}
}

// remove takes one entry for gone.
func (s *scan) remove(key string) {
	s.gone = append(s.gone, key)
	s.changes = append(s.changes, directory.Change{Remove: key, Source: s.source})
}

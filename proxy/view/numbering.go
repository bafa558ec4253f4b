package view

import (
	"strings"
	"sync/atomic"
	"time"

	"github.com/aclens/aclens/proxy/wire"
)

// mostNumbering is how many States may wait for their numbers: each keeps its
// Snapshot in memory.
const mostNumbering = 8

// numbered is a State's place among the changes. What differs from the State
// before may take seconds to find, where thousands of people got other access;
// the State answers meanwhile.
type numbered struct {
	stamps atomic.Pointer[stamps] // nil until done is closed
	done   chan struct{}
}

// stamped are the stamps of a State. It waits for them.
func (s *State) stamped() *stamps {
	if t := s.numbered.stamps.Load(); t != nil {
		return t
	}
	<-s.numbered.done
	return s.numbered.stamps.Load()
}

// number gives a State its place behind the one before it, and tells of it. One
// State after the other is numbered, in the order of their Swaps.
func (v *View) number(before, next *State) {
	if next.numbered == nil {
		v.goOnTo(next)
		return
	}
	v.numbering <- struct{}{}
	go func() {
		defer func() { <-v.numbering }()
		next.numbered.stamps.Store(v.stampsOf(before, next))
		close(next.numbered.done)
		v.goOnTo(next)
	}()
}

// goOnTo lets feeds go on to a numbered State, and never back: the one behind it
// may be numbered by the time that this one's turn to say so comes.
func (v *View) goOnTo(next *State) {
	for last := v.last.Load(); last == nil || last.serial < next.serial; last = v.last.Load() {
		if v.last.CompareAndSwap(last, next) {
			break
		}
	}
	v.news.tell()
}

// stampsOf finds the stamps of a State and lets the History have what differs
// from the one before.
func (v *View) stampsOf(before, next *State) *stamps {
	h := v.settings.History
	if before == nil {
		moment, known := h.Begin(next)
		t := &stamps{Moment: moment, virtual: known}
		t.fill(next)
		for id := range next.Snapshot.Store().Cap() {
			if next.Snapshot.Store().Exists(id) {
				t.set(next, id, known[next.Snapshot.Store().Entry(id).Key()])
			}
		}
		next.subtree() // so that no client waits for it
		return t
	}
	old := before.stamped()
	next.inherit(before) // what the State before did not have yet when this one began to answer
	changes := Differences(before, next)
	return old.after(before, next, h.Append(next, changes, v.ahead(next, changes)), changes)
}

// told is the last State whose changes are numbered: what a client that follows
// them stands on. It is the one that answers, or a little older; nil before the first.
func (v *View) told() *State { return v.last.Load() }

// stampPatience is how long a search that asks for stamps waits for those of the
// State that answers before it is answered from the last one that has them.
const stampPatience = 250 * time.Millisecond

// stateFor is the State that a request is answered from; nil before the first.
func (v *View) stateFor(r *Request) *State {
	st := v.Current()
	if st == nil || st.numbered == nil || st.numbered.stamps.Load() != nil || !r.asksForStamps() {
		return st
	}
	patience := time.NewTimer(stampPatience)
	defer patience.Stop()
	select {
	case <-st.numbered.done:
		return st
	case <-patience.C:
	}
	if told := v.told(); told != nil {
		return told
	}
	return st
}

// asksForStamps tells whether an answer may hold or depend on when something
// changed. What it overlooks, such as an OID, waits for the stamps where they
// are needed.
func (r *Request) asksForStamps() bool {
	if r.lasting() || strings.HasSuffix(strings.ToLower(strings.TrimSpace(string(r.Search.Base))), changelogDN) {
		return true
	}
	for _, a := range r.Search.Attributes {
		if string(a) == "+" || isStamp(a) {
			return true
		}
	}
	return filtersStamps(&r.Search.Filter)
}

func filtersStamps(f *wire.Filter) bool {
	for i := range f.Children {
		if filtersStamps(&f.Children[i]) {
			return true
		}
	}
	return isStamp(f.Attr)
}

func isStamp(attribute []byte) bool {
	return strings.EqualFold(string(attribute), attrModified) || strings.EqualFold(string(attribute), attrCSN)
}

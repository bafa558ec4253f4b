package view

import (
	"slices"
	"strings"

	"github.com/aclens/aclens/proxy/wire"
	"github.com/aclens/aclens/resolver/directory"
)

// Bounds of sorting.
const (
	mostSorted   = 200_000   // entries of one search
	mostSortText = 64 << 20  // octets of their sort texts
	sortMemory   = 256 << 20 // octets of all searches that are being sorted at one time
)

// orderedEntry is one entry of a sorted list.
type orderedEntry struct {
	stage uint32
	id    directory.ID
}

// sortItem is an entry on its way into a list.
type sortItem struct {
	text string
	orderedEntry
}

// sortItemSize is what a sortItem takes besides its text.
const sortItemSize = 32

// inOrder marks a position in a sorted list, where others are among the entries.
const inOrder = 1<<31 - 1

// runSorted returns the entries in order, or those of them that are asked for.
func (r *run) runSorted() {
	if r.from.begun && r.from.stage != inOrder {
		r.inNoOrder(wire.SortResult{Code: wire.AdminLimitExceeded}) // as on the pages before
		return
	}
	list, fault := r.order()
	if fault != nil {
		r.inNoOrder(*fault)
		return
	}
	if r.answer.Result.Code != wire.Success {
		return
	}
	from, to := int(r.from.id), len(list)
	if r.request.VLV != nil {
		from, to = r.takeView(list)
	}
	for i := from; i < to; i++ {
		at := position{stage: inOrder, id: directory.ID(i), sent: r.from.sent + r.answer.Entries}
		if !r.send(int(list[i].stage), list[i].id, at) {
			break
		}
	}
	if r.answer.Entries > 0 {
		r.answer.Sorted = &wire.SortResult{} // without entries there is nothing to say (RFC 2891, section 2)
	}
}

// inNoOrder goes on when sorting has failed on the way. A list that was begun in
// order cannot be.
func (r *run) inNoOrder(fault wire.SortResult) {
	r.unsortable(fault)
	switch {
	case r.refused != nil:
		visited := r.answer.Visited
		r.answer = *r.refused
		r.answer.Visited = visited
	case r.from.stage == inOrder:
		r.end(fault.Code, "the entries cannot be sorted again")
		r.answer.Sorted = &fault
	default:
		r.vain = 0
		r.runUnsorted()
	}
}

// order is the list of all entries in order. Without one either the answer has
// ended or the fault says why there is none.
func (r *run) order() ([]orderedEntry, *wire.SortResult) {
	kept := r.request.Page != nil || r.request.VLV != nil
	var key orderKey
	if kept {
		key = orderKey{r.state.serial, [digestSize]byte(r.request.digest())}
		if list, ok := r.view.orders.Get(key); ok {
			return list, nil
		}
	}
	list, fault := r.sort()
	if kept && fault == nil && r.answer.Result.Code == wire.Success {
		r.view.orders.Put(key, list)
	}
	return list, fault
}

// sorting collects the entries of one search.
type sorting struct {
	run     *run
	readers []*sortReader // by stage
	items   []sortItem
	text    int // octets
	taken   int // of the View's memory
	fault   *wire.SortResult
}

func (r *run) sort() ([]orderedEntry, *wire.SortResult) {
	s := &sorting{run: r, readers: make([]*sortReader, len(r.stages))}
	defer func() { r.view.sorting.Add(int64(-s.taken)) }()
	r.found = s.take
	r.look(position{})
	if s.fault == nil && r.pace.done() {
		r.end(wire.TimeLimitExceeded, "") // the last entries' values are not all there
	}
	if s.fault != nil || r.answer.Result.Code != wire.Success {
		return nil, s.fault
	}
	slices.SortFunc(s.items, func(a, b sortItem) int {
		if c := strings.Compare(a.text, b.text); c != 0 {
			return c
		}
		if a.stage != b.stage {
			return int(a.stage) - int(b.stage)
		}
		return int(int64(a.id) - int64(b.id))
	})
	list := make([]orderedEntry, len(s.items))
	for i := range s.items {
		list[i] = s.items[i].orderedEntry
	}
	return list, nil
}

// take takes one entry that the search has found; false where there are too many.
func (s *sorting) take(stage int, id directory.ID) bool {
	if s.readers[stage] == nil {
		s.readers[stage] = s.run.sortReader(stage, s.run.keys)
	}
	e := orderedEntry{uint32(stage), id}
	text := string(s.readers[stage].of(e))
	s.text += len(text)
	v := s.run.view
	switch {
	case len(s.items) >= v.mostSorted || s.text > mostSortText:
		s.fault = &wire.SortResult{Code: wire.AdminLimitExceeded}
	case !v.takeSortMemory(len(text) + sortItemSize):
		s.fault = &wire.SortResult{Code: wire.Busy}
	default:
		s.taken += len(text) + sortItemSize
		s.items = append(s.items, sortItem{text, e})
	}
	return s.fault == nil
}

// takeSortMemory takes a part of the memory for sorting, unless it is used up.
func (v *View) takeSortMemory(n int) bool {
	if v.sorting.Add(int64(n)) <= sortMemory {
		return true
	}
	v.sorting.Add(int64(-n))
	return false
}

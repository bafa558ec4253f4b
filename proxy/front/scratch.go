package front

import (
	"sync"

	"github.com/aclens/aclens/proxy/view"
	"github.com/aclens/aclens/proxy/wire"
)

const (
	keptMessage = 16 << 10 // a copy above this is not used again
	freeMessage = 4 << 10  // copies up to this are not asked of the budget
)

// scratch is the memory in which one search is decoded. It goes along with a
// search that moves to the background, so that the reader may read on.
type scratch struct {
	message  []byte
	search   wire.SearchRequest
	controls []wire.Control
	page     view.Page
	vlv      wire.VLVRequest
	assert   wire.Filter
	sync     wire.SyncRequest
	persist  wire.PersistentSearch
	space    view.Workspace
	aside    bool // never on the reader
	lasting  bool // see lasting.go
	owed     int  // to the budget
}

var scratches = sync.Pool{New: func() any { return new(scratch) }}

// hold copies a message out of the Reader's buffer; false: there is no memory left.
func (w *scratch) hold(m wire.Message, b *budget) (wire.Message, bool) {
	size := len(m.Body) + len(m.Controls)
	if size > freeMessage {
		if !b.Take(size) {
			return m, false
		}
		w.owed += size
	}
	w.message = append(w.message[:0], m.Body...)
	w.message = append(w.message, m.Controls...)
	split := len(m.Body)
	m.Body = w.message[:split:split]
	if m.Controls != nil {
		m.Controls = w.message[split:]
	}
	return m, true
}

// release forgets the request and gives the memory back.
func (w *scratch) release(b *budget) {
	b.Give(w.owed)
	w.owed = 0
	w.space.Clear()
	w.search.Reset()
	clear(w.controls)
	w.page, w.vlv, w.assert = view.Page{}, wire.VLVRequest{}, wire.Filter{}
	w.sync, w.persist, w.aside, w.lasting = wire.SyncRequest{}, wire.PersistentSearch{}, false, false
	if cap(w.message) > keptMessage {
		w.message = nil
	}
	scratches.Put(w)
}

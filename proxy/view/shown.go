package view

import (
	"github.com/aclens/aclens/proxy/wire"
	"github.com/aclens/aclens/resolver/directory"
)

// Sorting, matched values and dereferencing look at entries through the writer
// that writes answers. What a client would not be shown they cannot see either,
// and what is shown they cannot miss.

// writer is the one for the entries of a stage.
func (r *run) writer(stage int) *writer {
	if r.writers[stage] != nil {
		return r.writers[stage]
	}
	if stage == 0 {
		r.writers[0] = &r.room.writer
		r.beginWriter(r.writers[0], &r.stages[0], r.sel)
	} else {
		r.writers[stage] = r.writerFor(&r.stages[stage], r.sel)
	}
	return r.writers[stage]
}

// peeker reads what a writer would write.
type peeker struct {
	*writer
	buf []byte
}

// read writes an entry and begins to read it. What it returns is valid until
// the next read.
func (r *peeker) read(id directory.ID) (wire.EntryCursor, bool) {
	r.buf = r.append(r.buf[:0], 1, id)
	return shownIn(r.buf)
}

// shownIn begins to read the one entry in a buffer.
func shownIn(message []byte) (wire.EntryCursor, bool) {
	m, err := wire.ParseMessage(message)
	if err != nil {
		return wire.EntryCursor{}, false
	}
	e, err := wire.ParseEntry(m.Body)
	return e, err == nil
}

// entry is the message of one entry, with what the controls of the request make
// of it; false where the search has ended.
func (r *run) entry(stage int, id directory.ID) ([]byte, bool) {
	w := r.writer(stage)
	if r.values == nil && r.derefs == nil {
		return w.append(r.out.Room(), r.request.MessageID, id), true
	}
	linked, ok := r.deref(stage, id)
	if !ok {
		return nil, false
	}
	r.scratch = w.append(r.scratch[:0], r.request.MessageID, id)
	e, ok := shownIn(r.scratch)
	if !ok {
		return nil, r.end(wire.Other, "an entry cannot be written")
	}
	out := wire.BeginEntry(r.out.Room(), r.request.MessageID, e.DN())
	for e.NextAttribute() {
		if r.values == nil {
			out.Raw(e.Raw())
			continue
		}
		r.matchedValues(&out, &e)
	}
	return out.End(linked...), true
}

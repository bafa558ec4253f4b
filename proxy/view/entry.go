package view

import (
	"github.com/aclens/aclens/proxy/wire"
	"github.com/aclens/aclens/resolver/directory"
)

// writer writes entries of one place for one request.
type writer struct {
	state    *State
	place    place
	store    *directory.Store
	sel      *selection
	computed *computed         // nil where nothing is wanted
	wanted   []wantedAttribute // virtual attributes that the selection asks for
	virtual  bool              // the virtual subtree
	as       *string           // the name to answer under, where it is not the entry's own
	secret   map[string]bool   // deny lists that may not be named
	controls []wire.Control    // of the entry being written
	out      wire.EntryWriter  // of the entry being written; kept here so that none is allocated

	put   func(string) // putValue, made once
	name  string       // of the attribute at hand
	begun bool         // its first value is written
}

// writerFor makes a writer of the entries of one stage, with what a selection asks for.
func (q *Query) writerFor(s *stage, sel *selection) *writer {
	w := new(writer)
	q.beginWriter(w, s, sel)
	return w
}

func (q *Query) beginWriter(w *writer, s *stage, sel *selection) {
	*w = writer{state: q.state, place: s.place, store: s.store, sel: sel, virtual: s.virtual, as: s.as,
		secret: q.state.secretValues(q.rights), wanted: s.place.wanted(sel)}
	if len(w.wanted) > 0 {
		w.put = w.putValue
		w.computed = takeComputed()
		w.computed.state, w.computed.rights, w.computed.place, w.computed.store, w.computed.pace = q.state, q.rights, s.place, s.store, q.pace
	}
}

// append writes one entry into dst.
func (w *writer) append(dst []byte, messageID int32, id directory.ID) []byte {
	e := w.store.Entry(id)
	dn := e.DN()
	if w.as != nil {
		dn = *w.as
	}
	w.out = wire.BeginEntry(dst, messageID, dn)
	if !w.sel.none {
		w.stored(&w.out, id, e)
		w.place.fill(id, w.sel, &w.out)
		w.virtuals(&w.out, id, e)
	}
	return w.out.End(w.controls...)
}

func (w *writer) stored(out *wire.EntryWriter, id directory.ID, e directory.Entry) {
	for c := e.Attributes(); ; {
		desc, raw, ok := c.Next()
		if !ok {
			return
		}
		col := &w.state.columns[desc]
		if !w.sel.stored(desc, col, w.virtual) || w.replaced(col, id) || !w.place.readable(id, col) {
			continue
		}
		if w.sel.typesOnly {
			out.Attribute(w.store.Schema().Name(desc))
			continue
		}
		if col.dn && len(w.secret) > 0 {
			shownValues(out, w.store.Schema().Name(desc), raw, w.secret)
			continue
		}
		out.Raw(raw.Bytes())
	}
}

// replaced tells whether a virtual attribute stands in the place of a stored one.
func (w *writer) replaced(col *column, id directory.ID) bool {
	a := col.overridden
	return a != nil && a.values != nil && !w.virtual && !w.sel.realOnly && w.state.carries(a, id)
}

func (w *writer) virtuals(out *wire.EntryWriter, id directory.ID, e directory.Entry) {
	if len(w.wanted) == 0 {
		return
	}
	w.computed.at(id, e)
	for i := range w.wanted {
		a := &w.wanted[i]
		if !w.virtual && !w.state.carries(a.attribute, id) || !w.place.readable(id, a.column) {
			continue
		}
		w.computed.attribute = a.folded
		w.begun = false
		w.name = a.name
		w.values(a.attribute)
		if w.begun {
			out.EndAttribute()
		}
	}
}

// values writes the values of a virtual attribute for the entry at hand, in the
// quickest way that there is.
func (w *writer) values(a *attribute) {
	switch {
	case a.groups != nil && !w.sel.typesOnly:
		w.copyGroups(a.groups)
	case a.in != nil && w.copyBlock(a.in):
	default:
		a.values(w.computed, w.put)
	}
}

// begin begins the attribute at hand with its first value.
func (w *writer) begin() {
	if !w.begun {
		w.out.BeginAttribute(w.name)
		w.begun = true
	}
}

// putValue writes a value of the attribute at hand.
func (w *writer) putValue(v string) {
	w.begin()
	if !w.sel.typesOnly {
		w.out.Value(v)
	}
}

// putRaw writes encoded values of the attribute at hand.
func (w *writer) putRaw(values []byte) {
	if len(values) > 0 {
		w.begin()
		w.out.RawValues(values)
	}
}

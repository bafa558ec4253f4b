package view

import (
	"github.com/aclens/aclens/proxy/wire"
	"github.com/aclens/aclens/resolver/directory"
	"github.com/aclens/aclens/resolver/schema"
)

// mostLinked is how many octets the dereference control of one entry may have.
const mostLinked = 32 << 20

// Syntaxes whose values name entries (RFC 4517, 3.3.9 and 3.3.21).
const (
	syntaxDN         = "1.3.6.1.4.1.1466.115.121.1.12"
	syntaxNameAndUID = "1.3.6.1.4.1.1466.115.121.1.34"
)

// derefSpec is one specification of the dereference control, resolved.
type derefSpec struct {
	name  string     // as the schema spells it
	links *selection // of the attribute whose values name entries
	want  *selection // of those entries
}

// prepareDeref resolves the specifications of the dereference control
// (draft-masarati-ldap-deref). What names no attribute, or one twice, is an
// error; an attribute that does not name entries is one where the control is
// critical, and otherwise the control is ignored.
func (q *Query) prepareDeref() wire.Result {
	if q.request.Deref == nil {
		return wire.Result{}
	}
	sc := q.state.Snapshot.Store().Schema()
	seen := map[schema.ID]bool{}
	for _, s := range q.request.Deref.Specs {
		id, ok := sc.LookupBytes(s.Attr)
		if !ok {
			return wire.Result{Code: wire.ProtocolError, Message: "dereference control: unknown attribute"}
		}
		if seen[id] {
			return wire.Result{Code: wire.ProtocolError, Message: "dereference control: attribute is there twice"}
		}
		seen[id] = true
		if t := sc.Type(id); t.Syntax != syntaxDN && t.Syntax != syntaxNameAndUID {
			q.derefs = nil
			if q.request.Deref.Critical {
				return wire.Result{Code: wire.ProtocolError, Message: "dereference control: attribute does not name entries"}
			}
			return wire.Result{}
		}
		q.derefs = append(q.derefs, derefSpec{name: sc.Name(id),
			links: q.state.selectionOf([][]byte{s.Attr}, selecting{realOnly: q.request.RealOnly}),
			want:  q.state.selectionOf(s.Attributes, selecting{realOnly: q.request.RealOnly})})
	}
	return wire.Result{}
}

// links follows the values of one attribute of the entries of one stage.
type links struct {
	from *peeker
	to   map[*directory.Store]*peeker // the entries named, by the Store that they are in
}

// deref answers the dereference control for one entry; false where the search
// has ended. An entry whose attributes name nothing has no answer.
func (r *run) deref(stage int, id directory.ID) ([]wire.Control, bool) {
	if r.derefs == nil {
		return nil, true
	}
	if r.links[stage] == nil {
		r.links[stage] = make([]links, len(r.derefs))
		for i := range r.derefs {
			from := &peeker{writer: r.writerFor(&r.stages[stage], r.derefs[i].links)}
			r.links[stage][i] = links{from: from, to: map[*directory.Store]*peeker{}}
		}
	}
	out := wire.BeginDeref(nil)
	empty := out.Len()
	for i := range r.derefs {
		if !r.follow(&out, &r.derefs[i], &r.links[stage][i], id) {
			return nil, false
		}
	}
	if out.Len() == empty {
		return nil, true
	}
	return []wire.Control{{OID: wire.ControlDeref, Value: out.End()}}, true
}

// follow writes where the values of one attribute lead.
func (r *run) follow(out *wire.DerefWriter, spec *derefSpec, l *links, id directory.ID) bool {
	e, ok := l.from.read(id)
	if !ok {
		return true
	}
	for e.NextAttribute() {
		for e.NextValue() {
			if r.answer.Visited++; !r.pace.spend(1) {
				return r.end(wire.TimeLimitExceeded, "")
			}
			out.Name(spec.name, e.Value())
			r.linked(out, spec, l, string(e.Value()))
			out.Done()
			if out.Len() > mostLinked {
				return r.end(wire.AdminLimitExceeded, "the dereference control of an entry becomes too large")
			}
		}
	}
	return true
}

// linked writes the attributes of an entry that is named, as far as the client
// may read it; otherwise it is as if it were not there.
func (r *run) linked(out *wire.DerefWriter, spec *derefSpec, l *links, dn string) {
	at, refused := r.state.find(dn, r.rights, r.request.RealOnly)
	if refused.Code != wire.Success || !at.store.Exists(at.id) {
		return
	}
	to := l.to[at.store]
	if to == nil {
		to = &peeker{writer: r.writerFor(&stage{place: at.place, store: at.store, virtual: at.virtual}, spec.want)}
		if at.node.kind != record { // each has a Store of its own
			l.to[at.store] = to
		}
	}
	e, ok := to.read(at.id)
	if !ok {
		return
	}
	for e.NextAttribute() {
		if e.NextValue() {
			out.Raw(e.Raw())
		}
	}
}

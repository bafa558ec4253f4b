package view

import (
	"github.com/aclens/aclens/proxy/policy"
	"github.com/aclens/aclens/proxy/wire"
	"github.com/aclens/aclens/resolver"
	"github.com/aclens/aclens/resolver/database"
	"github.com/aclens/aclens/resolver/directory"
	"github.com/aclens/aclens/resolver/name"
)

// target is the entry that a request names, and the place that it is in.
type target struct {
	place   place
	store   *directory.Store
	id      directory.ID
	virtual bool
	node    node    // in the virtual subtree
	as      *string // the name to answer under, where it is not the entry's own
}

// special are the entries that stand outside both trees.
type special uint8

const (
	ordinary special = iota
	rootDSE
	subschema
)

// find resolves the DN of a request. A hidden entry is answered like one that
// is not there, with a matchedDN no deeper than what may be read.
func (s *State) find(dn string, r *policy.Rights, realOnly bool) (target, wire.Result) {
	parsed, err := name.ParseDN(dn)
	if err != nil {
		return target{}, wire.Result{Code: wire.InvalidDNSyntax, Message: err.Error()}
	}
	return s.findParsed(parsed, &realPlace{state: s, rights: r, realOnly: realOnly})
}

// findParsed is find for a DN that is read, with the place that the directory's
// own entries are in.
func (s *State) findParsed(parsed name.DN, p *realPlace) (target, wire.Result) {
	if s.view.underBase(parsed.Key()) {
		return s.findVirtual(parsed, p.rights)
	}
	st := s.Snapshot.Store()
	if id, ok := st.Find(parsed.Key()); ok && p.visible(id) {
		return target{place: p, store: st, id: id}, wire.Result{}
	}
	return target{}, wire.Result{Code: wire.NoSuchObject, MatchedDN: matched(parsed, st, p)}
}

// matched is the DN of the nearest entry above that may be read.
func matched(dn name.DN, st *directory.Store, p place) string {
	for up := dn.Parent(); !up.IsRoot(); up = up.Parent() {
		if id, ok := st.Find(up.Key()); ok && !st.Entry(id).IsGlue() && p.visible(id) {
			return st.Entry(id).DN()
		}
	}
	return ""
}

func (s *State) findVirtual(dn name.DN, r *policy.Rights) (target, wire.Result) {
	p := s.treePlace(r)
	if id, ok := p.store.Find(dn.Key()); ok && p.visible(id) {
		return target{place: p, store: p.store, id: id, virtual: true, node: p.node(id)}, wire.Result{}
	}
	if sub, db, ok := s.recordAt(dn); ok && r.AnyDatabase(db.Index) {
		st := s.recordsFor([]*resolver.Subject{sub}, []*database.Database{db}, r.DenyLists())
		if id, ok := st.Find(dn.Key()); ok {
			return target{place: s.recordPlace(r, st), store: st, id: id, virtual: true, node: node{kind: record, db: db}}, wire.Result{}
		}
	}
	if keyed := s.keyedDN(dn); keyed.Key() != dn.Key() {
		return s.findVirtual(keyed, r)
	}
	return target{}, wire.Result{Code: wire.NoSuchObject, MatchedDN: matched(dn, p.store, p)}
}

// recordAt reads the DN of a decision record.
func (s *State) recordAt(dn name.DN) (*resolver.Subject, *database.Database, bool) {
	rdn := dn.RDN()
	t := s.subtree()
	above, ok := t.store.Find(dn.Parent().Key())
	if len(rdn) != 1 || !ok || t.nodes[above].kind != subjectsOf {
		return nil, nil, false
	}
	sub, _, err := s.Snapshot.FindSubject(rdn[0].Value, resolver.OnlyHierarchicalNames)
	return sub, t.nodes[above].db, err == nil && s.recorded(sub)
}

func sameDN(a, b string) bool {
	x, err := name.KeyOf(a)
	y, _ := name.KeyOf(b)
	return err == nil && x == y
}

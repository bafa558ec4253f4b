package view

import (
	"strconv"
	"strings"

	"github.com/aclens/aclens/proxy/wire"
	"github.com/aclens/aclens/resolver/acl"
	"github.com/aclens/aclens/resolver/directory"
)

// attrLevelCount says how many people and servers have each level. It is
// computed when it is asked for: counting in every database costs more than all
// the rest of the virtual subtree.
const attrLevelCount = "databaseLevelCount"

// levelCounts yields the values for the entry of a database; none for others.
func (p *virtualPlace) levelCounts(id directory.ID, put func(string)) {
	n := p.node(id)
	if n.kind != databaseEntry {
		return
	}
	access := p.state.Snapshot.Access(n.db, acl.Notes)
	for l := acl.NoAccess; l <= acl.Manager; l++ {
		put(l.String() + "#" + strconv.FormatUint(access.Level(l).GetCardinality(), 10))
	}
}

// levelCountLeaf is a filter item on the counts.
type levelCountLeaf struct {
	place *virtualPlace
	holds func([]byte) bool // nil: presence
}

// Eval counts in one database.
func (l *levelCountLeaf) Eval(id directory.ID) directory.Truth {
	yes := false
	l.place.levelCounts(id, func(v string) { yes = yes || l.holds == nil || l.holds([]byte(v)) })
	return directory.TruthOf(yes)
}

// Candidates are the entries of databases.
func (l *levelCountLeaf) Candidates() directory.Candidates {
	return directory.Set(l.place.store.Class(classDatabase))
}

// levelCountItem makes the leaf of a filter item on the counts.
func (p *virtualPlace) levelCountItem(c *compiler, a *assertion) (directory.Filter, bool) {
	if !strings.EqualFold(a.folded, attrLevelCount) {
		return directory.Filter{}, false
	}
	holds, ok := valueTest(c, a)
	if !ok {
		return never(), true
	}
	return computedLeaf(&levelCountLeaf{p, holds}), true
}

// fillLevelCounts writes the counts where they are asked for.
func (p *virtualPlace) fillLevelCounts(id directory.ID, sel *selection, w *wire.EntryWriter) {
	if n := p.node(id); n.kind != databaseEntry || !sel.levelCount || !p.readable(id, &column{folded: strings.ToLower(attrLevelCount)}) {
		return
	}
	w.BeginAttribute(attrLevelCount)
	if !sel.typesOnly {
		p.levelCounts(id, func(v string) { w.Value(v) })
	}
	w.EndAttribute()
}

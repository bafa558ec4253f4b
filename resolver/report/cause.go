package report

import (
	"slices"
	"strings"

	"github.com/aclens/aclens/resolver/acl"
	"github.com/aclens/aclens/resolver/directory"
	"github.com/aclens/aclens/resolver/name"
)

// cause says why a user's access differs.
func (d *differ) cause(u user, p *pair, cells [2]*Cell) string {
	if p.sides[was] == nil || p.sides[is] == nil {
		return d.causeInPair(p, cells)
	}
	for side, c := range cells {
		if c != nil {
			continue
		}
		kind, _ := d.snapshots[1-side].Population().Kind(u.entries[1-side])
		return kind.String() + map[int]string{was: " added", is: " gone"}[side]
	}
	why := d.causeInPair(p, cells)
	if (u.entries[was] == directory.None) == (u.entries[is] == directory.None) {
		return why
	}
	side := was
	if u.entries[is] != directory.None {
		side = is
	}
	kind, _ := d.snapshots[side].Population().Kind(u.entries[side])
	return kind.String() + map[int]string{was: " gone", is: " added"}[side] + "; " + why
}

// maxCauses bounds how many causes are remembered.
const maxCauses = 1 << 17

// causeInPair says why two cells of one database differ. It follows from the
// cells alone, so that it is worked out once for everybody who has them.
func (d *differ) causeInPair(p *pair, cells [2]*Cell) string {
	switch {
	case p.sides[was] == nil:
		return "database added"
	case p.sides[is] == nil:
		return "database gone"
	}
	if text, ok := d.causes[cells]; ok {
		return text
	}
	w := &why{d: d, p: p, cells: cells}
	w.find()
	if len(d.causes) >= maxCauses {
		clear(d.causes)
	}
	text := strings.Join(w.causes, "; ")
	d.causes[cells] = text
	return text
}

// why gathers the causes of one difference.
type why struct {
	d      *differ
	p      *pair
	cells  [2]*Cell
	causes []string
}

func (w *why) list(side int) *acl.List { return w.p.sides[side].Primary.List }

func (w *why) add(text string) {
	if !slices.Contains(w.causes, text) {
		w.causes = append(w.causes, text)
	}
}

func (w *why) find() {
	before, after := &w.cells[was].decision, &w.cells[is].decision
	if (before.Source == acl.FromServerDenied) != (after.Source == acl.FromServerDenied) {
		w.add("server access changed")
		return
	}
	for i := range before.Hit() {
		w.entry(was, i)
	}
	for i := range after.Hit() {
		w.entry(is, i)
	}
	w.settings()
	if len(w.causes) == 0 {
		w.add("settings changed")
	}
}

// entry says what became of an entry that took part on one side.
func (w *why) entry(side int, i int32) {
	other := 1 - side
	e := &w.list(side).Entries[i]
	at := indexOf(w.list(other), e.Key())
	switch {
	case at < 0 && side == was:
		w.add("entry removed: " + e.Label)
	case at < 0:
		w.add("entry added: " + e.Label)
	case !w.sameEntry(side, i, at):
		w.add("entry changed: " + w.list(is).Entries[indexOf(w.list(is), e.Key())].Label)
	case e.Kind == acl.KindName && !matches(w.cells[other], int32(at)) && viaGroup(w.cells[side], i):
		w.add("membership changed: " + e.Label)
	case (e.Kind == acl.KindName || e.Kind == acl.KindWildcard) && !matches(w.cells[other], int32(at)):
		w.add("name changed: " + e.Label)
	}
}

// sameEntry tells whether an entry gives the same on both sides to the same
// kind of subject.
func (w *why) sameEntry(side int, i int32, at int) bool {
	a, b := &w.list(side).Entries[i], &w.list(1 - side).Entries[at]
	return a.Level == b.Level && a.Type == b.Type && a.Privileges.Cut(a.Level) == b.Privileges.Cut(b.Level) &&
		sameRoles(w.list(side).RoleNames(a.Roles), w.list(1-side).RoleNames(b.Roles))
}

func sameRoles(a, b []string) bool {
	folded := func(roles []string) []string {
		out := make([]string, len(roles))
		for i, r := range roles {
			out[i] = name.Fold(r)
		}
		slices.Sort(out)
		return out
	}
	return slices.Equal(folded(a), folded(b))
}

// matches tells whether an entry covers the users of a cell, though another may
// have decided.
func matches(c *Cell, i int32) bool {
	m := &c.match
	return slices.Contains(m.Names, i) || slices.Contains(m.Commons, i) || slices.Contains(m.Groups, i) || slices.Contains(m.Wildcards, i)
}

func viaGroup(c *Cell, i int32) bool { return slices.Contains(c.match.Groups, i) }

// settings compares what the ACL says beside its entries.
func (w *why) settings() {
	before, after := w.list(was), w.list(is)
	capped := w.d.snapshots[was].Settings().Reading.Capped.Has(w.d.channel) || w.d.snapshots[is].Settings().Reading.Capped.Has(w.d.channel)
	if capped && (before.MaxKnown != after.MaxKnown || before.MaxLevel != after.MaxLevel) {
		w.add("maximum Internet access changed")
	}
	if w.d.channel == acl.Local && before.Consistent != after.Consistent {
		w.add("consistent ACL changed")
	}
}

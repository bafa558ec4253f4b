package finding

import (
	"slices"

	"github.com/RoaringBitmap/roaring/v2"

	"github.com/aclens/aclens/resolver"
	"github.com/aclens/aclens/resolver/acl"
	"github.com/aclens/aclens/resolver/database"
)

// ladder is whom an ACL covers, a rung of rule 3.1 at a time: by level, whom
// entries of that level cover, cut to those whom no rung above takes.
type ladder struct {
	names, commons, groups, wildcards [acl.Levels]*roaring.Bitmap
	taken                             *roaring.Bitmap // by names and commons
	grouped                           *roaring.Bitmap // by groups and by none above
	covered                           *roaring.Bitmap // by any rung
}

// setFindings finds whom the entries of an ACL concern.
func (v *view) setFindings(d *databaseView, db *database.Database) []Finding {
	covers := v.x.Covers(db)
	l := v.climb(d.list, covers)
	found := v.typeMismatches(d, covers)
	found = append(found, v.flatNames(d, covers)...)
	found = append(found, v.concerned(d, "only-default", v.onlyDefault(d.list, l))...)
	found = append(found, v.concerned(d, "denied-with-access", v.deniedWithAccess(d.list, l))...)
	found = append(found, v.concerned(d, "several-paths", l.severalPaths())...)
	found = append(found, v.concerned(d, "wildcard-hidden", v.wildcardHidden(l))...)
	return append(found, v.concerned(d, "no-access-neutralised", l.neutralised())...)
}

// concerned is the finding about a set of people, none about nobody.
func (v *view) concerned(d *databaseView, kind string, whom *roaring.Bitmap) []Finding {
	if whom.IsEmpty() {
		return nil
	}
	f := d.finding(kind, "", v.first(whom))
	f.Count = int(whom.GetCardinality())
	f.DenyList = kind == "denied-with-access"
	return []Finding{f}
}

// climb unites what entries cover. A set that one entry alone makes is that
// entry's own, so none of the rungs may be changed.
func (v *view) climb(list *acl.List, covers []resolver.Cover) *ladder {
	l := &ladder{}
	rungs := [...]*[acl.Levels]*roaring.Bitmap{acl.ByName: &l.names, acl.ByCommon: &l.commons, acl.ByGroup: &l.groups, acl.ByWildcard: &l.wildcards}
	var parts [len(rungs)][acl.Levels][]*roaring.Bitmap
	for _, c := range covers {
		level := list.Entries[c.Entry].Level
		parts[c.Via][level] = append(parts[c.Via][level], c.Suited)
	}
	var all []*roaring.Bitmap
	for via, rung := range rungs {
		for level, sets := range parts[via] {
			if len(sets) == 1 {
				rung[level] = sets[0]
			} else {
				rung[level] = roaring.FastOr(sets...)
			}
		}
		all = append(all, rung[:]...)
	}
	l.covered = roaring.FastOr(all...)
	l.taken = roaring.FastOr(slices.Concat(l.names[:], l.commons[:])...)
	l.grouped = roaring.FastOr(l.groups[:]...)
	l.grouped.AndNot(l.taken)
	return l
}

// onlyDefault is everybody whom nothing but -Default- lets in (rule 3.9).
func (v *view) onlyDefault(list *acl.List, l *ladder) *roaring.Bitmap {
	if e := list.Default(); e == nil || e.Level == acl.NoAccess {
		return roaring.New()
	}
	return roaring.AndNot(v.s.Population().People, l.covered)
}

// deniedWithAccess is everybody on a deny list whom the ACL lets in. What the
// server does is not looked at: the list keeps out only where it is used.
func (v *view) deniedWithAccess(list *acl.List, l *ladder) *roaring.Bitmap {
	left := v.shared.denied.Clone()
	in := roaring.New()
	step := func(rung *[acl.Levels]*roaring.Bitmap) {
		all := roaring.FastOr(rung[:]...)
		above := roaring.FastOr(rung[acl.Depositor:]...)
		above.And(left)
		in.Or(above)
		left.AndNot(all)
	}
	step(&l.names)
	step(&l.commons)
	if v.merges() {
		both := l.groups
		for level := range both {
			both[level] = roaring.And(roaring.Or(l.groups[level], l.wildcards[level]), l.grouped)
		}
		step(&both)
	} else {
		step(&l.groups)
	}
	step(&l.wildcards)
	if e := list.Default(); e != nil && e.Level > acl.NoAccess {
		in.Or(left)
	}
	return in
}

// merges tells whether groups and wildcards unite (D4).
func (v *view) merges() bool {
	return v.s.Settings().Reading.Wildcards == acl.WildcardMerge
}

// severalPaths is everybody whom group entries of different levels cover.
func (l *ladder) severalPaths() *roaring.Bitmap {
	once, twice := roaring.New(), roaring.New()
	for _, set := range l.groups {
		twice.Or(roaring.And(once, set))
		once.Or(set)
	}
	twice.And(l.grouped)
	return twice
}

// neutralised is everybody in a No Access group whom another group lets in
// (rule 3.12).
func (l *ladder) neutralised() *roaring.Bitmap {
	set := roaring.FastOr(l.groups[acl.Depositor:]...)
	set.And(l.groups[acl.NoAccess])
	set.And(l.grouped)
	return set
}

// wildcardHidden is everybody whom a wildcard would give a higher level than
// the groups do that hide it (rule 3.8).
func (v *view) wildcardHidden(l *ladder) *roaring.Bitmap {
	hidden := roaring.New()
	if v.merges() {
		return hidden
	}
	left := l.grouped.Clone()
	higher := roaring.New()
	for level := acl.Manager; ; level-- {
		here := roaring.And(left, l.groups[level])
		hidden.Or(roaring.And(here, higher))
		left.AndNot(here)
		higher.Or(l.wildcards[level])
		if level == acl.NoAccess {
			return hidden
		}
	}
}

// typeMismatches finds entries whose type suits nobody whom they name (rule 3.3).
func (v *view) typeMismatches(d *databaseView, covers []resolver.Cover) []Finding {
	meant, suited := map[int]bool{}, map[int]bool{}
	for _, c := range covers {
		t := d.list.Entries[c.Entry].Type
		possible := t.Suits(acl.Person, c.Via) || t.Suits(acl.Server, c.Via)
		meant[c.Entry] = meant[c.Entry] || !possible || !c.Whom.IsEmpty()
		suited[c.Entry] = suited[c.Entry] || possible && (c.Whom.IsEmpty() || !c.Suited.IsEmpty())
	}
	var labels []string
	for i := range d.list.Entries {
		if meant[i] && !suited[i] {
			e := &d.list.Entries[i]
			labels = append(labels, e.Label+" ("+e.Type.String()+")")
		}
	}
	if len(labels) == 0 {
		return nil
	}
	return []Finding{d.finding("entry-type-mismatch", "", labels)}
}

// flatNames finds the bare common names in an ACL that match somebody, and
// those that are somebody's and do not match (rule 2.10).
func (v *view) flatNames(d *databaseView, covers []resolver.Cover) []Finding {
	matching, other := []string{}, []string{}
	common := map[int]bool{}
	meant := map[int]bool{}
	for _, c := range covers {
		meant[c.Entry] = true
		if c.Via == acl.ByCommon && !c.Suited.IsEmpty() {
			common[c.Entry] = true
		}
	}
	for i := range d.list.Entries {
		e := &d.list.Entries[i]
		switch {
		case common[i]:
			matching = append(matching, e.Label)
		case e.Kind == acl.KindName && !meant[i] && len(v.x.CommonHolders(e.Key())) == 1:
			other = append(other, e.Label)
		}
	}
	var found []Finding
	if len(matching) > 0 {
		found = append(found, d.finding("flat-name-match", "", matching))
	}
	if len(other) > 0 {
		found = append(found, d.finding("flat-name-unmatched", "", other))
	}
	return found
}

package acl

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
)

// world is one random question: a list, a subject, and which entries' names
// cover it whatever their type.
type world struct {
	list    *List
	kind    Kind
	covers  [][4]bool // by entry and Via
	reading Reading
	channel Channel
}

func (w *world) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s, channel %s, reading %+v, maximum %s (known %v)\n", w.kind, w.channel, w.reading, w.list.MaxLevel, w.list.MaxKnown)
	for i, e := range w.list.Entries {
		fmt.Fprintf(&b, "%d %q %s %s %v unknown %v roles %v covers %v\n", i, e.Label, e.Type, e.Level,
			e.Privileges.Names(), e.Unknown.Names(), w.list.RoleNames(e.Roles), w.covers[i])
	}
	return b.String()
}

// match is what a caller hands to Decide.
func (w *world) match() Match {
	var m Match
	into := [4]*[]int32{&m.Names, &m.Commons, &m.Groups, &m.Wildcards}
	for i, e := range w.list.Entries {
		for via := ByName; via <= ByWildcard; via++ {
			if w.covers[i][via] && suitsByTable(e.Type, w.kind, via) {
				*into[via] = append(*into[via], int32(i))
			}
		}
	}
	return m
}

var wildcardLabels = []string{"*", "*/Acme", "*/Sales/Acme", "*/North/Sales/Acme"}

var allRoleNames = roleNames(MaxRoles)

func randomWorld(rng *rand.Rand) *world {
	l := &List{Roles: allRoleNames[:1+rng.IntN(MaxRoles)], MaxLevel: Level(rng.IntN(Levels)), MaxKnown: rng.IntN(8) > 0}
	w := &world{list: l, kind: Kind(rng.IntN(5)), channel: Channel(rng.IntN(7))}
	if rng.IntN(2) == 0 {
		w.kind = Person
	}
	labels := []string{}
	for i := range rng.IntN(7) {
		labels = append(labels, fmt.Sprintf("Entry %d", i))
	}
	for _, s := range append([]string{"-Default-", "Anonymous", "[Anonymous]"}, wildcardLabels...) {
		if rng.IntN(3) > 0 || s == "-Default-" && rng.IntN(9) > 0 {
			labels = append(labels, s)
		}
	}
	rng.Shuffle(len(labels), func(i, j int) { labels[i], labels[j] = labels[j], labels[i] })
	for _, s := range labels {
		l.Entries = append(l.Entries, randomEntry(rng, s, l.Roles))
	}
	w.covers = make([][4]bool, len(labels))
	for i, e := range l.Entries {
		switch e.Kind {
		case KindName:
			w.covers[i] = [4]bool{ByName: rng.IntN(6) == 0, ByCommon: rng.IntN(6) == 0, ByGroup: rng.IntN(3) == 0}
		case KindWildcard:
			w.covers[i][ByWildcard] = rng.IntN(2) == 0
		}
	}
	w.reading = randomReading(rng)
	return w
}

var entries = map[string]Entry{}

// entryOf is NewEntry remembered, since the same few labels return.
func entryOf(label string) Entry {
	e, seen := entries[label]
	if !seen {
		e = NewEntry(label, false)
		entries[label] = e
	}
	return e
}

func randomEntry(rng *rand.Rand, label string, roles []string) Entry {
	e := entryOf(label)
	e.Type = UserType(rng.IntN(6))
	if rng.IntN(2) == 0 {
		e.Type = TypeUnspecified
	}
	e.Level = Level(rng.IntN(Levels))
	e.Privileges = Privileges(rng.IntN(1 << 9))
	if rng.IntN(2) == 0 {
		e.Unknown = Privileges(rng.IntN(1<<9)) &^ e.Privileges
	}
	for range rng.IntN(4) {
		e.Roles = e.Roles.With(rng.IntN(len(roles)))
	}
	return e
}

func randomReading(rng *rand.Rand) Reading {
	r := Reading{Capped: ChannelsOf(WebPassword, WebSession, WebSSO, WebAnonymous)}
	flip := func() bool { return rng.IntN(4) == 0 }
	if flip() {
		r.Wildcards = WildcardMerge
	}
	if flip() {
		r.Capped = ChannelSet(rng.IntN(1 << 7))
	}
	r.FullAccessRoles, r.NameJoinsGroups, r.RolesOfWinners = flip(), flip(), flip()
	r.PrivilegesOfWinners, r.MostSpecificWildcard, r.CapDropsRoles = flip(), flip(), flip()
	return r
}

// answer is a Decision in plain collections.
type answer struct {
	level, uncapped     Level
	privileges, unknown Privileges
	roles               []string
	source              string
	winning             []string
	hit                 []int
	capUnknown          bool
}

func plain(l *List, d Decision) answer {
	a := answer{
		level: d.Level, uncapped: d.Uncapped, privileges: d.Privileges, unknown: d.Unknown, roles: l.RoleNames(d.Roles),
		source: d.Source.String(), winning: l.Winning(&d), capUnknown: d.CapUnknown,
	}
	for i := range d.Hit() {
		a.hit = append(a.hit, int(i))
	}
	return a
}

func (a answer) equal(b answer) bool {
	return a.level == b.level && a.uncapped == b.uncapped && a.privileges == b.privileges && a.unknown == b.unknown &&
		slices.Equal(a.roles, b.roles) && a.source == b.source && slices.Equal(a.winning, b.winning) &&
		slices.Equal(a.hit, b.hit) && a.capUnknown == b.capUnknown
}

func (a answer) String() string {
	return fmt.Sprintf("%s (uncapped %s, cap unknown %v) %v unknown %v roles %v source %s winning %v hit %v",
		a.level, a.uncapped, a.capUnknown, a.privileges.Names(), a.unknown.Names(), a.roles, a.source, a.winning, a.hit)
}

// expected is the calculation of section 0 of docs/access-rules.md, line by line.
func (w *world) expected() answer {
	hit, source := w.rung()
	a := answer{source: source, hit: hit, roles: []string{}, winning: []string{}}
	for _, i := range hit {
		a.level = max(a.level, w.list.Entries[i].Level)
	}
	a.uncapped = a.level
	for i, role := range w.list.Roles {
		if slices.ContainsFunc(hit, func(h int) bool { return w.gives(h, i, a.level) }) {
			a.roles = append(a.roles, role)
		}
	}
	for _, i := range hit {
		if e := w.list.Entries[i]; e.Level == a.level {
			a.winning = append(a.winning, e.Label)
		}
	}
	certain, possible := w.granted(hit, a.level, false), w.granted(hit, a.level, true)
	if source != "none" {
		a.privileges, a.unknown = certain, possible&^certain
	}
	return a
}

// gives tells whether the entry at hit adds the role (rule 3.6, D2).
func (w *world) gives(hit, role int, level Level) bool {
	e := &w.list.Entries[hit]
	return e.Roles.Has(role) && (e.Level == level || !w.reading.RolesOfWinners)
}

// rung says which entries decide and by which right.
func (w *world) rung() (hit []int, source string) {
	special := func(kind EntryKind) []int {
		for i, e := range w.list.Entries {
			if e.Kind == kind {
				return []int{i}
			}
		}
		return nil
	}
	byDefault, anonymous := special(KindDefault), special(KindAnonymous)
	if w.kind == Anonymous && anonymous != nil {
		return anonymous, "anonymous"
	}
	if w.kind != Anonymous && w.kind != Nobody {
		own, groups, wildcards := w.covering(ByName), w.covering(ByGroup), w.covering(ByWildcard)
		if len(own) == 0 {
			own = w.covering(ByCommon)
		}
		if w.reading.MostSpecificWildcard {
			wildcards = w.longest(wildcards)
		}
		switch {
		case len(own) > 0 && w.reading.NameJoinsGroups:
			return both(own, groups), "name"
		case len(own) > 0:
			return own, "name"
		case len(groups) > 0 && w.reading.Wildcards == WildcardMerge:
			return both(groups, wildcards), "group"
		case len(groups) > 0:
			return groups, "group"
		case len(wildcards) > 0:
			return wildcards, "wildcard"
		}
	}
	if byDefault == nil {
		return nil, "none"
	}
	return byDefault, "default"
}

func (w *world) covering(via Via) []int {
	var found []int
	for i, e := range w.list.Entries {
		if w.covers[i][via] && suitsByTable(e.Type, w.kind, via) {
			found = append(found, i)
		}
	}
	return found
}

func (w *world) longest(wildcards []int) []int {
	for n := len(wildcardLabels) - 1; n >= 0; n-- {
		for _, i := range wildcards {
			if w.list.Entries[i].Label == wildcardLabels[n] {
				return []int{i}
			}
		}
	}
	return nil
}

// both is the union of two sets of positions, ascending.
func both(a, b []int) []int {
	all := append(slices.Clone(a), b...)
	slices.Sort(all)
	return slices.Compact(all)
}

// granted unites the privileges of entries (rules 1.5 and 3.7); hoping counts
// whatever the source cannot tell as ticked.
func (w *world) granted(hit []int, level Level, hoping bool) Privileges {
	var p Privileges
	for _, i := range hit {
		e := w.list.Entries[i]
		if e.Level != level && w.reading.PrivilegesOfWinners {
			continue
		}
		stored := e.Privileges
		if hoping {
			stored |= e.Unknown
		}
		p |= recut(stored, e.Level)
	}
	return recut(p, level)
}

// recut is `(p and possible) or implied` with footnote 1.4.
func recut(p Privileges, l Level) Privileges {
	var kept Privileges
	for bit := CreateDocs; bit <= ReplicateOrCopy; bit <<= 1 {
		if table[l].implied&bit != 0 || p&bit != 0 && table[l].optional&bit != 0 {
			kept |= bit
		}
	}
	if l < Reader && kept&ReadPublicDocs == 0 {
		kept &^= ReplicateOrCopy
	}
	return kept
}

// through is section 5 upon an answer.
func (w *world) through(a answer) answer {
	l := w.list
	if w.reading.Capped&(1<<w.channel) == 0 {
		return a
	}
	if !l.MaxKnown {
		if a.level != NoAccess {
			a.unknown, a.privileges = a.unknown|a.privileges, 0
			a.level, a.roles, a.capUnknown = NoAccess, []string{}, true
		}
		return a
	}
	if l.MaxLevel < a.level {
		certain, possible := recut(a.privileges, l.MaxLevel), recut(a.privileges|a.unknown, l.MaxLevel)
		a.level, a.privileges, a.unknown = l.MaxLevel, certain, possible&^certain
		if w.reading.CapDropsRoles {
			a.roles = []string{}
		}
	}
	return a
}

package view

import (
	"encoding/binary"
	"slices"
	"strings"

	"github.com/aclens/aclens/resolver/acl"
	"github.com/aclens/aclens/resolver/group"
)

// ownAttributes hang on all groups or all databases of somebody, not on those
// alone that changed: people who are otherwise alike differ in them.
var ownAttributes = map[string]bool{
	"isMemberOf": true, attrMemberOf: true, "ibm-allGroups": true, "dominoAccessGroups": true, attrDirectMember: true,
	"effectiveNamesList": true, highestName: true,
}

const highestName = "effectiveHighestAccess"

// owned says which of them differ.
type owned struct{ groups, accessGroups, direct, namesList, highest bool }

// wordings are lists of attributes that differ, each of them kept once.
type wordings struct {
	lists [][]string
	by    map[string]int // by their text
	whole map[wording][]string
}

// wording is what differs for one person: by the numbers of lists, and its own.
type wording struct {
	lists string
	owned owned
}

func newWordings() wordings {
	return wordings{lists: [][]string{nil}, by: map[string]int{"": 0}, whole: map[wording][]string{}}
}

func (w *wordings) number(list []string) int {
	text := strings.Join(list, " ")
	n, known := w.by[text]
	if !known {
		n = len(w.lists)
		w.lists, w.by[text] = append(w.lists, list), n
	}
	return n
}

// attributes are those in which the person at hand differs, sorted.
func (a *alikes) attributes() []string {
	which := a.owned()
	var best [2]acl.Level
	numbers := make([]int, 0, 16)
	for _, o := range a.outcomes {
		best = [2]acl.Level{max(best[0], o.best[0]), max(best[1], o.best[1])}
		if o.wording != 0 && !slices.Contains(numbers, o.wording) {
			numbers = append(numbers, o.wording)
		}
	}
	which.highest = a.none(0) != a.none(1) || best[0] != best[1] && a.highestDiffers(best)
	slices.Sort(numbers)
	text := make([]byte, 0, 64)
	for _, n := range numbers {
		text = binary.AppendUvarint(text, uint64(n)) //nolint:gosec // it counts lists
	}
	w := wording{string(text), which}
	list, known := a.words.whole[w]
	if !known {
		list = a.with(numbers, which)
		a.words.whole[w] = list
	}
	return list
}

func (a *alikes) with(numbers []int, which owned) []string {
	var list []string
	for _, n := range numbers {
		list = append(list, a.words.lists[n]...)
	}
	for _, each := range []struct {
		differs bool
		names   []string
	}{
		{which.groups, []string{"isMemberOf", "ibm-allGroups"}},
		{which.groups && a.next.view.memberOfEffective, []string{attrMemberOf}},
		{which.accessGroups, []string{"dominoAccessGroups"}},
		{which.direct, []string{attrDirectMember}},
		{which.namesList, []string{"effectiveNamesList"}},
		{which.highest, []string{highestName}},
	} {
		if each.differs {
			list = append(list, each.names...)
		}
	}
	slices.Sort(list)
	return slices.Compact(list)
}

func (a *alikes) owned() owned {
	old, next := a.walkers[0], a.walkers[1]
	which := owned{groups: !slices.Equal(a.all[0], a.all[1]), direct: !slices.Equal(old.Direct(), next.Direct())}
	if which.accessGroups = !slices.Equal(old.ACLGroups(), next.ACLGroups()); which.accessGroups {
		which.namesList = a.shows(0) || a.shows(1) || !slices.Equal(a.namesList(0), a.namesList(1))
	}
	return which
}

// shows tells whether a group that counts in one State alone is in the names list.
func (a *alikes) shows(in int) bool {
	shown := false
	lacking(a.walkers[in].ACLGroups(), a.walkers[1-in].ACLGroups(), func(g group.ID) {
		shown = shown || a.walkers[in].ShowsGroup(g)
	})
	return shown
}

// lacking yields what is in one ascending list and not in another.
func lacking(list, other []group.ID, yield func(group.ID)) {
	for _, g := range list {
		for len(other) > 0 && other[0] < g {
			other = other[1:]
		}
		if len(other) == 0 || other[0] != g {
			yield(g)
		}
	}
}

func (a *alikes) namesList(in int) (list []string) {
	namesList(&a.persons[in], func(v string) { list = append(list, v) })
	slices.Sort(list)
	return list
}

// highestDiffers tells whether the highest level over all databases differs, of
// which best is the highest where levels may: everywhere else they are the same.
func (a *alikes) highestDiffers(best [2]acl.Level) bool {
	switch old := a.highest(0); {
	case old > max(best[0], best[1]), old == best[1]:
		return false
	case old < best[1]:
		return true
	}
	return a.highest(0) != a.highest(1)
}

// none tells whether there are no databases, and so no highest level.
func (a *alikes) none(in int) bool { return a.persons[in].state.Snapshot.Databases().Len() == 0 }

func (a *alikes) highest(in int) acl.Level {
	text := ""
	highest(&a.persons[in], func(v string) { text = v })
	level, _ := acl.ParseLevel(text) // none, where there are no databases
	return level
}

// markGroups notes the flattened groups that hold the person at hand in one
// State alone.
func (a *alikes) markGroups() {
	for i, s := range []*State{a.old, a.next} {
		lacking(a.all[i], a.all[1-i], func(g group.ID) {
			if !a.marked[i][g] {
				a.marked[i][g] = true
				a.marks.entries[mark{key: a.marks.copyKey(s, g), attribute: attrMember}] = true
			}
		})
	}
}

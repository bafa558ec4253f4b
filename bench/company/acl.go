package company

import (
	"fmt"
	"math/rand/v2"
)

// Level is an access level of Domino (rule 1.1 of docs/access-rules.md).
type Level int

// The words of levels, from none to all.
var levels = []string{"noaccess", "depositor", "reader", "author", "editor", "designer", "manager"}

func (l Level) String() string { return levels[l] }

// The levels that the benchmark asks for.
const (
	NoAccess Level = 0
	Editor   Level = 4
)

var roles = []string{"[Admin]", "[Buyer]", "[Audit]"}

// list is an access control list. Every name is in it once.
type list struct {
	fallback line // -Default-
	people   map[int32]line
	groups   map[int32]line
	units    map[int]line // wildcards
}

type line struct {
	level Level
	roles int // the first so many of roles
}

// list makes the list of the n-th database up: -Default-, Anonymous, a server
// group, two wildcards, three people, and groups for the rest.
func (c *Company) list(r *rand.Rand, n int) list {
	l := list{
		fallback: line{level: []Level{0, 0, 2, 0, 3}[n%5]},
		people:   map[int32]line{}, groups: map[int32]line{}, units: map[int]line{},
	}
	for range 2 {
		l.units[r.IntN(units)] = line{level: Level(2 + r.IntN(2)), roles: r.IntN(2)}
	}
	for range 3 {
		l.people[int32(r.IntN(c.People))] = randomLine(r)
	}
	for range c.Entries - 8 {
		if c.Groups > 0 {
			l.groups[int32(r.IntN(c.Groups))] = randomLine(r)
		}
	}
	return l
}

func randomLine(r *rand.Rand) line {
	l := line{level: []Level{0, 2, 2, 3, 3, 4, 4, 5, 6}[r.IntN(9)]}
	if l.level > NoAccess {
		l.roles = r.IntN(len(roles) + 1)
	}
	return l
}

// Decide says what a person may do in a database: by the own name, else by all
// groups, else by all wildcards, else -Default- (rules 3.1 to 3.9).
func (c *Company) Decide(n, person int) (Level, []string) {
	l := &c.lists[n]
	if own, ok := l.people[int32(person)]; ok {
		return own.level, own.granted()
	}
	best, found := line{}, false
	unite := func(with line, ok bool) {
		if ok {
			found = true
			best.level, best.roles = max(best.level, with.level), max(best.roles, with.roles)
		}
	}
	for g := range c.GroupsOf(person) {
		with, ok := l.groups[int32(g)]
		unite(with, ok)
	}
	if !found {
		with, ok := l.units[person%units]
		unite(with, ok)
	}
	if !found {
		best = l.fallback
	}
	return best.level, best.granted()
}

// granted are the roles; no access has none.
func (l line) granted() []string {
	if l.level == NoAccess {
		return nil
	}
	return roles[:l.roles]
}

// GroupsOf walks up from a person, one group after the other.
func (c *Company) GroupsOf(person int) map[int]bool {
	found := map[int]bool{}
	queue := append([]int32(nil), c.direct[person]...)
	for len(queue) > 0 {
		g := queue[0]
		queue = queue[1:]
		if found[int(g)] {
			continue
		}
		found[int(g)] = true
		queue = append(queue, c.outer[g]...)
	}
	return found
}

// MembersOf walks down from a group, one group after the other, to its people.
func (c *Company) MembersOf(group int) map[int]bool {
	people, seen := map[int]bool{}, map[int32]bool{}
	queue := []int32{int32(group)}
	for len(queue) > 0 {
		g := queue[0]
		queue = queue[1:]
		if seen[g] {
			continue
		}
		seen[g] = true
		for _, p := range c.members[g] {
			people[int(p)] = true
		}
		queue = append(queue, c.inner[g]...)
	}
	return people
}

// notesName is a person's name as an access control list spells it (rule 9.5).
func (c *Company) notesName(i int) string {
	return fmt.Sprintf("CN=%s/OU=Unit %02d/O=Acme", c.Common(i), i%units)
}

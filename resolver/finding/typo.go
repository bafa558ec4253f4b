package finding

import (
	"cmp"
	"math/bits"
	"slices"
	"strings"

	"github.com/aclens/aclens/resolver/directory"
	"github.com/aclens/aclens/resolver/name"
)

// similarBudget bounds how many pairs of an unknown and a known name are
// compared. Beyond it the unknown names that come last by Key get no hint.
const similarBudget = 1 << 28

// maxSimilar is the largest number of slips of the pen that are looked for, and
// maxSimilarText the longest name that is compared.
const (
	maxSimilar     = 2
	maxSimilarText = 255
)

// suspect is a name that does not exist, on the way to the nearest that does.
type suspect struct {
	key   string
	mask  uint64
	limit int
	best  int // distance of the hint; more than limit while there is none
	hint  string
}

// suspects are sorted into lists by length.
type suspects [maxSimilarText + 1][]*suspect

// findSimilarNames gives the class typo to names that are nearly somebody's or
// some group's.
func (v *view) findSimilarNames(unknown map[name.Key]name.Name) {
	var all []*suspect
	for k := range unknown {
		limit := slipsAllowed(string(k))
		if v.shared.classes[k].word == "" && limit > 0 && len(k) <= maxSimilarText {
			all = append(all, &suspect{key: string(k), mask: letters(string(k)), limit: limit, best: limit + 1})
		}
	}
	p := v.s.Population()
	known := p.People.GetCardinality() + p.Servers.GetCardinality() + uint64(len(v.members))
	if most := similarBudget / max(known, 1); uint64(len(all)) > most {
		slices.SortFunc(all, func(a, b *suspect) int { return cmp.Compare(a.key, b.key) })
		all = all[:most]
	}
	if len(all) == 0 {
		return
	}
	var lists suspects
	for _, s := range all {
		lists[len(s.key)] = append(lists[len(s.key)], s)
	}
	v.eachKnown(lists.compare)
	for _, s := range all {
		if s.best <= s.limit {
			v.shared.classes[name.Key(s.key)] = class{typo, s.hint}
		}
	}
}

// eachKnown yields every name that an ACL or a group could mean. Deny lists are
// not among them: a hint would show them.
func (v *view) eachKnown(yield func(name.Name)) {
	p := v.s.Population()
	for _, ids := range [][]uint32{p.People.ToArray(), p.Servers.ToArray()} {
		for _, id := range ids {
			names := v.x.Names(directory.ID(id))
			yield(names.Own)
		}
	}
	for _, id := range v.members {
		if g := v.s.Group(id); !g.DenyList() {
			for _, n := range g.Names {
				yield(n)
			}
		}
	}
}

// compare holds one known name against the suspects of nearly its length.
func (lists *suspects) compare(n name.Name) {
	key := string(n.Key())
	mask := letters(key)
	for length := max(0, len(key)-maxSimilar); length <= min(len(key)+maxSimilar, maxSimilarText); length++ {
		for _, s := range lists[length] {
			if bits.OnesCount64(mask^s.mask) > 2*s.limit {
				continue // every slip adds one letter and takes one away at most
			}
			d := distance(s.key, key, min(s.limit, s.best))
			if d > s.limit || d > s.best || !sameDigits(s.key, key) {
				continue
			}
			if hint := n.Abbreviated(); d < s.best || hint < s.hint {
				s.best, s.hint = d, hint
			}
		}
	}
}

// slipsAllowed is how many slips make a name of that length still the same:
// short names are near to each other without any.
func slipsAllowed(key string) int {
	first, _, _ := strings.Cut(key, ",")
	switch length := len(first) - len("cn="); {
	case length < 4:
		return 0
	case length < 10:
		return 1
	default:
		return maxSimilar
	}
}

// letters is the set of a text's bytes, folded into 64 bits.
func letters(s string) uint64 {
	var mask uint64
	for i := range len(s) {
		mask |= 1 << (s[i] & 63)
	}
	return mask
}

// sameDigits tells whether two texts have the same digits in the same order:
// names that differ in a number are numbered, not misspelt.
func sameDigits(a, b string) bool {
	digits := func(r rune) rune {
		if '0' <= r && r <= '9' {
			return r
		}
		return -1
	}
	return strings.Map(digits, a) == strings.Map(digits, b)
}

// distance counts the insertions, deletions, replacements and exchanges of two
// neighbours between two texts, or is limit+1 when there are more. It looks
// only at the band of the table in which the answer can lie.
func distance(a, b string, limit int) int {
	if len(a)-len(b) > limit || len(b)-len(a) > limit || len(b) > maxSimilarText {
		return limit + 1
	}
	var rows [3][maxSimilarText + 2]int
	two, one, row := &rows[0], &rows[1], &rows[2]
	for j := range min(len(b), limit+1) + 1 {
		one[j] = j
	}
	for i := 1; i <= len(a); i++ {
		from, to := max(1, i-limit), min(len(b), i+limit)
		row[from-1] = limit + 1
		if from == 1 {
			row[0] = i
		}
		least := row[from-1]
		for j := from; j <= to; j++ {
			above := limit + 1
			if j < i+limit {
				above = one[j]
			}
			d := one[j-1]
			if a[i-1] != b[j-1] {
				d = 1 + min(d, above, row[j-1])
				if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
					d = min(d, two[j-2]+1)
				}
			}
			row[j] = d
			least = min(least, d)
		}
		if least > limit {
			return limit + 1
		}
		two, one, row = one, row, two
	}
	return min(one[len(b)], limit+1)
}

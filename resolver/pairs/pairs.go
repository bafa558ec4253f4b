// Package pairs is the shape of every large index here: ascending pairs of two
// numbers in one slice without pointers. A million pairs cost eight megabytes,
// nothing to the garbage collector, and some thousand changes are one linear
// merge.
package pairs

import (
	"slices"
	"sort"
)

// List holds pairs, ascending and each once. It must not be changed.
type List []uint64

// Of makes a pair.
func Of(first, second uint32) uint64 { return uint64(first)<<32 | uint64(second) }

// First is the first number of a pair.
func First(pair uint64) uint32 { return uint32(pair >> 32) }

// Second is the second number of a pair.
func Second(pair uint64) uint32 { return uint32(pair) }

// Find returns the pairs with the given first number.
func (l List) Find(first uint32) List {
	lo := l.search(uint64(first) << 32)
	hi := lo
	for hi < len(l) && First(l[hi]) == first {
		hi++
		if hi-lo == 64 { // a long run: look for its end instead of walking there
			rest := l[lo:]
			hi = lo + sort.Search(len(rest), func(i int) bool { return First(rest[i]) > first })
			break
		}
	}
	return l[lo:hi:hi]
}

// search is the position of the first pair not below x. It guesses the position
// as if first numbers were spread evenly (hashes are, dense numbers nearly) and
// corrects the guess by doubling steps, so that a bad guess costs a search.
func (l List) search(x uint64) int {
	n := len(l)
	if n == 0 {
		return 0
	}
	low, high := uint64(First(l[0])), uint64(First(l[n-1]))
	want := min(max(x>>32, low), high)
	guess := int((want - low) * uint64(n-1) / (high - low + 1))
	lo, hi := guess, guess
	for step := 8; lo > 0 && l[lo-1] >= x; step *= 2 {
		lo = max(0, lo-step)
	}
	for step := 8; hi < n && l[hi] < x; step *= 2 {
		hi = min(n, hi+step)
	}
	return lo + sort.Search(hi-lo, func(i int) bool { return l[lo+i] >= x })
}

// Merge returns the list without gone and with come, both in any order; a pair
// in both stays. The list itself is not changed.
func (l List) Merge(gone, come []uint64) List {
	if len(gone) == 0 && len(come) == 0 {
		return l
	}
	gone, come = ordered(gone), slices.Compact(ordered(come))
	if len(l) == 0 {
		return tight(come)
	}
	out := make(List, 0, len(l)+len(come))
	for _, x := range l {
		for len(come) > 0 && come[0] < x {
			out, come = append(out, come[0]), come[1:]
		}
		for len(gone) > 0 && gone[0] < x {
			gone = gone[1:]
		}
		if len(come) > 0 && come[0] == x {
			come = come[1:]
		} else if len(gone) > 0 && gone[0] == x {
			continue
		}
		out = append(out, x)
	}
	return append(out, come...)
}

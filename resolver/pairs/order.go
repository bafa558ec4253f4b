package pairs

import "slices"

const (
	digitBits = 11
	digits    = (64 + digitBits - 1) / digitBits
	bucketsOf = 1 << digitBits
	fewPairs  = 1 << 11 // below, comparing is faster than counting
)

// ordered is the list ascending; it may be the list itself, in another order.
// Long lists are sorted by counting digits, from the last one up: those that are
// the same in all pairs need no pass, nor do those of the second numbers where
// these ascend already, as they do when a first load notes entry after entry.
func ordered(list []uint64) []uint64 {
	if len(list) < fewPairs {
		slices.Sort(list)
		return list
	}
	first := 0
	if secondsAscend(list) {
		first = 32 / digitBits // the digit that holds the last bits of first numbers, and some of second ones, which stay as they are
	}
	var counts [digits][bucketsOf]uint32
	for _, x := range list {
		for d := first; d < digits; d++ {
			counts[d][x>>(d*digitBits)&(bucketsOf-1)]++
		}
	}
	other := make([]uint64, len(list))
	for d := first; d < digits; d++ {
		count := &counts[d]
		if int(count[list[0]>>(d*digitBits)&(bucketsOf-1)]) == len(list) {
			continue
		}
		at := uint32(0)
		for i, n := range count {
			count[i] = at
			at += n
		}
		for _, x := range list {
			b := x >> (d * digitBits) & (bucketsOf - 1)
			other[count[b]] = x
			count[b]++
		}
		list, other = other, list
	}
	return list
}

func secondsAscend(list []uint64) bool {
	last := uint32(0)
	for _, x := range list {
		if Second(x) < last {
			return false
		}
		last = Second(x)
	}
	return true
}

// tight is a list without the room that was made for more of it, where that is
// much.
func tight(list []uint64) List {
	if cap(list)-len(list) > len(list)/16 {
		return slices.Clone(list)
	}
	return list
}

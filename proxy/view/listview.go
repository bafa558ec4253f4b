package view

import (
	"sort"

	"github.com/aclens/aclens/proxy/wire"
)

// prepareView checks the virtual list view control (draft-ietf-ldapext-ldapv3-
// vlv-09).
func (q *Query) prepareView() {
	if q.request.VLV == nil || q.request.Sort != nil {
		return
	}
	q.refused = &Answer{Result: wire.Result{Code: wire.SortControlMissing, Message: "a list view needs a sort control"},
		VLV: &wire.VLVResponse{Code: wire.SortControlMissing}}
}

// keepState goes on with the State of an earlier view of the same list, as long
// as that is kept. Its context is a cookie of no position.
func (q *Query) keepState(context []byte) {
	if q.open(context) {
		q.from = position{}
	}
}

// takeView chooses the part of a sorted list that is to be seen, and answers
// the control.
func (r *run) takeView(list []orderedEntry) (from, to int) {
	v := r.request.VLV
	answer := &wire.VLVResponse{Count: len(list), ContextID: r.cookie(position{})}
	r.answer.VLV = answer
	if v.ByValue {
		answer.Position, answer.Code = r.firstNotBelow(list)
	} else {
		answer.Position, answer.Code = positionOf(v.Offset, v.Count, len(list))
	}
	if answer.Code != wire.Success {
		r.end(answer.Code, "the target of the list view cannot be found")
		return 0, 0
	}
	return around(answer.Position, v.Before, v.After, len(list))
}

// positionOf is where in a list of count entries an offset points to that the
// client has taken from a list which it believes to be believed long: the first
// and the last entry stay what they are, others move in proportion.
func positionOf(offset, believed, count int) (int, wire.ResultCode) {
	switch {
	case offset < 1 || believed > 0 && offset > believed:
		return 0, wire.OffsetRangeError
	case count == 0:
		return 0, wire.Success
	case believed > 0 && offset == believed:
		return count, wire.Success
	case offset == 1:
		return 1, wire.Success
	case believed == 0 && offset > count:
		return 0, wire.OffsetRangeError
	case believed == 0:
		return offset, wire.Success
	}
	return max(1, int(int64(count)*int64(offset)/int64(believed))), wire.Success
}

// firstNotBelow is the position of the first entry whose first sort key is the
// asserted value or comes behind it in the order of the list; behind the last
// entry where there is none.
func (r *run) firstNotBelow(list []orderedEntry) (int, wire.ResultCode) {
	first := r.keys[:1]
	form, ok := first[0].form(r.state.Snapshot.Store().Schema(), nil, r.request.VLV.Value)
	if !ok {
		return 0, wire.InappropriateMatching
	}
	target := string(first[0].appendText(nil, form, true))
	readers := make([]*sortReader, len(r.stages))
	i := sort.Search(len(list), func(i int) bool {
		e := list[i]
		if readers[e.stage] == nil {
			readers[e.stage] = r.sortReader(int(e.stage), first)
		}
		return string(readers[e.stage].of(e)) >= target
	})
	if r.pace.done() {
		return 0, wire.TimeLimitExceeded
	}
	return i + 1, wire.Success
}

// around is the part of a list of count entries with so many before and after a
// position; the list ends where it ends.
func around(position, before, after, count int) (from, to int) {
	if position == 0 {
		return 0, 0
	}
	return max(0, position-1-before), min(count, position+after)
}

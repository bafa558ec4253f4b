package view

import "github.com/aclens/aclens/resolver/directory"

// Workspace is the memory of one search after another. It serves one at a time; the
// zero value is ready.
type Workspace struct{ taken Query }

// query is the memory for a Query, in r where there is room.
func (r *Workspace) query() *Query {
	if r == nil || r.taken.view != nil {
		return new(Query)
	}
	return &r.taken
}

// Clear makes room for another search. The one before must be over, and nothing
// of it must be used any more.
func (r *Workspace) Clear() {
	if r.taken.view == nil {
		return
	}
	giveComputed(r.taken.room.compiler.shared)
	giveComputed(r.taken.room.writer.computed)
	r.taken = Query{}
}

// room is what nearly every search needs one of, allocated with the Query.
type room struct {
	pace     pace
	place    realPlace
	compiler compiler
	stages   [1]stage
	guards   [2]directory.Guard
	run      run
	eval     directory.Evaluator
	writer   writer
	writers  [1]*writer
	links    [1][]links
}

package view

// Succeed makes v answer in the place of another View, from the State that
// answers there and under v's own settings and rules, and retires that one. v
// must not have answered before, and the other must not be given States
// meanwhile. It returns the new State, nil if there is none.
//
// Where settings and rules show the same as before, the history goes on; else
// it begins anew, and consumers of feeds read everything again (RFC 4533,
// section 3.6): what they were told is no ground to go on from.
func (v *View) Succeed(old *View) *State {
	defer old.Retire()
	was := old.Current()
	if was == nil {
		return nil
	}
	was.Moment() // its numbers come before those that begin here
	v.created = old.created
	v.findingsOf.Store(old.findingsOf.Load())
	st := v.newState(was.ID, was.Snapshot, was.Findings, was.Changed)
	v.current.Store(st)
	v.kept.keep(st, v.settings.Now())
	v.number(nil, st)
	return st
}

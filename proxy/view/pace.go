package view

import "context"

// pace looks at the clock of a search by what was done, not by how many entries
// it was done for: one entry may need a decision in every database, and one
// filter may have thousands of terms. A nil pace never ends.
type pace struct {
	ctx   context.Context // nil before the search runs
	spent int
	over  bool
}

// What things cost, in entries looked at.
const (
	patience    = 256 // between two looks at the clock
	termsAtOnce = 16  // terms of a filter that cost one entry
	explainCost = 64
)

// spend notes work done and tells whether the search may go on. Once it may not,
// what is computed is not complete and must not be returned.
func (p *pace) spend(n int) bool {
	if p == nil || p.ctx == nil {
		return true
	}
	if p.spent += n; p.spent >= patience {
		p.spent = 0
		p.over = p.over || p.ctx.Err() != nil
	}
	return !p.over
}

// done tells whether the time was up when last looked.
func (p *pace) done() bool { return p != nil && p.over }

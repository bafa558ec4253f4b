package resolver

// RefusedSets is how many sets of refused people the Snapshot keeps.
func (s *Snapshot) RefusedSets() int { return s.cache.refused.Figures().Entries }

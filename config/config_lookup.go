package config

// Given reports whether the file has the key, such as view.memberOfIn.
func (c *Config) Given(key string) bool {
	_, ok := c.given[key]
	return ok
}

// Line returns the line of the key in the file, or of the nearest key around it;
// 0 if there is none. It is for faults that show only at run time.
func (c *Config) Line(key string) int { return c.near(key).line }

// MemberOfIn returns when memberOf is returned for a directory of profile p: as
// the file says, else with * for Active Directory and 389 Directory Server,
// whose clients expect it there (docs/contract.md section 4).
func (c *Config) MemberOfIn(p Profile) MemberOfIn {
	starred := p == ProfileActiveDirectory || p == Profile389DS
	if !c.Given("view.memberOfIn") && c.View.MemberOfIn == MemberOfInNamed && starred {
		return MemberOfInStar
	}
	return c.View.MemberOfIn
}

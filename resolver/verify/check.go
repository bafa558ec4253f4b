package verify

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/aclens/aclens/resolver"
	"github.com/aclens/aclens/resolver/acl"
	"github.com/aclens/aclens/resolver/name"
	"github.com/aclens/aclens/resolver/server"
)

// Check holds answers of Domino against what the Snapshot answers.
func Check(s *resolver.Snapshot, answers []Answer) Report {
	c := checker{s: s, readings: s.Readings(), people: map[string]person{}, rules: map[string]*RuleCount{}}
	c.report = Report{Answers: len(answers), Rules: []RuleCount{}, Rows: []Row{}, NotCompared: []NotCompared{}}
	c.choices = c.readings.Choices()
	c.report.Readings = make([]ReadingCount, len(c.choices))
	for i, choice := range c.choices {
		c.report.Readings[i] = ReadingCount{Decision: choice.Decision, Setting: choice.Setting, Now: choice.Now, Other: choice.Other}
	}
	for i := range answers {
		c.take(&answers[i])
	}
	c.finish()
	return c.report
}

type checker struct {
	s        *resolver.Snapshot
	readings *resolver.Readings
	choices  []resolver.Choice
	people   map[string]person // by Answer.User
	rules    map[string]*RuleCount
	report   Report
}

// person is whom a user of the file is.
type person struct {
	sub *resolver.Subject
	err error
}

// verdict says how two answers stand to each other.
type verdict uint8

const (
	agrees verdict = iota
	differs
	unsaid // the Snapshot cannot tell, for want of input
)

func (c *checker) take(a *Answer) {
	who := c.find(a.User)
	db, in, ok := c.s.Databases().Find(a.Database)
	switch {
	case who.err != nil:
		c.pass(a, who.err.Error())
		return
	case !ok:
		c.pass(a, "no database of that name is known")
		return
	}
	v := c.readings.Otherwise(who.sub, in, resolver.Query{Channel: a.Channel, FullAccess: a.FullAccess})
	now := judge(&v.Decision, in.List, a)
	c.countRule(v.Rule, now)
	better := c.countReadings(&v, now, in.List, a)
	switch now {
	case agrees:
		c.report.Agreed++
	case unsaid:
		c.report.Unsaid++
	case differs:
		c.differ(a, &v, c.s.Row(who.sub, db, in, &v.Decision), better)
	}
}

func (c *checker) find(user string) person {
	p, known := c.people[user]
	if !known {
		p.sub, _, p.err = c.s.FindSubject(user, resolver.OnlyHierarchicalNames)
		c.people[user] = p
	}
	return p
}

// pass leaves an answer out of the comparison.
func (c *checker) pass(a *Answer, why string) {
	c.report.Passed++
	if len(c.report.NotCompared) < Listed {
		c.report.NotCompared = append(c.report.NotCompared, NotCompared{a.File, a.Line, a.User, a.Database, why})
	}
}

// judge compares a decision with all that the answer says. Roles count above No
// Access, where they have an effect.
func judge(d *resolver.Decision, l *acl.List, a *Answer) verdict {
	switch {
	case d.CapUnknown:
		return unsaid
	case d.Level != a.Level:
		return differs
	case a.HasRoles && d.Level > acl.NoAccess && !sameRoles(l.RoleNames(d.Roles), a.Roles):
		return differs
	case a.HasPrivileges && (d.Privileges^a.Privileges)&^d.Unknown != 0:
		return differs
	}
	return agrees
}

// sameRoles compares two sets of roles; brackets may be left out, and case and
// order do not matter (rule 8.3).
func sameRoles(a, b []string) bool { return slices.Equal(roleKeys(a), roleKeys(b)) }

func roleKeys(roles []string) []string {
	keys := make([]string, len(roles))
	for i, r := range roles {
		keys[i] = name.Fold(acl.Bracketed(r))
	}
	slices.Sort(keys)
	return slices.Compact(keys)
}

func (c *checker) countRule(rule string, now verdict) {
	r := c.rules[rule]
	if r == nil {
		r = &RuleCount{Rule: rule, About: aboutRule(rule)}
		c.rules[rule] = r
	}
	r.Rows++
	switch now {
	case agrees:
		r.Agreed++
	case unsaid:
		r.Unsaid++
	}
}

// countReadings counts what would become of the row under every other reading,
// and lists those under which it would agree though it does not now.
func (c *checker) countReadings(v *resolver.Verdict, now verdict, l *acl.List, a *Answer) (better []string) {
	better = []string{}
	for _, alternative := range v.Otherwise {
		count, then := &c.report.Readings[alternative.Choice], judge(&alternative.Answer, l, a)
		count.Changed++
		switch {
		case now == agrees && then == differs:
			count.Broken++
		case now == differs && then == agrees:
			count.Fixed++
			better = append(better, count.label())
		}
	}
	return better
}

func (c *checker) differ(a *Answer, v *resolver.Verdict, ours resolver.Row, better []string) {
	c.report.Differing++
	row := Row{
		File: a.File, Line: a.Line, User: ours.User, Database: ours.Database, Channel: a.Channel.String(),
		Ours: Access{ours.Level, ours.Roles, nil}, Domino: Access{a.Level.String(), a.Roles, nil},
		Source: ours.Source, Winning: ours.Winning, Rule: v.Rule, Better: better,
	}
	if a.HasPrivileges {
		row.Ours.Privileges, row.Domino.Privileges = ours.Privileges, a.Privileges.Names()
	}
	if v.Server == server.Denied {
		row.ACLLevel = v.ACLLevel.String()
		if v.ACLLevel == a.Level {
			c.report.ServerOnly++
		}
	}
	if len(c.report.Rows) < Listed {
		c.report.Rows = append(c.report.Rows, row)
	}
}

func (c *checker) finish() {
	for _, r := range c.rules {
		c.report.Rules = append(c.report.Rules, *r)
	}
	slices.SortFunc(c.report.Rules, func(a, b RuleCount) int { return compareRules(a.Rule, b.Rule) })
	for i := range c.report.Readings {
		c.report.Readings[i].judge()
	}
}

// compareRules orders rules by their numbers: 3.2 before 3.10.
func compareRules(a, b string) int {
	number := func(rule string) (section, n int) {
		before, after, _ := strings.Cut(rule, ".")
		section, _ = strconv.Atoi(before)
		n, _ = strconv.Atoi(after)
		return section, n
	}
	s1, n1 := number(a)
	s2, n2 := number(b)
	return cmp.Or(cmp.Compare(s1, s2), cmp.Compare(n1, n2))
}

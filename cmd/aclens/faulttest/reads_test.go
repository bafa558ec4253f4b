package faulttest

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"time"

	"github.com/go-ldap/ldap/v3"
)

// session is a client's connection, bound as the service account.
type session struct{ *ldap.Conn }

func dialed(address string) (session, error) {
	c, err := ldap.DialURL("ldap://" + address)
	if err != nil {
		return session{}, err
	}
	c.SetTimeout(patience)
	if err := c.Bind(reader, readerPassword); err != nil {
		_ = c.Close()
		return session{}, err
	}
	return session{c}, nil
}

// search asks one question; an entry that is not there is no failure.
func (s session) search(base string, scope int, filter string, attributes ...string) ([]*ldap.Entry, period, error) {
	p := period{asked: time.Now()}
	r, err := s.Search(ldap.NewSearchRequest(base, scope, ldap.NeverDerefAliases, 0, 0, false, filter, attributes, nil))
	p.told = time.Now()
	if ldap.IsErrorWithCode(err, ldap.LDAPResultNoSuchObject) {
		return nil, p, nil
	}
	if err != nil {
		return nil, p, fmt.Errorf("search below %s for %s: %w", base, filter, err)
	}
	return r.Entries, p, nil
}

// wrongAnswer is an answer that cannot be true.
type wrongAnswer struct{ error }

// readAnything asks one question of some kind and holds the answer against the
// model. It returns how long the answer took.
func (c *company) readAnything(s session, d *rand.Rand) (time.Duration, error) {
	switch d.IntN(6) {
	case 0, 1:
		return c.readPerson(s, d.IntN(people), personDN, ldap.ScopeBaseObject, "(objectClass=*)")
	case 2:
		n := d.IntN(people)
		return c.readPerson(s, n, func(int) string { return "o=acme" }, ldap.ScopeWholeSubtree, "(uid="+personUID(n)+")")
	case 3:
		return c.readDepartment(s, d.IntN(teams))
	case 4:
		return c.readLevel(s, d.IntN(teams), levels[d.IntN(len(levels))])
	}
	return c.readTemps(s)
}

func (c *company) readPerson(s session, n int, base func(int) string, scope int, filter string) (time.Duration, error) {
	found, p, err := s.search(base(n), scope, filter, "description", "isMemberOf", "effectiveAccess")
	took := p.told.Sub(p.asked)
	if err != nil {
		return took, err
	}
	if len(found) != 1 {
		return took, wrongAnswer{fmt.Errorf("%s is found %d times", personUID(n), len(found))}
	}
	e := found[0]
	if err := c.notes[n].check(p, e.GetAttributeValue("description")); err != nil {
		return took, wrongAnswer{err}
	}
	groups := valuesOf(e, "isMemberOf")
	access := valuesOf(e, "effectiveAccess")
	for g := range teams {
		if err := c.checkMembership(p, n, g, groups[strings.ToLower(teamDN(g))], groups[strings.ToLower(deptDN(g))], access); err != nil {
			return took, wrongAnswer{err}
		}
	}
	return took, nil
}

// checkMembership holds what one answer tells of a person and a database
// together: the department has to follow from the team, the access from the
// department.
func (c *company) checkMembership(p period, n, g int, inTeam, inDept bool, access map[string]bool) error {
	if err := c.in[n][g].check(p, yesNo(inTeam)); err != nil {
		return err
	}
	if inTeam {
		if err := c.nested[g].check(p, yesNo(inDept)); err != nil {
			return err
		}
	} else if inDept {
		return fmt.Errorf("%s is in department %d and not in its team", personUID(n), g)
	}
	level := ""
	for _, each := range levels {
		if access[databaseKey(g)+"#"+each] {
			level += each
		}
	}
	if !inDept {
		if level != "" {
			return fmt.Errorf("%s has %s in database %d without being in its department", personUID(n), level, g)
		}
		return nil
	}
	return c.levels[g].check(p, level)
}

func valuesOf(e *ldap.Entry, attribute string) map[string]bool {
	set := map[string]bool{}
	for _, v := range e.GetEqualFoldAttributeValues(attribute) {
		set[strings.ToLower(v)] = true
	}
	return set
}

// readDepartment asks who is in a department.
func (c *company) readDepartment(s session, g int) (time.Duration, error) {
	found, p, err := s.search("ou=people,o=acme", ldap.ScopeWholeSubtree, "(isMemberOf="+deptDN(g)+")", "uid")
	if err == nil {
		err = c.checkSet(found, func(who map[string]bool) (err error) {
			for _, nested := range c.nested[g].possible(p) {
				if err = c.checkMembers(p, g, nested == "yes", who); err == nil {
					return nil
				}
			}
			return err
		})
	}
	return p.told.Sub(p.asked), err
}

// readLevel asks who has one level in a database.
func (c *company) readLevel(s session, g int, level string) (time.Duration, error) {
	found, p, err := s.search("ou=people,o=acme", ldap.ScopeWholeSubtree, "(effectiveAccess="+databaseKey(g)+"#"+level+")", "uid")
	if err == nil {
		err = c.checkSet(found, func(who map[string]bool) (err error) {
			for _, nested := range c.nested[g].possible(p) {
				for _, now := range c.levels[g].possible(p) {
					if err = c.checkMembers(p, g, nested == "yes" && now == level, who); err == nil {
						return nil
					}
				}
			}
			return err
		})
	}
	return p.told.Sub(p.asked), err
}

func (c *company) checkSet(found []*ldap.Entry, check func(map[string]bool) error) error {
	who := map[string]bool{}
	for _, e := range found {
		who[e.GetAttributeValue("uid")] = true
	}
	if err := check(who); err != nil {
		return wrongAnswer{err}
	}
	return nil
}

// checkMembers wants the members of a team, or nobody.
func (c *company) checkMembers(p period, g int, all bool, who map[string]bool) error {
	for n := range people {
		told := who[personUID(n)]
		if !all && told {
			return fmt.Errorf("%s is told for department %d, which should have nobody", personUID(n), g)
		}
		if all {
			if err := c.in[n][g].check(p, yesNo(told)); err != nil {
				return err
			}
		}
	}
	return nil
}

func (c *company) readTemps(s session) (time.Duration, error) {
	found, p, err := s.search("o=acme", ldap.ScopeWholeSubtree, "(sn=Temp)", "description", "employeeNumber")
	took := p.told.Sub(p.asked)
	if err != nil {
		return took, err
	}
	there := make([]string, temps)
	for _, e := range found {
		n, err := strconv.Atoi(e.GetAttributeValue("employeeNumber"))
		if err != nil || n >= temps {
			return took, wrongAnswer{fmt.Errorf("%s was never made", e.DN)}
		}
		there[n] = e.GetAttributeValue("description")
	}
	for n, note := range there {
		if err := c.temps[n].check(p, note); err != nil {
			return took, wrongAnswer{err}
		}
	}
	return took, nil
}

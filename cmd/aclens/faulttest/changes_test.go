package faulttest

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/go-ldap/ldap/v3"
)

// step is one change: of what, to what, how it is made, and how an answer that
// tells it is recognized.
type step struct {
	fact  *fact
	value string
	file  bool // it is made in a file, with which faults of the directory have nothing to do
	make  func(*ldap.Conn) error
	told  func(session) (bool, error)
	had   time.Time // when the directory or the folder had it
}

// anyStep draws a change of the directory.
func (c *company) anyStep(d *rand.Rand, serial int) *step {
	switch k := d.IntN(20); {
	case k < 9:
		return c.noteStep(d.IntN(people), fmt.Sprintf("note %d", serial))
	case k < 15:
		return c.memberStep(d.IntN(people), d.IntN(teams))
	case k < 17:
		return c.nestStep(d.IntN(teams))
	}
	return c.tempStep(d.IntN(temps), fmt.Sprintf("temp %d", serial))
}

func (c *company) noteStep(n int, note string) *step {
	return &step{fact: c.notes[n], value: note,
		make: func(l *ldap.Conn) error {
			m := ldap.NewModifyRequest(personDN(n), nil)
			m.Replace("description", []string{note})
			return l.Modify(m)
		},
		told: holds(personDN(n), "description", note, true),
	}
}

func (c *company) memberStep(n, g int) *step {
	join := c.in[n][g].now() == "no"
	return &step{fact: c.in[n][g], value: yesNo(join), make: membership(teamDN(g), personDN(n), join), told: holds(personDN(n), "isMemberOf", teamDN(g), join)}
}

func (c *company) nestStep(g int) *step {
	join := c.nested[g].now() == "no"
	return &step{fact: c.nested[g], value: yesNo(join), make: membership(deptDN(g), teamDN(g), join), told: holds(teamDN(g), "isMemberOf", deptDN(g), join)}
}

func (c *company) tempStep(n int, note string) *step {
	if c.temps[n].now() != "" {
		return &step{fact: c.temps[n], value: "", told: holds(tempDN(n), "sn", "Temp", false),
			make: func(l *ldap.Conn) error {
				return but(l.Del(ldap.NewDelRequest(tempDN(n), nil)), ldap.LDAPResultNoSuchObject)
			}}
	}
	return &step{fact: c.temps[n], value: note, told: holds(tempDN(n), "description", note, true),
		make: func(l *ldap.Conn) error {
			add := ldap.NewAddRequest(tempDN(n), nil)
			add.Attribute("objectClass", []string{"inetOrgPerson"})
			add.Attribute("sn", []string{"Temp"})
			add.Attribute("employeeNumber", []string{fmt.Sprint(n)})
			add.Attribute("description", []string{note})
			return but(l.Add(add), ldap.LDAPResultEntryAlreadyExists)
		}}
}

func (o *office) levelStep(g int, level string) *step {
	return &step{fact: o.levels[g], value: level, file: true,
		make: func(*ldap.Conn) error { return writeACL(o.acls, g, level) },
		told: holds(anchorDN(g), "effectiveAccess", databaseKey(g)+"#"+level, true)}
}

func membership(group, member string, join bool) func(*ldap.Conn) error {
	return func(l *ldap.Conn) error {
		m := ldap.NewModifyRequest(group, nil)
		if join {
			m.Add("member", []string{member})
			return but(l.Modify(m), ldap.LDAPResultAttributeOrValueExists)
		}
		m.Delete("member", []string{member})
		return but(l.Modify(m), ldap.LDAPResultNoSuchAttribute)
	}
}

// but forgives the result that a change has which was made before.
func but(err error, code uint16) error {
	if ldap.IsErrorWithCode(err, code) {
		return nil
	}
	return err
}

// holds asks for an entry and tells whether it has a value, or has it not.
func holds(dn, attribute, value string, want bool) func(session) (bool, error) {
	return func(s session) (bool, error) {
		found, _, err := s.search(dn, ldap.ScopeBaseObject, "(objectClass=*)", attribute)
		if err != nil {
			return false, err
		}
		has := len(found) == 1 && slices.ContainsFunc(found[0].GetEqualFoldAttributeValues(attribute), func(v string) bool {
			return strings.EqualFold(v, value)
		})
		return has == want, nil
	}
}

// author makes changes in the directory itself, one after the other.
type author struct {
	address string
	conn    *ldap.Conn
}

// make makes a change, however often the directory breaks off; what was made
// twice was made. It does not end by itself while the directory stands still,
// so that no change is left behind that would be made later.
func (a *author) make(ctx context.Context, s *step) error {
	for ctx.Err() == nil {
		err := a.try(s)
		if err == nil {
			s.had = time.Now()
			return nil
		}
		var refused *ldap.Error
		if errors.As(err, &refused) && refused.ResultCode < ldap.ErrorNetwork && refused.ResultCode != ldap.LDAPResultUnavailable && refused.ResultCode != ldap.LDAPResultBusy {
			return fmt.Errorf("change of %s: %w", s.fact.name, err)
		}
		a.close()
		pause(ctx, 20*time.Millisecond)
	}
	return ctx.Err()
}

func (a *author) try(s *step) error {
	if a.conn == nil {
		c, err := ldap.DialURL("ldap://" + a.address)
		if err != nil {
			return err
		}
		c.SetTimeout(patience)
		a.conn = c
		if err := c.Bind("cn=root,o=acme", "root"); err != nil {
			return err
		}
	}
	return s.make(a.conn)
}

func (a *author) close() {
	if a.conn != nil {
		_ = a.conn.Close()
		a.conn = nil
	}
}

// pause waits for a while, or until ctx ends.
func pause(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}

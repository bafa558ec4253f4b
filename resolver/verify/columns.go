package verify

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/aclens/aclens/resolver/acl"
)

// columns says what stands where in a line; -1 where the file has no such
// column.
type columns struct {
	separator             rune
	count                 int
	user, database, level int
	roles, privileges     int
	channel, fullAccess   int
}

func newColumns(cells []string, separator rune) (*columns, error) {
	c := &columns{separator: separator, count: len(cells), user: -1, database: -1, level: -1, roles: -1, privileges: -1, channel: -1, fullAccess: -1}
	for i, text := range cells {
		at := c.named(plain(text))
		if at == nil {
			continue
		}
		if *at >= 0 {
			return nil, fmt.Errorf("column %q is there twice", text)
		}
		*at = i
	}
	if c.user < 0 || c.database < 0 || c.level < 0 {
		return nil, errors.New("the first line does not name the columns user, database and level")
	}
	return c, nil
}

// named is the place to note where a column stands, or nil for one of no meaning.
func (c *columns) named(column string) *int {
	switch column {
	case "user":
		return &c.user
	case "database":
		return &c.database
	case "level":
		return &c.level
	case "roles":
		return &c.roles
	case "privileges":
		return &c.privileges
	case "channel":
		return &c.channel
	case "fullaccess":
		return &c.fullAccess
	}
	return nil
}

// plain is a word without what spellings differ in.
func plain(text string) string {
	return strings.NewReplacer(" ", "", "-", "", "_", "").Replace(strings.ToLower(text))
}

// answer reads the cells of one line.
func (c *columns) answer(cells []string) (Answer, error) {
	a := Answer{User: cells[c.user], Database: cells[c.database], HasRoles: c.roles >= 0}
	if a.User == "" || a.Database == "" {
		return a, errors.New("the user or the database is empty")
	}
	var err error
	if a.Level, err = readLevel(cells[c.level]); err != nil {
		return a, err
	}
	if a.HasRoles {
		a.Roles = readRoles(cells[c.roles])
	}
	if c.privileges >= 0 && cells[c.privileges] != "" {
		a.HasPrivileges = true
		if a.Privileges, err = readPrivileges(cells[c.privileges]); err != nil {
			return a, err
		}
	}
	if c.channel >= 0 && cells[c.channel] != "" {
		if a.Channel, err = acl.ParseChannel(strings.ToLower(cells[c.channel])); err != nil {
			return a, err
		}
	}
	if c.fullAccess >= 0 {
		a.FullAccess, err = readYes(cells[c.fullAccess])
	}
	return a, err
}

// readLevel reads a number, a word, or a constant of LotusScript.
func readLevel(text string) (acl.Level, error) {
	if n, err := strconv.Atoi(text); err == nil {
		if n < 0 || n >= acl.Levels {
			return acl.NoAccess, fmt.Errorf("level %d is not from 0 to %d", n, acl.Levels-1)
		}
		return acl.Level(n), nil
	}
	level, err := acl.ParseLevel(strings.TrimPrefix(plain(text), "acllevel"))
	if err != nil {
		return level, fmt.Errorf("unknown level %q", text)
	}
	return level, nil
}

// webClient is a role that @UserRoles adds and no ACL holds (rule 2.11).
const webClient = "$$webclient"

func readRoles(text string) []string {
	roles := []string{}
	for role := range strings.SplitSeq(text, "|") {
		if role = strings.TrimSpace(role); role != "" && strings.Trim(strings.ToLower(role), "[]") != webClient {
			roles = append(roles, role)
		}
	}
	return roles
}

// readPrivileges reads the mask of rule 1.6 or names as answers spell them.
func readPrivileges(text string) (acl.Privileges, error) {
	if n, err := strconv.ParseUint(text, 10, 16); err == nil {
		if acl.Privileges(n)&^acl.AllPrivileges != 0 {
			return 0, fmt.Errorf("privileges %d hold a bit that is none (rule 1.6)", n)
		}
		return acl.Privileges(n), nil
	}
	var all acl.Privileges
	for word := range strings.SplitSeq(text, "|") {
		one, err := readPrivilege(strings.TrimSpace(word))
		if err != nil {
			return 0, err
		}
		all |= one
	}
	return all, nil
}

func readPrivilege(word string) (acl.Privileges, error) {
	for _, name := range acl.AllPrivileges.Names() {
		if strings.EqualFold(name, word) {
			return acl.ParsePrivilege(name)
		}
	}
	return acl.ParsePrivilege(word)
}

func readYes(text string) (bool, error) {
	switch strings.ToLower(text) {
	case "yes", "true", "1":
		return true, nil
	case "no", "false", "0", "":
		return false, nil
	}
	return false, fmt.Errorf("fullAccess is %q, neither yes nor no", text)
}

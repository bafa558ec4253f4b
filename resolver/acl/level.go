package acl

import "fmt"

// Level is an access level of an ACL, ordered as Domino numbers them (rule 1.1).
type Level uint8

// The seven levels of rule 1.1.
const (
	NoAccess Level = iota
	Depositor
	Reader
	Author
	Editor
	Designer
	Manager
)

// Levels is the number of levels.
const Levels = int(Manager) + 1

var levelNames = [Levels]string{"noaccess", "depositor", "reader", "author", "editor", "designer", "manager"}

// String is the DXL spelling of the level (rule 11.2), in lower case.
func (l Level) String() string {
	if int(l) < Levels {
		return levelNames[l]
	}
	return fmt.Sprintf("level(%d)", uint8(l))
}

// ParseLevel reads the DXL spelling of a level in lower case; any other text
// is an error, never a level.
func ParseLevel(s string) (Level, error) {
	for i, n := range levelNames {
		if n == s {
			return Level(i), nil
		}
	}
	return NoAccess, fmt.Errorf("unknown access level %q (noaccess, depositor, reader, author, editor, designer or manager)", s)
}

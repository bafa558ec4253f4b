// Package verify holds the answers of a Snapshot against what Domino itself
// answered: exported results of Effective Access, QueryAccess, QueryAccessRoles
// and QueryAccessPrivileges (rules 12.1 and 12.2).
//
// It promises that every line of such a file is either an answer that is
// compared or a fault that names it, that a row counts as agreed only where all
// that Domino said is what the Snapshot says, and that for every contested
// decision of docs/access-rules.md it counts how many rows would agree under the
// other reading. It refuses to guess which rows Domino got wrong, and to call a
// reading better that no row tells apart.
package verify

import (
	"fmt"

	"github.com/aclens/aclens/resolver/acl"
)

// Answer is one answer of Domino: a line of an exported file.
type Answer struct {
	File     string
	Line     int // counted from 1
	User     string
	Database string
	Level    acl.Level
	Roles    []string // as spelled, without the pseudo-role $$WebClient (rule 2.11)
	HasRoles bool     // the file has a column for roles
	Channel  acl.Channel

	Privileges    acl.Privileges
	HasPrivileges bool // the line says the privileges
	FullAccess    bool // asked with full access administration switched on (rule 3.11)
}

// Fault is a line that could not be read; the others count.
type Fault struct {
	File string
	Line int // counted from 1
	Err  error
}

// Error names file and line.
func (f *Fault) Error() string { return fmt.Sprintf("%s: line %d: %v", f.File, f.Line, f.Err) }

// Unwrap returns what is wrong.
func (f *Fault) Unwrap() error { return f.Err }

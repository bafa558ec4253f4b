package database

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
)

// Problem is something about the databases that a person should know and that
// stands in nobody's way. Kind is one of the constants, Subject what it is
// about (a key, an alias, a server, a replica id, a glob), Text one sentence.
type Problem struct{ Kind, Subject, Text string }

// The kinds of Problem.
const (
	// ReplicasDiffer: instances of one database have different ACLs (rule 6.5).
	ReplicasDiffer = "replicas-differ"
	// CopiesOnServer: one server holds several files of one replica id; each is
	// a database of its own and the replica id names none of them.
	CopiesOnServer = "copies-on-server"
	// NoHomeInstance: a database lies on several servers, none of them a home
	// server, so that its key may change when an export arrives.
	NoHomeInstance = "no-home-instance"
	// HomeServerUnused: no instance comes from a server of Options.HomeServers.
	HomeServerUnused = "home-server-unused"
	// IncludesNothing: an include glob selects no database.
	IncludesNothing = "include-matches-nothing"
	// ExcludesNothing: an exclude glob selects no database.
	ExcludesNothing = "exclude-matches-nothing"
	// AliasUnknown: an alias names no database, or none that is included.
	AliasUnknown = "alias-unknown"
	// AliasAmbiguous: an alias names several databases, and so none.
	AliasAmbiguous = "alias-ambiguous"
	// AliasOfReplica: an alias names an instance that gives no answers, and so
	// no database: the key's instance may have another ACL.
	AliasOfReplica = "alias-of-replica"
)

func sortProblems(problems []Problem) {
	slices.SortFunc(problems, func(a, b Problem) int {
		return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Subject, b.Subject), cmp.Compare(a.Text, b.Text))
	})
}

// faults gathers what refuses a set, in a settled order.
type faults []string

func (f *faults) add(format string, args ...any) {
	*f = append(*f, fmt.Sprintf(format, args...))
}

// err is one line: the first fault, and how many follow it.
func (f faults) err() error {
	switch len(f) {
	case 0:
		return nil
	case 1:
		return errors.New(f[0])
	default:
		return fmt.Errorf("%s (and %d more such faults)", f[0], len(f)-1)
	}
}

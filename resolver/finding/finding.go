// Package finding tells what is doubtful or dangerous about a directory and the
// ACLs that rely on it (docs/contract.md, section 8; section 13 of
// docs/access-rules.md).
//
// It promises the same findings in the same order for the same state, one
// finding a database where many people are concerned, and time that grows with
// the size of directory and ACLs and not with their product: who is concerned is
// found with sets. It refuses to change any answer: a finding is advice.
package finding

import (
	"cmp"
	"context"
	"fmt"
	"runtime"
	"slices"
	"sync"

	"github.com/aclens/aclens/resolver"
	"github.com/aclens/aclens/resolver/database"
)

// Severity says how much a finding matters.
type Severity uint8

// The severities of docs/contract.md, section 1.
const (
	Info Severity = iota
	Warning
	Error
)

var severityNames = [...]string{"info", "warning", "error"}

// String is the word for the severity.
func (s Severity) String() string { return severityNames[s] }

// MarshalText writes the word.
func (s Severity) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// ParseSeverity reads the word for a severity.
func ParseSeverity(text string) (Severity, error) {
	for i, word := range severityNames {
		if word == text {
			return Severity(i), nil
		}
	}
	return Info, fmt.Errorf("unknown severity %q (info, warning or error)", text)
}

// MaxSubjects is how many subjects a finding lists at most.
const MaxSubjects = 20

// Finding is one thing that a person should know.
type Finding struct {
	Severity Severity `json:"severity"`
	Kind     string   `json:"kind"`     // a word of Kinds
	Subject  string   `json:"subject"`  // what it is about: a database, a group, a name
	Advice   string   `json:"advice"`   // what to do
	Detail   string   `json:"detail"`   // what exactly was found, or empty where the kind says it all
	Database string   `json:"database"` // key of the database, or empty for the directory's own
	Count    int      `json:"count"`    // how many subjects are concerned, also beyond those listed
	Subjects []string `json:"subjects"` // the first MaxSubjects of them
	DenyList bool     `json:"-"`        // it names a deny list group, which only the right "denylists" may see (rule 4.2)
}

// New makes a finding of a kind that is not found in a Snapshot, such as a stale
// export.
func New(kind, subject, detail string) Finding {
	k := kindOf(kind)
	return Finding{Severity: k.Severity, Kind: k.Word, Subject: subject, Advice: k.Advice, Detail: detail, Count: 1, Subjects: []string{}}
}

// All lists every finding about a Snapshot: errors first, then by kind in the
// order of Kinds, database and subject. The problems are those that
// database.Arrange reported.
func All(s *resolver.Snapshot, problems []database.Problem) []Finding {
	found, _ := Find(context.Background(), s, problems, runtime.GOMAXPROCS(0)) // that context does not end
	return found
}

// Find is All on at most some processors, until ctx ends: then there are no
// findings, and its error is returned.
func Find(ctx context.Context, s *resolver.Snapshot, problems []database.Problem, processors int) ([]Finding, error) {
	v := newView(s)
	found := fromProblems(problems)
	for _, part := range []func() []Finding{v.ofDirectory, func() []Finding { return v.ofDatabases(ctx, processors) }} {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		found = append(found, part()...)
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	Sort(found)
	return found, nil
}

// Sort puts findings into the order of All.
func Sort(found []Finding) {
	slices.SortFunc(found, func(a, b Finding) int {
		return cmp.Or(
			cmp.Compare(b.Severity, a.Severity), cmp.Compare(rank[a.Kind], rank[b.Kind]),
			cmp.Compare(a.Database, b.Database), cmp.Compare(a.Subject, b.Subject),
			cmp.Compare(a.Detail, b.Detail), slices.Compare(a.Subjects, b.Subjects),
		)
	})
}

// fromProblems turns what is wrong with the arrangement of databases into
// findings.
func fromProblems(problems []database.Problem) []Finding {
	found := make([]Finding, 0, len(problems))
	for _, p := range problems {
		f := New(p.Kind, p.Subject, p.Text)
		if p.Kind == database.ReplicasDiffer {
			f.Database = p.Subject
		}
		found = append(found, f)
	}
	return found
}

// ofDatabases looks at every database, or at some if ctx ends; the processors
// share the work.
func (v *view) ofDatabases(ctx context.Context, processors int) []Finding {
	all := v.s.Databases().All()
	workers := min(processors, len(all))
	parts := make([][]Finding, workers)
	var group sync.WaitGroup
	for n := range workers {
		group.Go(func() {
			own := v.fork()
			for i := n; i < len(all) && ctx.Err() == nil; i += workers {
				parts[n] = append(parts[n], own.ofDatabase(all[i])...)
			}
		})
	}
	group.Wait()
	return slices.Concat(parts...)
}

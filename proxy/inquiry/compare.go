package inquiry

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/RoaringBitmap/roaring/v2"

	"github.com/aclens/aclens/proxy/view"
	"github.com/aclens/aclens/resolver/acl"
	"github.com/aclens/aclens/resolver/directory"
	"github.com/aclens/aclens/resolver/report"
)

// Beside is what two people have in one database.
type Beside struct {
	DatabaseRef
	Left, Right *Access // nil where it may not be read
	Differs     bool
}

// ComparePeople puts the access of two people side by side, by key. A database
// in which only one of the two may be read tells nothing of the other.
func (q *Inquiry) ComparePeople(left, right *Person) []Beside {
	var list []Beside
	add := func(a Access) *Beside {
		i := slices.IndexFunc(list, func(b Beside) bool { return b.Database == a.Database })
		if i < 0 {
			i = len(list)
			list = append(list, Beside{DatabaseRef: DatabaseRef{a.Database, a.Title}})
		}
		return &list[i]
	}
	for i := range left.Access {
		add(left.Access[i]).Left = &left.Access[i]
	}
	for i := range right.Access {
		add(right.Access[i]).Right = &right.Access[i]
	}
	for i := range list {
		b := &list[i]
		b.Differs = b.Left == nil || b.Right == nil || b.Left.Level != b.Right.Level || b.Left.WebLevel != b.Right.WebLevel ||
			!slices.Equal(b.Left.Roles, b.Right.Roles)
	}
	slices.SortFunc(list, func(a, b Beside) int { return strings.Compare(a.Database, b.Database) })
	return list
}

// Apart is somebody whose level in two databases differs.
type Apart struct {
	Someone
	Left, Right string // levels
}

// Pairing is two databases compared: how many have which pair of levels, and who differs.
type Pairing struct {
	Left, Right DatabaseRef
	Channel     string
	Counts      [acl.Levels][acl.Levels]int // by level on the left and on the right
	Apart       []Apart                     // by DN
	More        int                         // who differ and are not listed
}

// MaxApart is how many people a comparison of databases lists.
const MaxApart = 2000

// CompareDatabases compares who has which level in two databases.
func (q *Inquiry) CompareDatabases(left, right string, c acl.Channel) (*Pairing, error) {
	a, _, ok := q.snap.Databases().Find(left)
	b, _, also := q.snap.Databases().Find(right)
	if !ok || !also || !q.reasons(a) || !q.reasons(b) {
		return nil, ErrNotShown
	}
	p := &Pairing{Left: DatabaseRef{a.Key, q.title(a)}, Right: DatabaseRef{b.Key, q.title(b)}, Channel: c.String()}
	l, r := q.snap.Access(a, c), q.snap.Access(b, c)
	for x := range acl.Level(acl.Levels) {
		for y := range acl.Level(acl.Levels) {
			both := roaring.And(l.Level(x), r.Level(y))
			p.Counts[x][y] = int(both.GetCardinality())
			if x == y {
				continue
			}
			for it := both.Iterator(); it.HasNext(); {
				id := directory.ID(it.Next())
				sub, ok := q.snap.Subject(id)
				if !ok {
					continue
				}
				if len(p.Apart) >= MaxApart {
					p.More++
					continue
				}
				p.Apart = append(p.Apart, Apart{q.someone(sub), x.String(), y.String()})
			}
		}
	}
	slices.SortFunc(p.Apart, func(a, b Apart) int { return strings.Compare(a.DN, b.DN) })
	return p, nil
}

// Changes is what changed for whom since an earlier State.
type Changes struct {
	Before, After Freshness
	Rows          []report.Change
	More          bool // the limit of rows, or of time, was reached
}

// ErrTooLarge is why two States are not compared here: aclens diff does it.
var ErrTooLarge = errors.New("too many people and databases to compare here; aclens diff compares saved states of any size")

// MaxPairs is how many pairs of a user and a database a comparison of States
// looks at: a second or two of one processor.
const MaxPairs = 20_000_000

// Since compares an earlier State with the present one on a channel. A change
// is told where the asker may read the reasons of its database in every State
// that has the database. It ends early when ctx does.
func (q *Inquiry) Since(ctx context.Context, earlier *view.State, c acl.Channel, limit int) (*Changes, error) {
	was := New(earlier, q.who)
	if was.pairs()+q.pairs() > MaxPairs {
		return nil, ErrTooLarge
	}
	out := &Changes{Before: was.Freshness(), After: q.Freshness(), Rows: []report.Change{}}
	may := map[string]bool{}
	for change := range report.Diff(earlier.Snapshot, q.snap, c) {
		if ctx.Err() != nil || len(out.Rows) >= limit {
			out.More = true
			break
		}
		shown, known := may[change.Database]
		if !known {
			shown = q.reasonsInBoth(was, change.Database)
			may[change.Database] = shown
		}
		if !shown {
			continue
		}
		if !q.rights.DenyLists() || !was.rights.DenyLists() {
			change.Cause = withoutNames(change.Cause)
		}
		out.Rows = append(out.Rows, change)
	}
	return out, nil
}

func (q *Inquiry) pairs() int {
	p := q.snap.Population()
	return int(p.People.GetCardinality()+p.Servers.GetCardinality()) * q.snap.Databases().Len()
}

// reasonsInBoth tells whether the reasons of a database may be read in each
// State that has it, under whatever key it had then.
func (q *Inquiry) reasonsInBoth(was *Inquiry, key string) bool {
	now, _, is := q.snap.Databases().Find(key)
	before, _, had := was.snap.Databases().Find(key)
	if is && now.ReplicaID != "" {
		if moved, _, ok := was.snap.Databases().Find(now.ReplicaID); ok {
			if !was.reasons(moved) {
				return false
			}
			before, had = moved, true
		}
	}
	return (is || had) && (!is || q.reasons(now)) && (!had || was.reasons(before))
}

// causes are the causes of changes that name an entry after ": ".
var causes = []string{"entry added", "entry removed", "entry changed", "membership changed", "name changed"}

// withoutNames leaves the entries out of a cause, since one may be a deny list
// (rule 4.2). What is not a known cause may be a part of a name, and goes too.
func withoutNames(cause string) string {
	var kept []string
	for part := range strings.SplitSeq(cause, "; ") {
		word, _, named := strings.Cut(part, ": ")
		switch {
		case named && slices.Contains(causes, word), !named && slices.Contains(plainCauses, word):
			if !slices.Contains(kept, word) {
				kept = append(kept, word)
			}
		}
	}
	return strings.Join(kept, "; ")
}

// plainCauses are those that name nobody (docs/report.md, "Diff").
var plainCauses = []string{"database added", "database gone", "person added", "person gone", "server added", "server gone",
	"maximum Internet access changed", "consistent ACL changed", "server access changed", "settings changed"}

// MayCompareStates tells whether Since could show anything.
func (q *Inquiry) MayCompareStates() bool { return q.rights.AnyAccess() }

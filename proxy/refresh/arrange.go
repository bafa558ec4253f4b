package refresh

import (
	"crypto/sha256"
	"fmt"
	"hash"
	"time"

	"github.com/aclens/aclens/resolver/acl"
	"github.com/aclens/aclens/resolver/database"
	"github.com/aclens/aclens/resolver/source"
)

// arranged are the databases as they were last arranged without an error.
type arranged struct {
	set      *database.Set
	problems []database.Problem
	idle     []source.Addition // that cover no database
	sum      [sha256.Size]byte // of what the databases are, not of when and from where
	asOf     time.Time         // zero without ACLs
}

// arrange says which of some instances are one database.
func (a *acls) arrange(list []*database.Instance, idle []source.Addition, o database.Options) (*arranged, error) {
	set, problems, err := database.Arrange(list, o)
	if err != nil {
		return nil, err
	}
	return &arranged{set: set, problems: problems, idle: idle, sum: sumOfSet(set), asOf: a.oldest(set)}, nil
}

// oldest is the time of the oldest ACL in use. Those by hand count as of the
// last look at them.
func (a *acls) oldest(set *database.Set) time.Time {
	var oldest time.Time
	for _, db := range set.All() {
		for _, in := range db.Instances {
			if in.CapturedAt.IsZero() {
				oldest = earlier(oldest, a.looked)
				continue
			}
			oldest = earlier(oldest, in.CapturedAt)
		}
	}
	return oldest
}

func sumOfSet(set *database.Set) (sum [sha256.Size]byte) {
	h := sha256.New()
	for _, db := range set.All() {
		write(h, "database", db.Key, db.ReplicaID, db.Title)
		write(h, db.Alias...)
		for _, in := range db.Instances {
			write(h, "instance", in.Server.Canonical(), in.Path, in.ReplicaID, in.Title, in.Release)
			write(h, in.Log...)
			writeList(h, in.List)
		}
	}
	h.Sum(sum[:0])
	return sum
}

func writeList(h hash.Hash, l *acl.List) {
	write(h, l.Roles...)
	write(h, l.AdminServer, l.AdminMayModify, fmt.Sprint(l.MaxLevel, l.MaxKnown, l.Consistent, l.ExtendedAccess))
	for i := range l.Entries {
		e := &l.Entries[i]
		write(h, e.Label, fmt.Sprint(e.Kind, e.Type, e.Level, uint(e.Privileges), uint(e.Unknown)))
		write(h, l.RoleNames(e.Roles)...)
	}
}

// write adds one list of texts to a hash; a hash never fails to be written to.
func write(h hash.Hash, texts ...string) {
	b := appendText(nil, fmt.Sprint(len(texts)))
	for _, t := range texts {
		b = appendText(b, t)
	}
	h.Write(b)
}

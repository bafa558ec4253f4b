package login

import (
	"slices"

	"github.com/aclens/aclens/resolver/name"
)

// Proof says that a live directory took a name and a password just now: who
// has both can bind there again. What came from memory, from a file or from a
// certificate has none.
type Proof struct {
	Directory int    // position in Settings.Sources
	DN        string // the name that the directory was asked for
}

// proof is that of a success which the directory of the target gave itself.
func (f *inForce) proof(t target) *Proof {
	if _, isLive := t.source.checker.(live); !isLive {
		return nil
	}
	return &Proof{Directory: slices.Index(f.sources, t.source), DN: t.dn}
}

// Owner is the position in Settings.Sources of the directory that a name
// belongs to: the one with the longest base at or above it, as binds choose it.
// False: no base covers the name.
func (l *Login) Owner(dn name.DN) (int, bool) {
	f := l.settings.Load()
	from := unknownSource
	if snap := f.snapshot(); snap != nil {
		if id, ok := entryOf(snap, dn.Key()); ok {
			from = int(snap.Store().Entry(id).Source())
		}
	}
	owner := f.covering(dn.Key(), from)
	return slices.Index(f.sources, owner), owner != nil
}

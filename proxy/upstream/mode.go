package upstream

import (
	"context"
	"fmt"
	"slices"

	"github.com/aclens/aclens/proxy/wire"
)

// Mode is how changes of a directory are noticed.
type Mode string

// The modes. ModeAuto takes the best one that a server offers.
const (
	ModeAuto       Mode = "auto"
	ModeSyncrepl   Mode = "syncrepl"   // RFC 4533: OpenLDAP, 389 Directory Server
	ModeDirSync    Mode = "dirsync"    // MS-ADTS 3.1.1.3.4.1.3: Active Directory, asked now and then
	ModePersistent Mode = "persistent" // draft-ietf-ldapext-psearch: 389 Directory Server, OpenDJ
	ModePoll       Mode = "poll"       // any: ReadChanges and ReadNames
)

// Modes are all that Follow and ReadContent may be asked for, and ModeAuto.
var Modes = []Mode{ModeAuto, ModeSyncrepl, ModeDirSync, ModePersistent, ModePoll}

// controlOf is the control by which a server offers a mode.
var controlOf = map[Mode]string{
	ModeSyncrepl: wire.ControlSyncRequest, ModeDirSync: wire.ControlDirSync, ModePersistent: wire.ControlPersistentSearch,
}

// Mode asks a server whether it offers the wanted mode, and which one is the
// best if that is ModeAuto. The error matches ErrNoFeed where it does not offer
// it, or is as with RootDSE.
func (d *Directory) Mode(ctx context.Context, wanted Mode) (Mode, error) {
	if wanted == ModePoll {
		return ModePoll, nil
	}
	if !slices.Contains(Modes, wanted) {
		return "", fmt.Errorf("unknown mode %q of noticing changes", wanted)
	}
	facts, err := d.RootDSE(ctx)
	if err != nil {
		return "", err
	}
	return facts.mode(wanted)
}

func (f *Facts) mode(wanted Mode) (Mode, error) {
	if wanted != ModeAuto {
		// One that lists no controls at all, such as Domino, may know some.
		if wanted == ModePoll || f.SupportsControl(controlOf[wanted]) || len(f.Controls) == 0 && wanted != ModeDirSync {
			return wanted, nil
		}
		return "", fmt.Errorf("%w: %s does not list control %s, which %s needs", ErrNoFeed, f.URL, controlOf[wanted], wanted)
	}
	for _, m := range []Mode{ModeSyncrepl, ModeDirSync, ModePersistent} {
		if f.SupportsControl(controlOf[m]) && (m != ModeDirSync || f.Profile == ProfileActiveDirectory) {
			return m, nil
		}
	}
	return ModePoll, nil
}

package refresh

import (
	"errors"
	"fmt"
	"path/filepath"

	"github.com/gofrs/flock"
)

// lockFile is locked by the program that a folder of kept states belongs to. It
// is empty, and stays.
const lockFile = "lock"

// ErrKeepInUse is that another program keeps its state in the same folder: two
// would go on from one history and number different changes alike.
var ErrKeepInUse = errors.New("another aclens keeps its state there")

// LockKeep takes the folder of OpenKeep for this process, until release is called
// or the process ends, however it ends, and removes what a run that was cut off
// left in it. An error that is not ErrKeepInUse is that nothing can be locked or
// removed there: whether the folder is somebody else's is not known then.
func LockKeep(dir string) (release func(), err error) {
	lock := flock.New(filepath.Join(dir, lockFile), flock.SetPermissions(0o600))
	release = func() { _ = lock.Close() }
	switch mine, err := lock.TryLock(); {
	case err != nil:
		return release, fmt.Errorf("locking %s: %w", lock.Path(), err)
	case !mine:
		return release, fmt.Errorf("%s: %w", dir, ErrKeepInUse)
	}
	if err := sweep(dir); err != nil {
		return release, fmt.Errorf("removing what a run that was cut off left: %w", err)
	}
	return release, nil
}

package refresh

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
)

func TestAFolderOfKeptStatesBelongsToOneUntilItIsReleased(t *testing.T) {
	dir := t.TempDir()
	half := filepath.Join(dir, ".new-snapshot-123")
	writeTo(t, half, "half")
	release, err := LockKeep(dir)
	if err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(filepath.Join(dir, lockFile)); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info, err)
	}
	if _, err := os.Stat(half); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("what a run that was cut off left behind is there: %v", err)
	}
	writeTo(t, half, "on its way")
	for range 2 { // whoever was refused has not taken anything away
		other, err := LockKeep(dir)
		if !errors.Is(err, ErrKeepInUse) {
			t.Errorf("a second one gets %v", err)
		}
		other()
	}
	if _, err := os.Stat(half); err != nil {
		t.Errorf("whoever was refused took what is being written: %v", err)
	}
	release()
	again, err := LockKeep(dir)
	if err != nil {
		t.Errorf("after it was released: %v", err)
	}
	again()
}

func TestAFolderThatCannotBeLockedIsNotSaidToBeInUse(t *testing.T) {
	release, err := LockKeep(filepath.Join(t.TempDir(), "gone"))
	if err == nil || errors.Is(err, ErrKeepInUse) || !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("%v", err)
	}
	release()
}

package refresh

import (
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/aclens/aclens/resolver/saved"
)

// The files of a folder of kept states.
const (
	snapshotFile = "snapshot"
	keysFile     = "keys"
)

// OpenKeep makes the folder of a kept state, if it is not there, and says whether
// it can be used: whoever may write into it could forge what is answered. The
// doubt is about a group that aclens itself is in, as Kubernetes gives volumes to
// (fsGroup): nothing tells who else is in it.
func OpenKeep(dir string) (doubt string, err error) {
	if err := os.Mkdir(dir, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return "", err
	}
	info, err := os.Stat(dir)
	if err != nil {
		return "", err
	}
	if !info.IsDir() {
		return "", fmt.Errorf("%s is no folder", dir)
	}
	if err := forgeable(dir, info, ownedBy(info)); err != nil {
		return "", err
	}
	if info.Mode().Perm()&0o020 != 0 {
		return dir + " may be written to by its group, and so forged", nil
	}
	return "", nil
}

// forgeable refuses a folder that others may write to.
func forgeable(dir string, info fs.FileInfo, by owner) error {
	mode := info.Mode().Perm()
	switch {
	case mode&0o002 != 0:
		return fmt.Errorf("%s may be written to by everybody, and so forged", dir)
	case !by.us:
		return fmt.Errorf("%s belongs to somebody else (user %d), who could forge what is in it: chown it to the user that aclens runs as", dir, by.user)
	case mode&0o020 != 0 && !by.ourGroup:
		return fmt.Errorf("%s may be written to by a group that aclens is not in (%d), and so forged", dir, by.group)
	}
	return nil
}

// owner is whose a folder is.
type owner struct {
	user, group  uint32
	us, ourGroup bool // us: this user or root
}

// sweep removes what a run that was cut off left behind.
func sweep(dir string) error {
	left, err := filepath.Glob(filepath.Join(dir, ".new-*"))
	if err != nil {
		return err
	}
	for _, name := range left {
		if err := os.Remove(name); err != nil {
			return err
		}
	}
	return nil
}

// KeptChoices are the settings under which the kept state was made, as Settings
// gave them in Keep.Choices; an error if there is none, or not even that can be
// read.
func KeptChoices(dir string) (string, error) {
	f, err := os.Open(filepath.Join(dir, snapshotFile))
	if err != nil {
		return "", err
	}
	defer f.Close()
	m, err := saved.Heading(bufio.NewReader(f))
	return m.Choices, err
}

// writeWhole writes a file that is whole or not there, also if the machine
// stops, and that only its owner may read.
func writeWhole(dir, name string, fill func(io.Writer) error) error {
	file, err := os.CreateTemp(dir, ".new-"+name+"-*") // 0600
	if err != nil {
		return err
	}
	buffered := bufio.NewWriterSize(file, 1<<20)
	err = fill(buffered)
	err = errors.Join(err, buffered.Flush(), file.Sync(), file.Close())
	if err == nil {
		err = os.Rename(file.Name(), filepath.Join(dir, name))
	}
	if err != nil {
		_ = os.Remove(file.Name()) // what is left of it is of no use
		return err
	}
	return syncFolder(dir)
}

// syncFolder makes a new name last.
func syncFolder(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// keysOnDisk is the registry of keys as a file.
type keysOnDisk struct {
	Version int               `json:"version"`
	Keys    map[string]string `json:"keys"` // replica ids by key
	Sum     string            `json:"sum"`  // SHA-256 of Keys as JSON
}

const keysVersion = 1

var errKeysDamaged = errors.New("the file is damaged")

func sumOfKeys(keys map[string]string) string {
	text, err := json.Marshal(keys) // by key: equal registries are equal texts
	if err != nil {
		panic(err) // texts can always be written
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}

func writeKeys(dir string, keys map[string]string) error {
	return writeWhole(dir, keysFile, func(w io.Writer) error {
		return json.NewEncoder(w).Encode(keysOnDisk{keysVersion, keys, sumOfKeys(keys)})
	})
}

// readKeys reads the registry; one that is not there is empty.
func readKeys(dir string) (map[string]string, error) {
	text, err := os.ReadFile(filepath.Join(dir, keysFile))
	if errors.Is(err, fs.ErrNotExist) {
		return map[string]string{}, nil
	}
	if err != nil {
		return nil, err
	}
	var k keysOnDisk
	switch err := json.Unmarshal(text, &k); {
	case err != nil:
		return nil, fmt.Errorf("%w: %w", errKeysDamaged, err)
	case k.Version != keysVersion:
		return nil, fmt.Errorf("written in version %d, and this program reads %d", k.Version, keysVersion)
	case k.Keys == nil || k.Sum != sumOfKeys(k.Keys):
		return nil, errKeysDamaged
	}
	return k.Keys, nil
}

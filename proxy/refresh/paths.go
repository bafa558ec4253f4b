package refresh

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// Which files of a folder are read. A file that is named itself is read
// whatever it is called.
var (
	dxlFiles  = []string{".dxl", ".xml"}
	kitFiles  = []string{".jsonl"}
	jsonFiles = []string{".json"}
	yamlFiles = []string{".yaml", ".yml"}
	ldifFiles = []string{".ldif", ".ldf"}
)

// found is a file to read.
type found struct {
	path string
	bare string // path below the folder that was given, with slashes and without extension; empty for a file that was named itself
}

// expand lists the files that some paths mean, each once: files as given,
// folders walked in the order of names.
func expand(paths, extensions []string) ([]found, error) {
	var files []found
	for _, p := range paths {
		info, err := os.Stat(p)
		if err != nil {
			return nil, err // names the path
		}
		if !info.IsDir() {
			files = append(files, found{path: p})
			continue
		}
		if files, err = walk(files, p, "", extensions); err != nil {
			return nil, err
		}
	}
	return once(files), nil
}

// walk adds the files of a folder. Links to files are followed, links to
// folders are not, and what is hidden is passed over: there lies what is not
// finished, and what Kubernetes keeps behind a mounted ConfigMap.
func walk(files []found, root, below string, extensions []string) ([]found, error) {
	entries, err := os.ReadDir(filepath.Join(root, below))
	if err != nil {
		return nil, err
	}
	for _, e := range entries {
		name := filepath.Join(below, e.Name())
		extension := filepath.Ext(name)
		switch {
		case strings.HasPrefix(e.Name(), "."):
		case e.IsDir():
			if files, err = walk(files, root, name, extensions); err != nil {
				return nil, err
			}
		case slices.Contains(extensions, strings.ToLower(extension)) && isFile(root, name, e):
			files = append(files, found{filepath.Join(root, name), filepath.ToSlash(strings.TrimSuffix(name, extension))})
		}
	}
	return files, nil
}

// isFile follows a link; one that leads nowhere counts as a file, so that it is
// missed and not passed over.
func isFile(root, name string, e os.DirEntry) bool {
	if e.Type()&os.ModeSymlink == 0 {
		return e.Type().IsRegular()
	}
	info, err := os.Stat(filepath.Join(root, name))
	return err != nil || info.Mode().IsRegular()
}

func once(files []found) []found {
	seen := map[string]bool{}
	return slices.DeleteFunc(files, func(f found) bool {
		clean := filepath.Clean(f.path)
		again := seen[clean]
		seen[clean] = true
		return again
	})
}

// look is what a file was like when it was read.
type look struct {
	info os.FileInfo
	at   time.Time
}

// clockGrain is how far apart two changes of a file must be for its
// modification time to tell them apart, on any file system in use.
const clockGrain = 2 * time.Second

// still tells whether the file is certainly the one that was read.
func (l look) still(path string) bool {
	if l.info == nil || l.at.Sub(l.info.ModTime()) < clockGrain {
		return false
	}
	now, err := os.Stat(path)
	return err == nil && sameContent(l.info, now)
}

func sameContent(a, b os.FileInfo) bool {
	return os.SameFile(a, b) && a.Size() == b.Size() && a.ModTime().Equal(b.ModTime())
}

// errChanging is a file that somebody writes while it is read.
var errChanging = errors.New("the file changes while it is read")

// readFile lets use read a file and then makes sure that it was one file from
// beginning to end.
func readFile(path string, now time.Time, use func(io.ReadSeeker) error) (look, error) {
	f, err := os.Open(path)
	if err != nil {
		return look{}, err
	}
	defer f.Close()
	before, err := f.Stat()
	if err != nil {
		return look{}, err
	}
	if !before.Mode().IsRegular() {
		return look{}, fmt.Errorf("%s: is not a file", path)
	}
	used := use(f)
	after, err := os.Stat(path)
	if err != nil || !sameContent(before, after) {
		return look{}, fmt.Errorf("%s: %w", path, errChanging)
	}
	return look{before, now}, used
}

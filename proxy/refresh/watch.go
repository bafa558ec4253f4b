package refresh

import (
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/fsnotify/fsnotify"
)

// patience is how many times longer than Debounce a change waits at most while
// files do not get quiet.
const patience = 20

// watch tells that something happened in the folders of the files, so that they
// are looked at soon. It watches folders and not files: whoever replaces a file
// by another one of its name is seen only there. Where it does not work, the
// regular look finds what changed.
type watch struct {
	notify   *fsnotify.Watcher // nil where nothing is watched
	paths    []string
	failed   map[string]bool // folders that cannot be watched
	debounce time.Duration
	first    time.Time // of the events since the last look; zero if there were none
}

func newWatch(w *world) *watch {
	x := &watch{failed: map[string]bool{}, debounce: w.Debounce}
	d := &w.Settings.Databases
	x.paths = slices.Concat(d.DXL, d.Export, d.JSON, d.YAML, w.Settings.Servers.DXL)
	for _, each := range w.Settings.Directories {
		x.paths = append(append(x.paths, each.LDIF...), each.DXL...)
	}
	if len(x.paths) == 0 {
		return x
	}
	notify, err := fsnotify.NewWatcher()
	if err != nil {
		w.trouble(KindWatch, "files cannot be watched, they are looked at now and then", err)
		return x
	}
	x.notify = notify
	x.follow(w)
	return x
}

// close ends the watching and waits for it.
func (x *watch) close() {
	if x.notify == nil {
		return
	}
	_ = x.notify.Close() // it only fails to release what the process releases
	for range x.notify.Events {
	}
}

// events and errors are nil, and so never ready, where nothing is watched.
func (x *watch) events() <-chan fsnotify.Event {
	if x.notify == nil {
		return nil
	}
	return x.notify.Events
}

func (x *watch) errors() <-chan error {
	if x.notify == nil {
		return nil
	}
	return x.notify.Errors
}

// quiet is when to look at the files after an event: when they have been quiet
// for a while, but not too late if they never are.
func (x *watch) quiet(e fsnotify.Event, now, due time.Time) time.Time {
	if e.Op&^fsnotify.Chmod == 0 {
		return due
	}
	if x.first.IsZero() {
		x.first = now
	}
	return earlier(now.Add(x.debounce), x.first.Add(patience*x.debounce))
}

// settled says that the files are looked at now.
func (x *watch) settled() { x.first = time.Time{} }

// follow watches the folders that are there now. One that was made anew has to
// be watched anew, so it adds them all each time.
func (x *watch) follow(w *world) {
	if x.notify == nil {
		return
	}
	there := map[string]bool{}
	for _, p := range x.paths {
		foldersOf(p, there)
	}
	for _, folder := range x.notify.WatchList() {
		if !there[folder] {
			_ = x.notify.Remove(folder) // fails if it is gone, which is as good
		}
	}
	for folder := range there {
		err := x.notify.Add(folder)
		if err != nil && !x.failed[folder] {
			w.trouble(KindWatch, "folder cannot be watched, it is looked at now and then", err)
		}
		x.failed[folder] = err != nil
	}
}

// foldersOf adds the folder of a file, or a folder with all in it.
func foldersOf(path string, folders map[string]bool) {
	if info, err := os.Stat(path); err != nil || !info.IsDir() {
		folders[filepath.Dir(path)] = true
		return
	}
	root := filepath.Clean(path) + string(filepath.Separator) // so that a link to a folder is one
	_ = filepath.WalkDir(root, func(p string, e fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return fs.SkipDir // what cannot be read cannot be watched; the look at the files reports it
		case e.IsDir() && p != root && strings.HasPrefix(e.Name(), "."):
			return fs.SkipDir
		case e.IsDir():
			folders[filepath.Clean(p)] = true
		}
		return nil
	})
}

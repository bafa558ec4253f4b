package refresh

import (
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
	failed   map[string]bool            // folders that cannot be watched
	aside    map[string]map[string]bool // folders of which some names alone matter
	targets  map[string]string          // where paths led at the last look
	turned   bool                       // one of them led elsewhere then than before
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
	if e.Op&^fsnotify.Chmod == 0 || !x.concerns(e.Name) {
		return due
	}
	if x.first.IsZero() {
		x.first = now
	}
	return earlier(now.Add(x.debounce), x.first.Add(patience*x.debounce))
}

// follow watches the folders that are there now, before their files are looked
// at. One that was made anew has to be watched anew, so it adds all each time.
func (x *watch) follow(w *world) {
	x.first = time.Time{}
	if x.notify == nil {
		return
	}
	x.noteTargets()
	there := map[string]bool{}
	for _, p := range x.paths {
		if info, err := os.Stat(p); err == nil && info.IsDir() {
			x.add(w, filepath.Clean(p), there)
		} else {
			x.addOne(w, filepath.Dir(p), there)
		}
	}
	x.aside = map[string]map[string]bool{}
	for _, p := range x.paths {
		x.addAside(w, p, there)
		if target, err := filepath.EvalSymlinks(p); err == nil {
			x.addAside(w, target, there)
		}
	}
	for _, folder := range x.notify.WatchList() {
		if !there[folder] {
			_ = x.notify.Remove(folder) // fails if it is gone, which is as good
		}
	}
	x.turned = x.turned || x.leadElsewhere()
}

// leadElsewhere tells whether a path no longer leads where noteTargets found it:
// a link that was turned before the folder it lies in was watched is no event.
func (x *watch) leadElsewhere() bool {
	return slices.ContainsFunc(x.paths, func(p string) bool {
		was, known := x.targets[p]
		target, err := filepath.EvalSymlinks(p)
		return known != (err == nil) || known && target != was
	})
}

// noteTargets notes where the paths lead. What was watched under a path that led
// elsewhere is let go, so that it is watched anew where it leads now.
func (x *watch) noteTargets() {
	before := x.targets
	x.targets, x.turned = map[string]string{}, false
	for _, p := range x.paths {
		target, err := filepath.EvalSymlinks(p)
		if err != nil {
			continue // the look at the files reports it
		}
		x.targets[p] = target
		if was, known := before[p]; known && was != target {
			x.turned = true
			_ = x.notify.Remove(filepath.Clean(p)) // fails if it is not watched, which is as good
		}
	}
}

// add watches a folder with all in it. It watches first and lists then, so that
// a folder which appears meanwhile is either listed or an event.
func (x *watch) add(w *world, folder string, there map[string]bool) {
	x.addOne(w, folder, there)
	entries, err := os.ReadDir(folder)
	if err != nil {
		return // the look at the files reports it
	}
	for _, e := range entries {
		if e.IsDir() && !strings.HasPrefix(e.Name(), ".") {
			x.add(w, filepath.Join(folder, e.Name()), there)
		}
	}
}

// addAside watches a path itself, in the folder that it lies in: a folder may be
// replaced, and a link may be turned to another one.
func (x *watch) addAside(w *world, path string, there map[string]bool) {
	folder, base := filepath.Split(filepath.Clean(path))
	folder = filepath.Clean(folder)
	if x.aside[folder] == nil && there[folder] {
		return // all in it matters
	}
	if x.aside[folder] == nil {
		x.aside[folder] = map[string]bool{}
		x.addOne(w, folder, there)
	}
	x.aside[folder][base] = true
}

// concerns tells whether an event is about what is read. Names with two dots
// are those by which Kubernetes turns a mounted ConfigMap.
func (x *watch) concerns(path string) bool {
	folder, base := filepath.Split(filepath.Clean(path))
	names, some := x.aside[filepath.Clean(folder)]
	return !some || names[base] || strings.HasPrefix(base, "..")
}

func (x *watch) addOne(w *world, folder string, there map[string]bool) {
	there[folder] = true
	err := x.notify.Add(folder)
	if err != nil && !x.failed[folder] {
		w.trouble(KindWatch, "folder cannot be watched, it is looked at now and then", err)
	}
	x.failed[folder] = err != nil
}

package refresh

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/fsnotify/fsnotify"

	"github.com/aclens/aclens/resolver/acl"
)

// turn points a link at something else, as Kubernetes and careful people do.
func turn(t *testing.T, target, link string) {
	t.Helper()
	beside := filepath.Join(filepath.Dir(link), "..turning")
	if err := os.Symlink(target, beside); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(beside, link); err != nil {
		t.Fatal(err)
	}
}

// watchedIn are settings of one path of exports, of which only events tell.
func watchedIn(f *files, path string) *files {
	f.settings.Databases.DXL = []string{f.path(path)}
	f.settings.Clock, f.settings.Interval, f.settings.Debounce = nil, time.Hour, 5*time.Millisecond
	start(f.t, f.settings)
	return f
}

func TestAConfigMapThatIsTurnedIsSeenAtOnce(t *testing.T) {
	for sentence, path := range map[string]string{"as a folder": "acls", "as a file in it": "acls/crm.dxl"} {
		f := newFiles(t)
		f.write("acls/..v1/crm.dxl", bare)
		turn(t, "..v1", f.path("acls/..data"))
		turn(t, "..data/crm.dxl", f.path("acls/crm.dxl"))
		watchedIn(f, path)
		f.to.await(t, sentence, defaultIs("crm", acl.Reader))
		for n, level := range []acl.Level{acl.NoAccess, acl.Reader} { // it is followed on after the first time
			version := []string{"..v2", "..v3"}[n]
			f.write("acls/"+version+"/crm.dxl", []string{closed, bare}[n])
			turn(t, version, f.path("acls/..data"))
			f.to.await(t, sentence+", turned to "+version, defaultIs("crm", level))
		}
	}
}

func TestALinkToAFolderThatIsTurnedIsSeenAtOnce(t *testing.T) {
	f := newFiles(t)
	f.write("v1/crm.dxl", bare)
	f.write("v2/crm.dxl", closed)
	turn(t, "v1", f.path("link"))
	watchedIn(f, "link")
	f.to.await(t, "the first version", defaultIs("crm", acl.Reader))
	turn(t, "v2", f.path("link"))
	f.to.await(t, "the second version", defaultIs("crm", acl.NoAccess))
	f.write("v2/crm.dxl", bare)
	f.to.await(t, "a change in the second version", defaultIs("crm", acl.Reader))
}

func TestALinkThatIsTurnedBeforeItsFolderIsWatchedIsFollowedOnceMore(t *testing.T) {
	f := newFiles(t)
	f.write("v1/crm.dxl", bare)
	f.write("v2/crm.dxl", closed)
	turn(t, "v1", f.path("link"))
	f.write("later/a.dxl", bare)
	f.settings.Databases.DXL = []string{f.path("link"), f.path("later")}
	w := loadedWorld(t, f.settings)
	if err := os.RemoveAll(f.path("later")); err != nil {
		t.Fatal(err)
	}
	x := newWatch(w)
	defer x.close()
	x.noteTargets()
	if x.leadElsewhere() {
		t.Error("nothing was turned")
	}
	turn(t, "v2", f.path("link"))
	if !x.leadElsewhere() {
		t.Error("a link that was turned is not noticed")
	}
	x.noteTargets()
	f.write("later/a.dxl", bare)
	if !x.leadElsewhere() {
		t.Error("a folder that was made is not noticed")
	}
	x.follow(w)
	if x.follow(w); x.turned {
		t.Error("it does not come to rest")
	}
}

func TestAFileOrFolderThatIsDeletedAndMadeAgainIsSeenAtOnce(t *testing.T) {
	f := watched(t)
	if err := os.Remove(f.path("acls/a.dxl")); err != nil {
		t.Fatal(err)
	}
	f.write("acls/a.dxl", closed)
	f.to.await(t, "a file that was made again", defaultIs("a", acl.NoAccess))
	if err := os.RemoveAll(f.path("acls")); err != nil {
		t.Fatal(err)
	}
	f.write("acls/a.dxl", bare)
	f.to.await(t, "a folder that was made again", defaultIs("a", acl.Reader))
	f.write("acls/a.dxl", closed)
	f.to.await(t, "a change in the folder that was made again", defaultIs("a", acl.NoAccess))
}

func TestWhatHappensBesideTheFilesIsNoReasonToLook(t *testing.T) {
	f := newFiles(t)
	f.write("acls/a.dxl", bare)
	f.settings.Databases.DXL, f.settings.Servers.DXL = []string{f.path("acls")}, nil
	f.settings.Directories[0] = Directory{Live: newFakeLive(person("Jane Doe"))}
	w := loadedWorld(t, f.settings)
	x := newWatch(w)
	defer x.close()
	x.follow(w)
	now := w.Clock.Now()
	far := now.Add(time.Hour)
	for path, matters := range map[string]bool{"log.txt": false, "acls": true, "..data": true, "acls/b.dxl": true, "acls/deep": true} {
		due := x.quiet(fsnotify.Event{Name: f.path(path), Op: fsnotify.Write}, now, far)
		if due.Equal(far) == matters {
			t.Errorf("%s: looked at %t", path, !matters)
		}
	}
	if !strings.HasPrefix(f.path("acls"), "/") {
		t.Error("the paths are relative: the test does not hold what it says")
	}
}

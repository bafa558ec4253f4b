package refresh

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aclens/aclens/resolver/saved"
)

// kept are settings that keep their state in a folder.
func keptIn(s Settings, dir string) Settings {
	s.Keep = Keep{Dir: dir, Choices: "choices", Version: "test"}
	return s
}

// runUntil runs a Refresher until a Swap is accepted, and ends it.
func runUntil(t *testing.T, s Settings, to *sink, what string, accept func(swapped) bool) swapped {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	r := mustNew(t, s)
	go func() { ended <- r.Run(ctx) }()
	got := to.await(t, what, accept)
	stop()
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
	return got
}

func anything(swapped) bool { return true }

func TestAKeptStateAnswersWithoutItsDirectory(t *testing.T) {
	dir := t.TempDir()
	folder, s := aclFolder(t, 4)
	f := newFakeLive(append(crowd(20), group("Editors", crowdNames(5)...))...)
	s.Directories[0].Live = f
	s = keptIn(s, dir)
	s, to := told(s)
	first := runUntil(t, s, to, "the first state", anything)

	f.fail(errAway)
	s, to = told(s)
	again := runUntil(t, s, to, "the kept state", anything)
	if again.id != first.id || !has(again.snapshot, dnOf(3)) || again.snapshot.Databases().Len() != 4 {
		t.Fatalf("the kept state is %s with %d databases", again.id, again.snapshot.Databases().Len())
	}
	was, is := first.snapshot.AsOf(), again.snapshot.AsOf()
	if !is.Directory.Equal(was.Directory) || !is.ACL.Equal(was.ACL) || !again.changed.Equal(first.changed) {
		t.Errorf("it is as of %+v, %v, and was %+v, %v", again.snapshot.AsOf(), again.changed, first.snapshot.AsOf(), first.changed)
	}

	f.fail(nil)
	f.put(person("Newcomer"))
	writeTo(t, filepath.Join(folder, "db00.dxl"), aclOf("Hub1/Acme", "apps/db00.nsf", "C1258A2F00000000", "Jane Doe/Sales/Acme", "manager"))
	s, to = told(s)
	next := runUntil(t, s, to, "what came since", func(w swapped) bool { return has(w.snapshot, "cn=Newcomer,ou=Sales,o=Acme") })
	if fresh := mustLoad(t, s); fresh.ID != next.id {
		t.Errorf("the state that grew out of the kept one is %s, loaded afresh %s", next.id, fresh.ID)
	}
	info, err := os.Stat(filepath.Join(dir, snapshotFile))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the file: %v, %v", info.Mode(), err)
	}
}

func TestNothingIsReadAnewThatTheKeptStateHas(t *testing.T) {
	f := newFakeLive(append(crowd(20), group("Editors", crowdNames(5)...))...)
	s := keptIn(live(f), t.TempDir())
	s, to := told(s)
	runUntil(t, s, to, "the first state", anything)
	w := newWorld(&mustNew(t, s).settings)
	w.keeper = w.newKeeper()
	defer w.keepLast()
	if !w.resume() {
		t.Fatal("the kept state is not used")
	}
	scan, err := w.directories[0].readAll(t.Context(), w.Clock, false)
	if err != nil || len(scan.changes) != 0 {
		t.Errorf("%d changes, %v", len(scan.changes), err)
	}
}

func TestAKeptStateThatMustNotAnswerIsLeftAlone(t *testing.T) {
	good := t.TempDir()
	s := keptIn(live(newFakeLive(crowd(20)...)), good)
	s, to := told(s)
	runUntil(t, s, to, "the first state", anything)
	file, err := os.ReadFile(filepath.Join(good, snapshotFile))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		sentence, says string
		change         func(s *Settings, dir string)
	}{
		{"of other settings", "other settings", func(s *Settings, _ string) { s.Keep.Choices = "others" }},
		{"a flipped bit", "damaged", func(_ *Settings, dir string) {
			bad := bytes.Clone(file)
			bad[len(bad)/2] ^= 1
			overwrite(t, dir, bad)
		}},
		{"cut off", "damaged", func(_ *Settings, dir string) { overwrite(t, dir, file[:len(file)-9]) }},
		{"no state at all", "no saved snapshot", func(_ *Settings, dir string) { overwrite(t, dir, []byte("something else")) }},
		{"marks that do not fit", "does not fit", func(_ *Settings, dir string) { rewrite(t, s, dir, func(m *saved.Meta) { m.Parts[partMarks] = nil }) }},
		{"no definitions", "damaged", func(_ *Settings, dir string) {
			rewrite(t, s, dir, func(m *saved.Meta) { delete(m.Parts, partDefinitions) })
		}},
	} {
		t.Run(c.sentence, func(t *testing.T) {
			dir := t.TempDir()
			overwrite(t, dir, file)
			now := keptIn(live(newFakeLive(person("Newcomer"))), dir)
			now, to := told(now)
			now.Log = slog.New(slog.NewTextHandler(to, nil))
			c.change(&now, dir)
			got := runUntil(t, now, to, "a state", anything)
			if has(got.snapshot, dnOf(0)) || !has(got.snapshot, "cn=Newcomer,ou=Sales,o=Acme") {
				t.Error("it answers")
			}
			if to.errorsOf(KindKeep) != 1 || !strings.Contains(to.log.String(), c.says) {
				t.Errorf("%d errors; the log says %s", to.errorsOf(KindKeep), &to.log)
			}
		})
	}
}

func overwrite(t *testing.T, dir string, content []byte) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, snapshotFile), content, 0o600); err != nil {
		t.Fatal(err)
	}
}

// rewrite changes what is beside a kept state.
func rewrite(t *testing.T, s Settings, dir string, change func(*saved.Meta)) {
	t.Helper()
	f, err := os.Open(filepath.Join(dir, snapshotFile))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	snapshot, m, err := saved.Read(f, s.Schema, s.Resolver)
	if err != nil {
		t.Fatal(err)
	}
	change(&m)
	var out bytes.Buffer
	if err := saved.Write(&out, snapshot, m); err != nil {
		t.Fatal(err)
	}
	overwrite(t, dir, out.Bytes())
}

func TestAFileThatIsBrokenAfterARestartKeepsWhatTheStateHasOfIt(t *testing.T) {
	folder, s := aclFolder(t, 6)
	docs := t.TempDir()
	writeTo(t, filepath.Join(docs, "servers.dxl"), serverDocument)
	s.Servers.DXL = []string{docs}
	s = keptIn(s, t.TempDir())
	s, to := told(s)
	first := runUntil(t, s, to, "the first state", anything)
	for _, broken := range []string{filepath.Join(folder, "db00.dxl"), filepath.Join(docs, "servers.dxl")} {
		writeTo(t, broken, "<broken")
	}
	writeTo(t, filepath.Join(folder, "db05.dxl"), aclOf("Hub1/Acme", "apps/db05.nsf", "C1258A2F00000005", "Jane Doe/Sales/Acme", "reader"))
	s, to = told(s)
	next := runUntil(t, s, to, "the good file", func(w swapped) bool { return w.id != first.id })
	if next.snapshot.Databases().Len() != 6 || len(next.snapshot.Servers()) != 1 || next.snapshot.Servers()[0].Document == nil {
		t.Errorf("%d databases, %d servers", next.snapshot.Databases().Len(), len(next.snapshot.Servers()))
	}
	if !slices.ContainsFunc(kindsOf(next.findings), func(k string) bool { return strings.Contains(k, "db00.dxl") }) {
		t.Errorf("findings %v", kindsOf(next.findings))
	}
	if err := os.RemoveAll(folder); err != nil {
		t.Fatal(err)
	}
	s, to = told(s)
	gone := runUntil(t, s, to, "a look at a folder that is gone", func(w swapped) bool {
		return slices.ContainsFunc(kindsOf(w.findings), func(k string) bool { return strings.Contains(k, filepath.Base(folder)) })
	})
	if gone.snapshot.Databases().Len() != 6 {
		t.Errorf("%d databases without their folder", gone.snapshot.Databases().Len())
	}
}

const serverDocument = `<?xml version="1.0"?>
<database xmlns="http://www.lotus.com/dxl">
<document form="Server"><item name="Type"><text>Server</text></item>
<item name="ServerName"><text>CN=Hub1/O=Acme</text></item>
<item name="DenyAccess"><textlist><text>Terminated</text></textlist></item>
</document></database>
`

func TestTheBrakeMeasuresTheFirstReadingAgainstTheKeptState(t *testing.T) {
	f := newFakeLive(crowd(40)...)
	s, _ := braked(keptIn(live(f), t.TempDir()), tenPercent)
	s, to := told(s)
	runUntil(t, s, to, "the first state", anything)
	for range 2 { // what is held is held again after each restart
		for i := range 10 {
			f.remove(dnOf(i))
		}
		s, _ = told(s)
		asked := f.count("all")
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan error, 1)
		heldNow := make(chan []Held, 10)
		s.Held = func(now []Held) { heldNow <- now }
		r := mustNew(t, s)
		go func() { done <- r.Run(ctx) }()
		got := <-heldNow
		stop()
		if err := <-done; err != nil || len(got) != 1 || got[0].People != (Vanished{10, 40}) || f.count("all") != asked+1 {
			t.Fatalf("held %+v, %v", got, err)
		}
	}
}

func TestKeysKeepTheirMeaningAfterARestart(t *testing.T) {
	folder, s := aclFolder(t, 2)
	dir := t.TempDir()
	s = keptIn(s, dir)
	s, to := told(s)
	runUntil(t, s, to, "the first state", anything)
	writeTo(t, filepath.Join(folder, "db00.dxl"), aclOf("Hub1/Acme", "apps/db00.nsf", "AAAA8A2F00000000", "Jane Doe/Sales/Acme", "manager"))
	if err := os.Remove(filepath.Join(dir, snapshotFile)); err != nil {
		t.Fatal(err)
	}
	s, to = told(s)
	got := runUntil(t, s, to, "a state", anything)
	if db, _, ok := got.snapshot.Databases().Find("apps/db00.nsf"); ok {
		t.Errorf("the key stands for %s", db.ReplicaID)
	}
	if got.snapshot.Databases().Len() != 1 {
		t.Errorf("%d databases", got.snapshot.Databases().Len())
	}
	keys := filepath.Join(dir, keysFile)
	text, err := os.ReadFile(keys)
	if err != nil {
		t.Fatal(err)
	}
	for n := range len(text) - 1 {
		bad := bytes.Clone(text)
		bad[n] ^= 1
		if err := os.WriteFile(keys, bad, 0o600); err != nil {
			t.Fatal(err)
		}
		if got, err := readKeys(dir); err == nil && fmt.Sprint(got) != "map[apps/db00.nsf:C1258A2F00000000 apps/db01.nsf:C1258A2F00000001]" {
			t.Fatalf("byte %d is damaged, and the registry is %v", n, got)
		}
	}
}

func TestPartsAreKeptWithTheStateTheyBelongTo(t *testing.T) {
	dir := t.TempDir()
	f := newFakeLive(crowd(3)...)
	var loaded [][]byte
	count := 0
	part := func(err error) Part {
		return Part{Name: "log", Save: func() func() []byte {
			count++
			held := count
			return func() []byte { return fmt.Append(nil, "part ", held) }
		}, Load: func(kept []byte) error {
			loaded = append(loaded, kept)
			return err
		}}
	}
	s := keptIn(live(f), dir)
	s.Keep.Parts = []Part{part(nil)}
	s, to := told(s)
	runUntil(t, s, to, "the first state", anything)
	want := fmt.Sprint("part ", count)
	s, to = told(s)
	runUntil(t, s, to, "the kept state", anything)
	if len(loaded) != 1 || string(loaded[0]) != want {
		t.Errorf("loaded %q, want %q", loaded, want)
	}
	s.Keep.Parts = []Part{part(errors.New("not understood"))}
	s, to = told(s)
	got := runUntil(t, s, to, "the kept state", anything)
	if to.errorsOf(KindKeep) != 1 || !has(got.snapshot, dnOf(0)) {
		t.Errorf("a part that is not understood spoils the state: %d errors", to.errorsOf(KindKeep))
	}
}

func TestAPartThatTakesLongToMakeHoldsNoStateUp(t *testing.T) {
	f := newFakeLive(crowd(3)...)
	s := keptIn(live(f), t.TempDir())
	made := make(chan struct{})
	const extra = "cn=Extra,ou=Sales,o=Acme"
	s.Directories[0].Interval = 10 * time.Millisecond
	s.Keep.Parts = []Part{{Name: "log", Save: func() func() []byte {
		return func() []byte { <-made; return nil }
	}}}
	s, to := told(s)
	runUntil(t, s, to, "a change while the first state is written", func(x swapped) bool {
		if !has(x.snapshot, extra) {
			f.put(person("Extra"))
			return false
		}
		close(made)
		return true
	})
}

func TestManyChangesAreFewWritings(t *testing.T) {
	f := newFakeLive(crowd(3)...)
	clock := newFakeClock()
	s := keptIn(live(f), t.TempDir())
	s.Clock = clock
	w := loadedWorld(t, s)
	w.keeper = w.newKeeper()
	defer w.keepLast()
	writes := 0
	step := func() {
		if w.keepState(); w.keeper.busy {
			w.keeper.pause(clock.Now(), <-w.keeper.finished())
			writes++
		}
	}
	for i := range 200 {
		f.put(person(fmt.Sprintf("Extra %d", i)))
		clock.advance(100 * time.Millisecond)
		w.directories[0].due = time.Time{}
		w.step(t.Context(), work{files: true})
		step()
	}
	if writes < 15 || writes > 21 {
		t.Errorf("200 changes in 20 seconds are written %d times", writes)
	}
}

func TestAStateThatCannotBeWrittenIsTriedAgainThoughNothingChanges(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "state")
	clock := newFakeClock()
	s := keptIn(live(newFakeLive(crowd(3)...)), dir)
	s.Clock = clock
	s, to := told(s)
	w := loadedWorld(t, s)
	w.keeper = w.newKeeper()
	defer w.keepLast()
	write := func() bool {
		w.keepState()
		if !w.keeper.busy {
			return false
		}
		w.keeper.pause(clock.Now(), <-w.keeper.finished())
		return true
	}
	if !write() || to.errorsOf(KindKeep) != 1 {
		t.Fatalf("without a folder there are %d errors, want 1", to.errorsOf(KindKeep))
	}
	if clock.advance(keepRetry - time.Millisecond); write() {
		t.Error("it is tried again at once")
	}
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	if clock.advance(time.Millisecond); !write() {
		t.Fatal("it is not tried again")
	}
	if _, err := os.Stat(filepath.Join(dir, snapshotFile)); err != nil || to.errorsOf(KindKeep) != 1 {
		t.Errorf("%v, %d errors", err, to.errorsOf(KindKeep))
	}
	if clock.advance(keepRetry); write() {
		t.Error("what was written is written again")
	}
}

func TestNoPasswordIsKept(t *testing.T) {
	folder := t.TempDir()
	writeTo(t, filepath.Join(folder, "people.ldif"), ldifOf("Jane Doe", "very-secret"))
	dir := t.TempDir()
	s := keptIn(offlineIn(folder), dir)
	s, to := told(s)
	runUntil(t, s, to, "the first state", anything)
	files, err := os.ReadDir(dir)
	if err != nil || len(files) == 0 {
		t.Fatalf("%v, %v", files, err)
	}
	for _, file := range files {
		text, err := os.ReadFile(filepath.Join(dir, file.Name()))
		if err != nil || bytes.Contains(text, []byte("very-secret")) || bytes.Contains(text, []byte("dmVyeS1zZWNyZXQ")) {
			t.Errorf("%s holds the password, %v", file.Name(), err)
		}
	}
	s, to = told(s)
	runUntil(t, s, to, "passwords after the restart", func(swapped) bool { return true })
}

func TestAFolderThatOthersMayWriteToIsRefused(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "state")
	if _, err := OpenKeep(dir); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(dir); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("%v, %v", info, err)
	}
	if err := os.Chmod(dir, 0o777); err != nil {
		t.Fatal(err)
	}
	if _, err := OpenKeep(dir); err == nil {
		t.Error("it is taken")
	}
	if _, err := OpenKeep(filepath.Join(dir, "no", "parent")); err == nil {
		t.Error("a folder without a parent is made")
	}
}

func TestAFolderThatOthersMayWriteToIsNoPlaceForAState(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "state")
	if doubt, err := OpenKeep(dir); doubt != "" || err != nil {
		t.Fatalf("a folder of its own: %q, %v", doubt, err)
	}
	info, err := os.Stat(dir)
	if err != nil {
		t.Fatal(err)
	}
	if by := ownedBy(info); !by.us || !by.ourGroup {
		t.Errorf("the folder that was just made is not ours: %+v", by)
	}
	if err := forgeable(dir, info, owner{user: 4711, ourGroup: true}); err == nil || !strings.Contains(err.Error(), "somebody else (user 4711)") {
		t.Errorf("a folder of somebody else is taken: %v", err)
	}
	if err := os.Chmod(dir, 0o770); err != nil { //nolint:gosec // that is what is refused
		t.Fatal(err)
	}
	if doubt, err := OpenKeep(dir); !strings.Contains(doubt, "by its group") || err != nil {
		t.Errorf("a folder of the own group: %q, %v", doubt, err)
	}
	if info, err = os.Stat(dir); err != nil {
		t.Fatal(err)
	}
	if err := forgeable(dir, info, owner{us: true, group: 4712}); err == nil || !strings.Contains(err.Error(), "not in (4712)") {
		t.Errorf("a folder of another group is taken: %v", err)
	}
}

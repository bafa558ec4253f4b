package refresh

import (
	"crypto/sha256"
	"errors"
	"io"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/aclens/aclens/resolver/finding"
	"github.com/aclens/aclens/resolver/source"
)

// shelf holds the files of one list of paths, each as it was last read well.
type shelf[T any] struct {
	paths      []string
	extensions []string
	read       func(io.ReadSeeker, source.File) (T, []source.Fault, error)
	strict     bool // a fault spoils its file

	files []*kept[T]
	err   error // why the files could not be listed: they are as they were
}

// kept is one file.
type kept[T any] struct {
	found
	look   look
	good   *T                // nil if it was never read well
	from   time.Time         // modification time of what is good
	sum    [sha256.Size]byte // of the octets that good and faults are of
	err    error             // why what the file holds now is not what is good
	faults []source.Fault
}

// refresh reads every file that may have changed, or all of them, and tells
// whether anything may be another than before. A file that is gone from its
// folder is gone; one that was named itself and is missing is broken.
func (s *shelf[T]) refresh(now time.Time, all bool, trouble func(error)) (changed bool) {
	listed, err := expand(s.paths, s.extensions)
	if err != nil {
		if s.err == nil || s.err.Error() != err.Error() {
			trouble(err)
		}
		s.err = err
		return false
	}
	changed, s.err = s.err != nil, nil
	before := make(map[string]*kept[T], len(s.files))
	for _, f := range s.files {
		before[f.path] = f
	}
	files, again := make([]*kept[T], len(listed)), []*kept[T]{}
	for i, l := range listed {
		f := before[l.path]
		if f == nil {
			f = &kept[T]{found: l}
		}
		if all || !f.look.still(l.path) {
			changed = true
			again = append(again, f)
		}
		files[i] = f
	}
	s.reread(again, now, trouble)
	changed = changed || len(files) != len(s.files)
	s.files = files
	return changed
}

// reread reads files, side by side, and tells in their order what is wrong.
func (s *shelf[T]) reread(files []*kept[T], now time.Time, trouble func(error)) {
	all := make([]shelved[T], len(files))
	var next atomic.Int64
	var wg sync.WaitGroup
	for range min(len(files), runtime.GOMAXPROCS(0)) {
		wg.Go(func() {
			for i := int(next.Add(1)) - 1; i < len(files); i = int(next.Add(1)) - 1 {
				all[i] = s.readOne(files[i], now)
			}
		})
	}
	wg.Wait()
	for i, f := range files {
		f.take(&all[i], trouble)
	}
}

// shelved is what one reading of a file gave.
type shelved[T any] struct {
	content T
	faults  []source.Fault
	sum     [sha256.Size]byte
	same    bool // as what is held: only its age is new
	look    look
	err     error
}

// readOne reads a file. One that holds the same octets as before is not read into
// a second copy of what is in it: a state holds the first.
func (s *shelf[T]) readOne(f *kept[T], now time.Time) (r shelved[T]) {
	r.look, r.err = readFile(f.path, now, func(in io.ReadSeeker) (err error) {
		if r.sum, err = sumOfFile(in); err != nil {
			return err
		}
		if r.same = f.good != nil && f.err == nil && r.sum == f.sum; r.same {
			return nil
		}
		r.content, r.faults, err = s.read(in, source.File{Name: f.path, Bare: f.bare})
		if err == nil && s.strict {
			err = firstSpoiling(r.faults)
		}
		return err
	})
	return r
}

func sumOfFile(in io.ReadSeeker) (sum [sha256.Size]byte, err error) {
	h := sha256.New()
	if _, err := io.Copy(h, in); err != nil {
		return sum, err
	}
	_, err = in.Seek(0, io.SeekStart)
	h.Sum(sum[:0])
	return sum, err
}

// take replaces what is good only by what was read well.
func (f *kept[T]) take(r *shelved[T], trouble func(error)) {
	f.look = r.look
	if r.err != nil {
		if f.err == nil || f.err.Error() != r.err.Error() {
			trouble(r.err)
		}
		f.err, f.faults = r.err, nil
		return
	}
	if f.from = r.look.info.ModTime(); r.same {
		return
	}
	content := r.content // on its own, not with those of all files
	f.good, f.sum, f.err, f.faults = &content, r.sum, nil, r.faults
}

// unsettled tells whether a file was being written when it was read.
func (s *shelf[T]) unsettled() bool {
	return slices.ContainsFunc(s.files, func(f *kept[T]) bool { return errors.Is(f.err, errChanging) })
}

// oldest is the time of the oldest file in use; zero if there is none.
func (s *shelf[T]) oldest() time.Time {
	var oldest time.Time
	for _, f := range s.files {
		if f.good != nil {
			oldest = earlier(oldest, f.from)
		}
	}
	return oldest
}

// earlier is the earlier one of two times; zero is no time.
func earlier(a, b time.Time) time.Time {
	switch {
	case a.IsZero():
		return b
	case b.IsZero() || a.Before(b):
		return a
	}
	return b
}

// allFaults lists everything wrong with the files.
func (s *shelf[T]) allFaults() []Fault {
	var list []Fault
	if s.err != nil {
		list = append(list, Fault{Severity: finding.Error, Err: s.err})
	}
	for _, f := range s.files {
		if f.err != nil {
			list = append(list, Fault{Severity: finding.Error, File: f.path, Err: f.err})
		}
		for _, each := range f.faults {
			list = append(list, faultOf(each))
		}
	}
	return list
}

// troubles are findings: one for each file that is broken or holds something broken.
func (s *shelf[T]) troubles() []finding.Finding {
	var list []finding.Finding
	if s.err != nil {
		list = append(list, finding.New(finding.BrokenExport, s.err.Error(), "Its files stay as they were."))
	}
	for _, f := range s.files {
		if f.err != nil {
			list = append(list, brokenFile(f.path, f.err, f.good != nil))
		}
		if found, any := faultyFile(f.path, f.faults); any {
			list = append(list, found)
		}
	}
	return list
}

func brokenFile(path string, err error, stays bool) finding.Finding {
	kind := finding.BrokenExport
	if errors.Is(err, source.ErrIncomplete) {
		kind = finding.IncompleteExport
	}
	detail := err.Error() + "; what it held before stays"
	if !stays {
		detail = err.Error() + "; nothing of it counts"
	}
	return finding.New(kind, path, detail)
}

// faultyFile is one finding for all faults of a file.
func faultyFile(path string, faults []source.Fault) (finding.Finding, bool) {
	var texts []string
	for i := range faults {
		if !errors.Is(faults[i].Err, source.ErrConflict) {
			texts = append(texts, faults[i].Subject+": "+faults[i].Err.Error())
		}
	}
	if len(texts) == 0 {
		return finding.Finding{}, false
	}
	return leftOut(path, texts), true
}

// leftOut is one finding about everything in a source that could not be used.
func leftOut(name string, texts []string) finding.Finding {
	slices.Sort(texts)
	f := finding.New(finding.BrokenExport, name, "What is listed is left out, or stays as it was.")
	f.Count, f.Subjects = len(texts), texts[:min(len(texts), finding.MaxSubjects)]
	return f
}

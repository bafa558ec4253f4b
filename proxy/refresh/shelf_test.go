package refresh

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aclens/aclens/resolver/source"
)

// A file is parsed again when its octets are others, and only then, whatever its
// times say.
func TestAFileOfTheSameOctetsIsNotParsedAgain(t *testing.T) {
	path := filepath.Join(t.TempDir(), "acl.dxl")
	write := func(text string, at time.Time) {
		t.Helper()
		if err := errors.Join(os.WriteFile(path, []byte(text), 0o600), os.Chtimes(path, at, at)); err != nil {
			t.Fatal(err)
		}
	}
	parsed := 0
	s := &shelf[string]{paths: []string{path}, extensions: []string{".dxl"}, strict: true, read: func(in io.ReadSeeker, _ source.File) (string, []source.Fault, error) {
		parsed++
		text, err := io.ReadAll(in)
		if strings.Contains(string(text), "broken") {
			err = io.ErrUnexpectedEOF
		}
		return string(text), nil, err
	}}
	began := time.Date(2026, 11, 22, 8, 0, 0, 0, time.UTC)
	for i, step := range []struct {
		sentence, text string
		at             time.Time
		parsed         int
		good           string
		broken         bool
	}{
		{"the first reading", "one", began, 1, "one", false},
		{"a reading of everything", "one", began, 1, "one", false},
		{"a newer file of the same octets", "one", began.Add(time.Hour), 1, "one", false},
		{"a file of other octets and the same time", "two", began.Add(time.Hour), 2, "two", false},
		{"a broken file", "broken", began.Add(2 * time.Hour), 3, "two", true},
		{"a file that is still broken", "broken", began.Add(2 * time.Hour), 4, "two", true},
		{"the last good octets once more", "two", began.Add(3 * time.Hour), 5, "two", false},
		{"and again", "two", began.Add(4 * time.Hour), 5, "two", false},
	} {
		write(step.text, step.at)
		s.refresh(began.Add(time.Duration(i)*24*time.Hour), true, func(error) {})
		f := s.files[0]
		if parsed != step.parsed || *f.good != step.good || (f.err != nil) != step.broken {
			t.Errorf("%s: parsed %d times, good is %q, %v", step.sentence, parsed, *f.good, f.err)
		}
		if !step.broken && !f.from.Equal(step.at) {
			t.Errorf("%s: of %v, want %v", step.sentence, f.from, step.at)
		}
	}
}

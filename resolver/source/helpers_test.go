package source

import (
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/aclens/aclens/resolver/acl"
	"github.com/aclens/aclens/resolver/database"
	"github.com/aclens/aclens/resolver/directory"
)

// loaded is what a reader of databases gave.
type loaded struct {
	in     []database.Instance
	faults []Fault
	err    error
}

func (l *loaded) emit(in database.Instance) error {
	l.in = append(l.in, in)
	return nil
}

func loadDXL(text string) *loaded {
	var l loaded
	l.faults, l.err = ReadDatabases(strings.NewReader(text), File{Name: "acls/crm.dxl"}, l.emit)
	return &l
}

// only is the one database that must have been read without any complaint.
func (l *loaded) only(t *testing.T) database.Instance {
	t.Helper()
	if l.err != nil || len(l.faults) > 0 || len(l.in) != 1 {
		t.Fatalf("%d databases, faults %v, error %v; want one database and nothing else", len(l.in), l.messages(), l.err)
	}
	return l.in[0]
}

func (l *loaded) messages() []string {
	var all []string
	for i := range l.faults {
		all = append(all, l.faults[i].Error())
	}
	return all
}

// wantFault expects one fault whose message holds every part, and n databases.
func (l *loaded) wantFault(t *testing.T, n int, parts ...string) {
	t.Helper()
	if l.err != nil || len(l.faults) != 1 || len(l.in) != n {
		t.Fatalf("%d databases, faults %q, error %v; want %d databases and one fault", len(l.in), l.messages(), l.err, n)
	}
	wantParts(t, l.faults[0].Error(), parts)
}

func wantParts(t *testing.T, got string, parts []string) {
	t.Helper()
	for _, p := range parts {
		if !strings.Contains(got, p) {
			t.Errorf("message %q does not say %q", got, p)
		}
	}
}

// wantError expects an error about the file whose message holds every part.
func wantError(t *testing.T, err error, parts ...string) {
	t.Helper()
	if err == nil {
		t.Fatalf("no error, want one that says %q", parts)
	}
	wantParts(t, err.Error(), parts)
}

func entryOf(t *testing.T, l *acl.List, label string) acl.Entry {
	t.Helper()
	for _, e := range l.Entries {
		if e.Label == label {
			return e
		}
	}
	t.Fatalf("no entry %q", label)
	return acl.Entry{}
}

// granted are the privileges of an entry after the cut to its level.
func granted(e acl.Entry) []string { return e.Privileges.Cut(e.Level).Names() }

func wantNames(t *testing.T, what string, got, want []string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("%s: got %q, want %q", what, got, want)
	}
}

func texts(d directory.Draft, attribute string) []string {
	var all []string
	for _, v := range d.Values(attribute) {
		all = append(all, string(v))
	}
	return all
}

// repeated reads a text over and over, n bytes in all, without holding them.
type repeated struct {
	text string
	at   int
	left int
}

func (r *repeated) Read(p []byte) (int, error) {
	if r.left == 0 {
		return 0, io.EOF
	}
	n := 0
	for n < len(p) && r.left > 0 {
		c := copy(p[n:min(len(p), n+r.left)], r.text[r.at:])
		n, r.left, r.at = n+c, r.left-c, (r.at+c)%len(r.text)
	}
	return n, nil
}

// around puts a long repetition between two texts.
func around(before, text string, size int, after string) io.Reader {
	return io.MultiReader(strings.NewReader(before), &repeated{text: text, left: size}, strings.NewReader(after))
}

package report_test

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/RoaringBitmap/roaring/v2"
	"github.com/google/go-cmp/cmp"

	"github.com/aclens/aclens/resolver"
	"github.com/aclens/aclens/resolver/acl"
	"github.com/aclens/aclens/resolver/name"
	"github.com/aclens/aclens/resolver/report"
	"github.com/aclens/aclens/resolver/server"
)

var channels = []acl.Channel{acl.Notes, acl.WebPassword, acl.WebSession, acl.WebClientCert, acl.WebAnonymous, acl.Local}

// naive is the table by asking Decide for every pair.
func naive(s *resolver.Snapshot, o report.Options) []resolver.Row {
	var subjects []*resolver.Subject
	for id := range s.Store().Cap() {
		if sub, ok := s.Subject(id); ok && (o.Users == nil || o.Users.Contains(uint32(id))) {
			subjects = append(subjects, sub)
		}
	}
	slices.SortFunc(subjects, func(a, b *resolver.Subject) int {
		return strings.Compare(s.Store().Entry(a.Entry).Key(), s.Store().Entry(b.Entry).Key())
	})
	rows := []resolver.Row{}
	for _, sub := range subjects {
		for _, db := range s.Databases().All() {
			if o.Databases != nil && !slices.Contains(o.Databases, db) {
				continue
			}
			d := s.Decide(sub, db.Primary, resolver.Query{Channel: o.Channel})
			if d.Level >= o.AtLeast {
				rows = append(rows, s.Row(sub, db, db.Primary, &d))
			}
		}
	}
	return rows
}

func collect(s *resolver.Snapshot, o report.Options) []resolver.Row {
	rows := []resolver.Row{}
	for r := range report.Rows(s, o) {
		rows = append(rows, r.Plain())
	}
	return rows
}

// written is the report in a format, made on all processors.
func written(t *testing.T, s *resolver.Snapshot, o report.Options, format func(*bytes.Buffer) report.Writer) []byte {
	t.Helper()
	var out bytes.Buffer
	w := format(&out)
	rows, err := report.Write(context.Background(), s, o, w)
	must(t, err)
	if want := len(naive(s, o)); rows != want {
		t.Errorf("told of %d rows, want %d", rows, want)
	}
	must(t, w.Close())
	return out.Bytes()
}

func asCSV(b *bytes.Buffer) report.Writer  { return report.CSV(b) }
func asJSON(b *bytes.Buffer) report.Writer { return report.JSONLines(b) }

// splitList reads a list out of a cell of the CSV.
func splitList(cell string) []string {
	list := []string{}
	if cell == "" {
		return list
	}
	var text []byte
	for i := 0; i < len(cell); i++ {
		switch cell[i] {
		case '\\':
			i++
			text = append(text, cell[i])
		case '|':
			list, text = append(list, string(text)), nil
		default:
			text = append(text, cell[i])
		}
	}
	return append(list, string(text))
}

func fromCSV(t *testing.T, text []byte) []resolver.Row {
	t.Helper()
	records, err := csv.NewReader(bytes.NewReader(text)).ReadAll()
	must(t, err)
	if len(records) == 0 || strings.Join(records[0], " ") != "user dn database level levelNum roles privileges source winning" {
		t.Fatalf("the header is missing: %v", records)
	}
	rows := []resolver.Row{}
	for _, r := range records[1:] {
		level, err := strconv.Atoi(r[4])
		must(t, err)
		rows = append(rows, resolver.Row{User: r[0], DN: r[1], Database: r[2], Level: r[3], LevelNum: level,
			Roles: splitList(r[5]), Privileges: splitList(r[6]), Source: r[7], Winning: splitList(r[8])})
	}
	return rows
}

func fromJSON(t *testing.T, text []byte) []resolver.Row {
	t.Helper()
	rows := []resolver.Row{}
	for line := range bytes.Lines(text) {
		var row resolver.Row
		d := json.NewDecoder(bytes.NewReader(line))
		d.DisallowUnknownFields()
		must(t, d.Decode(&row))
		rows = append(rows, row)
	}
	return rows
}

func TestEveryRowIsWhatDecideSaysInEveryFormat(t *testing.T) {
	for seed := range uint64(40) {
		r := rand.New(rand.NewPCG(seed, 3))
		s := randomWorld(t, r).build(t)
		o := report.Options{Channel: channels[int(seed)%len(channels)]}
		if r.IntN(2) == 0 {
			o.AtLeast = acl.Level(r.IntN(acl.Levels))
		}
		if r.IntN(2) == 0 {
			o.Databases = slices.Clone(s.Databases().All()[1:3])
			slices.Reverse(o.Databases)
			o.Databases = append(o.Databases, o.Databases[0])
		}
		if r.IntN(2) == 0 {
			o.Users = roaring.BitmapOf(0, 3, 5, 7, 9, 11, 20)
		}
		want := naive(s, o)
		for format, got := range map[string][]resolver.Row{
			"rows": collect(s, o), "csv": fromCSV(t, written(t, s, o, asCSV)), "jsonl": fromJSON(t, written(t, s, o, asJSON)),
		} {
			if diff := cmp.Diff(want, got); diff != "" {
				t.Fatalf("seed %d, %s on %s:\n%s", seed, format, o.Channel, diff)
			}
		}
	}
}

func TestTheDemonstrationReadsBackFromEveryFormat(t *testing.T) {
	s := acme(t).build(t)
	want := naive(s, report.Options{})
	if len(want) != 12*62 {
		t.Fatalf("%d rows", len(want))
	}
	for _, got := range [][]resolver.Row{fromCSV(t, written(t, s, report.Options{}, asCSV)), fromJSON(t, written(t, s, report.Options{}, asJSON))} {
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
	}
}

func TestTheTextIsTheSameHoweverManyProcessorsMakeIt(t *testing.T) {
	s := acme(t).build(t)
	for _, format := range []func(*bytes.Buffer) report.Writer{asCSV, asJSON} {
		var out bytes.Buffer
		w := format(&out)
		for r := range report.Rows(s, report.Options{}) {
			must(t, w.Write([]report.Row{r}))
		}
		must(t, w.Close())
		if !bytes.Equal(out.Bytes(), written(t, s, report.Options{}, format)) {
			t.Error("one goroutine wrote something else")
		}
	}
}

func TestJSONLinesAreWhatEncodingJSONWrites(t *testing.T) {
	s := acme(t).build(t)
	var want bytes.Buffer
	e := json.NewEncoder(&want)
	e.SetEscapeHTML(false)
	for _, row := range naive(s, report.Options{}) {
		must(t, e.Encode(row))
	}
	if got := written(t, s, report.Options{}, asJSON); !bytes.Equal(got, want.Bytes()) {
		t.Error("the text differs")
	}
}

func TestAnEmptyReportHasItsHeader(t *testing.T) {
	s := newWorld().build(t)
	if got := string(written(t, s, report.Options{}, asCSV)); got != "user,dn,database,level,levelNum,roles,privileges,source,winning\n" {
		t.Errorf("got %q", got)
	}
	if got := written(t, s, report.Options{}, asJSON); len(got) != 0 {
		t.Errorf("got %q", got)
	}
}

func TestProgressCountsUsersUpToTheTotal(t *testing.T) {
	s := acme(t).build(t)
	var calls []int
	o := report.Options{Progress: func(done, total int) {
		if total != 62 {
			t.Errorf("total %d", total)
		}
		calls = append(calls, done)
	}}
	for range report.Rows(s, o) {
	}
	if len(calls) != 62 || calls[61] != 62 {
		t.Errorf("got %v", calls)
	}
	calls = nil
	written(t, s, o, asCSV)
	if len(calls) == 0 || !slices.IsSorted(calls) || calls[len(calls)-1] != 62 {
		t.Errorf("got %v", calls)
	}
}

var errFull = errors.New("disk full")

type failing struct{ after int }

func (f *failing) Write(p []byte) (int, error) {
	if f.after--; f.after < 0 {
		return 0, errFull
	}
	return len(p), nil
}

func TestAFailingOutputEndsTheReport(t *testing.T) {
	s := acme(t).build(t)
	for after := range 2 {
		if _, err := report.Write(context.Background(), s, report.Options{}, report.CSV(&failing{after})); !errors.Is(err, errFull) {
			t.Errorf("after %d writes: %v", after, err)
		}
	}
	w := report.JSONLines(&failing{})
	if err := w.Close(); !errors.Is(err, errFull) {
		t.Errorf("closing: %v", err)
	}
}

func TestACancelledReportEnds(t *testing.T) {
	s := acme(t).build(t)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	var out bytes.Buffer
	if _, err := report.Write(ctx, s, report.Options{}, report.CSV(&out)); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

func TestACallerOfRowsMayStop(t *testing.T) {
	s := acme(t).build(t)
	n := 0
	for range report.Rows(s, report.Options{}) {
		if n++; n == 5 {
			break
		}
	}
	if n != 5 {
		t.Errorf("%d rows", n)
	}
}

func TestFolderListsCountForTheDatabasesBehindThemAlone(t *testing.T) {
	w := newWorld()
	w.put("cn=Jane Doe,ou=Sales,o=Acme", "dominoPerson")
	w.put("cn=Eva Stone,o=Partner", "dominoPerson")
	for _, path := range []string{"a.nsf", "apps/a.nsf", "apps/b.nsf", "apps/pay/a.nsf", "mail/a.nsf", "payroll/a.nsf"} {
		w.database(t, path, acl.Editor, entry{label: "-Default-", level: acl.Author})
	}
	w.servers = append(w.servers, &server.Server{Name: name.Parse("Hub1/Acme"), Settings: server.Settings{Folders: []server.Folder{
		{Path: "apps", Entries: []string{"*/Acme"}}, {Path: "apps/pay"}, {Path: "mail", Entries: []string{"*/Partner"}},
	}}})
	s := w.build(t)
	if diff := cmp.Diff(naive(s, report.Options{}), collect(s, report.Options{})); diff != "" {
		t.Error(diff)
	}
	levels := map[string]int{}
	for r := range report.Rows(s, report.Options{}) {
		levels[r.Cell.Source]++
	}
	if diff := cmp.Diff(map[string]int{"default": 7, "server-denied": 5}, levels); diff != "" {
		t.Error(diff)
	}
}

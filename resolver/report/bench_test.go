package report_test

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"runtime"
	"syscall"
	"testing"
	"time"

	"github.com/aclens/aclens/resolver"
	"github.com/aclens/aclens/resolver/acl"
	"github.com/aclens/aclens/resolver/report"
)

// company is a Snapshot of many people and databases.
func company(b *testing.B, people, databases int) *resolver.Snapshot {
	b.Helper()
	r := rand.New(rand.NewPCG(1, 1))
	w := newWorld()
	dn := func(i int) string { return fmt.Sprintf("cn=Jane Doe %d,ou=Unit %d,o=Acme", i, i%40) }
	for i := range people {
		w.put(dn(i), "dominoPerson")
	}
	groups := people / 10
	for g := range groups {
		more := []string{"groupType", "0"}
		for range 1 + r.IntN(60) {
			more = append(more, "member", dn(r.IntN(people)))
		}
		if g > 10 && r.IntN(2) == 0 {
			more = append(more, "member", fmt.Sprintf("cn=Group %d", r.IntN(g)))
		}
		w.put(fmt.Sprintf("cn=Group %d", g), "dominoGroup", more...)
	}
	for n := range databases {
		lines := []entry{{label: "-Default-"}, {label: "Anonymous"}, {label: fmt.Sprintf("*/Unit %d/Acme", r.IntN(40)), level: acl.Reader}}
		for g := range 12 {
			lines = append(lines, entry{label: fmt.Sprintf("Group %d", (n*7+g*13)%groups), level: acl.Level(r.IntN(acl.Levels)), roles: []string{"Admin"}})
		}
		w.database(b, fmt.Sprintf("apps/db%d.nsf", n), acl.Editor, lines...)
	}
	return w.build(b)
}

func benchmarkWriting(b *testing.B, format func(io.Writer) report.Writer) {
	s := company(b, 2_000, 500)
	b.ReportAllocs()
	began := cpuTime(b)
	for b.Loop() {
		w := format(io.Discard)
		if _, err := report.Write(context.Background(), s, report.Options{}, w); err != nil {
			b.Fatal(err)
		}
		if err := w.Close(); err != nil {
			b.Fatal(err)
		}
	}
	const rows = 2_000 * 500
	b.ReportMetric(rows*float64(b.N)/(cpuTime(b)-began).Seconds()/1e6, "million-rows/cpu-s")
}

// cpuTime is the processor time that the process has taken: what a benchmark can
// say on a machine that does other work as well.
func cpuTime(tb testing.TB) time.Duration {
	tb.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		tb.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func BenchmarkAMillionRowsOfCSV(b *testing.B)       { benchmarkWriting(b, report.CSV) }
func BenchmarkAMillionRowsOfJSONLines(b *testing.B) { benchmarkWriting(b, report.JSONLines) }

// A row that shares its cell with another allocates nothing: what is allocated
// belongs to the user.
func TestRowsAllocateByUserAndNotByDatabase(t *testing.T) {
	allocations := func(databases int) float64 {
		w := newWorld()
		for i := range 50 {
			w.put(fmt.Sprintf("cn=P%d,o=Acme", i), "dominoPerson")
		}
		for n := range databases {
			w.database(t, fmt.Sprintf("db%d.nsf", n), acl.Editor, entry{label: "-Default-"}, entry{label: "*/Acme", level: acl.Reader})
		}
		s := w.build(t)
		rows := func() {
			for range report.Rows(s, report.Options{}) {
			}
		}
		cells := testing.AllocsPerRun(3, func() {
			for range report.Rows(s, report.Options{}) {
				break // making the sweep
			}
		})
		return testing.AllocsPerRun(3, rows) - cells
	}
	few, many := allocations(10), allocations(200)
	perCell := 30.0 * 200 // each cell is made once
	if many > few+perCell {
		t.Errorf("50 users: %v allocations in 10 databases, %v in 200", few, many)
	}
}

func TestMemoryStaysBoundedWhileAReportIsWritten(t *testing.T) {
	w := newWorld()
	for i := range 4_000 {
		w.put(fmt.Sprintf("cn=P%d,o=Acme", i), "dominoPerson")
	}
	for n := range 100 {
		w.database(t, fmt.Sprintf("db%d.nsf", n), acl.Editor, entry{label: "-Default-"}, entry{label: "*/Acme", level: acl.Reader})
	}
	s := w.build(t)
	heap := func() uint64 {
		var m runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	before, highest, written := heap(), uint64(0), 0
	sink := writerFunc(func(p []byte) (int, error) {
		if written += len(p); written>>22 != (written-len(p))>>22 {
			highest = max(highest, heap())
		}
		return len(p), nil
	})
	_, err := report.Write(context.Background(), s, report.Options{}, report.JSONLines(sink))
	must(t, err)
	if written < 50<<20 || highest < before || highest-before > 40<<20 {
		t.Errorf("%d bytes written with %d bytes of heap", written, int64(highest)-int64(before))
	}
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(p []byte) (int, error) { return f(p) }

func BenchmarkDiffOfAMillionPairs(b *testing.B) {
	before, after := company(b, 2_000, 500), company(b, 2_000, 500)
	after.Databases().At(7).Primary.List.Entries[2].Level = acl.Author
	b.ReportAllocs()
	for b.Loop() {
		n := 0
		for range report.Diff(before, after, acl.Notes) {
			n++
		}
		if n == 0 {
			b.Fatal("nothing changed")
		}
	}
}

func BenchmarkWhoAmongTwoThousandPeople(b *testing.B) {
	s := company(b, 2_000, 500)
	db := s.Databases().At(0)
	b.ReportAllocs()
	for b.Loop() {
		n := 0
		for range ask(b, s, report.Question{Database: db}).Rows() {
			n++
		}
		if n == 0 {
			b.Fatal("nobody")
		}
	}
}

func BenchmarkAMillionRowsOfParquet(b *testing.B) {
	benchmarkWriting(b, func(out io.Writer) report.Writer { return report.Parquet(out, report.Heading{}) })
}

func BenchmarkAMillionRowsOfHTML(b *testing.B) {
	benchmarkWriting(b, func(out io.Writer) report.Writer { return report.HTML(out, report.Heading{}) })
}

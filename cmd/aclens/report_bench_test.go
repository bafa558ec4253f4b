//go:build unix

package main

import (
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"syscall"
	"testing"
)

// What BenchmarkCompany is run on. The defaults are small, so that `make bench`
// stays quick; `make bench-report` has the sizes of docs/performance.md.
var (
	companyPeople    = flag.Int("company-people", 2_000, "people of the company that the command is timed on")
	companyDatabases = flag.Int("company-databases", 100, "databases of that company")
	companyDir       = flag.String("company-dir", "", "folder to write the company and the program into, and to leave there; empty for one of the benchmark's own")
)

// BenchmarkCompany runs the real program on the files of a company and says how
// long it took, how much memory it held at most, and how large the report is.
func BenchmarkCompany(b *testing.B) {
	dir := *companyDir
	if dir == "" {
		dir = b.TempDir()
	}
	if err := newCompany(*companyPeople, *companyDatabases).write(dir); err != nil {
		b.Fatal(err)
	}
	program := filepath.Join(dir, "aclens")
	build := exec.Command("go", "build", "-o", program, ".")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if text, err := build.CombinedOutput(); err != nil {
		b.Fatalf("%v\n%s", err, text)
	}
	config := []string{"--config", filepath.Join(dir, "aclens.yaml")}
	for _, format := range []string{"jsonl", "csv", "parquet"} {
		b.Run("report-"+format, func(b *testing.B) {
			out := filepath.Join(dir, "report."+format)
			timed(b, program, append([]string{"report", "--format", format, "--out", out}, config...))
			info, err := os.Stat(out)
			if err != nil {
				b.Fatal(err)
			}
			b.ReportMetric(float64(info.Size())/1e6, "MB-written")
			if err := os.Remove(out); err != nil {
				b.Fatal(err)
			}
		})
	}
	b.Run("explain", func(b *testing.B) {
		timed(b, program, append([]string{"explain", "--user", "u00042", "--database", "apps/area07/db0007.nsf"}, config...))
	})
	b.Run("check", func(b *testing.B) { timed(b, program, append([]string{"check"}, config...)) })
}

// timed runs the program to its end.
func timed(b *testing.B, program string, args []string) {
	most := int64(0)
	for b.Loop() {
		command := exec.Command(program, args...)
		if text, err := command.CombinedOutput(); err != nil {
			b.Fatalf("%v\n%s", err, text)
		}
		usage, ok := command.ProcessState.SysUsage().(*syscall.Rusage)
		if !ok {
			b.Fatalf("what a process used is %T", command.ProcessState.SysUsage())
		}
		most = max(most, maxResident(usage))
	}
	b.ReportMetric(float64(b.Elapsed().Seconds())/float64(b.N), "s/run")
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(float64(most)/1e6, "MB-resident")
}

// maxResident is in bytes; macOS counts in them, Linux in KiB.
func maxResident(u *syscall.Rusage) int64 {
	if runtime.GOOS == "darwin" {
		return u.Maxrss
	}
	return u.Maxrss << 10
}

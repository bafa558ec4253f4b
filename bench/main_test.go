package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestMain lets the test's own program be a peer, as the benchmark's is.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == "serve" {
		if err := run(context.Background(), os.Args[1:], os.Stdout); err != nil {
			_, _ = os.Stderr.WriteString(err.Error() + "\n") // there is nobody left to tell
		}
		os.Exit(1)
	}
	os.Exit(m.Run())
}

var tiny = []string{"-people", "150", "-groups", "40", "-depth", "3", "-fanout", "2", "-databases", "6", "-entries", "12",
	"-conns", "2", "-idle", "3", "-time", "30ms"}

// A comparison whose answers were wrong would end with an error.
func TestEveryPeerAnswersEveryRowThatItCan(t *testing.T) {
	var out bytes.Buffer
	if err := run(context.Background(), append(tiny, "-dir", t.TempDir()), &out); err != nil {
		t.Fatal(err)
	}
	table := out.String()
	for peer, rows := range answerable {
		if rows == "" {
			rows = "base,uid,member,access,compare,atleast,top,chain,stream,stream-access,stream-all,uid-deep,uid-idle"
		}
		if strings.HasPrefix(peer, "aclens") {
			rows += ",tls-idle"
		}
		for row := range strings.SplitSeq(rows, ",") {
			if !strings.Contains(table, "\n| "+row+" | "+peer+" | ") {
				t.Errorf("no figure for %s on %s:\n%s", row, peer, table)
			}
		}
	}
	if !strings.Contains(table, "slapd 2.") {
		t.Errorf("the machine is not told:\n%.300s", table)
	}
}

func TestASizeIsAPointOfThePicture(t *testing.T) {
	svg := filepath.Join(t.TempDir(), "cost.svg")
	args := slices.Concat(tiny, []string{"-sizes", "100,200", "-svg", svg, "-rows", "uid", "-peers", "slapd,aclens-ldif,loop"})
	if err := run(context.Background(), args, &bytes.Buffer{}); err != nil {
		t.Fatal(err)
	}
	picture, err := os.ReadFile(svg)
	if err != nil {
		t.Fatal(err)
	}
	if n := bytes.Count(picture, []byte("<circle")); n != 3*2 {
		t.Errorf("%d points", n)
	}
}

// A start whose first answers were wrong would end with an error, and so would a
// refresh that never shows.
func TestAStartIsMeasuredFromAFileFromSlapdAndFromAKeptState(t *testing.T) {
	for from, stages := range map[string]int{"aclens-ldif": 5, "aclens-slapd": 3, "aclens-kept": 3} {
		t.Run(from, func(t *testing.T) {
			var out bytes.Buffer
			args := []string{"start", "-people", "150", "-groups", "40", "-databases", "6", "-settle", "10ms", "-from", from, "-dir", t.TempDir()}
			if err := run(context.Background(), args, &out); err != nil {
				t.Fatal(err)
			}
			if got := strings.Count(out.String(), "\n| ") - 1; got != stages {
				t.Errorf("%d stages, want %d:\n%s", got, stages, out.String())
			}
		})
	}
}

func TestAPeerThatNeedsAnotherSaysSo(t *testing.T) {
	for _, c := range []struct{ peers, needs string }{
		{"aclens-slapd", "needs slapd"}, {"loop", "needs aclens-ldif"}, {"oracle", `no peer is called "oracle"`},
	} {
		err := run(context.Background(), append(tiny, "-peers", c.peers), &bytes.Buffer{})
		if err == nil || !strings.Contains(err.Error(), c.needs) {
			t.Errorf("%s: %v", c.peers, err)
		}
	}
}

package main

import (
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

func TestAReportIntoAPipeGoesThroughItAndLeavesItAPipe(t *testing.T) {
	config := wideWorld(t, 2, 1)
	pipe := filepath.Join(filepath.Dir(config), "pipe")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	read := make(chan string, 1)
	go func() {
		in, err := os.Open(pipe)
		if err != nil {
			read <- err.Error()
			return
		}
		defer in.Close()
		text, _ := io.ReadAll(in) // what came is compared
		read <- string(text)
	}()
	var errOut strings.Builder
	if status := run([]string{"report", "--config", config, "--format", "csv", "--out", pipe}, io.Discard, &errOut); status != exitDone {
		t.Fatalf("status %d: %s", status, errOut.String())
	}
	if info, err := os.Lstat(pipe); err != nil || info.Mode()&os.ModeNamedPipe == 0 {
		t.Fatalf("a file stands in the place of the pipe: %v, %v", info, err) // and nobody will ever write to its reader
	}
	if text := <-read; strings.Count(text, "\n") != 3 || !strings.HasPrefix(text, "user,dn,database,") {
		t.Errorf("the reader got %q", text)
	}
}

package main

import (
	"io"
	"net"
	"strings"
	"testing"
)

func TestADemoWhosePortIsTakenNamesTheFlagForAnother(t *testing.T) {
	taken, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	for flag, other := range map[string]string{"--listen-ldap": "--listen-http", "--listen-http": "--listen-ldap"} {
		var errOut strings.Builder
		status := run([]string{"serve", "--demo", flag, taken.Addr().String(), other, "127.0.0.1:0"}, io.Discard, &errOut)
		if text := errOut.String(); status != exitUsage || !strings.Contains(text, flag+": ") || strings.Contains(text, "listen.") {
			t.Errorf("%s: status %d: %s", flag, status, text)
		}
	}
}

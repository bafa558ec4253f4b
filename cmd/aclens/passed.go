package main

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"strconv"
	"strings"
)

// firstPassed is the number of the first socket that is passed (sd_listen_fds(3)).
const firstPassed = 3

// passedListeners are the sockets that the manager opened before it started this
// program, by their FileDescriptorName; none where they are meant for another process.
func passedListeners(getenv func(string) string) (map[string][]net.Listener, error) {
	text := getenv("LISTEN_FDS")
	if text == "" || getenv("LISTEN_PID") != strconv.Itoa(os.Getpid()) {
		return nil, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 0 {
		return nil, fmt.Errorf("LISTEN_FDS: %q is no number of sockets", text)
	}
	names := strings.Split(getenv("LISTEN_FDNAMES"), ":")
	if n > 0 && len(names) != n {
		return nil, fmt.Errorf("LISTEN_FDNAMES: %d names for %d sockets; each needs a FileDescriptorName", len(names), n)
	}
	passed := map[string][]net.Listener{}
	for i := range n {
		l, err := takeListener(firstPassed+i, names[i])
		if err != nil {
			return nil, err
		}
		passed[names[i]] = append(passed[names[i]], l)
	}
	return passed, nil
}

// takeListener makes a listener of an open file, which is closed.
func takeListener(number int, name string) (net.Listener, error) {
	if !isListener(name) {
		return nil, fmt.Errorf("a socket named %q was passed; FileDescriptorName has to be one of %s", name, strings.Join(listenerNames, ", "))
	}
	f := os.NewFile(uintptr(number), name)
	defer f.Close()
	l, err := net.FileListener(f)
	if err != nil {
		return nil, fmt.Errorf("the passed socket %s: %w", name, err)
	}
	if _, ok := l.(*net.TCPListener); !ok {
		return nil, errors.Join(fmt.Errorf("the passed socket %s is no TCP socket", name), l.Close())
	}
	return l, nil
}

// passedFor are the passed sockets that serve one key of listen. The
// configuration says what is served, the manager only where: a socket for what is
// switched off is a mistake that would leave its clients waiting.
func (s *service) passedFor(key, address string) ([]net.Listener, error) {
	sockets := s.passed[key]
	if len(sockets) == 0 {
		return nil, nil
	}
	if address == "" {
		return nil, fmt.Errorf("listen.%s: a socket of that name was passed, and the configuration switches it off", key)
	}
	for _, l := range sockets {
		if key == "http" && s.tls == nil && !loopback(l.Addr()) {
			return nil, fmt.Errorf("listen.http: the passed socket listens on %s; off loopback it needs tls.certFile and is HTTPS", l.Addr())
		}
	}
	return sockets, nil
}

func loopback(a net.Addr) bool {
	at, err := netip.ParseAddrPort(a.String())
	return err == nil && at.Addr().Unmap().IsLoopback()
}

func (s *service) closePassed() {
	for _, sockets := range s.passed {
		for _, l := range sockets {
			_ = l.Close() // most are closed by then: whoever serves one closes it
		}
	}
}

package main

import (
	"fmt"
	"log/slog"
	"net"
	"os"
	"strconv"
	"strings"
	"time"
)

// tellTime is how long the manager may take to receive one message.
const tellTime = time.Second

// manager is the service manager that started this program, systemd or another
// that speaks sd_notify(3). Without one it is nil, and nothing is told.
type manager struct {
	socket *net.UnixConn
	log    *slog.Logger
	every  time.Duration // between two signs of life; 0 where none is wanted
}

// openManager finds the manager in the environment. One that cannot be reached
// is an error: it would wait for a word that never comes.
func openManager(getenv func(string) string, log *slog.Logger) (*manager, error) {
	address := getenv("NOTIFY_SOCKET")
	if address == "" {
		return nil, nil
	}
	if address[0] != '/' && address[0] != '@' { // @ stands for the zero octet of Linux's abstract names, here and in net
		return nil, fmt.Errorf("NOTIFY_SOCKET: %q is neither a path nor an abstract name", address)
	}
	every, err := signOfLife(getenv)
	if err != nil {
		return nil, err
	}
	socket, err := net.DialUnix("unixgram", nil, &net.UnixAddr{Name: address, Net: "unixgram"})
	if err != nil {
		return nil, fmt.Errorf("NOTIFY_SOCKET: %w", err)
	}
	return &manager{socket: socket, log: log, every: every}, nil
}

// signOfLife is half of what the manager waits for one, as sd_watchdog_enabled(3)
// advises; 0 where it does not wait, or waits for another process.
func signOfLife(getenv func(string) string) (time.Duration, error) {
	text := getenv("WATCHDOG_USEC")
	if pid := getenv("WATCHDOG_PID"); text == "" || pid != "" && pid != strconv.Itoa(os.Getpid()) {
		return 0, nil
	}
	usec, err := strconv.ParseInt(text, 10, 64)
	if err != nil || usec <= 0 {
		return 0, fmt.Errorf("WATCHDOG_USEC: %q is no number of microseconds", text)
	}
	return max(time.Duration(usec)*time.Microsecond/2, time.Millisecond), nil
}

// tell sends assignments, such as READY=1, as one message. That the manager does
// not take one ends nothing: what clients ask is answered all the same.
func (m *manager) tell(assignments ...string) {
	if m == nil {
		return
	}
	_ = m.socket.SetWriteDeadline(time.Now().Add(tellTime)) // fails on a closed socket only, as the next line does
	if _, err := m.socket.Write([]byte(strings.Join(assignments, "\n"))); err != nil {
		m.log.Warn("the service manager was not told", "error", err)
	}
}

// beat ticks when a sign of life is due; without a watchdog it never does.
func (m *manager) beat() (tick <-chan time.Time, stop func()) {
	if m == nil || m.every == 0 {
		return nil, func() {}
	}
	t := time.NewTicker(m.every)
	return t.C, t.Stop
}

func (m *manager) close() {
	if m != nil {
		_ = m.socket.Close() // nothing is under way on a datagram socket
	}
}

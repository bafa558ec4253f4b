package main

import (
	"fmt"
	"io"
	"log/slog"
	"os"
	"sync"
	"time"

	"golang.org/x/term"

	"github.com/aclens/aclens/config"
	"github.com/aclens/aclens/proxy/front"
)

// newLogger writes text on a terminal and JSON elsewhere, unless told otherwise.
// Its level can be set to another.
func newLogger(out io.Writer, c config.Log, level *slog.LevelVar) *slog.Logger {
	level.Set(levelOf(c))
	options := &slog.HandlerOptions{Level: level}
	text := c.Format == config.LogFormatText || c.Format == config.LogFormatAuto && isTerminal(out)
	if text {
		return slog.New(slog.NewTextHandler(out, options))
	}
	return slog.New(slog.NewJSONHandler(out, options))
}

func levelOf(c config.Log) slog.Level {
	var level slog.Level
	if err := level.UnmarshalText([]byte(c.Level)); err != nil {
		return slog.LevelInfo
	}
	return level
}

func isTerminal(out io.Writer) bool {
	f, ok := out.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// auditLog writes who asked what, one JSON object a line, to a file of its own.
type auditLog struct {
	mu   sync.Mutex // guards file
	file *os.File
	log  *slog.Logger
}

// openAudit opens the file to append to; without a name nothing is written.
func openAudit(name string, log *slog.Logger) (*auditLog, error) {
	a := &auditLog{log: log}
	if name == "" {
		return a, nil
	}
	var err error
	if a.file, err = os.OpenFile(name, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600); err != nil {
		return nil, fmt.Errorf("audit.file: %w", err)
	}
	return a, nil
}

func (a *auditLog) close() {
	if a != nil && a.file != nil {
		_ = a.file.Close() // every line was written by itself
	}
}

// auditLine is an event as it is written.
type auditLine struct {
	Time        string  `json:"time"`
	Event       string  `json:"event"`
	Connection  uint64  `json:"connection"`
	Listener    string  `json:"listener"`
	Remote      string  `json:"remote"`
	TLS         bool    `json:"tls"`
	Who         string  `json:"who"`
	Proxied     bool    `json:"proxied,omitempty"` // by the proxied authorization control
	AuthzID     string  `json:"authzId,omitempty"` // as whom, as it was asked for
	As          string  `json:"as,omitempty"`      // as whom, where it was granted; empty is anonymous
	Operation   string  `json:"operation"`
	Target      string  `json:"target"`
	Method      string  `json:"method,omitempty"`
	NewRDN      string  `json:"newRdn,omitempty"`
	NewSuperior string  `json:"newSuperior,omitempty"`
	Result      int     `json:"result"`
	ResultName  string  `json:"resultName"`
	Seconds     float64 `json:"seconds"`
	Entries     int     `json:"entries,omitempty"`
	Visited     int     `json:"visited,omitempty"`
}

// Record writes one event; a file that cannot be written to is an error in the
// program's own log, and aclens goes on.
func (a *auditLog) Record(e front.Event) {
	if a.file == nil {
		return
	}
	line := auditLine{
		Time: time.Now().UTC().Format(time.RFC3339Nano), Event: string(e.Kind), Connection: e.Connection, Listener: e.Listener,
		Remote: e.Remote.String(), TLS: e.TLS, Who: e.Who.DN, Proxied: e.Proxied, AuthzID: e.AuthzID, As: e.As.DN, Operation: e.Operation, Target: e.Target, Method: e.Method, NewRDN: e.NewRDN, NewSuperior: e.NewSuperior,
		Result: int(e.Code), ResultName: e.Code.String(), Seconds: e.Took.Seconds(), Entries: e.Entries, Visited: e.Visited,
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if err := writeJSON(a.file, line); err != nil {
		a.log.Error("writing the audit log", "error", err)
	}
}

package front

import (
	"context"
	"log/slog"
	"net"
	"testing"
	"time"

	"go.uber.org/goleak"
)

// patience bounds every wait of a test; nothing waits so long unless it fails.
const patience = 10 * time.Second

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// bench is a running Server with fakes behind it.
type bench struct {
	server *Server
	dir    *fakeDirectory
	login  *fakeLogin
	seen   *recorder
	log    *safeBuffer
	addr   string
	pipes  *pipeListener

	serving []chan error // what each Serve returns
}

// newBench starts a Server on loopback; prepare may change it before.
func newBench(t *testing.T, settings Settings, prepare ...func(*bench)) *bench {
	t.Helper()
	b := &bench{dir: &fakeDirectory{}, login: &fakeLogin{}, seen: newRecorder(), log: &safeBuffer{}}
	b.server = New(settings, Parts{Directory: b.dir, Login: b.login, Metrics: b.seen, Audit: b.seen,
		Log: slog.New(slog.NewTextHandler(b.log, &slog.HandlerOptions{Level: slog.LevelDebug}))})
	for _, p := range prepare {
		p(b)
	}
	b.addr = b.serve(listen(t), b.server.Serve)
	b.pipes = newPipeListener()
	b.serve(b.pipes, b.server.Serve)
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		if err := b.server.Shutdown(ctx); err != nil {
			t.Errorf("shutdown: %v", err)
		}
		for _, done := range b.serving {
			select {
			case err := <-done:
				if err != nil {
					t.Errorf("serve: %v", err)
				}
			case <-ctx.Done():
				t.Error("serve does not return")
			}
		}
		if used := b.server.budget.used.Load(); used != 0 {
			t.Errorf("%d octets of the budget were never given back", used)
		}
	})
	return b
}

func listen(t *testing.T) net.Listener {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// serve serves a listener until the Server is shut down, and returns its address.
func (b *bench) serve(l net.Listener, serve func(context.Context, string, net.Listener) error) string {
	done := make(chan error, 1)
	b.serving = append(b.serving, done)
	go func() { done <- serve(context.Background(), "test", l) }()
	return l.Addr().String()
}

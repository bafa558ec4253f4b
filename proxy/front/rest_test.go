package front

import (
	"net"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aclens/aclens/proxy/wire"
)

// restful is a session on one end of a pipe, in a bubble with a clock of its own.
func restful(t *testing.T, idle time.Duration) (net.Conn, *Server) {
	t.Helper()
	server := New(Settings{Limits: Limits{Idle: idle}}, Parts{Directory: &fakeDirectory{}, Login: &fakeLogin{}})
	client, conn := net.Pipe()
	server.admit(t.Context(), conn, &entrance{name: "pipe", open: (*session).openPlain, refuse: closeConn})
	return client, server
}

func TestASessionThatRestsAnswersAndEndsLikeAnyOther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const idle = time.Minute
		client, server := restful(t, idle)
		in := wire.NewReader(client)
		for id := range int32(4) {
			time.Sleep(time.Duration(id) * 15 * time.Second) // it rests between any two but the first
			if _, err := client.Write(searchMessage(id+1, "o=acme")); err != nil {
				t.Fatal(err)
			}
			for done := false; !done; {
				m, err := in.Next()
				if err != nil || m.ID != id+1 {
					t.Fatalf("request %d is answered with %v, %v", id+1, m, err)
				}
				done = m.Op == wire.OpSearchDone
			}
		}
		last := time.Now()
		if m, err := in.Next(); err != nil || m.ID != 0 {
			t.Fatalf("%v, %v instead of a notice", m, err)
		}
		if waited := time.Since(last); waited < idle || waited > idle+slackOf(idle) {
			t.Errorf("the session ends after %v, its limit is %v", waited, idle)
		}
		_ = client.Close()
		if err := server.Shutdown(t.Context()); err != nil {
			t.Error(err)
		}
	})
}

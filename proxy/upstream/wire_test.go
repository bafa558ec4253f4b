package upstream_test

import (
	"errors"
	"net"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aclens/aclens/proxy/upstream"
	"github.com/aclens/aclens/proxy/wire"
)

// scripted answers every request of every connection by the script; nil hangs up.
func scripted(t *testing.T, script func(connection int, m wire.Message) []byte) (url string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var connections atomic.Int32
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go serveScript(c, int(connections.Add(1)), script)
		}
	}()
	t.Cleanup(func() {
		l.Close()
		<-ended
	})
	return "ldap://" + l.Addr().String()
}

func serveScript(c net.Conn, connection int, script func(int, wire.Message) []byte) {
	defer c.Close()
	reader := wire.NewReader(c)
	for {
		m, err := reader.Next()
		if err != nil || m.Op == wire.OpUnbindRequest {
			return
		}
		answer := script(connection, m)
		if answer == nil {
			return
		}
		if _, err := c.Write(answer); err != nil {
			return
		}
	}
}

// polite answers what the checks ask and lets every bind succeed.
func polite(m wire.Message) []byte {
	op, _ := m.Op.Response()
	return wire.AppendResult(nil, m.ID, op, wire.Result{})
}

func TestAnAnswerThatIsNotUnderstoodIsNoAnswer(t *testing.T) {
	for sentence, spoil := range map[string]func(m wire.Message) []byte{
		"the answer to another request": func(m wire.Message) []byte {
			return wire.AppendResult(nil, m.ID+1, wire.OpBindResponse, wire.Result{})
		},
		"an answer of another kind": func(m wire.Message) []byte {
			return wire.AppendResult(nil, m.ID, wire.OpModifyResponse, wire.Result{})
		},
		"no LDAP": func(wire.Message) []byte { return []byte("HTTP/1.1 200 OK\r\n\r\n") },
		"half an answer": func(m wire.Message) []byte {
			return wire.AppendResult(nil, m.ID, wire.OpBindResponse, wire.Result{})[:9]
		},
		"the end":              func(wire.Message) []byte { return nil },
		"a result of no value": func(m wire.Message) []byte { return []byte{0x30, 5, 2, 1, byte(m.ID), 0x61, 0} },
		"an end announced": func(wire.Message) []byte {
			return wire.AppendNotice(nil, wire.Unavailable, "going down")
		},
	} {
		url := scripted(t, func(_ int, m wire.Message) []byte {
			if m.Op == wire.OpBindRequest {
				return spoil(m)
			}
			return polite(m)
		})
		d, _ := open(t, upstream.Settings{URLs: []string{url}, Operation: 300 * time.Millisecond})
		got, err := d.Bind(brief(t), janeDN, "jane-secret")
		if !errors.Is(err, upstream.ErrUnavailable) || got.Code != 0 {
			t.Errorf("%s: %+v, %v", sentence, got, err)
		}
	}
}

func TestABindOverAConnectionWhoseEndWasAnnouncedIsSentAgainOverAnother(t *testing.T) {
	var binds atomic.Int32
	url := scripted(t, func(_ int, m wire.Message) []byte {
		if m.Op != wire.OpBindRequest {
			return polite(m)
		}
		if binds.Add(1) == 2 { // the second bind, over the connection of the first
			return wire.AppendNotice(nil, wire.Unavailable, "idle for too long")
		}
		return polite(m)
	})
	d, _ := open(t, upstream.Settings{URLs: []string{url}})
	for range 2 {
		if got, err := d.Bind(brief(t), janeDN, "jane-secret"); err != nil || got.Code != wire.Success {
			t.Errorf("%+v, %v", got, err)
		}
	}
	if n := binds.Load(); n != 3 {
		t.Errorf("%d binds were sent", n)
	}
}

func TestDataInTheClearBehindTheAgreementToTLSEndsTheConnection(t *testing.T) {
	url := scripted(t, func(_ int, m wire.Message) []byte {
		answer := wire.AppendExtendedResponse(nil, m.ID, wire.Result{})
		return wire.AppendResult(answer, m.ID+1, wire.OpBindResponse, wire.Result{}) // would be a success without a check
	})
	d, _ := open(t, upstream.Settings{URLs: []string{url}, StartTLS: true, Connect: time.Second})
	got, err := d.Bind(brief(t), janeDN, "jane-secret")
	if !errors.Is(err, upstream.ErrUnavailable) || got.Code != 0 {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestAServerThatGivesEmptyPagesForEverIsLeft(t *testing.T) {
	url := scripted(t, func(_ int, m wire.Message) []byte {
		r, err := wire.ParseSearch(m.Body, wire.DefaultFilterLimits)
		if m.Op != wire.OpSearchRequest || err != nil {
			return polite(m)
		}
		if r.Scope == wire.ScopeBase {
			w := wire.BeginEntry(nil, m.ID, "")
			w.Attribute("supportedControl", wire.ControlPagedResults)
			w.Attribute("namingContexts", "o=acme")
			return wire.AppendResult(w.End(), m.ID, wire.OpSearchDone, wire.Result{})
		}
		again := wire.Control{OID: wire.ControlPagedResults, Value: wire.AppendPagedValue(nil, 0, []byte("again"))}
		return wire.AppendResult(nil, m.ID, wire.OpSearchDone, wire.Result{}, again)
	})
	d, _ := open(t, upstream.Settings{URLs: []string{url}})
	if err := d.ReadNames(brief(t), upstream.State{URL: url, Server: url}, func(string) {}); !errors.Is(err, upstream.ErrUnavailable) {
		t.Errorf("%v", err)
	}
}

package front

import (
	"context"
	"fmt"
	"io"
	"runtime"
	"runtime/metrics"
	"strings"
	"testing"
	"time"

	"github.com/aclens/aclens/proxy/view"
	"github.com/aclens/aclens/proxy/wire"
)

// heldSearch stays until it is ended.
type heldSearch struct {
	Search
	began chan<- struct{}
}

func (h *heldSearch) Cost() int { return expensive }

func (h *heldSearch) Run(ctx context.Context, _ view.Sink) view.Answer {
	select {
	case h.began <- struct{}{}:
	default: // so many have begun that nobody counts them
	}
	<-ctx.Done()
	return view.Answer{Result: wire.Result{Code: wire.TimeLimitExceeded}}
}

// holding asks for a search that is held.
func holding(id int32) []byte {
	r := wire.SearchRequest{Base: []byte("o=Acme"), Scope: wire.ScopeSubtree, Attributes: [][]byte{[]byte(heldAttribute)},
		Filter: wire.Filter{Kind: wire.Equality, Attr: []byte("uid"), Value: []byte("jdoe")}}
	return must(wire.AppendSearchRequest(nil, id, &r))
}

// hold binds as Jane and begins so many searches that are held, with the message ids from 100 on.
func (s *siege) hold(c *client, n int) {
	s.t.Helper()
	c.bind(janeD)
	for i := range n {
		c.send(holding(int32(100 + i)))
	}
	for range n {
		select {
		case <-s.held:
		case <-time.After(patience):
			s.t.Fatal("the searches do not begin")
		}
	}
}

// pour sends octets and a fence behind them, and returns what comes back.
func (c *client) pour(octets []byte) string {
	c.t.Helper()
	sent := make(chan struct{})
	go func() {
		defer close(sent)
		_, _ = c.conn.Write(octets) // the server may hang up
		_, _ = c.conn.Write(whoAmI(fence))
	}()
	seen := c.account()
	_ = c.conn.Close()
	<-sent
	return seen
}

// sendAndCut sends octets, ends the client's direction and returns what comes back.
func (c *client) sendAndCut(octets []byte) string {
	c.t.Helper()
	_, _ = c.conn.Write(octets) // the server may hang up
	c.cut()
	return c.account()
}

// cut ends the client's direction.
func (c *client) cut() {
	if half, ok := c.conn.(interface{ CloseWrite() error }); ok {
		_ = half.CloseWrite() // the server may have hung up
	}
}

// asks sends what is well-formed and returns what comes back until it is
// answered, and whether the connection lives.
func (c *client) asks(messages ...[]byte) string {
	c.t.Helper()
	for _, m := range messages {
		c.send(m)
	}
	c.send(whoAmI(fence))
	return c.account()
}

// answers says in words what the next messages are.
func (c *client) answers(n int) string {
	c.t.Helper()
	var words []string
	for range n {
		words = append(words, c.describe(c.receive()))
	}
	return tally(strings.Join(words, ", "))
}

var accountNames = map[wire.Op]string{
	wire.OpBindResponse: "bind", wire.OpSearchEntry: "entry", wire.OpSearchDone: "search", wire.OpCompareResponse: "compare",
	wire.OpExtendedResponse: "extended", wire.OpAddResponse: "add", wire.OpModifyResponse: "modify", wire.OpDelResponse: "delete",
	wire.OpModifyDNResponse: "modifydn",
}

// account says in words what comes in until the answer to the fence, or the end.
func (c *client) account() string {
	c.t.Helper()
	var words []string
	last, times := "", 0
	note := func(word string) {
		if word == last {
			times++
			return
		}
		if times > 1 {
			words[len(words)-1] += fmt.Sprintf(" x%d", times)
		}
		words, last, times = append(words, word), word, 1
	}
	for {
		m, err := c.in.Next()
		if err != nil {
			note(c.ending(err))
			break
		}
		if m.ID == fence {
			note("alive")
			break
		}
		note(c.describe(m))
	}
	note("") // writes the count of the last word
	return strings.Join(words[:len(words)-1], ", ")
}

func (c *client) ending(err error) string {
	if isTimeout(err) {
		return "silence"
	}
	if err == io.ErrUnexpectedEOF {
		return "half an answer"
	}
	return "closed"
}

func (c *client) describe(m wire.Message) string {
	name, ok := accountNames[m.Op]
	if !ok {
		return m.Op.String()
	}
	if m.Op == wire.OpSearchEntry {
		return name
	}
	r, err := wire.ParseResult(m.Body)
	if err != nil {
		return name + " malformed"
	}
	if m.ID == 0 && r.ResponseName == wire.NoticeOfDisconnection {
		name = "notice"
	}
	return name + " " + r.Code.String()
}

// watchPeak notes how much is held at any time; the returned function ends that.
func watchPeak(s *Server) func() (heap uint64, budget int64) {
	stop, done := make(chan struct{}), make(chan struct{})
	var heap uint64
	var used int64
	go func() {
		defer close(done)
		sample := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
		tick := time.NewTicker(5 * time.Millisecond)
		defer tick.Stop()
		for {
			metrics.Read(sample)
			heap, used = max(heap, sample[0].Value.Uint64()), max(used, s.budget.used.Load())
			select {
			case <-tick.C:
			case <-stop:
				return
			}
		}
	}()
	return func() (uint64, int64) {
		close(stop)
		<-done
		return heap, used
	}
}

// awaitGoroutines waits until no more are left than there were.
func awaitGoroutines(t *testing.T, want int) {
	t.Helper()
	for end := time.Now().Add(patience); runtime.NumGoroutine() > want; runtime.Gosched() {
		if time.Now().After(end) {
			stacks := make([]byte, 1<<20)
			t.Fatalf("%d goroutines, want %d:\n%s", runtime.NumGoroutine(), want, stacks[:runtime.Stack(stacks, true)])
		}
	}
}

package front

import (
	"crypto/tls"
	"fmt"
	"net"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aclens/aclens/proxy/view"
	"github.com/aclens/aclens/proxy/wire"
)

// assault is one thing that a hostile client does, with what it gets for it.
// Octets go out in one write on a connection of their own and are followed by
// a question that anybody may ask; act is for whatever is not as simple.
type assault struct {
	name     string
	as       string // bound as; empty is not at all
	octets   []byte
	cut      bool // the client ends its direction behind the octets, and asks nothing
	settings func(*Settings)
	act      func(*siege) string
	sees     string
}

// assaults are all cases of the suite, in the order in which they are driven.
func assaults() []assault {
	return slices.Concat(framingAssaults(), idAssaults(), tagAssaults(), filterAssaults(), nameAssaults(), nestingAssaults(), controlAssaults(),
		cookieAssaults(), bindAssaults(), saslAssaults(), extendedAssaults(), floodAssaults(), crowdAssaults(), slowAssaults(), tlsAssaults(), proxyAssaults())
}

const (
	answersWithin = time.Second  // a fresh client, after each case
	besieged      = 6 * patience // a hostile client may wait for longer than one that counts
	heldAttribute = "held"       // a search that asks for it stays until it is ended
	heapBound     = 96 << 20     // octets above where the suite began, at any time; both ends are in this process
	heapKept      = 8 << 20      // the same at the end
	budgetBound   = 32 << 20     // limits.inFlightBytes
)

// fence is a request of whoever wants to know whether the connection lives.
const fence = 0x7ffffffe

// siege is the Server under attack: the sample behind a real view, in the clear
// and with TLS.
type siege struct {
	*bench
	t        *testing.T
	settings Settings
	trusting *tls.Config
	tlsAddr  string
	held     chan struct{} // one for each search that begins to be held
	mu       sync.Mutex    // guards clients
	clients  []net.Conn
	right    string // what a fresh client is to see
}

func newSiege(t *testing.T) *siege {
	t.Helper()
	s := &siege{t: t, held: make(chan struct{}, 1000)}
	s.bench = sampleBench(t, func(b *bench) {
		b.server.bindGrace = soon
		answer := b.dir.prepare
		b.dir.prepare = func(r view.Request) (Search, wire.Result) {
			planned, refused := answer(r)
			if refused.Code != wire.Success || !slices.ContainsFunc(r.Search.Attributes, func(a []byte) bool { return string(a) == heldAttribute }) {
				return planned, refused
			}
			return &heldSearch{planned, s.held}, refused
		}
	})
	secured, trusting := secured(t)
	s.settings, s.trusting = s.bench.server.inForce().Settings, trusting
	s.settings.TLS = secured.TLS
	s.settings.Limits = Limits{InFlightBytes: budgetBound}
	s.server.Apply(s.settings)
	s.tlsAddr = s.serve(listen(t), s.server.ServeTLS)
	return s
}

// TestNoHostileClientHurtsTheNextOne drives every case against one Server.
func TestNoHostileClientHurtsTheNextOne(t *testing.T) {
	cases := assaults()
	s := newSiege(t)
	s.right = s.freshAnswer()
	for _, want := range []string{"Jane Doe", "apps/crm.nsf#reader"} { // the octets of the answer are written in hexadecimal
		if !strings.Contains(s.right, fmt.Sprintf("%x", want)) {
			t.Fatalf("before anything is attacked the answer is %q, without %s", s.right, want)
		}
	}
	s.settle()
	before, goroutines := memory(), runtime.NumGoroutine()
	peak := watchPeak(s.server)
	for _, a := range cases {
		t.Run(a.name, func(t *testing.T) {
			s.t = t
			if got := s.endure(a); got != a.sees {
				t.Errorf("the client sees %q, want %q", got, a.sees)
			}
			s.server.Apply(s.settings)
			s.settle()
			if got := s.freshAnswer(); got != s.right {
				t.Errorf("a fresh client is answered %q, want %q", got, s.right)
			}
			s.settle()
		})
	}
	s.t = t
	s.settle()
	heap, used := peak()
	if heap -= uint64(before); int64(heap) > heapBound || used > budgetBound {
		t.Errorf("at most %d octets more were on the heap, and %d of the budget taken; want at most %d and %d", heap, used, heapBound, budgetBound)
	}
	if left := memory() - before; left > heapKept {
		t.Errorf("%d octets more are held than before, want at most %d", left, heapKept)
	}
	awaitGoroutines(t, goroutines)
	if log := s.log.String(); strings.Contains(log, "panic") {
		t.Error(log[strings.Index(log, "panic"):])
	}
	t.Logf("%d cases; at most %d KiB more on the heap, %d KiB of the budget", len(cases), heap>>10, used>>10)
}

func TestTheHostileSuiteIsWhole(t *testing.T) {
	seen := map[string]bool{}
	for _, a := range assaults() {
		if seen[a.name] || !strings.Contains(a.name, " ") {
			t.Errorf("%q is no name of its own", a.name)
		}
		seen[a.name] = true
		if a.sees == "" || (a.act == nil) == (a.octets == nil) {
			t.Errorf("%q does not say what is done, or what is seen", a.name)
		}
	}
	if len(seen) < 80 {
		t.Errorf("%d cases, want at least 80", len(seen))
	}
}

// endure lets one hostile client do its worst, and returns what that one sees.
func (s *siege) endure(a assault) string {
	if a.settings != nil {
		changed := s.settings
		a.settings(&changed)
		s.server.Apply(changed)
	}
	if a.act != nil {
		return a.act(s)
	}
	c := s.dial()
	if a.as != "" {
		c.bind(a.as)
	}
	if a.cut {
		return c.sendAndCut(a.octets)
	}
	return c.pour(a.octets)
}

// dial connects a hostile client, whose connection is closed behind its case.
func (s *siege) dial() *client { return s.dialTo(s.addr) }

func (s *siege) dialTo(addr string) *client {
	s.t.Helper()
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		s.t.Fatal(err)
	}
	c := s.keep(newClient(s.t, conn))
	if err := conn.SetDeadline(time.Now().Add(besieged)); err != nil {
		s.t.Fatal(err)
	}
	return c
}

func (s *siege) keep(c *client) *client {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.clients = append(s.clients, c.conn)
	return c
}

// settle closes what is open and waits until the Server has let go of it.
func (s *siege) settle() {
	s.t.Helper()
	s.mu.Lock()
	for _, c := range s.clients {
		_ = c.Close()
	}
	s.clients = nil
	s.mu.Unlock()
	s.seen.wait(s.t, s.seen.count("opened test"), "closed test")
	for len(s.held) > 0 {
		<-s.held
	}
}

// freshAnswer is what a client that has nothing to do with it all is answered.
// It binds, asks for its own entry and its access, and is refused with another password.
func (s *siege) freshAnswer() string {
	s.t.Helper()
	began := time.Now()
	c := s.dial()
	if err := c.conn.SetDeadline(began.Add(answersWithin)); err != nil {
		s.t.Fatal(err)
	}
	c.send(wire.AppendSimpleBind(nil, 1, janeD, "wrong"))
	c.wantCode(1, wire.OpBindResponse, wire.InvalidCredentials)
	c.bind(janeD)
	r := wire.SearchRequest{Base: []byte("o=Acme"), Scope: wire.ScopeSubtree, Attributes: [][]byte{[]byte("cn"), []byte("effectiveAccess")},
		Filter: wire.Filter{Kind: wire.Equality, Attr: []byte("uid"), Value: []byte("jdoe")}}
	c.send(must(wire.AppendSearchRequest(nil, 2, &r)))
	answer := c.transcript()
	if took := time.Since(began); took > answersWithin {
		s.t.Errorf("a fresh client was answered after %v", took)
	}
	return answer
}

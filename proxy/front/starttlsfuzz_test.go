package front

import (
	"bytes"
	"crypto/tls"
	"net"
	"strings"
	"testing"

	"github.com/aclens/aclens/proxy/view"
	"github.com/aclens/aclens/proxy/wire"
)

// The steps of a script about StartTLS; each octet of the script is one of them.
const (
	askWho         = iota
	askSearch      // cheap
	beginSlow      // a search that stays until it is released
	releaseSlow    // and answered
	cancelSlow     // and answered with canceled
	bindJane       // once nothing is in progress
	offerTLS       // StartTLS, and the handshake if it is granted
	offerWithValue // StartTLS with a value, which is malformed
	offerAndTalk   // StartTLS with octets behind it in one write
	offerAndSpill  // StartTLS, and octets where the handshake belongs
	steps
)

// tlsScript plays a script against a Server and knows, from two facts, what
// must be answered: is this TLS, and is a search in progress?
type tlsScript struct {
	*client
	bench   *bench
	slow    *slowSearch
	config  *tls.Config
	spill   []byte // octets in the clear, from whomever
	id      int32
	pending int32 // id of the slow search; 0 is none
	secure  bool
	who     string
}

// What comes in the clear behind a StartTLS request is never taken for what the
// client said inside TLS, StartTLS is granted only where nothing is in
// progress and only once, and whoever was bound stays who it was.
func FuzzNothingInTheClearIsTakenForTLS(f *testing.F) {
	spill := searchMessage(99, "o=acme")
	f.Add([]byte{askWho, offerTLS, askWho, offerTLS, askSearch}, spill)
	f.Add([]byte{beginSlow, offerTLS, releaseSlow, offerTLS, askWho}, spill)
	f.Add([]byte{bindJane, offerTLS, askWho, bindJane, askWho}, spill)
	f.Add([]byte{offerWithValue, offerAndTalk, askWho}, spill)
	f.Add([]byte{offerTLS, offerAndTalk, offerAndSpill, beginSlow, cancelSlow}, spill)
	f.Add([]byte{offerAndSpill}, []byte{22, 3, 1, 0, 1, 1})
	f.Add([]byte{offerAndTalk}, []byte{0x30})
	f.Add([]byte{beginSlow, offerAndTalk, cancelSlow, offerTLS, askSearch}, []byte{})
	f.Fuzz(func(t *testing.T, script, spill []byte) {
		settings, config := secured(t)
		s := &tlsScript{config: config, spill: spill[:min(len(spill), 200)]}
		s.bench = newBench(t, settings, func(b *bench) {
			b.dir.prepare = func(r view.Request) (Search, wire.Result) {
				if string(r.Search.Base) == "slow" {
					return s.slow.prepare(r)
				}
				return oneEntry(r), wire.Result{}
			}
		})
		s.client = s.bench.dialFrom(t, "127.0.0.1:4000")
		for _, step := range script[:min(len(script), 12)] {
			if !s.take(int(step) % steps) {
				break
			}
		}
		if s.pending != 0 {
			close(s.slow.release)
		}
		_ = s.conn.Close()
		s.bench.seen.wait(t, 1, "closed test") // all that came is dealt with
		if n := s.bench.seen.count("search success") - s.bench.seen.count("asked"); s.pending == 0 && n != 0 {
			t.Errorf("%d searches were answered that nobody asked for", n)
		}
		if strings.Contains(s.bench.log.String(), "panic") {
			t.Error(s.bench.log)
		}
	})
}

// take does one step; false: the connection is over.
func (s *tlsScript) take(step int) bool {
	s.id++
	switch step {
	case askWho:
		s.wantWho(s.id, s.who)
	case askSearch:
		s.asked()
		s.send(searchMessage(s.id, "o=acme"))
		s.wantEntry(s.id)
		s.wantCode(s.id, wire.OpSearchDone, wire.Success)
	case beginSlow, releaseSlow, cancelSlow:
		s.search(step)
	case bindJane:
		if s.pending == 0 {
			s.send(wire.AppendSimpleBind(nil, s.id, jane, password))
			s.wantCode(s.id, wire.OpBindResponse, wire.Success)
			s.who = "dn:" + jane
		}
	case offerWithValue:
		s.send(wire.AppendExtendedRequest(nil, s.id, wire.ExtendedStartTLS, []byte("x")))
		s.wantCode(s.id, wire.OpExtendedResponse, wire.ProtocolError)
	default:
		return s.offer(step)
	}
	return true
}

func (s *tlsScript) asked() { s.bench.seen.add(1, "asked") }

// search begins, releases or cancels the slow search.
func (s *tlsScript) search(step int) {
	switch {
	case step == beginSlow && s.pending == 0:
		s.slow, s.pending = newSlowSearch(), s.id
		s.asked()
		s.send(searchMessage(s.id, "slow"))
		<-s.slow.started
	case step == releaseSlow && s.pending != 0:
		close(s.slow.release)
		s.wantCode(s.pending, wire.OpSearchDone, wire.Success)
		s.pending = 0
	case step == cancelSlow && s.pending != 0:
		s.bench.seen.add(-1, "asked") // it does not succeed
		s.send(cancelMessage(s.id, byte(s.pending)))
		s.wantCode(s.pending, wire.OpSearchDone, wire.Canceled)
		s.wantCode(s.id, wire.OpExtendedResponse, wire.Success)
		s.pending = 0
	}
}

// offer asks for TLS in one of three ways.
func (s *tlsScript) offer(step int) bool {
	request := startTLS(s.id)
	if s.secure || s.pending != 0 {
		s.send(request)
		s.wantCode(s.id, wire.OpExtendedResponse, wire.OperationsError)
		return true
	}
	if step == offerAndTalk && len(s.spill) > 0 {
		s.send(request, s.spill)
		s.wantNotice(wire.ProtocolError)
		return false
	}
	s.send(request)
	s.wantCode(s.id, wire.OpExtendedResponse, wire.Success)
	if step == offerAndSpill && len(s.spill) > 0 {
		s.spillForHandshake()
		return false
	}
	conn := tls.Client(s.conn, s.config)
	if err := conn.Handshake(); err != nil {
		s.t.Fatalf("handshake: %v", err)
	}
	s.client, s.secure = newClient(s.t, conn), true
	return true
}

// spillForHandshake sends octets where the handshake belongs and then ends: no
// LDAP may come back, whatever they are.
func (s *tlsScript) spillForHandshake() {
	answers := make(chan []byte, 1)
	go func(conn net.Conn) {
		var all bytes.Buffer
		_, _ = all.ReadFrom(conn) // however it ends
		answers <- all.Bytes()
	}(s.conn)
	_, _ = s.conn.Write(s.spill) // the server may have hung up
	_ = s.conn.Close()
	if got := <-answers; len(got) > 0 && got[0] == 0x30 {
		s.t.Errorf("%x in the clear is answered with %x", s.spill, got)
	}
}

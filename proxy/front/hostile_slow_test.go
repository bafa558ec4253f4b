package front

import (
	"time"

	"github.com/aclens/aclens/proxy/wire"
)

const soon = 40 * time.Millisecond // a limit in time, where a case is about one

func stallsSoon(s *Settings) { s.Limits.WriteStall = soon }

func idlesSoon(s *Settings) { s.Limits.Idle = soon }

// unread sends requests as the reader and takes no answer until it is cut off.
func unread(octets []byte) func(*siege) string {
	return func(s *siege) string {
		before := s.seen.count("limit " + LimitWriteStall)
		c := s.dial()
		c.bind(reader)
		sent := make(chan struct{})
		go func() {
			defer close(sent)
			_, _ = c.conn.Write(octets) // until the server hangs up
		}()
		s.seen.wait(s.t, before+1, "limit "+LimitWriteStall)
		_ = c.conn.Close()
		<-sent
		return gone
	}
}

// slowAssaults take their time, or that of others.
func slowAssaults() []assault {
	const idle = "notice adminLimitExceeded, closed"
	request := whoAmI(1)
	answer := func(s *siege) string { return s.dial().account() }
	return []assault{
		{name: "a client that says nothing", settings: idlesSoon, act: answer, sees: idle},
		{name: "a client that says half of something", settings: idlesSoon, act: func(s *siege) string {
			c := s.dial()
			c.send(request[:9])
			return c.account()
		}, sees: idle},
		{name: "a client that speaks one octet at a time without end", settings: idlesSoon, act: drip, sees: idle},
		{name: "a bound client that says nothing more", settings: idlesSoon, act: func(s *siege) string {
			c := s.dial()
			c.bind(janeD)
			return c.account()
		}, sees: idle},
		{name: "a client that ends its direction and is still answered", octets: request, cut: true, sees: "extended success, closed"},
		{name: "a client that ends its direction while a search is in progress", act: func(s *siege) string {
			c := s.dial()
			s.hold(c, 1)
			return c.sendAndCut(nil)
		}, sees: "closed"},
		{name: "a search that takes longer than the server allows", settings: func(s *Settings) { s.Limits.TimeLimit = soon }, act: func(s *siege) string {
			c := s.dial()
			s.hold(c, 1)
			return c.answers(1) + ", " + c.asks()
		}, sees: "search timeLimitExceeded, alive"},
		{name: "fifty searches that take longer than the server allows", settings: func(s *Settings) { s.Limits.TimeLimit = soon }, act: func(s *siege) string {
			c := s.dial()
			s.hold(c, 50)
			return c.answers(50) + ", " + c.asks()
		}, sees: "search timeLimitExceeded x50, alive"},
	}
}

// drip announces a long message and sends an octet of it every millisecond.
func drip(s *siege) string {
	c := s.dial()
	c.send(header(0x30, 60_000))
	stop, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		tick := time.NewTicker(time.Millisecond)
		defer tick.Stop()
		for {
			if _, err := c.conn.Write([]byte{0x02}); err != nil {
				return
			}
			select {
			case <-tick.C:
			case <-stop:
				return
			}
		}
	}()
	seen := c.account()
	close(stop)
	<-done
	return seen
}

// everything is a search for all that there is.
func everything() []byte {
	r := wire.SearchRequest{Base: []byte("o=Acme"), Scope: wire.ScopeSubtree, Attributes: [][]byte{[]byte("*"), []byte("+")},
		Filter: wire.Filter{Kind: wire.Present, Attr: []byte("objectClass")}}
	return must(wire.AppendSearchRequest(nil, 5, &r))
}

// crowdAssaults are many connections.
func crowdAssaults() []assault {
	const busy = "notice busy, closed"
	one := func(s *siege) string { return s.dial().account() }
	beyond := func(n int) func(*siege) string {
		return func(s *siege) string {
			for range n {
				s.dial().wantWho(1, "")
			}
			return one(s)
		}
	}
	return []assault{
		{name: "more connections than there may be", settings: func(s *Settings) { s.Limits.Connections = 5 }, act: beyond(5), sees: busy},
		{name: "more connections than one address may have", settings: func(s *Settings) { s.Limits.ConnectionsPerAddress = 3 }, act: beyond(3), sees: busy},
		{name: "two hundred connections that are refused at once", settings: func(s *Settings) { s.Limits.Connections = 1 }, act: func(s *siege) string {
			s.dial().wantWho(1, "")
			refused := make([]*client, 200)
			for i := range refused {
				refused[i] = s.dial()
			}
			seen := ""
			for _, c := range refused {
				if got := c.account(); got != busy && got != "closed" {
					seen += got
				}
			}
			return seen + "busy, or closed"
		}, sees: "busy, or closed"},
		{name: "five hundred connections that are dropped at once", act: func(s *siege) string {
			for range 500 {
				s.dial().reset()
			}
			return gone
		}, sees: gone},
		{name: "two hundred connections with half a message each", act: func(s *siege) string {
			for range 200 {
				s.dial().send(header(0x30, 60_000), []byte{0x02, 1})
			}
			return gone
		}, sees: gone},
		{name: "a hundred clients who announce four million octets each", act: func(s *siege) string {
			for range 100 {
				c := s.dial()
				c.bind(janeD)
				c.send(header(0x30, 4_000_000), []byte{0x02, 1})
			}
			return gone
		}, sees: gone},
		{name: "twenty clients who send more than there is memory for", settings: func(s *Settings) { s.Limits.InFlightBytes = 4 << 20 }, act: func(s *siege) string {
			seen := make(chan string, 20)
			for range cap(seen) {
				c := s.dial()
				c.bind(janeD)
				go func() { _, _ = c.conn.Write(append(header(0x30, 4_000_000), make([]byte, 2_000_000)...)) }()
				go func() { seen <- c.account() }() // those who are not refused wait for the end of the case
			}
			return <-seen
		}, sees: busy},
	}
}

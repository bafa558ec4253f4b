package front

import (
	"bytes"
	"fmt"
	"net"
	"slices"
	"strings"

	"github.com/aclens/aclens/proxy/wire"
)

const (
	many = 10_000
	gone = "nothing, it has left"
)

// tally says how often each word of an account is there, in the order of the alphabet.
func tally(account string) string {
	counts := map[string]int{}
	for word := range strings.SplitSeq(account, ", ") {
		n := 1
		if what, times, ok := strings.Cut(word, " x"); ok {
			word = what
			if _, err := fmt.Sscan(times, &n); err != nil {
				return account
			}
		}
		counts[word] += n
	}
	var words []string
	for word, n := range counts {
		if n > 1 {
			word = fmt.Sprintf("%s x%d", word, n)
		}
		words = append(words, word)
	}
	slices.Sort(words)
	return strings.Join(words, ", ")
}

// oneOf leaves out how often something is there.
func oneOf(account string) string {
	var words []string
	for word := range strings.SplitSeq(account, ", ") {
		word, _, _ = strings.Cut(word, " x")
		if !slices.Contains(words, word) {
			words = append(words, word)
		}
	}
	slices.Sort(words)
	return strings.Join(words, ", ")
}

// reset breaks the connection off, so that the other end is told at once.
func (c *client) reset() {
	_ = c.conn.(*net.TCPConn).SetLinger(0) // else it ends in order, which is as good
	_ = c.conn.Close()
}

// floodAssaults are many requests at once, read and unread.
func floodAssaults() []assault {
	own := ownEntry()
	return []assault{
		{name: "ten thousand questions, all read", octets: bytes.Repeat(whoAmI(1), many), sees: "extended success x10000, alive"},
		{name: "ten thousand searches, all read", act: func(s *siege) string {
			c := s.dial()
			c.bind(janeD)
			return tally(c.pour(bytes.Repeat(own, many)))
		}, sees: "alive, entry x10000, search success x10000"},
		{name: "ten thousand searches, none read", settings: stallsSoon, act: unread(bytes.Repeat(everything(), many)), sees: gone},
		{name: "ten thousand questions, none read", act: func(s *siege) string {
			before := s.seen.count("whoami success")
			c := s.dial()
			c.send(bytes.Repeat(whoAmI(1), many))
			s.seen.wait(s.t, before+many, "whoami success")
			c.reset()
			return gone
		}, sees: gone},
		{name: "ten thousand searches, and the connection broken off", act: func(s *siege) string {
			c := s.dial()
			c.bind(janeD)
			go func() { _, _ = c.conn.Write(bytes.Repeat(own, many)) }() // until the connection is broken off
			c.receive()
			c.reset()
			return gone
		}, sees: gone},
		{name: "a thousand searches and no more to come", act: func(s *siege) string {
			c := s.dial()
			c.bind(janeD)
			go func() {
				_, _ = c.conn.Write(bytes.Repeat(own, 1000))
				c.cut()
			}()
			return tally(c.account())
		}, sees: "closed, entry x1000, search success x1000"},
		{name: "ten thousand abandons of what there is not", octets: bytes.Repeat(wire.AppendAbandon(nil, 1, 77), many), sees: "alive"},
		{name: "ten thousand abandons of themselves", octets: bytes.Repeat(wire.AppendAbandon(nil, 9, 9), many), sees: "alive"},
		{name: "ten thousand abandons of what is over", octets: append(whoAmI(7), bytes.Repeat(wire.AppendAbandon(nil, 9, 7), many)...), sees: "extended success, alive"},
		{name: "two hundred abandons of each of fifty searches", act: func(s *siege) string {
			c := s.dial()
			s.hold(c, 50)
			return c.pour(forEach(100, 50, 200, func(id int32) []byte { return wire.AppendAbandon(nil, 9, id) }))
		}, sees: "alive"},
		{name: "two thousand searches, each abandoned at once", act: func(s *siege) string {
			c := s.dial()
			c.bind(janeD)
			seen := c.pour(forEach(100, 100, 20, func(id int32) []byte { return append(holding(id), wire.AppendAbandon(nil, 9, id)...) }))
			return strings.TrimSuffix(oneOf(seen), ", search busy") // while those before it still end
		}, sees: "alive"},
		{name: "ten thousand cancels of what there is not", octets: bytes.Repeat(cancelMessage(5, 77), many), sees: "extended noSuchOperation x10000, alive"},
		{name: "two cancels of each of fifty searches", act: func(s *siege) string {
			c := s.dial()
			s.hold(c, 20)
			return tally(c.pour(forEach(100, 20, 2, func(id int32) []byte { return cancelMessage(9, byte(id)) })))
		}, sees: "alive, extended noSuchOperation x20, extended success x20, search canceled x20"},
		{name: "a cancel and an abandon of the same search", act: func(s *siege) string {
			c := s.dial()
			s.hold(c, 1)
			return c.pour(slices.Concat(wire.AppendAbandon(nil, 8, 100), cancelMessage(9, 100)))
		}, sees: "extended noSuchOperation, alive"},
		{name: "more searches at a time than a connection may have", act: func(s *siege) string {
			c := s.dial()
			s.hold(c, 64)
			return c.pour(bytes.Repeat(holding(7), 20))
		}, sees: "search busy x20, alive"},
		{name: "searches that hold more memory than there is", settings: func(s *Settings) { s.Limits.InFlightBytes = 10 * highWater }, act: func(s *siege) string {
			c := s.dial()
			c.bind(janeD)
			return oneOf(c.pour(forEach(100, 64, 1, holding))) // nine at most are held
		}, sees: "alive, search busy"},
		{name: "nonsense behind an unbind", octets: append(wire.AppendUnbind(nil, 1), bytes.Repeat([]byte("nonsense"), 10_000)...), sees: "closed"},
		{name: "an unbind while searches are in progress", act: func(s *siege) string {
			c := s.dial()
			s.hold(c, 64)
			return c.pour(wire.AppendUnbind(nil, 1))
		}, sees: "closed"},
		{name: "a connection broken off while searches are in progress", act: func(s *siege) string {
			c := s.dial()
			s.hold(c, 64)
			c.reset()
			return gone
		}, sees: gone},
	}
}

// ownEntry is a search of Jane for everything about herself.
func ownEntry() []byte {
	r := wire.SearchRequest{Base: []byte(janeD), Attributes: [][]byte{[]byte("*"), []byte("+")},
		Filter: wire.Filter{Kind: wire.Present, Attr: []byte("objectClass")}}
	return must(wire.AppendSearchRequest(nil, 5, &r))
}

// forEach repeats a request for each of so many ids.
func forEach(first, n, times int, request func(int32) []byte) []byte {
	var all []byte
	for i := range n {
		all = append(all, bytes.Repeat(request(int32(first+i)), times)...)
	}
	return all
}

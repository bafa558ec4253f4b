package front

import (
	"bytes"
	"slices"

	"github.com/aclens/aclens/proxy/wire"
)

// cookieAssaults show cookies that were not given for what is asked.
func cookieAssaults() []assault {
	changed := func(change func([]byte) []byte) func(*siege) string {
		return func(s *siege) string {
			c := s.dial()
			c.bind(reader)
			return c.showCookie(people(), change(s.cookie(c)))
		}
	}
	const refused = "search unwillingToPerform, alive"
	return []assault{
		{name: "a cookie of the same client, to see that one is taken", act: changed(slices.Clone[[]byte]), sees: "entry x3, search success, alive"},
		{name: "a cookie of nonsense", act: changed(func([]byte) []byte { return []byte("nonsense") }), sees: refused},
		{name: "a cookie of a million octets", act: changed(func([]byte) []byte { return make([]byte, 1_000_000) }), sees: refused},
		{name: "a cookie that is cut at any octet", act: cookieCutAnywhere, sees: "alive, search unwillingToPerform"},
		{name: "a cookie with any bit turned", act: cookieTurnedAnywhere, sees: "alive, search unwillingToPerform"},
		{name: "a cookie with an octet behind it", act: changed(func(b []byte) []byte { return append(slices.Clone(b), 0) }), sees: refused},
		{name: "a cookie of another identity", act: func(s *siege) string {
			first, second := s.dial(), s.dial()
			first.bind(reader)
			second.bind(janeD)
			return second.showCookie(people(), s.cookie(first))
		}, sees: refused},
		{name: "a cookie of another search", act: func(s *siege) string {
			c := s.dial()
			c.bind(reader)
			other := people()
			other.filter = "(objectClass=dominoGroup)"
			return c.showCookie(other, s.cookie(c))
		}, sees: refused},
		{name: "a cookie of somebody who has unbound since", act: func(s *siege) string {
			c := s.dial()
			c.bind(reader)
			cookie := s.cookie(c)
			c.send(wire.AppendSimpleBind(nil, 8, "", ""))
			c.wantCode(8, wire.OpBindResponse, wire.Success)
			return c.showCookie(people(), cookie)
		}, sees: refused},
		{name: "the same cookie a thousand times", act: func(s *siege) string {
			c := s.dial()
			c.bind(reader)
			l := people()
			l.cookie = s.cookie(c)
			return tally(c.pour(bytes.Repeat(l.next(s.t, 9), 1000)))
		}, sees: "alive, entry x3000, search success x1000"},
		{name: "a thousand lists begun and left", act: func(s *siege) string {
			c := s.dial()
			c.bind(reader)
			return tally(c.pour(bytes.Repeat(people().next(s.t, 9), 1000)))
		}, sees: "alive, entry x3000, search success x1000"},
	}
}

func people() *listing {
	return &listing{base: "", filter: "(objectClass=dominoPerson)", size: 3, critical: true}
}

// cookie is what the first page of the people ends with.
func (s *siege) cookie(c *client) []byte {
	s.t.Helper()
	l := people()
	c.send(l.next(s.t, 7))
	l.turn(c, 7)
	return l.cookie
}

func (c *client) showCookie(l *listing, cookie []byte) string {
	c.t.Helper()
	l.cookie = cookie
	return c.pour(l.next(c.t, 9))
}

// cookieCutAnywhere shows every beginning of a cookie but the empty one, which
// asks for the first page.
func cookieCutAnywhere(s *siege) string {
	c := s.dial()
	c.bind(reader)
	cookie := s.cookie(c)
	var all []byte
	for i := 1; i < len(cookie); i++ {
		l := people()
		l.cookie = cookie[:i]
		all = append(all, l.next(s.t, 9)...)
	}
	return oneOf(c.pour(all))
}

func cookieTurnedAnywhere(s *siege) string {
	c := s.dial()
	c.bind(reader)
	cookie := s.cookie(c)
	var all []byte
	for i := range 8 * len(cookie) {
		l := people()
		l.cookie = slices.Clone(cookie)
		l.cookie[i/8] ^= 1 << (i % 8)
		all = append(all, l.next(s.t, 9)...)
	}
	return oneOf(c.pour(all))
}

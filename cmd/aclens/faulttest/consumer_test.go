package faulttest

import (
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-ldap/ldap/v3"
	"github.com/google/go-cmp/cmp"

	"github.com/aclens/aclens/cmd/aclens/proctest"
)

// cuts is how often the consumer's connection breaks.
var cuts = flag.Int("cuts", 10, "how often a consumer of the feed is cut off at a random octet")

// fed are the attributes that the consumer keeps.
var fed = []string{"*", "isMemberOf", "effectiveAccess"}

// consumer follows the feed over one connection after the other.
type consumer struct{ proctest.Copy }

// follow goes on from the cookie until the connection breaks, or until the feed
// has told all there is in the mode that ends then.
func (c *consumer) follow(ctx context.Context, address string, mode ldap.ControlSyncRequestMode) error {
	s, err := dialed(address)
	if err != nil {
		return err
	}
	defer func() { _ = s.Close() }()
	search := ldap.NewSearchRequest("o=acme", ldap.ScopeWholeSubtree, 0, 0, 0, false, "(objectClass=*)", fed, nil)
	return c.Follow(ctx, s.Conn, search, mode, proctest.Endless)
}

// lines are what it has, an entry a line.
func (c *consumer) lines() []string {
	var out []string
	for _, e := range c.Entries {
		out = append(out, copied(e))
	}
	slices.Sort(out)
	return out
}

// copied is an entry as a line, values in order.
func copied(e *ldap.Entry) string {
	var parts []string
	for _, a := range e.Attributes {
		slices.Sort(a.Values)
		parts = append(parts, fmt.Sprintf("%s=%q", strings.ToLower(a.Name), a.Values))
	}
	slices.Sort(parts)
	return strings.ToLower(e.DN) + "|" + strings.Join(parts, "|")
}

func TestAConsumerWhoseConnectionBreaksAtAnyOctetEndsWithTheContent(t *testing.T) {
	o := openOffice(t)
	a := begin(t, o.config(t, o.address(), ""))
	way := newRoad(t, a.ldap)
	writer := &author{address: o.address()}
	defer writer.close()
	d := rand.New(rand.NewPCG(7, uint64(*cuts)))
	c := &consumer{}
	serial := 0
	for range *cuts {
		way.smooth()
		within := 1 << 19 // behind the whole content, most times
		if c.Cookie != nil {
			within = 1 << (6 + d.IntN(10)) // from the bind to many changes later
		}
		way.truncate(within)
		ended := make(chan error, 1)
		go func() { ended <- c.follow(t.Context(), way.address(), ldap.SyncRequestModeRefreshAndPersist) }()
		for open := true; open; { // changes go on until it is cut off
			serial++
			s := o.anyStep(d, serial)
			s.fact.send(s.value)
			if err := writer.make(t.Context(), s); err != nil {
				t.Fatal(err)
			}
			select {
			case <-ended:
				open = false
			case <-time.After(10 * time.Millisecond):
			}
		}
	}
	way.smooth()
	s, err := dialed(a.ldap)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	o.changeAndSee(t, writer, s, "the end")
	found, _, err := s.search("o=acme", ldap.ScopeWholeSubtree, "(objectClass=*)", fed...)
	if err != nil {
		t.Fatal(err)
	}
	want := make([]string, 0, len(found))
	for _, e := range found {
		want = append(want, copied(e))
	}
	c.endsWith(t, way.address(), want)
	t.Logf("%d changes, %d entries; everything was sent %d times", serial, len(want), c.Whole)
	if c.Whole == *cuts+1 {
		t.Error("the consumer began anew each time")
	}
}

// endsWith refreshes until the consumer has what a search has found. Feeds may
// stand a little behind searches, until changes have their numbers.
func (c *consumer) endsWith(t *testing.T, address string, want []string) {
	t.Helper()
	slices.Sort(want)
	diff := ""
	for until := time.Now().Add(time.Minute); time.Now().Before(until); {
		if err := c.follow(t.Context(), address, ldap.SyncRequestModeRefreshOnly); err != nil {
			t.Fatal(err)
		}
		if diff = cmp.Diff(want, c.lines()); diff == "" {
			return
		}
	}
	t.Errorf("the consumer has something else than the provider (-provider +consumer):\n%s", diff)
}

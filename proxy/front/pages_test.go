package front

import (
	"slices"
	"testing"

	"github.com/go-ldap/ldap/v3"

	"github.com/aclens/aclens/proxy/wire"
)

// listing is one search that is read page by page.
type listing struct {
	base, filter string
	size         int
	critical     bool
	controls     []wire.Control // besides the pages

	cookie []byte
	got    []string
	over   bool
}

func (l *listing) request(t *testing.T, id int32, controls ...wire.Control) []byte {
	t.Helper()
	f, err := wire.ParseFilterString(l.filter)
	check(t, err)
	r := wire.SearchRequest{Base: []byte(l.base), Scope: wire.ScopeSubtree, Filter: f, Attributes: [][]byte{[]byte("cn")}}
	return must(wire.AppendSearchRequest(nil, id, &r, append(controls, l.controls...)...))
}

// next asks for the next page.
func (l *listing) next(t *testing.T, id int32) []byte {
	t.Helper()
	return l.request(t, id, wire.Control{OID: wire.ControlPagedResults, Critical: l.critical, Value: wire.AppendPagedValue(nil, l.size, l.cookie)})
}

// take reads the answer to one request: entries and the final message.
func (c *client) take(id int32) (names []string, end wire.Result, controls []wire.Control) {
	c.t.Helper()
	for {
		m := c.receive()
		if m.ID != id {
			c.t.Fatalf("got message %d, want %d", m.ID, id)
		}
		if m.Op == wire.OpSearchEntry {
			e, err := wire.ParseEntry(m.Body)
			check(c.t, err)
			names = append(names, string(e.DN()))
			continue
		}
		end, err := wire.ParseResult(m.Body)
		check(c.t, err)
		controls, err := wire.ParseControls(m.Clone().Controls)
		check(c.t, err)
		return names, end, controls
	}
}

// turn takes one page of a listing.
func (l *listing) turn(c *client, id int32) {
	c.t.Helper()
	names, end, controls := c.take(id)
	if end.Code != wire.Success || len(names) > l.size || len(names) == 0 {
		c.t.Fatalf("%s %s: %d entries, %v", l.base, l.filter, len(names), end)
	}
	l.got = append(l.got, names...)
	i := slices.IndexFunc(controls, func(c wire.Control) bool { return c.OID == wire.ControlPagedResults })
	if i < 0 {
		c.t.Fatalf("%s %s: no pages in the answer", l.base, l.filter)
	}
	paged, err := wire.ParsePaged(controls[i].Value)
	check(c.t, err)
	l.cookie = paged.Cookie
	l.over = len(l.cookie) == 0
}

// Real and virtual entries are read in pages of different sizes, all at the same
// time on one connection, in an order and in none.
func TestSeveralListsAreReadInPagesOnOneConnection(t *testing.T) {
	b := sampleBench(t)
	c := b.dial(t)
	c.bind(reader)
	byName := []wire.Control{{OID: wire.ControlSortRequest, Critical: true, Value: wire.AppendSortRequest(nil, wire.SortKey{Attr: []byte("cn"), Reverse: true})}}
	lists := []*listing{
		{base: "", filter: "(objectClass=dominoPerson)", size: 7, critical: true},
		{base: "o=Acme", filter: "(cn=*)", size: 5},
		{base: "cn=access", filter: "(objectClass=groupOfNames)", size: 9, critical: true},
		{base: "cn=access", filter: "(objectClass=aclensDatabase)", size: 1},
		{base: "ou=subjects,cn=apps/crm.nsf,ou=databases,cn=access", filter: "(accessSubject=*)", size: 11, critical: true},
		{base: "", filter: "(objectClass=dominoPerson)", size: 6, critical: true, controls: byName},
		{base: "cn=access", filter: "(objectClass=groupOfNames)", size: 10, controls: byName},
	}
	id := int32(10)
	for open := len(lists); open > 0; {
		open = 0
		var asked []*listing
		for _, l := range lists { // all requests of a round are on their way before the first is read
			if !l.over {
				c.send(l.next(t, id+int32(len(asked))))
				asked = append(asked, l)
			}
		}
		for i, l := range asked {
			l.turn(c, id+int32(i))
			if !l.over {
				open++
			}
		}
		id += int32(len(asked))
	}
	for i, l := range lists {
		c.send(l.request(t, id))
		want, end, _ := c.take(id)
		id++
		if end.Code != wire.Success || !slices.Equal(l.got, want) || len(want) <= 2*l.size {
			t.Errorf("list %d: %d entries in pages, %d at once, %v", i, len(l.got), len(want), end)
		}
	}
}

func TestACookieIsOfItsConnectionItsClientAndItsRequest(t *testing.T) {
	b := sampleBench(t)
	c := b.dial(t)
	c.bind(reader)
	l := &listing{base: "o=Acme", filter: "(cn=*)", size: 5, critical: true}
	c.send(l.next(t, 2))
	l.turn(c, 2)
	other := *l
	other.filter = "(cn=a*)"
	c.send(other.next(t, 3))
	c.wantCode(3, wire.OpSearchDone, wire.UnwillingToPerform)
	proxied := *l
	proxied.controls = []wire.Control{wire.ProxiedAuthorization("u:jdoe")}
	c.send(proxied.next(t, 4))
	c.wantCode(4, wire.OpSearchDone, wire.UnwillingToPerform)
	own := b.dial(t)
	own.bind(janeD)
	own.send(l.next(t, 5))
	own.wantCode(5, wire.OpSearchDone, wire.UnwillingToPerform)
	second := b.dial(t)
	second.bind(reader)
	second.send(l.next(t, 6))
	second.wantCode(6, wire.OpSearchDone, wire.UnwillingToPerform) // pages go on where they began
	c.send(l.next(t, 7))
	l.turn(c, 7)
}

func TestGoLdapSortsInPages(t *testing.T) {
	b := sampleBench(t)
	c, err := ldap.DialURL("ldap://" + b.addr)
	check(t, err)
	defer func() { check(t, c.Unbind()) }()
	check(t, c.Bind(reader, password))
	search := func(controls ...ldap.Control) *ldap.SearchRequest {
		return ldap.NewSearchRequest("o=Acme", ldap.ScopeWholeSubtree, ldap.NeverDerefAliases, 0, 0, false, "(objectClass=dominoPerson)", []string{"uid"}, controls)
	}
	plain, err := c.Search(search())
	check(t, err)
	want := uids(plain)
	slices.Sort(want)
	slices.Reverse(want)
	order := ldap.NewControlServerSideSortingWithSortKeys([]*ldap.SortKey{{AttributeType: "uid", MatchingRule: "2.5.13.3", Reverse: true}})
	sorted, err := c.Search(search(order))
	check(t, err)
	if got := uids(sorted); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if r, ok := ldap.FindControl(sorted.Controls, ldap.ControlTypeServerSideSortingResult).(*ldap.ControlServerSideSortingResult); !ok || r.Result != ldap.ControlServerSideSortingCodeSuccess {
		t.Errorf("controls are %v", sorted.Controls)
	}
	paged, err := c.SearchWithPaging(search(order), 7)
	check(t, err)
	if got := uids(paged); !slices.Equal(got, want) {
		t.Errorf("in pages %q, want %q", got, want)
	}
	refused := ldap.NewControlString(ldap.ControlTypeServerSideSorting, true, string(wire.AppendSortRequest(nil, wire.SortKey{Attr: []byte("nonsense")})))
	if _, err := c.Search(search(refused)); !ldap.IsErrorWithCode(err, ldap.LDAPResultUnavailableCriticalExtension) {
		t.Errorf("an unknown attribute: %v", err)
	}
	asserted := ldap.NewControlString(wire.ControlAssertion, true, string(must(wire.AppendAssertion(nil, &wire.Filter{Kind: wire.Present, Attr: []byte("sn")}))))
	if _, err := c.Search(search(asserted)); !ldap.IsErrorWithCode(err, ldap.LDAPResultAssertionFailed) {
		t.Errorf("an assertion: %v", err)
	}
	if who, err := c.WhoAmI([]ldap.Control{ldap.NewControlString(wire.ControlProxiedAuthorization, true, "u:jdoe")}); err != nil || who.AuthzID != "dn:CN=Jane Doe,OU=Sales,O=Acme" {
		t.Errorf("who am I: %v, %v", who, err)
	}
}

func uids(r *ldap.SearchResult) []string {
	out := make([]string, len(r.Entries))
	for i, e := range r.Entries {
		out[i] = e.GetAttributeValue("uid")
	}
	return out
}

// Package contest asks every peer the same questions, holds the answers against
// what a company knows by itself, and measures what they cost.
//
// It promises that no figure stands for a wrong answer: a row is measured on a
// peer only after a sample of its answers was compared, entry by entry and value
// by value. It refuses to compare figures of different runs.
package contest

import (
	"fmt"
	"slices"
	"strings"

	"github.com/aclens/aclens/bench/company"
	"github.com/aclens/aclens/bench/load"
	"github.com/aclens/aclens/proxy/wire"
)

// Values are the attributes of an entry, names and values folded, values sorted.
type Values map[string][]string

// Truth is what the right answer to one request is.
type Truth struct {
	Code    wire.ResultCode
	Entries map[string]Values // by folded DN
	Others  int               // further entries, which are counted and not looked at
}

// Row is one kind of operation.
type Row struct {
	Key, Title string
	Stream     bool // one request gives the whole directory: CPU counts by entry
	Conns      int  // 0: as the run has it
	InFlight   int  // 0: as the run has it
	Idle       int  // further connections that say nothing
	TLS        bool // over TLS

	requests []load.Request
	truth    func(request int) Truth
	codes    []int
}

// Dialect is how a peer calls computed memberships.
type Dialect string

// Dialects.
const (
	Computed Dialect = "isMemberOf" // aclens, and the loop that repeats its octets
	Overlay  Dialect = "memberOf"   // slapd's dynlist
)

// inChain is the matching rule that follows nested memberships.
const inChain = "1.2.840.113556.1.4.1941"

var (
	stored = []string{"cn", "mail", "uid"}
	access = []string{"effectiveAccess", "effectiveRole"}
	// everything is what is computed of a person, without the JSON of reasons.
	everything = []string{"isMemberOf", "effectiveAccess", "effectiveRole", "effectiveAccessAtLeast", "effectiveHighestAccess", "effectivePrivilege"}
)

// Questions makes the requests of all rows.
type Questions struct {
	Company *company.Company
	Pool    []int // people that are asked for
	Conns   int
	Idle    int
}

// Rows are all operations in the words of a peer.
func (q *Questions) Rows(d Dialect) ([]Row, error) {
	m := &maker{q: q, c: q.Company, dialect: d}
	rows := []Row{
		m.ofPeople("base", "base search, three stored attributes", wire.ScopeBase, stored),
		m.ofPeople("uid", "uid search, three stored attributes", wire.ScopeSubtree, stored),
		m.ofPeople("member", "uid search, nested memberships", wire.ScopeSubtree, append([]string{string(d)}, stored...)),
		m.ofPeople("access", "uid search, memberships, levels and roles in all databases", wire.ScopeSubtree, slices.Concat(stored, []string{string(d)}, access)),
		m.compare(),
		m.atLeast(),
		m.filter("top", "search by nested membership", fmt.Sprintf("(%s=%%s)", d)),
		m.filter("chain", "the same by the rule in-chain", fmt.Sprintf("(memberOf:%s:=%%s)", inChain)),
		m.stream("stream", "all people, three stored attributes", stored),
		m.stream("stream-access", "all people, with memberships and highest level", slices.Concat(stored, []string{string(d), "effectiveHighestAccess"})),
		m.stream("stream-all", "all people, with everything computed for all databases", slices.Concat(stored, everything)),
	}
	deep, idle := rows[1], rows[1]
	deep.Key, deep.Title, deep.InFlight = "uid-deep", "uid search, 64 in flight on each connection", 64
	idle.Key, idle.Title, idle.Idle = "uid-idle", fmt.Sprintf("uid search beside %d idle connections", q.Idle), q.Idle
	secret := idle
	secret.Key, secret.Title, secret.TLS = "tls-idle", fmt.Sprintf("uid search over TLS beside %d idle connections over TLS", q.Idle), true
	return append(rows, deep, idle, secret), m.err
}

// maker keeps the first error.
type maker struct {
	q       *Questions
	c       *company.Company
	dialect Dialect
	err     error
}

func (m *maker) add(r *Row, pdu []byte, err error) {
	if m.err != nil {
		return
	}
	request, err2 := load.NewRequest(pdu)
	if m.err = err; err == nil {
		m.err = err2
	}
	r.requests = append(r.requests, request)
}

func (m *maker) search(r *Row, base string, scope wire.Scope, filter string, attributes []string) {
	pdu, err := SearchRequest(base, scope, filter, attributes)
	m.add(r, pdu, err)
}

// SearchRequest is a whole search request with message id 1.
func SearchRequest(base string, scope wire.Scope, filter string, attributes []string) ([]byte, error) {
	f, err := wire.ParseFilterString(filter)
	if err != nil {
		return nil, fmt.Errorf("making a request: %w", err)
	}
	s := wire.SearchRequest{Base: []byte(base), Scope: scope, Filter: f}
	for _, a := range attributes {
		s.Attributes = append(s.Attributes, []byte(a))
	}
	return wire.AppendSearchRequest(nil, 1, &s)
}

func (m *maker) ofPeople(key, title string, scope wire.Scope, attributes []string) Row {
	r := Row{Key: key, Title: title, codes: []int{int(wire.Success)}}
	for _, i := range m.q.Pool {
		if scope == wire.ScopeBase {
			m.search(&r, m.c.DN(i), scope, "(objectClass=*)", attributes)
		} else {
			m.search(&r, company.Suffix, scope, fmt.Sprintf("(uid=%s)", m.c.UID(i)), attributes)
		}
	}
	r.truth = func(n int) Truth {
		i := m.q.Pool[n]
		return Truth{Entries: map[string]Values{fold(m.c.DN(i)): m.values(i, attributes)}}
	}
	return r
}

// compare asks whether people are in the groups at the top: half of the
// questions are true.
func (m *maker) compare() Row {
	r := Row{Key: "compare", Title: "Compare on nested membership", codes: []int{int(wire.CompareTrue), int(wire.CompareFalse)}}
	groups := make([]int, len(m.q.Pool))
	for n, i := range m.q.Pool {
		groups[n] = m.c.TopGroup(n)
		if n%2 == 0 {
			groups[n] = m.topOf(i, groups[n])
		}
		dn, group := m.c.DN(i), m.c.GroupDN(groups[n])
		m.add(&r, CompareRequest(dn, string(m.dialect), group), nil)
	}
	r.truth = func(n int) Truth {
		if m.c.GroupsOf(m.q.Pool[n])[groups[n]] {
			return Truth{Code: wire.CompareTrue}
		}
		return Truth{Code: wire.CompareFalse}
	}
	return r
}

// topOf is a top group of a person, or the other one if there is none.
func (m *maker) topOf(person, other int) int {
	for g := range m.c.GroupsOf(person) {
		if g < m.c.Tops() {
			return g
		}
	}
	return other
}

// CompareRequest is a whole Compare request with message id 1 (RFC 4511 section 4.10).
func CompareRequest(dn, attribute, value string) []byte {
	assertion := append(octets(0x04, []byte(attribute)), octets(0x04, []byte(value))...)
	body := append(octets(0x04, []byte(dn)), octets(0x30, assertion)...)
	return octets(0x30, append([]byte{0x02, 0x01, 0x01}, octets(0x6e, body)...))
}

// octets is one element of BER, its length in the shortest form: one of the
// peers takes no other.
func octets(tag byte, content []byte) []byte {
	head := []byte{tag}
	switch n := len(content); {
	case n < 0x80:
		head = append(head, byte(n))
	case n < 0x100:
		head = append(head, 0x81, byte(n))
	default:
		head = append(head, 0x82, byte(n>>8), byte(n))
	}
	return append(head, content...)
}

// mostDatabases is how many databases are asked about one after the other.
const mostDatabases = 50

func (m *maker) atLeast() Row {
	r := Row{Key: "atleast", Title: "search by level in one database", codes: []int{int(wire.Success)}}
	n := min(m.c.Databases, mostDatabases)
	for k := range n {
		m.search(&r, company.Suffix, wire.ScopeSubtree, fmt.Sprintf("(effectiveAccessAtLeast=%s#%s)", m.c.Key(k), company.Editor), []string{"1.1"})
	}
	r.truth = func(k int) Truth {
		t := Truth{Entries: map[string]Values{}}
		for i := range m.c.People {
			if level, _ := m.c.Decide(k, i); level >= company.Editor {
				t.Entries[fold(m.c.DN(i))] = Values{}
			}
		}
		return t
	}
	return r
}

func (m *maker) filter(key, title, filter string) Row {
	r := Row{Key: key, Title: title, codes: []int{int(wire.Success)}}
	for k := range m.c.Tops() {
		m.search(&r, company.Suffix, wire.ScopeSubtree, fmt.Sprintf("(&(objectClass=inetOrgPerson)%s)", fmt.Sprintf(filter, m.c.GroupDN(k))), []string{"uid"})
	}
	r.truth = func(k int) Truth {
		t := Truth{Entries: map[string]Values{}}
		for i := range m.c.MembersOf(k) {
			t.Entries[fold(m.c.DN(i))] = m.values(i, []string{"uid"})
		}
		return t
	}
	return r
}

// looked is how many entries of a stream are compared in every value.
const looked = 200

func (m *maker) stream(key, title string, attributes []string) Row {
	r := Row{Key: key, Title: title, Stream: true, Conns: 2, codes: []int{int(wire.Success)}}
	m.search(&r, company.Suffix, wire.ScopeSubtree, "(objectClass=inetOrgPerson)", attributes)
	r.truth = func(int) Truth {
		t := Truth{Entries: map[string]Values{}}
		for i := 0; i < m.c.People; i += max(1, m.c.People/looked) {
			t.Entries[fold(m.c.DN(i))] = m.values(i, attributes)
		}
		t.Others = m.c.People - len(t.Entries)
		return t
	}
	return r
}

func fold(s string) string { return strings.ToLower(s) }

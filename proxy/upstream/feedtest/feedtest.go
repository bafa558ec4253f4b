// Package feedtest is a directory in memory for tests of feeds that no server at
// hand gives: DirSync of Active Directory and persistent search.
//
// It promises to answer as the published documents say (MS-ADTS 3.1.1.3.4.1.3,
// draft-ietf-ldapext-psearch), the inconvenient parts included: what lies below
// an entry with a new name is not told, answers come in parts, and a deleted
// object has another name. It refuses to be a directory server otherwise: any
// bind succeeds, and searches know presence and order alone.
package feedtest

import (
	"fmt"
	"net"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aclens/aclens/proxy/wire"
)

// Base is the naming context that is served.
const Base = "dc=acme,dc=example"

// Kind says which feed a Server gives.
type Kind int

// The kinds.
const (
	DirSync Kind = iota
	Persistent
)

// Server is one directory.
type Server struct {
	URL  string
	kind Kind

	mu       sync.Mutex // guards what follows
	entries  []*entry   // in the order of their making; deleted ones too
	usn      int
	epoch    int  // cookies of another one are refused
	refuse   bool // the right to replicate
	flags    []wire.DirSyncFlags
	sessions map[*session]bool
}

// entry is one object.
type entry struct {
	dn         string
	number     int // its identity
	attributes map[string][]string
	usn        int
	deleted    bool
}

// session is one connection.
type session struct {
	conn    net.Conn
	writing sync.Mutex
	watches map[int32]wire.PersistentSearch // by message id
}

// Start serves a directory with nothing but its base until the test ends.
func Start(t testing.TB, kind Kind) *Server {
	t.Helper()
	var config net.ListenConfig
	l, err := config.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatalf("listening: %v", err)
	}
	s := &Server{URL: "ldap://" + l.Addr().String(), kind: kind, usn: 1000, sessions: map[*session]bool{}}
	s.Put(Base, map[string][]string{"objectClass": {"domain"}, "dc": {"acme"}})
	var all sync.WaitGroup
	all.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			x := &session{conn: c, watches: map[int32]wire.PersistentSearch{}}
			s.mu.Lock()
			s.sessions[x] = true
			s.mu.Unlock()
			all.Go(func() { s.serve(x) })
		}
	})
	t.Cleanup(func() {
		_ = l.Close() // ends the loop
		s.Cut()
		all.Wait()
	})
	return s
}

// Put adds an entry or replaces its attributes.
func (s *Server) Put(dn string, attributes map[string][]string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.usn++
	e, kind := s.find(dn), wire.EntryModified
	if e == nil {
		e, kind = &entry{dn: dn, number: len(s.entries) + 1}, wire.EntryAdded
		s.entries = append(s.entries, e)
	}
	e.attributes, e.usn = attributes, s.usn
	s.tell(e, wire.EntryChange{Type: kind, Number: int64(s.usn)})
}

// Delete takes an entry away.
func (s *Server) Delete(dn string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	e := s.find(dn)
	if e == nil {
		return
	}
	s.usn++
	s.tell(e, wire.EntryChange{Type: wire.EntryDeleted, Number: -1})
	e.deleted, e.usn = true, s.usn
	rdn, _, _ := strings.Cut(e.dn, ",")
	e.dn = fmt.Sprintf(`%s\0ADEL:%032x,CN=Deleted Objects,%s`, rdn, e.number, Base)
}

// Rename gives an entry another name, and with it all below it.
func (s *Server) Rename(from, to string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	e := s.find(from)
	if e == nil || s.find(to) != nil {
		return
	}
	s.usn++
	e.usn = s.usn // and not that of what is below
	for _, each := range s.entries {
		if !each.deleted && within(each.dn, from) {
			each.dn = strings.TrimSuffix(each.dn, from) + to
		}
	}
	s.tell(e, wire.EntryChange{Type: wire.EntryRenamed, PreviousDN: []byte(from), Number: -1})
}

// Forget lets the server refuse every cookie that it gave.
func (s *Server) Forget() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.epoch++
}

// Refuse takes the right to replicate from everybody.
func (s *Server) Refuse() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.refuse = true
}

// Flags are those that DirSync was asked with.
func (s *Server) Flags() []wire.DirSyncFlags {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.flags)
}

// Names lists the DNs of all entries.
func (s *Server) Names() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var list []string
	for _, e := range s.entries {
		if !e.deleted {
			list = append(list, e.dn)
		}
	}
	return list
}

// Cut closes all connections.
func (s *Server) Cut() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for x := range s.sessions {
		_ = x.conn.Close() // its goroutine ends by that
	}
}

func (s *Server) find(dn string) *entry {
	i := slices.IndexFunc(s.entries, func(e *entry) bool { return !e.deleted && strings.EqualFold(e.dn, dn) })
	if i < 0 {
		return nil
	}
	return s.entries[i]
}

// within tells whether a name is at or below another one.
func within(dn, base string) bool {
	dn, base = strings.ToLower(dn), strings.ToLower(base)
	return dn == base || strings.HasSuffix(dn, ","+base)
}

// content is what a reading gives of an entry.
func (s *Server) content(e *entry) map[string][]string {
	all := map[string][]string{}
	for name, values := range e.attributes {
		all[name] = values
	}
	id := fmt.Sprintf("%016d", e.number)
	if s.kind == Persistent {
		all["nsUniqueId"], all["modifyTimestamp"] = []string{fmt.Sprintf("%x", id)}, []string{stamp(e.usn)}
		return all
	}
	all["objectGUID"], all["uSNChanged"] = []string{id}, []string{strconv.Itoa(e.usn)}
	return all
}

// stamp is a time in the past that grows with each change.
func stamp(usn int) string {
	return time.Date(2026, 11, 21, 8, 0, 0, 0, time.UTC).Add(time.Duration(usn) * time.Second).Format("20060102150405Z")
}

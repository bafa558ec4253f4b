package feedtest

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/aclens/aclens/proxy/wire"
)

// atOnce is how many objects a part of a DirSync answer has.
const atOnce = 3

// root is the root DSE.
func (s *Server) root() map[string][]string {
	if s.kind == Persistent {
		return map[string][]string{
			"namingContexts": {Base}, "vendorName": {"389 Project"},
			"supportedControl": {wire.ControlPersistentSearch, wire.ControlManageDsaIT},
		}
	}
	return map[string][]string{
		"namingContexts": {Base, "CN=Configuration," + Base}, "defaultNamingContext": {Base}, "rootDomainNamingContext": {Base},
		"supportedCapabilities": {"1.2.840.113556.1.4.800"}, "highestCommittedUSN": {strconv.Itoa(s.usn)},
		"supportedControl": {wire.ControlDirSync, wire.ControlShowDeleted, wire.ControlDomainScope},
	}
}

func (s *Server) serve(x *session) {
	defer func() {
		_ = x.conn.Close() // it ended
		s.mu.Lock()
		delete(s.sessions, x)
		s.mu.Unlock()
	}()
	reader := wire.NewReader(x.conn)
	for {
		m, err := reader.Next()
		if err != nil {
			return
		}
		switch m.Op {
		case wire.OpBindRequest:
			x.write(wire.AppendResult(nil, m.ID, wire.OpBindResponse, wire.Result{}))
		case wire.OpSearchRequest:
			if err := s.search(x, m.Clone()); err != nil {
				return
			}
		default:
			return
		}
	}
}

func (x *session) write(b []byte) {
	x.writing.Lock()
	defer x.writing.Unlock()
	_, _ = x.conn.Write(b) // the reader notices
}

func (s *Server) search(x *session, m wire.Message) error {
	r, err := wire.ParseSearch(m.Body, wire.DefaultFilterLimits)
	if err != nil {
		return err
	}
	controls, err := wire.ParseControls(m.Controls)
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range controls {
		switch {
		case c.OID == wire.ControlPersistentSearch && s.kind == Persistent:
			p, err := wire.ParsePersistentSearch(c.Value)
			if err != nil {
				return err
			}
			x.watches[m.ID] = p
			return nil
		case c.OID == wire.ControlDirSync && s.kind == DirSync:
			return s.dirSync(x, m.ID, &r, c.Value)
		}
	}
	x.write(s.plain(m.ID, &r))
	return nil
}

// plain answers a search without a feed.
func (s *Server) plain(id int32, r *wire.SearchRequest) []byte {
	var out []byte
	code := wire.Success
	switch e := s.find(string(r.Base)); {
	case len(r.Base) == 0:
		out = appendEntry(out, id, "", s.root())
	case e == nil:
		code = wire.NoSuchObject
	case r.Scope == wire.ScopeBase:
		out = appendEntry(out, id, e.dn, s.content(e))
	default:
		for _, e := range s.entries {
			if !e.deleted && within(e.dn, string(r.Base)) && matches(s.content(e), &r.Filter) {
				out = appendEntry(out, id, e.dn, s.content(e))
			}
		}
	}
	return wire.AppendResult(out, id, wire.OpSearchDone, wire.Result{Code: code})
}

func matches(attributes map[string][]string, f *wire.Filter) bool {
	if f.Kind != wire.GreaterOrEqual {
		return true
	}
	for _, v := range attributes[string(f.Attr)] {
		if len(v) > len(f.Value) || len(v) == len(f.Value) && v >= string(f.Value) {
			return true
		}
	}
	return false
}

func appendEntry(dst []byte, id int32, dn string, attributes map[string][]string, controls ...wire.Control) []byte {
	w := wire.BeginEntry(dst, id, dn)
	for name, values := range attributes {
		w.Attribute(name, values...)
	}
	return w.End(controls...)
}

// tell notifies the persistent searches.
func (s *Server) tell(e *entry, change wire.EntryChange) {
	control := wire.Control{OID: wire.ControlEntryChange, Value: wire.AppendEntryChange(nil, change)}
	for x := range s.sessions {
		for id, p := range x.watches {
			if p.Types&change.Type == 0 {
				continue
			}
			if p.ReturnECs {
				x.write(appendEntry(nil, id, e.dn, s.content(e), control))
			} else {
				x.write(appendEntry(nil, id, e.dn, s.content(e)))
			}
		}
	}
}

// dirSync answers with the objects that changed after the cookie, oldest first
// and a few at once.
func (s *Server) dirSync(x *session, id int32, r *wire.SearchRequest, value []byte) error {
	ask, err := wire.ParseDirSyncRequest(value)
	if err != nil {
		return err
	}
	s.flags = append(s.flags, ask.Flags)
	after, code := s.cookie(ask.Cookie)
	switch {
	case !strings.EqualFold(string(r.Base), Base) || r.Scope != wire.ScopeSubtree:
		code = wire.UnwillingToPerform
	case s.refuse && ask.Flags&wire.DirSyncObjectSecurity == 0:
		code = wire.InsufficientAccessRights
	}
	if code != wire.Success {
		x.write(wire.AppendResult(nil, id, wire.OpSearchDone, wire.Result{Code: code}))
		return nil
	}
	var out []byte
	more := false
	for n := 0; ; n++ {
		e := s.after(after)
		if e == nil {
			break
		}
		if n == atOnce {
			more = true
			break
		}
		after = e.usn
		out = appendEntry(out, id, e.dn, s.changed(e))
	}
	answer := wire.DirSyncResponse{More: more, Cookie: fmt.Appendf(nil, "%d %d", s.epoch, after)}
	done := wire.Control{OID: wire.ControlDirSync, Value: wire.AppendDirSyncResponse(nil, answer)}
	x.write(wire.AppendResult(out, id, wire.OpSearchDone, wire.Result{}, done))
	return nil
}

func (s *Server) cookie(text []byte) (after int, code wire.ResultCode) {
	if len(text) == 0 {
		return 0, wire.Success
	}
	epoch := -1
	if n, err := fmt.Sscanf(string(text), "%d %d", &epoch, &after); n != 2 || err != nil || epoch != s.epoch {
		return 0, wire.ProtocolError
	}
	return after, wire.Success
}

// after is the object that changed next.
func (s *Server) after(usn int) *entry {
	var next *entry
	for _, e := range s.entries {
		if e.usn > usn && (next == nil || e.usn < next.usn) {
			next = e
		}
	}
	return next
}

// changed is the part of an object that DirSync gives: never all of it, and of
// members the one that came or went.
func (s *Server) changed(e *entry) map[string][]string {
	part := map[string][]string{"objectGUID": s.content(e)["objectGUID"]}
	if e.deleted {
		part["isDeleted"] = []string{"TRUE"}
		return part
	}
	if members := e.attributes["member"]; len(members) > 0 {
		part["member;range=1-1"] = members[len(members)-1:]
	}
	return part
}

package upstream_test

import (
	"fmt"
	"net"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/aclens/aclens/proxy/wire"
)

// fake is a small directory for what slapd does not do: Domino's ways and
// Active Directory's, and misbehaviour.
type fake struct {
	url string

	sizeLimit  int      // entries after which a search ends with sizeLimitExceeded, 0 for none
	rangeSize  int      // values given at once, 0 for all
	references []string // continuations sent with each search
	refers     []string // goes with the result of each bind
	cutAfter   int      // entries after which the connection is closed, 0 for never
	hangAfter  int      // entries after which nothing more comes, 0 for never
	code       wire.ResultCode

	mu       sync.Mutex // guards what follows
	root     map[string][]string
	entries  []fakeEntry
	binds    []string
	searches []wire.SearchRequest
	controls [][]wire.Control
}

type fakeEntry struct {
	dn         string
	attributes map[string][]string
}

// serve starts the fake; it ends with the test.
func (f *fake) serve(t *testing.T) *fake {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	f.url = "ldap://" + l.Addr().String()
	var all sync.WaitGroup
	var mu sync.Mutex
	open := map[net.Conn]struct{}{}
	all.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			mu.Lock()
			open[c] = struct{}{}
			mu.Unlock()
			all.Go(func() {
				defer c.Close()
				f.session(c)
			})
		}
	})
	t.Cleanup(func() {
		l.Close()
		mu.Lock()
		for c := range open {
			c.Close()
		}
		mu.Unlock()
		all.Wait()
	})
	return f
}

// session answers one request after the other.
func (f *fake) session(c net.Conn) {
	reader := wire.NewReader(c)
	for {
		m, err := reader.Next()
		if err != nil {
			return
		}
		var answer []byte
		switch m.Op {
		case wire.OpBindRequest:
			r, err := wire.ParseBind(m.Body)
			if err != nil {
				return
			}
			f.mu.Lock()
			f.binds = append(f.binds, string(r.Name))
			f.mu.Unlock()
			answer = wire.AppendResult(nil, m.ID, wire.OpBindResponse, wire.Result{Code: f.code, Referrals: f.refers})
		case wire.OpSearchRequest:
			var more bool
			if answer, more = f.search(m.Clone()); !more {
				_, _ = c.Write(answer)
				return
			}
		default:
			return
		}
		if _, err := c.Write(answer); err != nil {
			return
		}
	}
}

// search answers one search; false means that the connection is closed behind it.
func (f *fake) search(m wire.Message) (answer []byte, more bool) {
	r, err := wire.ParseSearch(m.Body, wire.DefaultFilterLimits)
	if err != nil {
		return nil, false
	}
	controls, err := wire.ParseControls(m.Controls)
	if err != nil {
		return nil, false
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.searches, f.controls = append(f.searches, r), append(f.controls, controls)
	found, code := f.found(&r), wire.Success
	if r.Scope == wire.ScopeBase && len(found) == 0 {
		code = wire.NoSuchObject
	}
	if r.Scope != wire.ScopeBase {
		for _, uri := range f.references {
			answer = wire.AppendReference(answer, m.ID, []string{uri})
		}
		if f.sizeLimit > 0 && len(found) > f.sizeLimit {
			found, code = found[:f.sizeLimit], wire.SizeLimitExceeded
		}
	}
	for i, e := range found {
		switch {
		case f.cutAfter > 0 && i == f.cutAfter:
			return answer, false
		case f.hangAfter > 0 && i == f.hangAfter:
			return answer, true
		}
		answer = f.append(answer, m.ID, e, &r)
	}
	return wire.AppendResult(answer, m.ID, wire.OpSearchDone, wire.Result{Code: code}), true
}

func (f *fake) found(r *wire.SearchRequest) []fakeEntry {
	base := string(r.Base)
	if r.Scope == wire.ScopeBase {
		if base == "" {
			return []fakeEntry{{attributes: f.root}}
		}
		i := slices.IndexFunc(f.entries, func(e fakeEntry) bool { return e.dn == base })
		if i < 0 {
			return nil
		}
		return f.entries[i : i+1]
	}
	var found []fakeEntry
	for _, e := range f.entries {
		if (base == "" || strings.HasSuffix(e.dn, base)) && matches(e, r.Filter) {
			found = append(found, e)
		}
	}
	return found
}

// matches knows presence, and order of numbers.
func matches(e fakeEntry, filter wire.Filter) bool {
	if filter.Kind != wire.GreaterOrEqual {
		return true
	}
	asked, _ := strconv.Atoi(string(filter.Value))
	for _, v := range e.attributes[string(filter.Attr)] {
		if n, err := strconv.Atoi(v); err == nil && n >= asked {
			return true
		}
	}
	return false
}

// append writes an entry: what is asked for by a range, or else everything.
func (f *fake) append(dst []byte, id int32, e fakeEntry, r *wire.SearchRequest) []byte {
	w := wire.BeginEntry(dst, id, e.dn)
	for _, asked := range r.Attributes {
		if name, from, ok := strings.Cut(string(asked), ";range="); ok {
			start, _ := strconv.Atoi(strings.TrimSuffix(from, "-*"))
			f.appendRange(&w, name, e.attributes[name], start)
			return w.End()
		}
	}
	for name, values := range e.attributes {
		if f.rangeSize > 0 && len(values) > f.rangeSize {
			w.Attribute(name) // as Active Directory does
			f.appendRange(&w, name, values, 0)
			continue
		}
		w.Attribute(name, values...)
	}
	return w.End()
}

func (f *fake) appendRange(w *wire.EntryWriter, name string, values []string, start int) {
	end := min(start+f.rangeSize, len(values))
	last := "*"
	if end < len(values) {
		last = strconv.Itoa(end - 1)
	}
	if start >= end {
		return
	}
	w.Attribute(fmt.Sprintf("%s;range=%d-%s", name, start, last), values[start:end]...)
}

// asked returns the searches that are no checks of health and no root DSE.
func (f *fake) asked() (searches []wire.SearchRequest, controls [][]wire.Control) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for i, s := range f.searches {
		if len(s.Base) > 0 || s.Scope != wire.ScopeBase {
			searches, controls = append(searches, s), append(controls, f.controls[i])
		}
	}
	return searches, controls
}

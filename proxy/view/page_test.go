package view

import (
	"fmt"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aclens/aclens/proxy/policy"
	"github.com/aclens/aclens/proxy/wire"
	"github.com/aclens/aclens/resolver"
)

// pages is one paged search on its way.
type pages struct {
	search  *wire.SearchRequest
	cookie  []byte
	entries []string
	done    bool
}

// next asks for one page.
func (p *pages) next(t testing.TB, v *View, dn string, size int) {
	es, a := runQuery(t, v, Request{Identity: identity(t, dn), Search: p.search, Page: &Page{Size: size, Cookie: p.cookie}})
	if a.Result.Code != wire.Success || !a.Paged || len(es) > size {
		t.Fatalf("page of %d: %d entries, %+v", size, len(es), a)
	}
	if len(a.Cookie) > 0 && len(es) != size {
		t.Errorf("a page of %d has %d entries, and is not the last", size, len(es))
	}
	p.entries = append(p.entries, dns(es)...)
	p.cookie, p.done = a.Cookie, len(a.Cookie) == 0
}

func TestPagesAreTheSearchInParts(t *testing.T) {
	for seed := range uint64(3) {
		d, o := randomWorld(t, seed)
		other, _ := newDice(seed + 100).world(t)
		pool := poolOf(o)
		for _, w := range d.clients()[:4] {
			t.Run(fmt.Sprintf("world %d, %s", seed, w.name), func(t *testing.T) {
				v := newView(t, viewSettings(), policy.Settings{Rules: w.rules}, o.snap)
				var running []*pages
				var whole [][]string
				for range 8 {
					f := d.filter(1, pool)
					if d.chance(40) {
						f = anything
					}
					r := ask(pick(d, []string{"", "cn=access", "o=Acme"}), wire.ScopeSubtree, f, "cn")
					es, a := runQuery(t, v, Request{Identity: identity(t, w.dn), Search: r})
					if a.Result.Code != wire.Success {
						continue // a base that the client does not see
					}
					whole = append(whole, dns(es))
					running = append(running, &pages{search: r})
				}
				d.interleave(t, v, w.dn, running, other)
				for i, p := range running {
					if !slices.Equal(p.entries, whole[i]) && len(p.entries)+len(whole[i]) > 0 {
						t.Errorf("%s: %d entries in pages, %d at once", wire.FilterString(p.search.Filter), len(p.entries), len(whole[i]))
					}
				}
			})
		}
	}
}

// interleave runs paged searches side by side, while another state comes to answer.
func (d *dice) interleave(t testing.TB, v *View, dn string, running []*pages, other *resolver.Snapshot) {
	for step := 0; slices.ContainsFunc(running, func(p *pages) bool { return !p.done }); step++ {
		if step == 1 {
			v.Swap("next", other, nil, testTime)
		}
		for _, p := range running {
			if !p.done && (step == 0 || d.chance(60)) {
				p.next(t, v, dn, 1+d.IntN(9))
			}
		}
	}
}

func TestCookiesThatDoNotFitAreRefused(t *testing.T) {
	all := policy.Rule{Who: policy.AnyBound, Read: []string{"all"}}
	snap := build(t, demoInput(t))
	v := newView(t, viewSettings(), policy.Settings{Rules: []policy.Rule{all}}, snap)
	other := newView(t, viewSettings(), policy.Settings{Rules: []policy.Rule{all}}, snap)
	request := func() *wire.SearchRequest { return ask("o=Acme", wire.ScopeSubtree, parseFilter(t, "(sn=*)"), "cn") }
	first := func() []byte {
		_, a := runQuery(t, v, Request{Identity: identity(t, reader), Search: request(), Page: &Page{Size: 3}})
		return a.Cookie
	}
	cookie := first()
	again := func(v *View, dn string, r *wire.SearchRequest, cookie []byte) wire.ResultCode {
		_, a := runQuery(t, v, Request{Identity: identity(t, dn), Search: r, Page: &Page{Size: 3, Cookie: cookie}})
		return a.Result.Code
	}
	if got := again(v, reader, request(), cookie); got != wire.Success {
		t.Fatalf("the cookie itself: %v", got)
	}
	changed := map[string]func(*wire.SearchRequest){
		"base":          func(r *wire.SearchRequest) { r.Base = []byte("ou=Sales,o=Acme") },
		"scope":         func(r *wire.SearchRequest) { r.Scope = wire.ScopeOne },
		"filter":        func(r *wire.SearchRequest) { r.Filter = parseFilter(t, "(cn=*)") },
		"attributes":    func(r *wire.SearchRequest) { r.Attributes = append(r.Attributes, []byte("sn")) },
		"no attributes": func(r *wire.SearchRequest) { r.Attributes = nil },
		"types only":    func(r *wire.SearchRequest) { r.TypesOnly = true },
	}
	for what, change := range changed {
		r := request()
		change(r)
		if got := again(v, reader, r, cookie); got != wire.UnwillingToPerform {
			t.Errorf("another %s: %v", what, got)
		}
	}
	for _, dn := range []string{jane, client} {
		if got := again(v, dn, request(), cookie); got != wire.UnwillingToPerform {
			t.Errorf("another identity: %v", got)
		}
	}
	if got := again(other, reader, request(), cookie); got != wire.UnwillingToPerform {
		t.Errorf("another process: %v", got)
	}
	if _, a := runQuery(t, v, Request{Identity: identity(t, reader), Search: request(), RealOnly: true, Page: &Page{Size: 3, Cookie: cookie}}); a.Result.Code != wire.UnwillingToPerform {
		t.Errorf("other controls: %v", a.Result)
	}
	if _, a := runQuery(t, v, Request{Identity: identity(t, reader), Search: request(), Session: 1, Page: &Page{Size: 3, Cookie: cookie}}); a.Result.Code != wire.UnwillingToPerform {
		t.Errorf("another connection: %v", a.Result)
	}
	for i := range cookie {
		bad := slices.Clone(cookie)
		bad[i] ^= 1
		if got := again(v, reader, request(), bad); got != wire.UnwillingToPerform {
			t.Errorf("byte %d of the cookie changed: %v", i, got)
		}
		if got := again(v, reader, request(), cookie[:i]); i > 0 && got != wire.UnwillingToPerform {
			t.Errorf("%d bytes of the cookie: %v", i, got)
		}
	}
	if got := again(v, reader, request(), append(slices.Clone(cookie), 0)); got != wire.UnwillingToPerform {
		t.Errorf("a longer cookie: %v", got)
	}
}

func TestCookiesOfForgottenStatesAreRefused(t *testing.T) {
	now := testTime
	s := viewSettings()
	s.Now = func() time.Time { return now }
	snap := build(t, demoInput(t))
	v := newView(t, s, policy.Settings{Rules: []policy.Rule{allRule()}}, snap)
	page := func(cookie []byte) Answer {
		_, a := runQuery(t, v, Request{Identity: identity(t, reader), Search: ask("", wire.ScopeSubtree, anything), Page: &Page{Size: 2, Cookie: cookie}})
		return a
	}
	a := page(nil)
	for range 2 * keptStateCount {
		v.Swap("next", snap, nil, now) // nobody has a page of it
	}
	for range keptStateCount - 1 {
		v.Swap("next", snap, nil, now)
		page(nil)
	}
	if a = page(a.Cookie); a.Result.Code != wire.Success {
		t.Fatalf("the oldest state that is kept: %v", a.Result)
	}
	v.Swap("next", snap, nil, now)
	page(nil)
	if b := page(a.Cookie); b.Result.Code != wire.UnwillingToPerform {
		t.Errorf("one state too many: %v", b.Result)
	}
	a = page(nil)
	v.Swap("next", snap, nil, now)
	now = now.Add(keptStateTime + time.Second)
	if b := page(a.Cookie); b.Result.Code != wire.UnwillingToPerform {
		t.Errorf("a state too old: %v", b.Result)
	}
}

// With a million people a State that stays holds a hundred megabytes of its own.
func TestAStateIsGoneOnceItIsReplacedUnlessSomebodyHasAPageOfIt(t *testing.T) {
	snap := build(t, demoInput(t))
	v := newView(t, viewSettings(), policy.Settings{Rules: []policy.Rule{allRule()}}, snap)
	swapped := make(chan string, 9)
	next := func(id string) {
		runtime.AddCleanup(v.Swap(id, snap, nil, testTime), func(id string) { swapped <- id }, id)
	}
	next("nobody asks")
	next("asked without pages")
	runQuery(t, v, Request{Identity: identity(t, reader), Search: ask("", wire.ScopeSubtree, anything)})
	next("asked for a page")
	_, a := runQuery(t, v, Request{Identity: identity(t, reader), Search: ask("", wire.ScopeSubtree, anything), Page: &Page{Size: 2}})
	next("answers")
	gone := map[string]bool{}
	for deadline := time.After(10 * time.Second); len(gone) < 2; {
		runtime.GC()
		select {
		case id := <-swapped:
			gone[id] = true
		case <-deadline:
			t.Fatalf("gone are only %v", gone)
		default:
			runtime.Gosched()
		}
	}
	if !gone["nobody asks"] || !gone["asked without pages"] {
		t.Errorf("gone are %v", gone)
	}
	if _, b := runQuery(t, v, Request{Identity: identity(t, reader), Search: ask("", wire.ScopeSubtree, anything), Page: &Page{Size: 2, Cookie: a.Cookie}}); b.Result.Code != wire.Success {
		t.Errorf("the page behind: %v", b.Result)
	}
}

// A search gives its cookie out at its end; another State may answer by then.
func TestPagesGoOnFromAStateThatWasReplacedBeforeItsFirstCookie(t *testing.T) {
	snap := build(t, demoInput(t))
	v := newView(t, viewSettings(), policy.Settings{Rules: []policy.Rule{allRule()}}, snap)
	request := Request{Identity: identity(t, reader), Search: ask("", wire.ScopeSubtree, anything), Page: &Page{Size: 2}}
	q, refused := v.Prepare(request)
	if refused.Code != wire.Success {
		t.Fatal(refused)
	}
	v.Swap("next", snap, nil, testTime)
	a := q.Run(t.Context(), &sink{t: t})
	request.Page = &Page{Size: 2, Cookie: a.Cookie}
	if _, b := runQuery(t, v, request); b.Result.Code != wire.Success {
		t.Errorf("the page behind: %v", b.Result)
	}
}

func TestAPageOfNothingEndsASearch(t *testing.T) {
	v := demoView(t, allRule())
	p := &pages{search: ask("", wire.ScopeSubtree, anything, "1.1")}
	p.next(t, v, reader, 5)
	p.next(t, v, reader, 0)
	if len(p.entries) != 5 || !p.done {
		t.Errorf("%d entries, done: %v", len(p.entries), p.done)
	}
}

// Pages lead past the limit of the configuration, as clients expect who page
// because of it, but not past what the client itself asked for.
func TestSizeLimitsAndPages(t *testing.T) {
	s := viewSettings()
	s.SizeLimit = 10
	v := newView(t, s, policy.Settings{Rules: []policy.Rule{allRule()}}, build(t, demoInput(t)))
	for _, c := range []struct {
		name           string
		limit, page    int
		entries, steps int
		end            wire.ResultCode
	}{
		{"no pages, the limit of the configuration", 0, 0, 10, 1, wire.SizeLimitExceeded},
		{"no pages, a stricter limit", 4, 0, 4, 1, wire.SizeLimitExceeded},
		{"no pages, a wider limit", 40, 0, 10, 1, wire.SizeLimitExceeded},
		{"pages without a limit of the client", 0, 8, 60, 8, wire.Success},
		{"pages and a limit of the client", 11, 4, 11, 3, wire.SizeLimitExceeded},
		{"a page as large as the limit", 8, 8, 8, 1, wire.SizeLimitExceeded},
		{"a limit that is not reached", 70, 20, 60, 3, wire.Success},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := ask("", wire.ScopeSubtree, parseFilter(t, "(objectClass=dominoPerson)"), "1.1")
			r.SizeLimit = c.limit
			var cookie []byte
			entries, steps, end := 0, 0, wire.Success
			for {
				q := Request{Identity: identity(t, reader), Search: r}
				if c.page > 0 {
					q.Page = &Page{Size: c.page, Cookie: cookie}
				}
				es, a := runQuery(t, v, q)
				entries, steps, end = entries+len(es), steps+1, a.Result.Code
				if cookie = a.Cookie; len(cookie) == 0 {
					break
				}
			}
			if entries != c.entries || end != c.end || steps != c.steps {
				t.Errorf("%d entries in %d steps, %v; want %d in %d, %v", entries, steps, end, c.entries, c.steps, c.end)
			}
		})
	}
}

func TestPagesOverTheWholeSubtreeHoldEveryEntryOnce(t *testing.T) {
	v := demoView(t, allRule())
	p := &pages{search: ask("cn=access", wire.ScopeSubtree, anything, "1.1")}
	for !p.done {
		p.next(t, v, reader, 100)
	}
	seen := map[string]bool{}
	records := 0
	for _, dn := range p.entries {
		if key := keyOf(t, dn); seen[key] {
			t.Errorf("%s is there twice", dn)
		} else {
			seen[key] = true
		}
		if strings.HasPrefix(dn, "accessSubject=") {
			records++
		}
	}
	if want := 12 * (60 + 2 + 2); records != want {
		t.Errorf("%d records, want %d", records, want)
	}
}

package view

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/aclens/aclens/proxy/policy"
	"github.com/aclens/aclens/proxy/wire"
	"github.com/aclens/aclens/resolver"
	"github.com/aclens/aclens/resolver/name"
)

// past is a History that forgets nothing.
type past struct {
	changes []Change
	moments []Moment
}

func (p *past) Begin(*State) (Moment, map[string]int64) {
	p.moments = []Moment{{At: testTime.UnixMicro(), Base: testTime.UnixMicro()}}
	return p.moments[0], nil
}

func (p *past) Append(_ *State, changes []Change, _ int64) Moment {
	m := p.moments[len(p.moments)-1]
	if len(changes) == 0 {
		return m
	}
	m.At += int64(time.Second / time.Microsecond)
	for i := range changes {
		m.Last++
		changes[i].Number = m.Last
	}
	p.changes, p.moments = append(p.changes, changes...), append(p.moments, m)
	return m
}

func (p *past) Between(from, to uint64, yield func(*Change) bool) bool {
	for i := from; i < to; i++ {
		if !yield(&p.changes[i]) {
			break
		}
	}
	return true
}

func (p *past) Find(at int64) (uint64, bool) {
	for _, m := range p.moments {
		if m.At == at {
			return m.Last, true
		}
	}
	return 0, false
}

func (p *past) First() uint64   { return 1 }
func (p *past) Replica() uint16 { return 7 }

// mirrored is what a consumer holds: entries by entryUUID.
type mirrored struct {
	t       *testing.T
	entries map[string]string // name and attributes
	names   map[string]string
	gone    []string // names that were told to be gone
}

func (m *mirrored) Room() []byte { return nil }

func (m *mirrored) Keep(b []byte) error {
	msg, err := wire.ParseMessage(b)
	must(m.t, err)
	if msg.Op != wire.OpSearchEntry {
		return nil
	}
	controls, err := wire.ParseControls(msg.Controls)
	must(m.t, err)
	e, err := wire.ParseEntry(msg.Body)
	must(m.t, err)
	key, err := name.KeyOf(string(e.DN()))
	must(m.t, err)
	id, kind := key, wire.SyncAdd // of a plain search
	if len(controls) > 0 {
		state, err := wire.ParseSyncState(controls[0].Value)
		must(m.t, err)
		id, kind = string(state.UUID), state.Kind
	}
	if kind == wire.SyncDelete {
		m.gone = append(m.gone, key)
		delete(m.entries, id)
		delete(m.names, id)
		return nil
	}
	m.entries[id], m.names[id] = shownText(&e), key
	return nil
}

func shownText(e *wire.EntryCursor) string {
	var lines []string
	for e.NextAttribute() {
		for e.NextValue() {
			lines = append(lines, string(e.Name())+": "+string(e.Value()))
		}
	}
	slices.Sort(lines)
	return string(e.DN()) + "\n" + strings.Join(lines, "\n")
}

// tree is what is held, by name.
func (m *mirrored) tree() map[string]string {
	out := map[string]string{}
	for id, n := range m.names {
		if _, twice := out[n]; twice {
			m.t.Errorf("two entries are called %s", n)
		}
		out[n] = m.entries[id]
	}
	return out
}

func newMirrored(t *testing.T) *mirrored {
	return &mirrored{t: t, entries: map[string]string{}, names: map[string]string{}}
}

// copied is what a consumer holds that asks now and then.
type copied struct {
	*mirrored
	cookie []byte
}

// followed is one search that is followed in three ways.
type followed struct {
	t       *testing.T
	view    *View
	request Request
	polled  *copied
	torn    *copied // its connection breaks before the cookie comes, two times of three
	lasting *mirrored
	sync    *syncing
	seen    map[string]bool // names that the client could ever see
	resets  int
	checks  int
}

func (f *followed) search(filter string) map[string]string {
	f.t.Helper()
	r := f.request
	s := *r.Search
	r.Search = &s
	if filter != "" {
		parsed, err := wire.ParseFilterString(filter)
		must(f.t, err)
		s.Filter = parsed
	}
	m := newMirrored(f.t)
	q, refused := f.view.Prepare(r)
	if refused.Code == wire.Success {
		if a := q.Run(context.Background(), m); a.Result.Code != wire.Success {
			f.t.Fatal(a.Result)
		}
	}
	return m.tree()
}

// prepare plans the search as a sync operation.
func (f *followed) prepare(cookie []byte) (*Query, wire.ResultCode) {
	r := f.request
	r.Sync = &wire.SyncRequest{Mode: wire.SyncRefreshOnly, Cookie: cookie}
	q, refused := f.view.Prepare(r)
	return q, refused.Code
}

// poll brings a copy that is asked for now and then up to date.
func (f *followed) poll(c *copied, keeps bool) {
	f.t.Helper()
	for range 2 {
		q, code := f.prepare(c.cookie)
		if code != wire.Success {
			c.mirrored, c.cookie = newMirrored(f.t), nil
			return
		}
		if c.cookie == nil {
			c.mirrored, keeps = newMirrored(f.t), true
		}
		a := q.Run(context.Background(), c)
		if a.Result.Code == wire.SyncRefreshRequired {
			c.cookie, f.resets = nil, f.resets+1
			continue
		}
		if a.Result.Code != wire.Success {
			f.t.Fatal(a.Result)
		}
		if keeps {
			c.cookie = a.Synced.Cookie
		}
		return
	}
	f.t.Fatal("a refresh without a cookie is refused")
}

// step brings the copy that is told at once up to date.
func (f *followed) step() {
	f.t.Helper()
	if f.sync != nil && f.sync.follow(f.view.Current()).Code == wire.Success {
		return
	}
	f.lasting, f.sync = newMirrored(f.t), nil
	q, code := f.prepare(nil)
	if code != wire.Success {
		return
	}
	fd, refused := q.begin(context.Background(), f.lasting)
	if refused.Code != wire.Success {
		f.t.Fatal(refused)
	}
	f.sync = &syncing{feed: fd, rid: ridOf(nil)}
	if r := f.sync.refresh(); r.Code != wire.Success {
		f.t.Fatal(r)
	}
}

func (f *followed) check(what string) {
	f.t.Helper()
	for f.view.told() != f.view.Current() {
		runtime.Gosched() // a feed stands on the last state that has its numbers, a search on the last
	}
	f.poll(f.polled, true)
	f.poll(f.torn, f.checks%3 == 2)
	f.checks++
	f.step()
	for _, m := range []*mirrored{f.polled.mirrored, f.torn.mirrored, f.lasting} {
		for _, n := range m.gone {
			if !f.seen[n] {
				f.t.Errorf("%s: %s is told to be gone, and was never to be seen", what, n)
			}
		}
		m.gone = nil
		if diff := cmp.Diff(f.search(""), m.tree()); diff != "" {
			f.t.Fatalf("%s: the copy differs (-search +copy):\n%s", what, diff)
		}
	}
	for n := range f.search("(objectClass=*)") {
		f.seen[n] = true
	}
}

func TestWhoeverFollowsHoldsWhatASearchFinds(t *testing.T) {
	attributes := [][]byte{[]byte("cn"), []byte("telephoneNumber"), []byte("member"), []byte("memberOf"), []byte("effectiveAccess"), []byte("effectiveRole"),
		[]byte("accessLevel"), []byte("winningEntry"), []byte("databaseLevelCount")}
	resets, polls := 0, 0
	for seed := range uint64(8) {
		d := newDice(seed)
		snap, drafts := d.world(t)
		for _, who := range d.clients() {
			now, entries := snap, drafts
			rules, err := policy.New(policy.Settings{Rules: who.rules, SelfAttributes: who.self, Hide: who.hide})
			must(t, err)
			s := viewSettings()
			s.History, s.LookThrough = &past{}, 0
			v, err := New(s, rules)
			must(t, err)
			v.Swap("0", now, nil, testTime).Moment() // a slow machine would answer from the State before
			key, err := name.KeyOf(who.dn)
			must(t, err)
			var all []*followed
			db := v.databaseDN(now.Databases().At(0))
			for _, ask := range [][2]string{{"", "(objectClass=*)"}, {"o=Acme", "(telephoneNumber=*)"}, {"o=Acme", "(memberOf=" + pick(d, d.groups) + ")"},
				{"o=Acme", "(effectiveAccessAtLeast=" + now.Databases().At(0).Key + "#reader)"}, {"cn=access", "(objectClass=groupOfNames)"}, {db, "(objectClass=*)"}} {
				filter, err := wire.ParseFilterString(ask[1])
				must(t, err)
				all = append(all, &followed{t: t, view: v, seen: map[string]bool{}, polled: &copied{mirrored: newMirrored(t)}, torn: &copied{mirrored: newMirrored(t)}, request: Request{MessageID: 1, Identity: policy.Identity{DN: who.dn, Key: key},
					Search: &wire.SearchRequest{Base: []byte(ask[0]), Scope: wire.ScopeSubtree, Filter: filter, Attributes: attributes}}})
			}
			for step := range 6 {
				for i, f := range all {
					f.check(fmt.Sprintf("seed %d, %s, search %d, step %d", seed, who.name, i, step))
				}
				var changed resolver.Change
				entries, changed.Entries = d.happen(t, entries)
				if step == 3 {
					d.keys = nil
					changed.Databases = d.databases(t)
				}
				now, _ = now.Update(changed)
				v.Swap(fmt.Sprint(step+1), now, nil, testTime).Moment()
			}
			for _, f := range all {
				resets, polls = resets+f.resets, polls+10
			}
		}
	}
	if resets*2 > polls {
		t.Errorf("%d of %d refreshes began anew", resets, polls)
	}
}

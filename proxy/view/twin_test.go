package view

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/aclens/aclens/proxy/policy"
	"github.com/aclens/aclens/proxy/wire"
)

const (
	randomWorlds  = 6
	randomFilters = 120 // a client and world
)

// randomWorld is a world with everything that there is to see in it.
func randomWorld(t testing.TB, seed uint64) (*dice, *oracle) {
	d := newDice(seed)
	snap, drafts := d.world(t)
	o := newOracle(t, snap, drafts)
	o.addVirtual(t, newView(t, viewSettings(), policy.Settings{Rules: []policy.Rule{allRule()}}, snap))
	return d, o
}

// poolOf collects values by attribute, those that are hidden among them.
func poolOf(o *oracle) map[string][]string {
	pool := map[string][]string{}
	for _, e := range o.real {
		for a, facts := range e.facts {
			for _, f := range facts {
				base, _, _ := strings.Cut(a, ";")
				pool[base] = append(pool[base], f.text)
			}
		}
	}
	for _, e := range o.entries {
		for _, a := range []string{"databasekey", "databaselevelcount", "accesssubject", "accesssubjectdn", "winningentry", "seealso", "structuralobjectclass",
			"accesslevelnumber", "hassubordinates", "numsubordinates"} {
			for _, f := range e.facts[a] {
				pool[a] = append(pool[a], f.text)
			}
		}
	}
	for _, list := range pool {
		slices.Sort(list)
	}
	return pool
}

func TestSearchesAgreeWithReadingEveryEntry(t *testing.T) {
	for seed := range uint64(randomWorlds) {
		d, o := randomWorld(t, seed)
		pool := poolOf(o)
		for _, w := range d.clients() {
			t.Run(fmt.Sprintf("world %d, %s", seed, w.name), func(t *testing.T) {
				v := newView(t, viewSettings(), policy.Settings{Rules: w.rules, SelfAttributes: w.self, Hide: w.hide}, o.snap)
				read := readAll(t, o, v, &w)
				for range randomFilters {
					f := d.filter(3, pool)
					base, scope := d.base(read), wire.Scope(d.IntN(4))
					if base == "" && scope == wire.ScopeBase {
						scope = wire.ScopeSubtree // the root DSE is not one of them
					}
					es, a := runQuery(t, v, Request{Identity: identity(t, w.dn), Search: ask(base, scope, f, "1.1")})
					if a.Result.Code != wire.Success {
						t.Fatalf("%q %s: %v", base, wire.FilterString(f), a.Result)
					}
					got, want := sorted(dns(es)), naiveSearch(t, read, base, scope, &f)
					if !slices.Equal(got, want) {
						t.Errorf("base %q, scope %d, %s:\n got %q\nwant %q", base, scope, wire.FilterString(f), got, want)
					}
				}
			})
		}
	}
}

// base is where a search begins: the root of one of the trees, or any entry.
func (d *dice) base(read []*reading) string {
	if len(read) > 0 && d.chance(40) {
		return pick(d, read).entry.dn
	}
	if d.chance(50) && slices.ContainsFunc(read, func(r *reading) bool { return r.thing.key == "cn=access" }) {
		return "cn=access"
	}
	return ""
}

func naiveSearch(t testing.TB, read []*reading, base string, scope wire.Scope, f *wire.Filter) []string {
	key := ""
	if base != "" {
		key = keyOf(t, base)
	}
	outside := !strings.HasSuffix(key, "cn=access")
	out := []string{}
	for _, r := range read {
		if outside == strings.HasSuffix(r.thing.key, "cn=access") || !within(r.thing.key, key, scope) {
			continue
		}
		if r.holds(f) == yes {
			out = append(out, r.entry.dn)
		}
	}
	slices.Sort(out)
	return out
}

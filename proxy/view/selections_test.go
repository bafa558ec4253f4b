package view

import (
	"context"
	"fmt"
	"math/rand/v2"
	"reflect"
	"strings"
	"sync"
	"testing"

	"github.com/aclens/aclens/proxy/policy"
	"github.com/aclens/aclens/proxy/wire"
	"github.com/aclens/aclens/resolver/name"
)

// spellSelection writes down what a selection asks for.
func spellSelection(sel *selection) string {
	list := func(wanted []wantedAttribute) (names []string) {
		for _, w := range wanted {
			names = append(names, w.name)
		}
		return names
	}
	return fmt.Sprint(sel.star, sel.plus, sel.none, sel.member, sel.levelCount, sel.selecting, sel.named, list(sel.real), list(sel.open))
}

func TestAnAttributeListAskedForAgainIsReadAsTheFirstTime(t *testing.T) {
	v := newView(t, viewSettings(), policy.Settings{Rules: []policy.Rule{allRule()}}, crowd(t, 3))
	s := v.Current()
	words := []string{"*", "+", "1.1", "cn", "CN", "c", "n", "uid", "uidcn", "", "member", "memberOf", "isMemberOf", "effectiveAccess",
		"accessAsOf", "modifyTimestamp", "@person", "@inetOrgPerson", "cn;binary", "nobody knows it", strings.Repeat("x", keptList), "\x00", "\x02cn"}
	rng := rand.New(rand.NewPCG(1, 7))
	for range 4000 {
		var list [][]byte
		for range rng.IntN(4) {
			list = append(list, []byte(words[rng.IntN(len(words))]))
		}
		how := selecting{typesOnly: rng.IntN(2) == 0, realOnly: rng.IntN(2) == 0, feed: rng.IntN(2) == 0}
		if got, want := spellSelection(s.selectionOf(list, how)), spellSelection(s.readSelection(list, how)); got != want {
			t.Fatalf("%q %v: %s, want %s", list, how, got, want)
		}
	}
	list := [][]byte{[]byte("cn")}
	if first := s.selectionOf(list, selecting{}); s.selectionOf(list, selecting{}) != first {
		t.Error("a list is read each time")
	}
}

func TestNoTwoAttributeListsHaveOneKey(t *testing.T) {
	lists := [][][]byte{nil, {nil}, {nil, nil}, {[]byte("cn")}, {[]byte("c"), []byte("n")}, {[]byte("c\x01n")}, {[]byte("cn"), nil}, {nil, []byte("cn")}, {[]byte("\x02cn")}}
	seen := map[string]string{}
	for _, list := range lists {
		for bits := range 8 {
			how := selecting{typesOnly: bits&1 > 0, realOnly: bits&2 > 0, feed: bits&4 > 0}
			key, what := string(appendListKey(nil, list, how)), fmt.Sprintf("%q %v", list, how)
			if other, ok := seen[key]; ok {
				t.Errorf("%s and %s have one key", what, other)
			}
			seen[key] = what
		}
	}
}

func TestWhatIsKeptOfSelectionsIsBounded(t *testing.T) {
	v := newView(t, viewSettings(), policy.Settings{Rules: []policy.Rule{allRule()}}, crowd(t, 3))
	s := v.Current()
	var wg sync.WaitGroup
	for worker := range 2 {
		wg.Go(func() {
			for i := range 4000 {
				s.selectionOf([][]byte{[]byte("*"), []byte("+"), fmt.Appendf(nil, "cn;x-%d", i), fmt.Appendf(nil, "%0900d", worker%2)}, selecting{})
			}
		})
	}
	wg.Wait()
	f := s.selections.Figures()
	if f.Weight > keptSelections || f.Entries < 100 || f.Evictions == 0 {
		t.Errorf("%+v", f)
	}
	long := [][]byte{[]byte(strings.Repeat("x", keptList))}
	s.selectionOf(long, selecting{})
	if _, kept := s.selections.Get(string(appendListKey(nil, long, selecting{}))); kept {
		t.Error("a list beyond the bound is kept")
	}
}

func TestABaseAskedForAgainIsReadAsTheFirstTime(t *testing.T) {
	v := newView(t, viewSettings(), policy.Settings{Rules: []policy.Rule{allRule()}}, crowd(t, 3))
	for range 3 {
		for _, text := range []string{"", " ", "o=Acme", "O=acme", "cn=Jane Doe,o=Acme", "no dn", "cn=" + strings.Repeat("x", keptBase)} {
			got, err := v.parseBase(text)
			want, wantErr := name.ParseDN(text)
			if !reflect.DeepEqual(got, want) || (err == nil) != (wantErr == nil) {
				t.Errorf("%.20q: %v, %v; want %v, %v", text, got, err, want, wantErr)
			}
		}
	}
	for i := range 10_000 {
		if dn, err := v.parseBase(fmt.Sprintf("cn=%d", i)); err != nil || dn.Key() != fmt.Sprintf("cn=%d", i) {
			t.Fatal(dn, err)
		}
	}
	if f := v.bases.Figures(); f.Weight > keptBases || f.Entries < 100 || f.Evictions == 0 {
		t.Errorf("%+v", f)
	}
}

func TestASearchForOneEntryAllocatesLittle(t *testing.T) {
	v := newView(t, viewSettings(), policy.Settings{Rules: []policy.Rule{one("people")}}, crowd(t, 100))
	who, out, request := identity(t, client), &void{}, ask("o=Acme", wire.ScopeSubtree, item(wire.Equality, "uid", "u77"), "cn", "sn", "uid")
	cost := testing.AllocsPerRun(100, func() {
		q, _ := v.Prepare(Request{MessageID: 1, Identity: who, Search: request})
		if a := q.Run(context.Background(), out); a.Entries != 1 {
			t.Fatal(a)
		}
	})
	if cost > 8 {
		t.Errorf("%v allocations", cost)
	}
}

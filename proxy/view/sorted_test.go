package view

import (
	"bytes"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/aclens/aclens/proxy/policy"
	"github.com/aclens/aclens/proxy/wire"
	"github.com/aclens/aclens/resolver/cache"
	"github.com/aclens/aclens/resolver/schema"
)

// requested is a search by text, to be given controls.
func requested(t testing.TB, who, base string, scope wire.Scope, filter string, attrs ...string) Request {
	t.Helper()
	return Request{MessageID: 1, Identity: identity(t, who), Search: ask(base, scope, parseFilter(t, filter), attrs...)}
}

// by reads sort keys as ldapsearch writes them: "-sn,cn:caseExactOrderingMatch".
func by(keys string) []wire.SortKey {
	var out []wire.SortKey
	for _, k := range strings.Split(keys, ",") {
		attr, rule, _ := strings.Cut(strings.TrimPrefix(k, "-"), ":")
		key := wire.SortKey{Attr: []byte(attr), Reverse: strings.HasPrefix(k, "-")}
		if rule != "" {
			key.Rule = []byte(rule)
		}
		out = append(out, key)
	}
	return out
}

// plainlySorted sorts the unsorted answer by the values that it shows.
func plainlySorted(t testing.TB, v *View, r Request, keys []wire.SortKey) []string {
	t.Helper()
	search := *r.Search
	search.Attributes = nil
	for _, k := range keys {
		search.Attributes = append(search.Attributes, k.Attr)
	}
	r.Search, r.Sort, r.VLV, r.Page = &search, nil, nil, nil
	es, a := runQuery(t, v, r)
	if a.Result.Code != wire.Success {
		t.Fatalf("the unsorted search ends with %v", a.Result)
	}
	sc := v.Current().Snapshot.Store().Schema()
	slices.SortStableFunc(es, func(a, b entry) int {
		for i := range keys {
			x, there := leastValue(sc, &a, &keys[i])
			y, thereToo := leastValue(sc, &b, &keys[i])
			c := bytes.Compare(x, y)
			switch {
			case !there && !thereToo:
				c = 0
			case !there:
				c = 1
			case !thereToo:
				c = -1
			}
			if keys[i].Reverse {
				c = -c
			}
			if c != 0 {
				return c
			}
		}
		return 0
	})
	return dns(es)
}

func leastValue(sc *schema.Schema, e *entry, k *wire.SortKey) (least []byte, there bool) {
	asked, _ := sc.LookupBytes(k.Attr)
	for n, values := range e.attrs {
		id, ok := sc.Lookup(n)
		if !ok || !sc.Includes(asked, id) {
			continue
		}
		for _, v := range values {
			form, ok := sc.Type(asked).OrderingKey(nil, []byte(v))
			if len(k.Rule) > 0 {
				form, ok = sc.RuleKey(string(k.Rule), nil, []byte(v))
			}
			if ok && (!there || bytes.Compare(form, least) < 0) {
				least, there = form, true
			}
		}
	}
	return least, there
}

// sortedPlaces are where the sorting tests search.
var sortedPlaces = []struct {
	base   string
	scope  wire.Scope
	filter string
}{
	{"", wire.ScopeSubtree, "(objectClass=*)"},
	{"o=Acme", wire.ScopeSubtree, "(objectClass=dominoPerson)"},
	{"ou=Sales,o=Acme", wire.ScopeOne, "(cn=*)"},
	{"cn=access", wire.ScopeSubtree, "(objectClass=groupOfNames)"},
	{"cn=apps/crm.nsf,ou=databases,cn=access", wire.ScopeSubtree, "(objectClass=*)"},
	{"", wire.ScopeBase, "(objectClass=*)"},
}

// sortOrders are orders by every kind of attribute: stored and computed, with an
// ordering rule and without, of one value and of many, of few entries and of none.
var sortOrders = []string{"cn", "-cn", "sn,cn", "-sn,givenName", "mail", "name", "-name", "cn:caseExactOrderingMatch", "cn:2.5.13.2",
	"uid,-cn", "objectClass", "member", "-member,cn", "userPassword", "isMemberOf", "notesName", "-effectiveAccess",
	"effectiveHighestAccess,notesName", "accessLevel;x-db-crm,cn", "accessLevel", "accessLevelNumber", "-accessLevelNumber,accessSubject",
	"entryDN", "-entryUUID", "createTimestamp,entryDN", "hasSubordinates,-entryDN", "groupType", "databaseKey,-cn", "telephoneNumber"}

func TestSortedIsWhatSortingTheShownValuesGives(t *testing.T) {
	o, found := matrixWorld(t)
	rng := rand.New(rand.NewPCG(1, 2))
	for _, w := range clients() {
		t.Run(w.name, func(t *testing.T) {
			v := newView(t, viewSettings(), policy.Settings{Rules: w.rules, SelfAttributes: w.self, Hide: w.hide}, o.snap, found...)
			for _, p := range sortedPlaces {
				for range 6 {
					keys := by(sortOrders[rng.IntN(len(sortOrders))])
					r := requested(t, w.dn, p.base, p.scope, p.filter, "1.1")
					if _, a := runQuery(t, v, r); a.Result.Code != wire.Success {
						continue
					}
					want := plainlySorted(t, v, r, keys)
					r.Sort = &Sort{Keys: keys, Critical: true}
					es, a := runQuery(t, v, r)
					if got := dns(es); !slices.Equal(got, want) {
						t.Fatalf("%s %s sorted by %s:\n got %q\nwant %q", p.base, p.filter, keys[0].Attr, got, want)
					}
					if len(want) > 0 && (a.Sorted == nil || a.Sorted.Code != wire.Success) || len(want) == 0 && a.Sorted != nil {
						t.Errorf("%d entries, and the response says %v", len(want), a.Sorted)
					}
					pagesOf(t, v, r, want, 1+rng.IntN(7))
					viewsOf(t, v, r, want, keys, rng)
				}
			}
		})
	}
}

// pagesOf reads a sorted list page by page, sometimes with nothing remembered.
func pagesOf(t *testing.T, v *View, r Request, want []string, size int) {
	t.Helper()
	var got []string
	r.Page = &Page{Size: size}
	for i := 0; ; i++ {
		es, a := runQuery(t, v, r)
		if a.Result.Code != wire.Success || !a.Paged || len(es) > size {
			t.Fatalf("page %d: %d entries, %v", i, len(es), a.Result)
		}
		got = append(got, dns(es)...)
		if len(a.Cookie) == 0 {
			break
		}
		r.Page = &Page{Size: size, Cookie: a.Cookie}
		if i%2 == 0 {
			v.orders = newOrderCache(&v.uses.orders)
		}
	}
	if !slices.Equal(got, want) {
		t.Fatalf("pages of %d:\n got %q\nwant %q", size, got, want)
	}
}

// viewsOf takes parts of a sorted list, by position and by value.
func viewsOf(t *testing.T, v *View, r Request, want []string, keys []wire.SortKey, rng *rand.Rand) {
	t.Helper()
	n := len(want)
	for range 4 {
		vlv := wire.VLVRequest{Before: rng.IntN(4), After: rng.IntN(4), Offset: 1 + rng.IntN(n+1)}
		position := vlv.Offset
		if rng.IntN(2) == 0 && n > 0 {
			vlv.Count = n // what the client believes is right
			vlv.Offset = min(vlv.Offset, n)
			position = vlv.Offset
		}
		r.VLV = &vlv
		if position > n && n > 0 {
			continue
		}
		if n == 0 {
			position = 0
		}
		wantView(t, v, r, want, position)
	}
	for _, value := range []string{"", "a", "Jane Doe", "m", "CN=Karl Frost,OU=HR,O=Acme", "3", "zzzz", "TRUE"} {
		sc := v.Current().Snapshot.Store().Schema()
		if position, ok := plainTarget(t, v, r, sc, want, &keys[0], value); ok {
			r.VLV = &wire.VLVRequest{Before: rng.IntN(3), After: rng.IntN(5), ByValue: true, Value: []byte(value)}
			wantView(t, v, r, want, position)
		}
	}
}

func wantView(t *testing.T, v *View, r Request, list []string, position int) {
	t.Helper()
	var part []string
	for i, dn := range list {
		if position > 0 && i+1 >= position-r.VLV.Before && i+1 <= position+r.VLV.After {
			part = append(part, dn)
		}
	}
	es, a := runQuery(t, v, r)
	if a.Result.Code != wire.Success || a.VLV == nil || a.VLV.Code != wire.Success || a.VLV.Position != position || a.VLV.Count != len(list) {
		t.Fatalf("view %+v: %v, %+v; want position %d of %d", *r.VLV, a.Result, a.VLV, position, len(list))
	}
	if got := dns(es); !slices.Equal(got, part) {
		t.Fatalf("view %+v:\n got %q\nwant %q", *r.VLV, got, part)
	}
}

// plainTarget goes through the list from its beginning; false where the value
// cannot be asked for.
func plainTarget(t *testing.T, v *View, r Request, sc *schema.Schema, list []string, k *wire.SortKey, value string) (int, bool) {
	t.Helper()
	pseudo := entry{attrs: map[string][]string{sc.Name(mustLookup(t, sc, string(k.Attr))): {value}}}
	asked, ok := leastValue(sc, &pseudo, k)
	if !ok {
		return 0, false
	}
	search := *r.Search
	search.Attributes = [][]byte{k.Attr}
	r.Search, r.VLV, r.Page, r.Sort = &search, nil, nil, nil
	es, _ := runQuery(t, v, r)
	for i, dn := range list {
		e := es[slices.IndexFunc(es, func(e entry) bool { return e.dn == dn })]
		have, there := leastValue(sc, &e, k)
		c := 1
		if there {
			c = bytes.Compare(have, asked)
		}
		if k.Reverse {
			c = -c
		}
		if c >= 0 {
			return i + 1, true
		}
	}
	return len(list) + 1, true
}

func mustLookup(t testing.TB, sc *schema.Schema, attribute string) schema.ID {
	t.Helper()
	id, ok := sc.Lookup(attribute)
	if !ok {
		t.Fatalf("%s is not defined", attribute)
	}
	return id
}

func TestASortedCookieFitsItsOwnRequestAlone(t *testing.T) {
	v := demoView(t, allRule(), policy.Rule{Who: policy.AnyBound, Read: []string{"people"}})
	begin := func() Request {
		r := requested(t, reader, "o=Acme", wire.ScopeSubtree, "(cn=*)", "1.1")
		r.Sort, r.Page = &Sort{Keys: by("cn,sn")}, &Page{Size: 3}
		return r
	}
	_, a := runQuery(t, v, begin())
	for name, change := range map[string]func(*Request){
		"another order": func(r *Request) { r.Sort.Keys = by("-cn,sn") },
		"another rule":  func(r *Request) { r.Sort.Keys = by("cn:caseExactOrderingMatch,sn") },
		"fewer keys":    func(r *Request) { r.Sort.Keys = by("cn") },
		"no order":      func(r *Request) { r.Sort = nil },
		"somebody else": func(r *Request) { r.Identity = identity(t, jane) },
		"other values":  func(r *Request) { r.MatchedValues = []wire.Filter{parseFilter(t, "(cn=x)")} },
		"an assertion":  func(r *Request) { f := parseFilter(t, "(o=Acme)"); r.Assertion = &f },
		"dereferencing": func(r *Request) {
			r.Deref = &Deref{Specs: []wire.DerefSpec{{Attr: []byte("member"), Attributes: [][]byte{[]byte("cn")}}}}
		},
		"subentries":         func(r *Request) { r.Subentries = SubentriesNever },
		"the same, as a way": func(*Request) {},
	} {
		r := begin()
		r.Page = &Page{Size: 3, Cookie: a.Cookie}
		change(&r)
		want := wire.UnwillingToPerform
		if name == "the same, as a way" {
			want = wire.Success
		}
		if _, a := runQuery(t, v, r); a.Result.Code != want {
			t.Errorf("%s: %v", name, a.Result)
		}
	}
}

func TestListsThatAreKeptAreBounded(t *testing.T) {
	const each = keptOrders / 8 / 10 // entries of which ten lists are too much, with their keys
	c := newOrderCache(new(cache.Use))
	for i := range 40 {
		c.Put(orderKey{serial: uint64(i)}, make([]orderedEntry, each))
		if f := c.Figures(); f.Weight > keptOrders {
			t.Fatalf("%+v", f)
		}
	}
	if _, ok := c.Get(orderKey{serial: 39}); !ok || c.Figures().Entries != 9 {
		t.Errorf("%+v", c.Figures())
	}
	c.Put(orderKey{serial: 99}, make([]orderedEntry, 20*each))
	if f := c.Figures(); f.Entries != 1 {
		t.Errorf("beside one very long list %d are kept", f.Entries-1)
	}
}

func TestSortTextsOrderAsTheirKeysDo(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	type value struct {
		form  string
		there bool
	}
	random := func() value {
		b := make([]byte, rng.IntN(4))
		for i := range b {
			b[i] = []byte{0, 1, 'a', 0xff}[rng.IntN(4)]
		}
		return value{string(b), rng.IntN(4) > 0}
	}
	for range 20000 {
		keys := []sortKey{{reverse: rng.IntN(2) == 0}, {reverse: rng.IntN(2) == 0}}
		a, b := [2]value{random(), random()}, [2]value{random(), random()}
		want, textA, textB := 0, []byte(nil), []byte(nil)
		for i := range keys {
			textA = keys[i].appendText(textA, []byte(a[i].form), a[i].there)
			textB = keys[i].appendText(textB, []byte(b[i].form), b[i].there)
			c := strings.Compare(a[i].form, b[i].form)
			switch {
			case !a[i].there && !b[i].there:
				c = 0
			case !a[i].there:
				c = 1
			case !b[i].there:
				c = -1
			}
			if keys[i].reverse {
				c = -c
			}
			if want == 0 {
				want = c
			}
		}
		if got := bytes.Compare(textA, textB); got != want {
			t.Fatalf("%v and %v compare as %d, want %d; reverse: %v, %v", a, b, got, want, keys[0].reverse, keys[1].reverse)
		}
	}
}

package view

import (
	"context"
	"fmt"
	"slices"
	"testing"

	"github.com/aclens/aclens/proxy/policy"
	"github.com/aclens/aclens/proxy/wire"
	"github.com/aclens/aclens/resolver"
	"github.com/aclens/aclens/resolver/acl"
	"github.com/aclens/aclens/resolver/database"
	"github.com/aclens/aclens/resolver/directory"
	"github.com/aclens/aclens/resolver/name"
)

func TestWhatCannotBeSortedIsSaidToBeSo(t *testing.T) {
	v := demoView(t, allRule())
	plain, _ := search(t, v, reader, "o=Acme", wire.ScopeSubtree, "(cn=*)", "1.1")
	for _, tt := range []struct {
		name, keys, at string
		code           wire.ResultCode
	}{
		{"an unknown attribute", "nonsense", "nonsense", wire.NoSuchAttribute},
		{"an unknown attribute behind a good one", "cn,nonsense", "nonsense", wire.NoSuchAttribute},
		{"every attribute", "*", "*", wire.NoSuchAttribute},
		{"an unknown rule", "cn:nonsenseMatch", "cn", wire.InappropriateMatching},
		{"a rule for other values", "cn:integerOrderingMatch", "cn", wire.InappropriateMatching},
		{"a rule for parts of values", "cn:caseIgnoreSubstringsMatch", "cn", wire.InappropriateMatching},
		{"a rule for links", "member:1.2.840.113556.1.4.1941", "member", wire.InappropriateMatching},
		{"a rule for bits", "accessLevelNumber:1.2.840.113556.1.4.803", "accessLevelNumber", wire.InappropriateMatching},
		{"values that do not compare", "effectiveAccessReason", "effectiveAccessReason", wire.InappropriateMatching},
		{"an attribute twice", "cn,-cn", "cn", wire.UnwillingToPerform},
		{"an attribute twice under two names", "sn,surname", "surname", wire.UnwillingToPerform},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := requested(t, reader, "o=Acme", wire.ScopeSubtree, "(cn=*)", "1.1")
			want := wire.SortResult{Code: tt.code, Attr: tt.at}
			r.Sort = &Sort{Keys: by(tt.keys)}
			es, a := runQuery(t, v, r)
			if a.Result.Code != wire.Success || a.Sorted == nil || *a.Sorted != want || !slices.Equal(dns(es), dns(plain)) {
				t.Errorf("not critical: %v, %+v, %d entries", a.Result, a.Sorted, len(es))
			}
			r.Sort.Critical = true
			es, a = runQuery(t, v, r)
			if a.Result.Code != wire.UnavailableCriticalExtension || a.Sorted == nil || *a.Sorted != want || len(es) > 0 {
				t.Errorf("critical: %v, %+v, %d entries", a.Result, a.Sorted, len(es))
			}
			r.Sort.Critical, r.VLV = false, &wire.VLVRequest{Offset: 1}
			es, a = runQuery(t, v, r)
			if a.Result.Code != wire.UnwillingToPerform || a.Sorted == nil || *a.Sorted != want || a.VLV == nil || a.VLV.Code != wire.UnwillingToPerform || len(es) > 0 {
				t.Errorf("under a list view: %v, %+v, %+v, %d entries", a.Result, a.Sorted, a.VLV, len(es))
			}
		})
	}
}

func TestTooManyEntriesAreNotSorted(t *testing.T) {
	v := demoView(t, allRule())
	plain, _ := search(t, v, reader, "o=Acme", wire.ScopeSubtree, "(cn=*)", "1.1")
	for name, tt := range map[string]struct {
		most int
		used int64
		code wire.ResultCode
	}{
		"more than one search may sort":             {len(plain) - 1, 0, wire.AdminLimitExceeded},
		"more than there is memory for all of them": {len(plain), sortMemory, wire.Busy},
	} {
		t.Run(name, func(t *testing.T) {
			v.mostSorted, v.orders = tt.most, newOrderCache(&v.uses.orders)
			v.sorting.Store(tt.used)
			defer v.sorting.Store(0)
			r := requested(t, reader, "o=Acme", wire.ScopeSubtree, "(cn=*)", "1.1")
			r.Sort = &Sort{Keys: by("cn"), Critical: true}
			es, a := runQuery(t, v, r)
			if a.Result.Code != wire.UnavailableCriticalExtension || a.Sorted == nil || a.Sorted.Code != tt.code || len(es) > 0 {
				t.Errorf("critical: %v, %+v, %d entries", a.Result, a.Sorted, len(es))
			}
			r.Sort.Critical = false
			es, a = runQuery(t, v, r)
			if a.Result.Code != wire.Success || a.Sorted == nil || a.Sorted.Code != tt.code || !slices.Equal(dns(es), dns(plain)) {
				t.Errorf("not critical: %v, %+v, %d entries", a.Result, a.Sorted, len(es))
			}
			pagesOf(t, v, r, dns(plain), 5)
			if v.sorting.Load() != tt.used {
				t.Errorf("%d octets are still counted", v.sorting.Load()-tt.used)
			}
			v.mostSorted = len(plain)
			v.sorting.Store(0)
			if es, a = runQuery(t, v, r); a.Sorted == nil || a.Sorted.Code != wire.Success || len(es) != len(plain) {
				t.Errorf("what fits: %v, %+v, %d entries", a.Result, a.Sorted, len(es))
			}
		})
	}
}

func TestPagesThatBeganInOneOrderDoNotGoOnInAnother(t *testing.T) {
	v := demoView(t, allRule())
	r := requested(t, reader, "o=Acme", wire.ScopeSubtree, "(cn=*)", "1.1")
	r.Sort, r.Page = &Sort{Keys: by("cn")}, &Page{Size: 3}
	first, a := runQuery(t, v, r)
	r.Page = &Page{Size: 3, Cookie: a.Cookie}
	v.orders = newOrderCache(&v.uses.orders)
	v.sorting.Store(sortMemory)
	if es, a := runQuery(t, v, r); a.Result.Code != wire.Busy || a.Sorted == nil || a.Sorted.Code != wire.Busy || len(es) > 0 {
		t.Errorf("begun in order: %v, %+v, %d entries", a.Result, a.Sorted, len(es))
	}
	r.Page = &Page{Size: 3}
	unsorted, a := runQuery(t, v, r)
	v.sorting.Store(0)
	r.Page = &Page{Size: 3, Cookie: a.Cookie}
	more, a := runQuery(t, v, r)
	plain, _ := search(t, v, reader, "o=Acme", wire.ScopeSubtree, "(cn=*)", "1.1")
	if got := append(dns(unsorted), dns(more)...); !slices.Equal(got, dns(plain[:6])) || a.Sorted == nil || a.Sorted.Code == wire.Success {
		t.Errorf("begun in no order: %q, %+v", got, a.Sorted)
	}
	if slices.Equal(dns(first), dns(unsorted)) {
		t.Error("the two orders are the same, and the test shows nothing")
	}
}

func TestASortedSearchKeepsTheLimits(t *testing.T) {
	s := viewSettings()
	s.SizeLimit, s.LookThrough = 7, 50
	v := newView(t, s, policy.Settings{Rules: []policy.Rule{allRule()}}, build(t, demoInput(t)))
	r := requested(t, reader, "o=Acme", wire.ScopeSubtree, "(cn=*)", "1.1")
	want := plainlySorted(t, demoView(t, allRule()), r, by("-cn"))
	r.Sort = &Sort{Keys: by("-cn"), Critical: true}
	es, a := runQuery(t, v, r)
	if a.Result.Code != wire.SizeLimitExceeded || !slices.Equal(dns(es), want[:7]) {
		t.Errorf("size limit: %v, %q", a.Result, dns(es))
	}
	r.VLV = &wire.VLVRequest{Offset: 3, After: 20}
	es, a = runQuery(t, v, r)
	if a.Result.Code != wire.SizeLimitExceeded || !slices.Equal(dns(es), want[2:9]) || a.VLV == nil || a.VLV.Count != len(want) {
		t.Errorf("size limit of a view: %v, %+v, %q", a.Result, a.VLV, dns(es))
	}
	r = requested(t, reader, "", wire.ScopeSubtree, "(description=*nothing*)", "1.1")
	r.Sort = &Sort{Keys: by("cn"), Critical: true}
	s.LookThrough = 3
	v = newView(t, s, policy.Settings{Rules: []policy.Rule{allRule()}}, build(t, demoInput(t)))
	if es, a := runQuery(t, v, r); a.Result.Code != wire.AdminLimitExceeded || len(es) > 0 || a.Sorted != nil {
		t.Errorf("looking through: %v, %d entries", a.Result, len(es))
	}
}

// Whenever the time is up, what was computed until then is not taken for an
// order. There are so many databases that each value costs a look at the clock.
func TestASortThatRunsOutOfTimeLeavesNothingBehind(t *testing.T) {
	in := resolver.Input{Settings: resolver.Defaults()}
	for i := range 12 {
		d := draft(fmt.Sprintf("cn=Jane Doe %d,o=Acme", i), "objectClass", "dominoPerson", "cn", fmt.Sprintf("Jane Doe %d", i))
		in.Entries = append(in.Entries, directory.Change{Put: &d})
	}
	in.Databases = manyDatabases(t, patience*termsAtOnce)
	v := newView(t, viewSettings(), policy.Settings{Rules: []policy.Rule{allRule()}}, build(t, in))
	r := requested(t, reader, "o=Acme", wire.ScopeOne, "(objectClass=*)", "1.1")
	want := plainlySorted(t, v, r, by("-effectiveHighestAccess,-cn"))
	r.Sort = &Sort{Keys: by("-effectiveHighestAccess,-cn"), Critical: true}
	r.Page = &Page{Size: 1000}
	ended := 0
	for limit := range len(want) + 2 {
		q, refused := v.Prepare(r)
		if refused.Code != wire.Success {
			t.Fatal(refused)
		}
		s := &sink{t: t}
		a := q.Run(&hurried{Context: t.Context(), looks: limit}, s)
		if got := dns(s.entries); !slices.Equal(got, want[:len(got)]) || a.Result.Code == wire.Success && len(got) < len(want) {
			t.Fatalf("after %d looks at the clock: %v, %q", limit, a.Result, got)
		}
		if a.Result.Code == wire.TimeLimitExceeded {
			ended++
		}
		if es, a := runQuery(t, v, r); !slices.Equal(dns(es), want) {
			t.Fatalf("behind one that ended after %d looks at the clock: %v, %q", limit, a.Result, dns(es))
		}
		v.orders = newOrderCache(&v.uses.orders)
	}
	if ended != len(want) {
		t.Errorf("%d searches ran out of time", ended)
	}
}

// manyDatabases all let everybody read.
func manyDatabases(t testing.TB, n int) *database.Set {
	t.Helper()
	instances := make([]*database.Instance, n)
	for i := range instances {
		everybody := acl.NewEntry(acl.DefaultName, true)
		everybody.Level = acl.Reader
		list := &acl.List{Entries: []acl.Entry{everybody}}
		must(t, list.Seal())
		instances[i] = &database.Instance{Server: name.Parse("Hub1/Acme"), Path: fmt.Sprintf("apps/%d.nsf", i), ReplicaID: fmt.Sprintf("%016X", i+1), List: list}
	}
	set, _, err := database.Arrange(instances, database.Options{HomeServers: []string{"Hub1/Acme"}})
	must(t, err)
	return set
}

// hurried is over after some looks.
type hurried struct {
	context.Context
	looks int
}

func (h *hurried) Err() error {
	if h.looks--; h.looks < 0 {
		return context.DeadlineExceeded
	}
	return nil
}

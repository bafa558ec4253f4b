package view

import (
	"slices"
	"testing"
	"time"

	"github.com/aclens/aclens/proxy/wire"
)

func TestAListViewNeedsAnOrderAndNoPages(t *testing.T) {
	v := demoView(t, allRule())
	r := requested(t, reader, "o=Acme", wire.ScopeSubtree, "(cn=*)", "1.1")
	r.VLV = &wire.VLVRequest{Offset: 1, After: 5}
	es, a := runQuery(t, v, r)
	if a.Result.Code != wire.SortControlMissing || a.VLV == nil || a.VLV.Code != wire.SortControlMissing || len(es) > 0 {
		t.Errorf("no order: %v, %+v, %d entries", a.Result, a.VLV, len(es))
	}
	r.Sort, r.Page = &Sort{Keys: by("cn")}, &Page{Size: 2}
	if _, a := runQuery(t, v, r); a.Result.Code != wire.UnwillingToPerform {
		t.Errorf("with pages: %v", a.Result)
	}
}

func TestPositionsInListsOfAnotherLength(t *testing.T) {
	for _, tt := range []struct {
		name                    string
		offset, believed, count int
		want                    int
		code                    wire.ResultCode
	}{
		{"the first", 1, 0, 100, 1, wire.Success},
		{"the first of a list that is believed shorter", 1, 10, 100, 1, wire.Success},
		{"the last", 10, 10, 100, 100, wire.Success},
		{"the only one is the last", 1, 1, 100, 100, wire.Success},
		{"the middle, in proportion", 5, 10, 100, 50, wire.Success},
		{"the middle of a list that became shorter", 50, 100, 10, 5, wire.Success},
		{"no less than the first", 2, 1000, 10, 1, wire.Success},
		{"as it stands", 7, 0, 100, 7, wire.Success},
		{"the last, as it stands", 100, 0, 100, 100, wire.Success},
		{"behind the last", 101, 0, 100, 0, wire.OffsetRangeError},
		{"behind what is believed the last", 11, 10, 100, 0, wire.OffsetRangeError},
		{"before the first", 0, 0, 100, 0, wire.OffsetRangeError},
		{"before the first of a list", 0, 10, 100, 0, wire.OffsetRangeError},
		{"in an empty list", 1, 0, 0, 0, wire.Success},
		{"in a list that became empty", 5, 10, 0, 0, wire.Success},
		{"the largest numbers", 1<<31 - 2, 1<<31 - 1, 200000, 199999, wire.Success},
	} {
		if got, code := positionOf(tt.offset, tt.believed, tt.count); got != tt.want || code != tt.code {
			t.Errorf("%s: %d, %v", tt.name, got, code)
		}
	}
}

func TestAViewOfNothing(t *testing.T) {
	v := demoView(t, allRule())
	r := requested(t, reader, "o=Acme", wire.ScopeSubtree, "(cn=nobody at all)", "1.1")
	r.Sort = &Sort{Keys: by("cn"), Critical: true}
	for name, tt := range map[string]struct {
		vlv      wire.VLVRequest
		position int
		code     wire.ResultCode
	}{
		"by offset":         {wire.VLVRequest{Offset: 1, After: 9}, 0, wire.Success},
		"by value":          {wire.VLVRequest{ByValue: true, Value: []byte("a"), After: 9}, 1, wire.Success},
		"before everything": {wire.VLVRequest{Offset: 0}, 0, wire.OffsetRangeError},
	} {
		r.VLV = &tt.vlv
		es, a := runQuery(t, v, r)
		if a.Result.Code != tt.code || a.VLV == nil || a.VLV.Code != tt.code || a.VLV.Position != tt.position || a.VLV.Count != 0 || len(es) > 0 {
			t.Errorf("%s: %v, %+v", name, a.Result, a.VLV)
		}
	}
}

func TestAValueThatTheFirstKeyCannotHaveIsNoTarget(t *testing.T) {
	v := demoView(t, allRule())
	r := requested(t, reader, "cn=access", wire.ScopeSubtree, "(accessSubject=CN=Jane Doe/OU=Sales/O=Acme)", "1.1")
	r.Sort = &Sort{Keys: by("accessLevelNumber")}
	r.VLV = &wire.VLVRequest{ByValue: true, Value: []byte("many")}
	es, a := runQuery(t, v, r)
	if a.Result.Code != wire.InappropriateMatching || a.VLV == nil || a.VLV.Code != wire.InappropriateMatching || len(es) > 0 {
		t.Errorf("%v, %+v, %d entries", a.Result, a.VLV, len(es))
	}
}

func TestTheContextOfAViewKeepsItsList(t *testing.T) {
	v := demoView(t, allRule())
	r := requested(t, reader, "o=Acme", wire.ScopeSubtree, "(objectClass=dominoPerson)", "1.1")
	r.Sort, r.VLV = &Sort{Keys: by("cn")}, &wire.VLVRequest{Offset: 1, After: 2}
	_, first := runQuery(t, v, r)
	count := first.VLV.Count

	in := demoInput(t, draft("CN=Aaron Aardvark,O=Acme", "objectClass", "dominoPerson", "cn", "Aaron Aardvark", "sn", "Aardvark"))
	v.Swap("later", build(t, in), nil, testTime.Add(time.Minute))

	r.VLV = &wire.VLVRequest{Offset: 1, After: 2, ContextID: first.VLV.ContextID}
	es, a := runQuery(t, v, r)
	if a.VLV.Count != count || slices.Contains(dns(es), "CN=Aaron Aardvark,O=Acme") {
		t.Errorf("with the context: %d entries, %q", a.VLV.Count, dns(es))
	}
	for name, context := range map[string][]byte{"no context": nil, "another's context": []byte("whatever"), "an empty one": {}} {
		r.VLV = &wire.VLVRequest{Offset: 1, After: 2, ContextID: context}
		es, a = runQuery(t, v, r)
		if a.VLV.Count != count+1 || !slices.Contains(dns(es), "CN=Aaron Aardvark,O=Acme") {
			t.Errorf("%s: %d entries, %q", name, a.VLV.Count, dns(es))
		}
	}
	r.VLV, r.Page = nil, &Page{Size: 2, Cookie: first.VLV.ContextID}
	if _, a := runQuery(t, v, r); a.Result.Code != wire.UnwillingToPerform {
		t.Errorf("a context serves as a cookie of pages: %v", a.Result)
	}
}

package front

import (
	"context"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/aclens/aclens/proxy/policy"
	"github.com/aclens/aclens/proxy/view"
	"github.com/aclens/aclens/proxy/wire"
)

// Control values, spelled by structure.
var (
	sortValue   = string(element(0x30, element(0x30, text("sn"), element(0x80, []byte("2.5.13.3")), element(0x81, []byte{0xff})), element(0x30, text("cn"))))
	viewValue   = string(element(0x30, integer(1), integer(2), element(0xa0, integer(3), integer(9)), text("context")))
	valuesValue = string(element(0x30, element(0x87, []byte("cn")), element(0xa3, text("sn"), text("Doe"))))
	assertValue = string(element(0xa2, element(0x87, []byte("cn"))))
	derefValue  = string(element(0x30, element(0x30, text("member"), element(0x30, text("uid"), text("cn")))))
	subValue    = string(flag(0xff))
)

func TestControlsOfASearchAreHandedOver(t *testing.T) {
	sn, cn := []byte("sn"), []byte("cn")
	for name, tt := range map[string]struct {
		control []byte
		want    view.Request
	}{
		"none":                   {control("1.2.3", 0), view.Request{}},
		"sort":                   {control(wire.ControlSortRequest, 0, sortValue), view.Request{Sort: &view.Sort{Keys: []wire.SortKey{{Attr: sn, Rule: []byte("2.5.13.3"), Reverse: true}, {Attr: cn}}}}},
		"sort or nothing":        {control(wire.ControlSortRequest, 0xff, sortValue), view.Request{Sort: &view.Sort{Keys: []wire.SortKey{{Attr: sn, Rule: []byte("2.5.13.3"), Reverse: true}, {Attr: cn}}, Critical: true}}},
		"list view":              {control(wire.ControlVLVRequest, 0xff, viewValue), view.Request{VLV: &wire.VLVRequest{Before: 1, After: 2, Offset: 3, Count: 9, ContextID: []byte("context")}}},
		"matched values":         {control(wire.ControlMatchedValues, 0, valuesValue), view.Request{MatchedValues: []wire.Filter{{Kind: wire.Present, Attr: cn}, {Kind: wire.Equality, Attr: sn, Value: []byte("Doe")}}}},
		"assertion":              {control(wire.ControlAssertion, 0xff, assertValue), view.Request{Assertion: &wire.Filter{Kind: wire.Not, Children: []wire.Filter{{Kind: wire.Present, Attr: cn}}}}},
		"dereference":            {control(wire.ControlDeref, 0, derefValue), view.Request{Deref: &view.Deref{Specs: []wire.DerefSpec{{Attr: []byte("member"), Attributes: [][]byte{[]byte("uid"), cn}}}}}},
		"dereference or nothing": {control(wire.ControlDeref, 0xff, derefValue), view.Request{Deref: &view.Deref{Specs: []wire.DerefSpec{{Attr: []byte("member"), Attributes: [][]byte{[]byte("uid"), cn}}}, Critical: true}}},
		"subentries":             {control(wire.ControlSubentries, 0xff, subValue), view.Request{Subentries: view.SubentriesOnly}},
		"no subentries":          {control(wire.ControlSubentries, 0xff, string(flag(0))), view.Request{Subentries: view.SubentriesNever}},
		"domain scope":           {control(wire.ControlDomainScope, 0xff), view.Request{}},
	} {
		t.Run(name, func(t *testing.T) {
			var got view.Request
			b := newBench(t, Settings{}, func(b *bench) {
				b.dir.prepare = func(r view.Request) (Search, wire.Result) {
					got = cloned(r)
					return &fakeSearch{run: func(context.Context, view.Sink) view.Answer { return view.Answer{} }}, wire.Result{}
				}
			})
			c := b.dial(t)
			c.send(message(1, bodyOfSearch(), tt.control))
			c.wantCode(1, wire.OpSearchDone, wire.Success)
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// cloned is what the controls of a request ask for, in memory of its own.
func cloned(r view.Request) view.Request {
	out := view.Request{Sort: r.Sort, Deref: r.Deref, MatchedValues: r.MatchedValues, Subentries: r.Subentries}
	if r.VLV != nil {
		vlv := *r.VLV
		out.VLV = &vlv
	}
	if r.Assertion != nil {
		assertion := *r.Assertion
		out.Assertion = &assertion
	}
	return out
}

func bodyOfSearch() []byte {
	return element(byte(wire.OpSearchRequest), text("o=acme"), choice(2), choice(0), integer(0), integer(0), flag(0),
		element(0x87, []byte("cn")), element(0x30))
}

func TestAnAssertionReachesCompare(t *testing.T) {
	b := newBench(t, Settings{}, func(b *bench) {
		b.dir.compare = func(_ policy.Identity, r *wire.CompareRequest, assertion *wire.Filter) wire.Result {
			if assertion == nil || wire.FilterString(*assertion) != "(!(cn=*))" || string(r.Attr) != "member" {
				return wire.Result{Code: wire.Other}
			}
			return wire.Result{Code: wire.AssertionFailed}
		}
	})
	c := b.dial(t)
	c.send(message(1, compareBody(), control(wire.ControlAssertion, 0xff, assertValue)), message(2, compareBody()))
	c.wantCode(1, wire.OpCompareResponse, wire.AssertionFailed)
	c.wantCode(2, wire.OpCompareResponse, wire.Other)
}

func TestAnswersCarryTheirControls(t *testing.T) {
	answer := view.Answer{Sorted: &wire.SortResult{Code: wire.NoSuchAttribute, Attr: "nonsense"},
		VLV: &wire.VLVResponse{Position: 4, Count: 9, ContextID: []byte("context")}, Paged: true, Cookie: []byte("next")}
	for name, cost := range map[string]int{"on the reader": 0, "in the background": expensive} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t, Settings{}, func(b *bench) {
				b.dir.prepare = func(view.Request) (Search, wire.Result) {
					return &fakeSearch{cost: cost, run: func(context.Context, view.Sink) view.Answer { return answer }}, wire.Result{}
				}
			})
			c := b.dial(t)
			c.send(searchMessage(1, "o=acme"))
			m := c.receive()
			controls, err := wire.ParseControls(m.Controls)
			if err != nil || len(controls) != 3 {
				t.Fatalf("%v, %v", controls, err)
			}
			sorted, err := wire.ParseSortResult(controls[0].Value)
			if err != nil || controls[0].OID != wire.ControlSortResponse || sorted != *answer.Sorted {
				t.Errorf("%+v, %v", sorted, err)
			}
			seen, err := wire.ParseVLVResponse(controls[1].Value)
			if diff := cmp.Diff(*answer.VLV, seen); err != nil || controls[1].OID != wire.ControlVLVResponse || diff != "" {
				t.Errorf("%v, %s", err, diff)
			}
			paged, err := wire.ParsePaged(controls[2].Value)
			if err != nil || controls[2].OID != wire.ControlPagedResults || string(paged.Cookie) != "next" {
				t.Errorf("%+v, %v", paged, err)
			}
		})
	}
}

func TestControlsThatSearchesAloneHave(t *testing.T) {
	long := string(element(0xa0, []byte(strings.Repeat(string(element(0x87, []byte("cn"))), 30))))
	search, who := bodyOfSearch(), element(byte(wire.OpExtendedRequest), element(0x80, []byte(wire.ExtendedWhoAmI)))
	tests := []struct {
		name     string
		body     []byte
		op       wire.Op
		controls [][]byte
		code     wire.ResultCode
	}{
		{"a malformed sort is an error though not critical", search, wire.OpSearchDone, [][]byte{control(wire.ControlSortRequest, 0, "x")}, wire.ProtocolError},
		{"sort needs a value", search, wire.OpSearchDone, [][]byte{control(wire.ControlSortRequest, 0)}, wire.ProtocolError},
		{"a malformed list view", search, wire.OpSearchDone, [][]byte{control(wire.ControlVLVRequest, 0, sortValue)}, wire.ProtocolError},
		{"malformed matched values", search, wire.OpSearchDone, [][]byte{control(wire.ControlMatchedValues, 0, assertValue)}, wire.ProtocolError},
		{"a malformed assertion", search, wire.OpSearchDone, [][]byte{control(wire.ControlAssertion, 0, "")}, wire.ProtocolError},
		{"an assertion of too many terms", search, wire.OpSearchDone, [][]byte{control(wire.ControlAssertion, 0, long)}, wire.AdminLimitExceeded},
		{"a malformed dereference", search, wire.OpSearchDone, [][]byte{control(wire.ControlDeref, 0, "x")}, wire.ProtocolError},
		{"malformed subentries", search, wire.OpSearchDone, [][]byte{control(wire.ControlSubentries, 0)}, wire.ProtocolError},
		{"domain scope has no value", search, wire.OpSearchDone, [][]byte{control(wire.ControlDomainScope, 0, "x")}, wire.ProtocolError},
		{"two sorts", search, wire.OpSearchDone, [][]byte{control(wire.ControlSortRequest, 0, sortValue), control(wire.ControlSortRequest, 0xff, sortValue)}, wire.ProtocolError},
		{"two list views", search, wire.OpSearchDone, [][]byte{control(wire.ControlVLVRequest, 0, viewValue), control(wire.ControlVLVRequest, 0, viewValue)}, wire.ProtocolError},
		{"two assertions", search, wire.OpSearchDone, [][]byte{control(wire.ControlAssertion, 0, assertValue), control("1.2.3", 0), control(wire.ControlAssertion, 0, assertValue)}, wire.ProtocolError},
		{"ManageDsaIT twice", search, wire.OpSearchDone, [][]byte{control(wire.ControlManageDsaIT, 0), control(wire.ControlManageDsaIT, 0)}, wire.ProtocolError},
		{"unknown controls may be there twice", search, wire.OpSearchDone, [][]byte{control("1.2.3", 0), control("1.2.3", 0)}, wire.Success},
		{"all of them together", search, wire.OpSearchDone, [][]byte{control(wire.ControlSortRequest, 0xff, sortValue), control(wire.ControlVLVRequest, 0xff, viewValue),
			control(wire.ControlMatchedValues, 0xff, valuesValue), control(wire.ControlAssertion, 0xff, assertValue), control(wire.ControlDeref, 0xff, derefValue),
			control(wire.ControlSubentries, 0xff, subValue), control(wire.ControlDomainScope, 0xff), control(wire.ControlManageDsaIT, 0xff)}, wire.Success},
		{"critical sort does not go with compare", compareBody(), wire.OpCompareResponse, [][]byte{control(wire.ControlSortRequest, 0xff, sortValue)}, wire.UnavailableCriticalExtension},
		{"sort is ignored by compare", compareBody(), wire.OpCompareResponse, [][]byte{control(wire.ControlSortRequest, 0, "x")}, wire.CompareFalse},
		{"a critical assertion does not go with who am I", who, wire.OpExtendedResponse, [][]byte{control(wire.ControlAssertion, 0xff, assertValue)}, wire.UnavailableCriticalExtension},
		{"answers are copies", search, wire.OpSearchDone, [][]byte{control(wire.ControlDontUseCopy, 0xff)}, wire.UnavailableCriticalExtension},
		{"compares are of copies", compareBody(), wire.OpCompareResponse, [][]byte{control(wire.ControlDontUseCopy, 0xff)}, wire.UnavailableCriticalExtension},
		{"copies will do", search, wire.OpSearchDone, [][]byte{control(wire.ControlDontUseCopy, 0)}, wire.Success},
		{"nothing is read before an update", modifyBody(), wire.OpModifyResponse, [][]byte{control(wire.ControlPreRead, 0xff, "x")}, wire.UnavailableCriticalExtension},
		{"nothing is read after an update", modifyBody(), wire.OpModifyResponse, [][]byte{control(wire.ControlPostRead, 0xff, "x")}, wire.UnavailableCriticalExtension},
		{"a critical assertion goes with an update, which is off", modifyBody(), wire.OpModifyResponse, [][]byte{control(wire.ControlAssertion, 0xff, assertValue)}, wire.UnwillingToPerform},
		{"a broken assertion is refused before that", modifyBody(), wire.OpModifyResponse, [][]byte{control(wire.ControlAssertion, 0xff, "x")}, wire.ProtocolError},
		{"password policy goes with no who am I", who, wire.OpExtendedResponse, [][]byte{control(wire.ControlPasswordPolicy, 0xff)}, wire.UnavailableCriticalExtension},
		{"password policy is ignored by who am I", who, wire.OpExtendedResponse, [][]byte{control(wire.ControlPasswordPolicy, 0)}, wire.Success},
		{"sync has a value", search, wire.OpSearchDone, [][]byte{control(wire.ControlSyncRequest, 0xff, "x")}, wire.ProtocolError},
		{"persistent search has a value", search, wire.OpSearchDone, [][]byte{control(wire.ControlPersistentSearch, 0xff, "x")}, wire.ProtocolError},
		{"extended names are not served", search, wire.OpSearchDone, [][]byte{control(wire.ControlExtendedDN, 0xff)}, wire.UnavailableCriticalExtension},
	}
	b := newBench(t, Settings{Limits: Limits{FilterTerms: 20}}, func(b *bench) {
		b.dir.prepare = func(view.Request) (Search, wire.Result) {
			return &fakeSearch{run: func(context.Context, view.Sink) view.Answer { return view.Answer{} }}, wire.Result{}
		}
	})
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := b.dial(t)
			c.send(message(1, tt.body, tt.controls...))
			c.wantCode(1, tt.op, tt.code)
			c.wantWho(2, "")
		})
	}
}

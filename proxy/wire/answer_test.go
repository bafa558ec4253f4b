package wire

import (
	"bytes"
	"encoding/hex"
	"errors"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestAnswersAreWrittenAsByHand(t *testing.T) {
	var uninitialised []byte
	for name, tc := range map[string]struct {
		got  []byte
		want string
	}{
		"success":           {AppendResult(nil, 1, OpSearchDone, Result{}), "30 0c 02 01 01 65 07 0a 01 00 04 00 04 00"},
		"after other bytes": {AppendResult([]byte{0xee}, 1, OpSearchDone, Result{}), "ee 30 0c 02 01 01 65 07 0a 01 00 04 00 04 00"},
		"no such object": {
			AppendResult(nil, 2, OpCompareResponse, Result{Code: NoSuchObject, MatchedDN: "o=a", Message: "no"}),
			"30 11 02 01 02 6f 0c 0a 01 20 04 03 6f 3d 61 04 02 6e 6f",
		},
		"a code above 127": {
			AppendResult(nil, 2, OpSearchDone, Result{Code: SyncRefreshRequired}),
			"30 0d 02 01 02 65 08 0a 02 10 00 04 00 04 00",
		},
		"referral": {
			AppendResult(nil, 2, OpSearchDone, Result{Code: Referral, Referrals: []string{"a", "bc"}}),
			"30 15 02 01 02 65 10 0a 01 0a 04 00 04 00 a3 07 04 01 61 04 02 62 63",
		},
		"bind with SASL credentials": {
			AppendResult(nil, 3, OpBindResponse, Result{Code: SASLBindInProgress, ServerSASLCreds: []byte("x")}),
			"30 0f 02 01 03 61 0a 0a 01 0e 04 00 04 00 87 01 78",
		},
		"bind with empty SASL credentials": {
			AppendResult(nil, 3, OpBindResponse, Result{ServerSASLCreds: []byte{}}),
			"30 0e 02 01 03 61 09 0a 01 00 04 00 04 00 87 00",
		},
		"fields of other operations are left out": {
			AppendResult(nil, 1, OpSearchDone, Result{ServerSASLCreds: []byte("x"), ResponseName: "1.2", ResponseValue: []byte("v")}),
			"30 0c 02 01 01 65 07 0a 01 00 04 00 04 00",
		},
		"extended": {
			AppendExtendedResponse(nil, 4, Result{ResponseName: "1.2", ResponseValue: []byte{}}),
			"30 13 02 01 04 78 0e 0a 01 00 04 00 04 00 8a 03 31 2e 32 8b 00",
		},
		"intermediate":           {AppendIntermediate(nil, 5, "1.2", []byte("v")), "30 0d 02 01 05 79 08 80 03 31 2e 32 81 01 76"},
		"intermediate, empty":    {AppendIntermediate(nil, 5, "", uninitialised), "30 05 02 01 05 79 00"},
		"reference":              {AppendReference(nil, 6, []string{"a", "b"}), "30 0b 02 01 06 73 06 04 01 61 04 01 62"},
		"result with control":    {AppendResult(nil, 1, OpSearchDone, Result{}, Control{OID: "1.2", Critical: true, Value: []byte("v")}), "30 1b 02 01 01 65 07 0a 01 00 04 00 04 00 a0 0d 30 0b 04 03 31 2e 32 01 01 ff 04 01 76"},
		"control with no value":  {unbindWith(Control{OID: "1.2"}), "30 0e 02 01 01 42 00 a0 07 30 05 04 03 31 2e 32"},
		"control, empty value":   {unbindWith(Control{OID: "1.2", HasValue: true}), "30 10 02 01 01 42 00 a0 09 30 07 04 03 31 2e 32 04 00"},
		"simple bind":            {AppendSimpleBind(nil, 1, "a", "b"), "30 0e 02 01 01 60 09 02 01 03 04 01 61 80 01 62"},
		"unbind":                 {AppendUnbind(nil, 1), "30 05 02 01 01 42 00"},
		"abandon":                {AppendAbandon(nil, 2, 200), "30 07 02 01 02 50 02 00 c8"},
		"extended request":       {AppendExtendedRequest(nil, 1, "1.2", nil), "30 0a 02 01 01 77 05 80 03 31 2e 32"},
		"paged results value":    {AppendPagedValue(nil, 500, []byte("c")), "30 07 02 02 01 f4 04 01 63"},
		"attribute":              {AppendAttribute(nil, "cn", "a", "b"), "30 0c 04 02 63 6e 31 06 04 01 61 04 01 62"},
		"attribute with no type": {AppendAttribute[string, string](nil, "cn"), "30 06 04 02 63 6e 31 00"},
	} {
		if want := unhex(t, tc.want); !bytes.Equal(tc.got, want) {
			t.Errorf("%s:\n got %s\nwant %s", name, hex.EncodeToString(tc.got), hex.EncodeToString(want))
		}
	}
}

// unbindWith writes the shortest message that can carry controls.
func unbindWith(c Control) []byte {
	dst, message, operation := openMessage(nil, 1, OpUnbindRequest)
	return sealMessage(dst, message, operation, []Control{c})
}

func TestMessageIDsAreNeverWrittenNegative(t *testing.T) {
	for id, want := range map[int32]string{
		0: "02 01 00", 1: "02 01 01", 127: "02 01 7f", 128: "02 02 00 80", 255: "02 02 00 ff", 256: "02 02 01 00",
		32767: "02 02 7f ff", 32768: "02 03 00 80 00", 1<<23 - 1: "02 03 7f ff ff", 1 << 23: "02 04 00 80 00 00",
		1<<31 - 1: "02 04 7f ff ff ff",
	} {
		pdu := AppendResult(nil, id, OpSearchDone, Result{})
		if encoded := unhex(t, want); !bytes.HasPrefix(pdu[2:], encoded) {
			t.Errorf("%d is written in % x", id, pdu)
		}
		if m, err := ParseMessage(pdu); err != nil || m.ID != id {
			t.Errorf("%d is read back as %d %v", id, m.ID, err)
		}
	}
}

func TestNoticeOfDisconnectionIsUnsolicited(t *testing.T) {
	m, err := ParseMessage(AppendNotice(nil, ProtocolError, "bad"))
	if err != nil || m.ID != 0 || m.Op != OpExtendedResponse {
		t.Fatalf("got %v %v", m, err)
	}
	r, err := ParseResult(m.Body)
	want := Result{Code: ProtocolError, Message: "bad", ResponseName: NoticeOfDisconnection}
	if diff := cmp.Diff(want, r); err != nil || diff != "" {
		t.Errorf("%v\n%s", err, diff)
	}
}

func TestResultsOfAnyLengthRoundTrip(t *testing.T) {
	for _, n := range []int{0, 1, 100, 110, 117, 118, 119, 120, 121, 122, 127, 128, 250, 255, 256, 65535, 65536, 1 << 20} {
		want := Result{
			Code: Busy, MatchedDN: strings.Repeat("d", n/3), Message: strings.Repeat("m", n),
			Referrals: []string{strings.Repeat("r", n)}, ResponseName: "1.2", ResponseValue: bytes.Repeat([]byte("v"), n),
		}
		control := Control{OID: ControlPasswordPolicy, Critical: true, Value: bytes.Repeat([]byte("c"), n), HasValue: true}
		pdu := AppendExtendedResponse([]byte("before"), 7, want, control)
		m, err := ParseMessage(pdu[len("before"):])
		if err != nil {
			t.Fatal(err)
		}
		got, err := ParseResult(m.Body)
		if err != nil || !reflect.DeepEqual(want, got) {
			t.Errorf("the result with %d octets came back otherwise, %v", n, err)
		}
		controls, err := ParseControls(m.Controls)
		if err != nil || !reflect.DeepEqual([]Control{control}, controls) {
			t.Errorf("the control with %d octets came back otherwise, %v", n, err)
		}
		assertShortestLengths(t, pdu[len("before"):])
	}
}

// assertShortestLengths fails on a length that could be written shorter.
func assertShortestLengths(t *testing.T, b []byte) {
	t.Helper()
	for c := (cursor{b}); !c.empty(); {
		before := c.rest
		tag, content, ok := c.next()
		if !ok {
			t.Fatal("not BER")
		}
		if rest := tlv(tag, content); len(content) < 65536 && !bytes.Equal(rest, before[:len(before)-len(c.rest)]) {
			t.Errorf("element %#x of %d octets has a long length", tag, len(content))
		}
		if tag&0x20 != 0 {
			assertShortestLengths(t, content)
		}
	}
}

func TestResultsThatBreakTheRulesAreMalformed(t *testing.T) {
	join := func(parts ...[]byte) []byte { return bytes.Join(parts, nil) }
	for name, body := range map[string][]byte{
		"negative code":        join(enum(0xff), str(""), str("")),
		"referral of nothing":  join(enum(10), str(""), str(""), tlv(0xa3)),
		"referral of a number": join(enum(10), str(""), str(""), tlv(0xa3, num(1))),
		"value before name":    join(enum(0), str(""), str(""), tlv(0x8b), tlv(0x8a)),
		"credentials twice":    join(enum(0), str(""), str(""), tlv(0x87), tlv(0x87)),
	} {
		if r, err := ParseResult(body); !errors.Is(err, ErrMalformed) {
			t.Errorf("%s: %v %v", name, r, err)
		}
	}
	if _, err := ParseReference(nil); !errors.Is(err, ErrMalformed) {
		t.Errorf("a reference to nowhere: %v", err)
	}
	if name, value, err := ParseIntermediate(nil); name != "" || value != nil || err != nil {
		t.Errorf("an empty intermediate response: %q %q %v", name, value, err)
	}
}

func TestEveryResultCodeHasItsOwnName(t *testing.T) {
	seen := map[string]ResultCode{}
	for code := range ResultCode(5000) {
		name := code.String()
		if other, ok := seen[name]; ok {
			t.Errorf("%d and %d are both %s", code, other, name)
		}
		seen[name] = code
	}
	for code, want := range map[ResultCode]string{
		0: "success", 12: "unavailableCriticalExtension", 49: "invalidCredentials", 118: "canceled",
		121: "cannotCancel", 4096: "e-syncRefreshRequired", 77: "resultCode(77)", -1: "resultCode(-1)",
	} {
		if code.String() != want {
			t.Errorf("%d is %s, want %s", int32(code), code, want)
		}
	}
}

func TestOperationsHaveNamesAndResponses(t *testing.T) {
	for op, want := range map[Op]Op{
		OpBindRequest: OpBindResponse, OpSearchRequest: OpSearchDone, OpModifyRequest: OpModifyResponse,
		OpAddRequest: OpAddResponse, OpDelRequest: OpDelResponse, OpModifyDNRequest: OpModifyDNResponse,
		OpCompareRequest: OpCompareResponse, OpExtendedRequest: OpExtendedResponse,
		OpAbandonRequest: 0, OpUnbindRequest: 0, OpSearchEntry: 0, Op(0x7e): 0,
	} {
		if got, ok := op.Response(); got != want || ok != (want != 0) {
			t.Errorf("%v is answered by %v, want %v", op, got, want)
		}
	}
	if OpBindRequest.String() != "bindRequest" || Op(0x7e).String() != "protocolOp(0x7e)" {
		t.Errorf("named %v and %v", OpBindRequest, Op(0x7e))
	}
}

func TestControlsAreDecoded(t *testing.T) {
	raw := unhex(t, "30 05 04 03 31 2e 32  30 08 04 03 31 2e 33 01 01 01  30 0a 04 03 31 2e 34 01 01 00 04 00  30 08 04 03 31 2e 35 04 01 76")
	got, err := ParseControls(raw)
	want := []Control{
		{OID: "1.2"}, {OID: "1.3", Critical: true}, {OID: "1.4", Value: []byte{}, HasValue: true}, {OID: "1.5", Value: []byte("v"), HasValue: true},
	}
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("%v\n%s", err, diff)
	}
	if none, err := ParseControls(nil); len(none) != 0 || err != nil {
		t.Errorf("no controls: %v %v", none, err)
	}
}

func TestControlsThatBreakTheRulesAreMalformed(t *testing.T) {
	for name, in := range map[string]string{
		"no type":                "30 00",
		"empty type":             "30 02 04 00",
		"not a sequence":         "04 03 31 2e 32",
		"two octets of truth":    "30 09 04 03 31 2e 32 01 02 00 00",
		"value before the truth": "30 0a 04 03 31 2e 32 04 00 01 01 ff",
		"two values":             "30 09 04 03 31 2e 32 04 00 04 00",
		"cut":                    "30 05 04 03 31 2e",
	} {
		if got, err := ParseControls(unhex(t, in)); !errors.Is(err, ErrMalformed) {
			t.Errorf("%s: %v %v", name, got, err)
		}
	}
	one := unhex(t, "30 05 04 03 31 2e 32")
	if _, err := ParseControls(bytes.Repeat(one, maxControls)); err != nil {
		t.Errorf("%d controls: %v", maxControls, err)
	}
	if _, err := ParseControls(bytes.Repeat(one, maxControls+1)); err != ErrTooManyControls {
		t.Errorf("one more: %v", err)
	}
}

func TestPagedResultsValueRoundTrips(t *testing.T) {
	for _, size := range []int{0, 1, 127, 128, 1000, 1<<31 - 1} {
		for _, cookie := range []string{"", "c", strings.Repeat("x", 200)} {
			p, err := ParsePaged(AppendPagedValue(nil, size, []byte(cookie)))
			if err != nil || p.Size != size || string(p.Cookie) != cookie {
				t.Errorf("%d %q came back as %v %v", size, cookie, p, err)
			}
		}
	}
	for _, in := range []string{"", "30 00", "30 05 02 01 ff 04 00", "30 05 02 01 01 04 00 00", "30 07 02 05 01 00 00 00 00"} {
		if p, err := ParsePaged(unhex(t, in)); !errors.Is(err, ErrMalformed) {
			t.Errorf("%s: %v %v", in, p, err)
		}
	}
}

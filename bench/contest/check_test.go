package contest

import (
	"bytes"
	"context"
	"net"
	"slices"
	"strings"
	"testing"

	"github.com/aclens/aclens/bench/company"
	"github.com/aclens/aclens/bench/front"
	"github.com/aclens/aclens/bench/load"
	"github.com/aclens/aclens/proxy/wire"
)

func questions(t *testing.T) []Row {
	t.Helper()
	c := company.New(company.Size{People: 40, Groups: 10, Depth: 3, FanOut: 2, Memberships: 2, Databases: 5, Entries: 12, Seed: 3})
	q := &Questions{Company: c, Pool: []int{3, 7, 30}}
	rows, err := q.Rows(Computed)
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

// answers is the truth of a row in octets, after it was spoilt.
func answers(t *testing.T, r *Row, spoil func(*Truth)) front.Answers {
	t.Helper()
	a := front.Answers{}
	for n, request := range r.requests {
		truth := r.truth(n)
		spoil(&truth)
		var messages [][]byte
		add := func(dn string, v Values) {
			w := wire.BeginEntry(nil, 1, dn)
			for name, values := range v {
				w.Attribute(name, values...)
			}
			messages = append(messages, behindID(w.End()))
		}
		for dn, v := range truth.Entries {
			add(dn, v)
		}
		for range truth.Others {
			add("cn=somebody else,o=acme", nil)
		}
		op := wire.OpSearchDone
		if truth.Code == wire.CompareTrue || truth.Code == wire.CompareFalse {
			op = wire.OpCompareResponse
		}
		a[string(request.Body())] = append(messages, behindID(wire.AppendResult(nil, 1, op, wire.Result{Code: truth.Code})))
	}
	return a
}

func behindID(pdu []byte) []byte { return pdu[bytes.Index(pdu, []byte{0x02, 0x01, 0x01})+3:] }

// check serves answers and holds them against the truth.
func check(t *testing.T, r *Row, a front.Answers) error {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	go func() { _ = front.Loop(l, a) }() // ends with the listener
	return r.Check(context.Background(), load.Door{Addr: l.Addr().String()}, wire.AppendSimpleBind(nil, 1, "", ""), len(r.requests))
}

func TestTheTruthPassesInEveryRow(t *testing.T) {
	for _, r := range questions(t) {
		if err := check(t, &r, answers(t, &r, func(*Truth) {})); err != nil {
			t.Errorf("%s: %v", r.Key, err)
		}
	}
}

func TestAnAnswerThatIsWrongIsNoticed(t *testing.T) {
	one := func(tr *Truth) (string, Values) {
		for dn, v := range tr.Entries {
			return dn, v
		}
		return "", nil
	}
	for _, c := range []struct {
		sentence, row string
		spoil         func(*Truth)
	}{
		{"a missing entry", "uid", func(tr *Truth) { dn, _ := one(tr); delete(tr.Entries, dn) }},
		{"an entry too many", "uid", func(tr *Truth) { tr.Others++ }},
		{"a missing value", "access", func(tr *Truth) { _, v := one(tr); v["ismemberof"] = v["ismemberof"][1:] }},
		{"a value too many", "access", func(tr *Truth) { _, v := one(tr); v["effectiverole"] = append(v["effectiverole"], "apps#[Admin]") }},
		{"another level", "access", func(tr *Truth) {
			_, v := one(tr)
			v["effectiveaccess"] = slices.Clone(v["effectiveaccess"])
			v["effectiveaccess"][0] = "apps/area00/db0000.nsf#manager of nothing"
		}},
		{"the wrong code", "compare", func(tr *Truth) { tr.Code ^= wire.CompareTrue ^ wire.CompareFalse }},
		{"an entry of a stream", "stream-access", func(tr *Truth) { dn, _ := one(tr); delete(tr.Entries, dn) }},
		{"an entry beside those that are compared", "stream", func(tr *Truth) { tr.Others++ }},
	} {
		t.Run(c.sentence, func(t *testing.T) {
			for _, r := range questions(t) {
				if r.Key != c.row {
					continue
				}
				if err := check(t, &r, answers(t, &r, c.spoil)); err == nil {
					t.Error("was taken for right")
				}
			}
		})
	}
}

func TestWhatIsRecordedIsWhatWasAnswered(t *testing.T) {
	for _, r := range questions(t) {
		taught := answers(t, &r, func(*Truth) {})
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		go func() { _ = front.Loop(l, taught) }() // ends with the listener
		learnt := front.Answers{}
		known, err := r.Record(context.Background(), l.Addr().String(), wire.AppendSimpleBind(nil, 1, "", ""), learnt)
		l.Close()
		if err != nil || !known {
			t.Fatalf("%s: %t, %v", r.Key, known, err)
		}
		if err := check(t, &r, learnt); err != nil {
			t.Errorf("%s: %v", r.Key, err)
		}
	}
}

func TestRatiosReferToThePlainSearchWhereThePeerKnowsNoOther(t *testing.T) {
	rows := []Row{{Key: "uid", Title: "plain"}, {Key: "access", Title: "computed"}}
	figure := func(row, peer string, micros int) Figure {
		f := Figure{Row: row, Peer: peer, CPU: 1000 * 1000 * 1000}
		f.Seen.Ops = 1000 * 1000 / micros
		f.Seen.OpsEntries, f.Seen.Entries = f.Seen.Ops, f.Seen.Ops
		return f
	}
	var out bytes.Buffer
	Table(&out, rows, []string{"slapd", "aclens"}, []Figure{figure("uid", "slapd", 100), figure("uid", "aclens", 25), figure("access", "aclens", 50)}, "slapd", "loop")
	for _, line := range []string{"| plain, an operation | 100 | 25.0 (0.25×) |", "| computed, an operation | | 50.0 (0.50×) |"} {
		if !strings.Contains(out.String(), line+"\n") {
			t.Errorf("no line %q in\n%s", line, out.String())
		}
	}
}

package front

import (
	"bytes"
	"net"
	"reflect"
	"strings"
	"testing"

	"github.com/aclens/aclens/proxy/wire"
)

func TestStoredAnswersComeBack(t *testing.T) {
	a := Answers{"one": {{1, 2}, {3}}, "two": {bytes.Repeat([]byte{7}, 70_000)}}
	var file bytes.Buffer
	if _, err := a.WriteTo(&file); err != nil {
		t.Fatal(err)
	}
	whole := file.Bytes()
	back, err := ReadAnswers(bytes.NewReader(whole))
	if err != nil || !reflect.DeepEqual(a, back) {
		t.Fatalf("%v", err)
	}
	if _, err := ReadAnswers(bytes.NewReader(whole[:len(whole)-2])); err == nil {
		t.Error("a file that was cut is taken for whole")
	}
}

// The loop is a measure only if its answers are answers.
func TestTheLoopAnswersUnderTheRequestsID(t *testing.T) {
	entry := wire.BeginEntry(nil, 1, "cn=Jane Doe,o=Acme")
	entry.Attribute("description", strings.Repeat("x", 500))
	request := wire.AppendExtendedRequest(nil, 5, "1.2.3", nil)
	done := wire.AppendResult(nil, 1, wire.OpSearchDone, wire.Result{})
	const entries = 300 // more than one buffer
	one := entry.End()
	one = one[bytes.Index(one, []byte{0x02, 0x01, 0x01})+3:]
	messages := make([][]byte, 0, entries+1)
	for range entries {
		messages = append(messages, one)
	}
	messages = append(messages, done[5:])
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	go func() { _ = Loop(l, Answers{string(request[5:]): messages}) }() // ends with the listener
	conn, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	write(t, conn, append(append(bytes.Clone(simpleBind), request...), wire.AppendExtendedRequest(nil, 6, "1.2.4", nil)...))
	in := wire.NewReader(conn)
	want := func(op wire.Op, id int32) wire.Message {
		t.Helper()
		m, err := in.Next()
		if err != nil || m.Op != op || m.ID != id {
			t.Fatalf("%v with id %d, %v; want %v with %d", m.Op, m.ID, err, op, id)
		}
		return m
	}
	want(wire.OpBindResponse, 1)
	for range entries {
		want(wire.OpSearchEntry, 5)
	}
	want(wire.OpSearchDone, 5)
	m := want(wire.OpSearchDone, 6)
	if r, err := wire.ParseResult(m.Body); err != nil || r.Code != wire.UnwillingToPerform {
		t.Errorf("a request without an answer: %d, %v", r.Code, err)
	}
}

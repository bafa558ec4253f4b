package front

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/aclens/aclens/proxy/wire"
)

// serveAs makes the test's own program a server in a process of its own, which
// may end without taking the test along.
var serveAs = flag.String("serve-as", "", "serve with this library instead of testing, at -serve-at")

var serveAt = flag.String("serve-at", "", "address for -serve-as")

func TestMain(m *testing.M) {
	flag.Parse()
	tree := NewTree([]*Entry{{DN: "cn=Jane Doe,o=Acme", Attributes: []Attribute{{Name: "uid", Values: []string{"jane"}}}}}, strings.ToLower)
	switch *serveAs {
	case "":
		os.Exit(m.Run())
	case "vjeantet":
		fmt.Fprintln(os.Stderr, Vjeantet(*serveAt, tree, func(net.Addr) {}))
	case "gldap":
		fmt.Fprintln(os.Stderr, Gldap(*serveAt, tree, func(net.Addr) {}))
	}
	os.Exit(1)
}

// library is a server process.
type library struct {
	t      *testing.T
	addr   string
	cmd    *exec.Cmd
	output bytes.Buffer // complete once ended is closed
	ended  chan struct{}
}

// patience bounds every wait of these tests.
const patience = 15 * time.Second

// start runs a library's server until the test ends.
func start(t *testing.T, kind string) *library {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &library{t: t, addr: l.Addr().String(), ended: make(chan struct{})}
	l.Close()
	s.cmd = exec.Command(os.Args[0], "-serve-as", kind, "-serve-at", s.addr)
	s.cmd.Stdout, s.cmd.Stderr = &s.output, &s.output
	if err := s.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		_ = s.cmd.Wait() // how it ended is what the tests look at
		close(s.ended)
	}()
	t.Cleanup(func() {
		_ = s.cmd.Process.Kill() // fails only if it has ended already
		<-s.ended
	})
	for deadline := time.Now().Add(patience); ; {
		c, err := net.Dial("tcp", s.addr)
		if err == nil {
			c.Close()
			return s
		}
		if time.Now().After(deadline) {
			t.Fatalf("the server does not listen: %v", err)
		}
	}
}

func (s *library) dial() net.Conn {
	s.t.Helper()
	c, err := net.Dial("tcp", s.addr)
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { c.Close() })
	if err := c.SetDeadline(time.Now().Add(patience)); err != nil {
		s.t.Fatal(err)
	}
	return c
}

// wantEnd says that the process ends, with a panic.
func (s *library) wantEnd() {
	s.t.Helper()
	select {
	case <-s.ended:
		if !bytes.Contains(s.output.Bytes(), []byte("panic")) && !bytes.Contains(s.output.Bytes(), []byte("fatal error")) {
			s.t.Fatalf("the process ended in another way:\n%.2000s", s.output.String())
		}
	case <-time.After(patience):
		s.t.Fatal("the process goes on: is the library better by now?")
	}
}

func write(t *testing.T, c net.Conn, b []byte) {
	t.Helper()
	if _, err := c.Write(b); err != nil {
		t.Fatal(err)
	}
}

var simpleBind = wire.AppendSimpleBind(nil, 1, "cn=reader,o=acme", "reader")

func TestABindInTwoSegmentsEndsVjeantetsProcess(t *testing.T) {
	s := start(t, "vjeantet")
	// The length of the message arrives in one segment and its content in the
	// next: a read that gives less than was asked for is taken for all of it.
	// Whether two writes are two segments is the kernel's affair, so that a few
	// connections may be needed.
	for range 50 {
		c, err := net.Dial("tcp", s.addr)
		if err != nil {
			break // the process is gone
		}
		t.Cleanup(func() { c.Close() })
		for _, part := range [][]byte{simpleBind[:12], simpleBind[12:]} {
			if _, err := c.Write(part); err != nil {
				break // the process is gone
			}
			waitForTheKernel(c)
		}
		select {
		case <-s.ended:
			s.wantEnd()
			return
		default:
		}
	}
	s.wantEnd()
}

// waitForTheKernel gives what was written the time to arrive by itself: a read
// that nothing answers.
func waitForTheKernel(c net.Conn) {
	_ = c.SetReadDeadline(time.Now().Add(20 * time.Millisecond)) // a connection that is gone shows at the next write
	_, _ = c.Read(make([]byte, 1))
}

func TestFiveOctetsEndVjeantetsProcess(t *testing.T) {
	s := start(t, "vjeantet")
	write(t, s.dial(), []byte{0x31, 0x03, 0x02, 0x01, 0x01})
	s.wantEnd()
}

// buffered is how much the library reads at once; what a message has beyond it
// is taken for the next message.
const buffered = 4096

func TestALongMessageIsRunAsNewRequestsByVjeantet(t *testing.T) {
	s := start(t, "vjeantet")
	c := s.dial()
	// A delete request with id 9 stands three times inside the value of a search
	// filter, just where the library goes on reading.
	hidden := []byte{0x30, 0x0d, 0x02, 0x01, 0x09, 0x4a, 0x08, 'c', 'n', '=', 'x', ',', 'o', '=', 'a'}
	tail := bytes.Repeat(hidden, 3)
	whole := presence(t, buffered+len(tail))
	copy(whole[buffered:], tail)
	write(t, c, whole)
	in := wire.NewReader(c)
	for {
		m, err := in.Next()
		if err != nil {
			t.Fatalf("no answer to the delete request inside the value: %v", err)
		}
		if m.Op == wire.OpDelResponse && m.ID == 9 {
			return
		}
	}
}

// presence is a whole search request of so many octets, padded in the name of
// the one attribute that it asks for, which stands at its end.
func presence(t *testing.T, size int) []byte {
	t.Helper()
	request := wire.SearchRequest{Base: []byte("o=a"), Filter: wire.Filter{Kind: wire.Present, Attr: []byte("cn")}}
	for n := size - 100; n < size; n++ {
		request.Attributes = [][]byte{bytes.Repeat([]byte("a"), n)}
		if pdu, err := wire.AppendSearchRequest(nil, 1, &request); err != nil {
			t.Fatal(err)
		} else if len(pdu) == size {
			return pdu
		}
	}
	t.Fatalf("no search request has %d octets", size)
	return nil
}

func TestMessageIDsFrom128ComeBackNegativeFromVjeantet(t *testing.T) {
	s := start(t, "vjeantet")
	c := s.dial()
	write(t, c, wire.AppendSimpleBind(nil, 200, "cn=reader,o=acme", "reader"))
	answer := make([]byte, 64)
	n, err := c.Read(answer)
	if err != nil {
		t.Fatal(err)
	}
	// 30 len 02 01 c8: one octet whose highest bit is its sign (X.690, 8.3.2).
	if n < 5 || answer[2] != 0x02 || answer[3] != 1 || answer[4] != 0xc8 {
		t.Fatalf("the answer begins % x: is the library better by now?", answer[:n])
	}
}

func TestSevenOctetsMakeVjeantetAllocateWhatTheyAnnounce(t *testing.T) {
	s := start(t, "vjeantet")
	const announced = 1 << 30
	before := allocated(t, s)
	write(t, s.dial(), []byte{0x30, 0x84, announced >> 24, 0, 0, 0, 0x02})
	for deadline := time.Now().Add(patience); allocated(t, s) < before+announced; {
		if time.Now().After(deadline) {
			t.Fatalf("%d octets before, %d afterwards: is the library better by now?", before, allocated(t, s))
		}
	}
}

// allocated is the data of the process in octets: the field of /proc/PID/status
// that counts memory which nothing has been written to as well.
func allocated(t *testing.T, s *library) int64 {
	t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", s.cmd.Process.Pid))
	if err != nil {
		t.Fatal(err)
	}
	_, after, found := bytes.Cut(text, []byte("VmData:"))
	var kilo int64
	if _, err := fmt.Sscan(string(after), &kilo); err != nil || !found {
		t.Fatalf("the process tells nothing of its memory: %v", err)
	}
	return kilo << 10
}

func TestAFilterCostsVjeantetTheSquareOfItsDepth(t *testing.T) {
	s := start(t, "vjeantet")
	few, many := processorTime(t, s, 500), processorTime(t, s, 2000)
	if many < 8*few || many < 40*time.Millisecond { // in proportion, four times as deep costs four times as much
		t.Fatalf("%v for 500 levels, %v for 2000: is the library better by now?", few, many)
	}
}

// processorTime is what the server computes for a filter of so many levels that
// is wrong inside, before any bind.
func processorTime(t *testing.T, s *library, levels int) time.Duration {
	t.Helper()
	c := s.dial()
	before := computed(t, s)
	deep := notNot(levels)
	write(t, c, deep[:4])
	waitForTheKernel(c) // so that the rest is read at once, beyond the buffer
	if err := c.SetDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	write(t, c, deep[4:])
	write(t, c, simpleBind) // is answered when the filter has been looked at
	if m, err := wire.NewReader(c).Next(); err != nil || m.Op != wire.OpBindResponse {
		t.Fatalf("after the filter: %v, %v", m.Op, err)
	}
	return computed(t, s) - before
}

// notNot is a search with a filter of nested nots around an empty one.
func notNot(levels int) []byte {
	filter := []byte{0x80, 0x00}
	for range levels {
		filter = element(0xa2, filter)
	}
	search := []byte{0x04, 0x00, 0x0a, 0x01, 0x02, 0x0a, 0x01, 0x00, 0x02, 0x01, 0x00, 0x02, 0x01, 0x00, 0x01, 0x01, 0x00}
	search = append(append(search, filter...), 0x30, 0x00)
	return element(0x30, append([]byte{0x02, 0x01, 0x01}, element(0x63, search)...))
}

// element is one element of BER with its length in the shortest form.
func element(tag byte, content []byte) []byte {
	head := []byte{tag}
	switch n := len(content); {
	case n < 0x80:
		head = append(head, byte(n))
	case n < 0x100:
		head = append(head, 0x81, byte(n))
	default:
		head = append(head, 0x82, byte(n>>8), byte(n))
	}
	return append(head, content...)
}

// computed is the processor time of the server so far, in steps of 10 ms.
func computed(t *testing.T, s *library) time.Duration {
	t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", s.cmd.Process.Pid))
	if err != nil {
		t.Fatal(err)
	}
	var user, system int64
	fields := bytes.Fields(text[bytes.LastIndexByte(text, ')')+1:])
	if _, err := fmt.Sscan(string(fields[11])+" "+string(fields[12]), &user, &system); err != nil {
		t.Fatal(err)
	}
	return time.Duration(user+system) * 10 * time.Millisecond
}

// Compare and Abandon are part of what every LDAP server has to understand
// (RFC 4511 sections 4.10 and 4.11); this library has no place for either.
func TestGldapHangsUpAtWhatItDoesNotKnow(t *testing.T) {
	s := start(t, "gldap")
	compare := []byte{0x30, 0x16, 0x02, 0x01, 0x02, 0x6e, 0x11, 0x04, 0x05, 'c', 'n', '=', 'x', 'y', 0x30, 0x08, 0x04, 0x02, 'c', 'n', 0x04, 0x02, 'x', 'y'}
	for _, c := range []struct {
		sentence string
		request  []byte
	}{
		{"a Compare", compare},
		{"an Abandon, which has no answer", wire.AppendAbandon(nil, 2, 1)},
	} {
		t.Run(c.sentence, func(t *testing.T) {
			conn := s.dial()
			write(t, conn, simpleBind)
			in := wire.NewReader(conn)
			if m, err := in.Next(); err != nil || m.Op != wire.OpBindResponse {
				t.Fatalf("the bind: %v, %v", m.Op, err)
			}
			write(t, conn, c.request)
			if m, err := in.Next(); !errors.Is(err, io.EOF) {
				t.Fatalf("%v, %v instead of the end: is the library better by now?", m.Op, err)
			}
		})
	}
}

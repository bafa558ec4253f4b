package contest

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"time"

	"github.com/aclens/aclens/bench/front"
	"github.com/aclens/aclens/bench/load"
	"github.com/aclens/aclens/proxy/wire"
)

// client asks one question after the other and reads the whole answer.
type client struct {
	conn net.Conn
	in   *wire.Reader
}

// patience is how long one answer may take.
const patience = 10 * time.Minute

func dial(ctx context.Context, door load.Door, bind []byte) (*client, error) {
	conn, err := door.Dial(ctx)
	if err != nil {
		return nil, fmt.Errorf("connecting to a peer: %w", err)
	}
	c := &client{conn, wire.NewReaderSize(conn, 64<<10)}
	if _, err := conn.Write(bind); err != nil {
		return c, fmt.Errorf("binding: %w", err)
	}
	m, err := c.in.Next()
	if err != nil {
		return c, fmt.Errorf("binding: %w", err)
	}
	if r, err := wire.ParseResult(m.Body); err != nil || r.Code != wire.Success {
		return c, fmt.Errorf("binding: result code %d: %w", r.Code, errors.Join(err, errRefused))
	}
	return c, nil
}

var errRefused = errors.New("refused")

// ask sends a request and gives every message of the answer to take; the last
// one is the result.
func (c *client) ask(r load.Request, take func(wire.Message) error) (wire.ResultCode, error) {
	if err := c.conn.SetDeadline(time.Now().Add(patience)); err != nil {
		return 0, err
	}
	if _, err := c.conn.Write(r.Whole(1)); err != nil {
		return 0, fmt.Errorf("asking: %w", err)
	}
	for {
		m, err := c.in.Next()
		if err != nil {
			return 0, fmt.Errorf("reading an answer: %w", err)
		}
		if err := take(m); err != nil {
			return 0, err
		}
		if m.Op != wire.OpSearchEntry && m.Op != wire.OpSearchReference {
			result, err := wire.ParseResult(m.Body)
			return result.Code, err
		}
	}
}

// Check holds a sample of a row's answers against the truth.
func (r *Row) Check(ctx context.Context, door load.Door, bind []byte, sample int) error {
	c, err := dial(ctx, door, bind)
	if c != nil {
		defer c.conn.Close()
	}
	if err != nil {
		return err
	}
	every := max(1, len(r.requests)/sample)
	for n := 0; n < len(r.requests); n += every {
		if err := r.checkOne(c, n); err != nil {
			return fmt.Errorf("request %d of %q: %w", n, r.Title, err)
		}
	}
	return nil
}

func (r *Row) checkOne(c *client, n int) error {
	want := r.truth(n)
	others := want.Others
	seen := map[string]bool{}
	code, err := c.ask(r.requests[n], func(m wire.Message) error {
		if m.Op != wire.OpSearchEntry {
			return nil
		}
		dn, got, err := entry(m)
		if err != nil {
			return err
		}
		values, ok := want.Entries[dn]
		if !ok {
			others--
			return nil
		}
		if seen[dn] {
			return fmt.Errorf("%s came twice", dn)
		}
		seen[dn] = true
		return values.differ(dn, got)
	})
	switch {
	case err != nil:
		return err
	case code != want.Code:
		return fmt.Errorf("result code %d, want %d", code, want.Code)
	case others != 0:
		return fmt.Errorf("%d entries too few (if negative, too many) beside those that are compared", others)
	case len(seen) != len(want.Entries):
		return fmt.Errorf("%d of the %d entries that are compared came", len(seen), len(want.Entries))
	}
	return nil
}

func entry(m wire.Message) (string, Values, error) {
	e, err := wire.ParseEntry(m.Body)
	if err != nil {
		return "", nil, err
	}
	v := Values{}
	for e.NextAttribute() {
		for e.NextValue() {
			v.set(string(e.Name()), string(e.Value()))
		}
	}
	for _, list := range v {
		slices.Sort(list)
	}
	return fold(string(e.DN())), v, e.Err()
}

// differ says which attribute is not as it should be.
func (v Values) differ(dn string, got Values) error {
	for name, want := range v {
		if !slices.Equal(want, got[name]) {
			return fmt.Errorf("%s: %s is %d values %.300q, want %d %.300q", dn, name, len(got[name]), got[name], len(want), want)
		}
	}
	return nil
}

// mostRecorded bounds the answers of one row that the loop gets to repeat, in octets.
const mostRecorded = 512 << 20

// Record adds the answers that a peer gives now; a row whose answers are too
// large for the loop's memory is left out, which the result says.
func (r *Row) Record(ctx context.Context, addr string, bind []byte, into front.Answers) (bool, error) {
	c, err := dial(ctx, load.Door{Addr: addr}, bind)
	if c != nil {
		defer c.conn.Close()
	}
	if err != nil {
		return false, err
	}
	total, got := 0, front.Answers{}
	for _, request := range r.requests {
		key := string(request.Body())
		if _, done := into[key]; done || got[key] != nil {
			continue
		}
		if _, err := c.ask(request, func(m wire.Message) error {
			total += len(m.Body)
			if total <= mostRecorded {
				got[key] = append(got[key], operation(m))
			}
			return nil
		}); err != nil {
			return false, err
		}
		if total > mostRecorded {
			return false, nil
		}
	}
	for key, messages := range got {
		into[key] = messages
	}
	return true, nil
}

// operation is a message from behind its id on, without controls.
func operation(m wire.Message) []byte {
	head := []byte{byte(m.Op)}
	if n := len(m.Body); n < 0x80 {
		head = append(head, byte(n))
	} else {
		head = append(head, 0x84, byte(n>>24), byte(n>>16), byte(n>>8), byte(n))
	}
	return append(head, m.Body...)
}

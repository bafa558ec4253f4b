package faulttest

import (
	"errors"
	"fmt"
	"net"
	"time"

	"github.com/aclens/aclens/proxy/wire"
)

// errTold is a connection that ended as the protocol has it: by a Notice of
// Disconnection, instead of an answer and not in the middle of one.
var errTold = errors.New("the server said that it ends the connection")

// plainClient is an LDAP client that sees what is on the line, and forgives
// nothing: a connection that ends without a notice is a failure.
type plainClient struct {
	conn net.Conn
	in   *wire.Reader
	id   int32
}

func dialPlain(address string) (*plainClient, error) {
	conn, err := net.DialTimeout("tcp", address, patience)
	if err != nil {
		return nil, err
	}
	c := &plainClient{conn: conn, in: wire.NewReader(conn)}
	c.id++
	if _, err := c.exchange(wire.AppendSimpleBind(nil, c.id, reader, readerPassword)); err != nil {
		c.close()
		return nil, fmt.Errorf("binding: %w", err)
	}
	return c, nil
}

func (c *plainClient) close() { _ = c.conn.Close() }

// search returns how many entries were found.
func (c *plainClient) search(base, filter string) (int, error) {
	f, err := wire.ParseFilterString(filter)
	if err != nil {
		return 0, err
	}
	c.id++
	request, err := wire.AppendSearchRequest(nil, c.id, &wire.SearchRequest{Base: []byte(base), Scope: wire.ScopeSubtree, Filter: f, Attributes: [][]byte{[]byte("*"), []byte("effectiveAccess")}})
	if err != nil {
		return 0, err
	}
	return c.exchange(request)
}

// exchange sends a request and takes the answer to its end.
func (c *plainClient) exchange(request []byte) (entries int, err error) {
	if err := c.conn.SetDeadline(time.Now().Add(patience)); err != nil {
		return 0, err
	}
	_, sent := c.conn.Write(request) // a notice may be there to be read nevertheless
	for {
		m, err := c.in.Next()
		switch {
		case err != nil:
			return entries, fmt.Errorf("after %d entries: %w", entries, errors.Join(err, sent))
		case m.ID == 0:
			return entries, c.notice(m, entries)
		case m.ID != c.id:
			return entries, fmt.Errorf("an answer to %d came to %d", m.ID, c.id)
		case m.Op == wire.OpSearchEntry:
			entries++
			continue
		}
		r, err := wire.ParseResult(m.Body)
		if err == nil && r.Code != wire.Success {
			err = fmt.Errorf("the result is %v: %s", r.Code, r.Message)
		}
		return entries, err
	}
}

// notice wants a Notice of Disconnection that says "unavailable", and no answer begun.
func (c *plainClient) notice(m wire.Message, entries int) error {
	r, err := wire.ParseResult(m.Body)
	switch {
	case err != nil:
		return err
	case r.ResponseName != wire.NoticeOfDisconnection || r.Code != wire.Unavailable:
		return fmt.Errorf("the server says %s, %v: %s", r.ResponseName, r.Code, r.Message)
	case entries > 0:
		return fmt.Errorf("an answer was left after %d entries", entries)
	}
	return errTold
}

package front

import (
	"bytes"
	"io"
	"testing"

	"github.com/aclens/aclens/proxy/wire"
)

// Whatever a client sends, the server answers with whole messages, ends the
// connection, and serves the next one.
func FuzzNoOctetsEndTheServer(f *testing.F) {
	seeds := [][]byte{
		searchMessage(1, "o=acme"), whoAmI(2), startTLS(3), cancelMessage(4, 1), wire.AppendAbandon(nil, 5, 1), wire.AppendUnbind(nil, 6),
		wire.AppendSimpleBind(nil, 7, jane, password), message(8, compareBody()), message(9, addBody()), message(10, modifyBody()),
		message(11, deleteBody()), message(12, renameBody()), message(13, bindBody(3, "", sasl("PLAIN", "\x00a\x00b"))),
		message(14, compareBody(), control("1.2.3", 0xff)), filterMessage(15, deepFilter(70)), {0x30, 0x84, 0x7f, 0xff, 0xff, 0xff},
	}
	for _, seed := range seeds {
		f.Add(seed)
	}
	f.Add([]byte{}) // a write of nothing, which a pipe delivers as such
	f.Add(bytes.Join(seeds, nil))
	f.Fuzz(func(t *testing.T, octets []byte) {
		b := newBench(t, Settings{})
		c := b.dialFrom(t, "127.0.0.1:4000")
		answers := make(chan error, 1)
		go func() {
			for {
				if _, err := c.in.Next(); err != nil {
					answers <- err
					return
				}
			}
		}()
		_, _ = c.conn.Write(octets) // the server may have hung up
		_, _ = c.conn.Write(wire.AppendUnbind(nil, 127))
		_ = c.conn.Close()
		if err := <-answers; err != io.EOF && err != io.ErrClosedPipe {
			t.Errorf("answers end with %v", err)
		}
		b.dialFrom(t, "127.0.0.1:4001").wantWho(1, "")
		if log := b.log.String(); bytes.Contains([]byte(log), []byte("panic")) {
			t.Error(log)
		}
	})
}

package front

import (
	"bytes"
	"fmt"
	"runtime"
	"testing"
	"time"

	"github.com/aclens/aclens/proxy/wire"
)

func TestThreeHundredRequestsOneByOne(t *testing.T) {
	b := newBench(t, Settings{})
	c := b.dial(t)
	for id := int32(1); id <= 300; id++ {
		base := fmt.Sprintf("cn=%d,o=acme", id)
		c.send(searchMessage(id, base))
		if dn := c.wantEntry(id); dn != base {
			t.Fatalf("message %d got the entry %s", id, dn)
		}
		c.wantCode(id, wire.OpSearchDone, wire.Success)
	}
}

func TestPipelinedRequestsAreAnsweredInFull(t *testing.T) {
	const requests = 3000
	b := newBench(t, Settings{})
	c := b.dial(t)
	var all bytes.Buffer
	for id := int32(1); id <= requests; id++ {
		all.Write(searchMessage(id, fmt.Sprintf("cn=%d,o=acme", id)))
	}
	sent := make(chan error, 1)
	go func() {
		_, err := c.conn.Write(all.Bytes())
		sent <- err
	}()
	for id := int32(1); id <= requests; id++ {
		if dn := c.wantEntry(id); dn != fmt.Sprintf("cn=%d,o=acme", id) {
			t.Fatalf("message %d got the entry %s", id, dn)
		}
		c.wantCode(id, wire.OpSearchDone, wire.Success)
	}
	if err := <-sent; err != nil {
		t.Error(err)
	}
	c.wantWho(requests+1, "")
}

func TestIdleConnectionsAreCheap(t *testing.T) {
	const connections = 1000
	b := newBench(t, Settings{}, func(b *bench) { b.server.restAfter = time.Millisecond })
	before := memory()
	clients := make([]*client, connections)
	for i := range clients {
		clients[i] = b.dial(t)
		clients[i].in.Release() // what the test itself holds is not of interest
	}
	b.seen.wait(t, connections, "opened test")
	silent := memory() - before
	for _, c := range clients {
		c.in = wire.NewReaderSize(c.conn, 64)
		c.wantWho(1, "")
		c.in.Release()
	}
	used := memory() - before
	t.Logf("%d octets a connection before the first request, %d behind it", silent/connections, used/connections)
	// Both ends are in this process, and the clients cost about as much.
	if bound := int64(16 << 10); silent/connections > bound || used/connections > bound {
		t.Errorf("a connection costs %d and then %d octets, want at most %d", silent/connections, used/connections, bound)
	}
	for _, c := range clients {
		c.in = wire.NewReaderSize(c.conn, 64)
		c.wantWho(2, "")
	}
}

// memory is what the heap and all stacks hold.
func memory() int64 {
	runtime.GC()
	runtime.GC() // the first one only ages what the pools keep
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc + m.StackInuse)
}

package front

import (
	"context"

	"github.com/aclens/aclens/proxy/wire"
)

// A search with the sync request control (RFC 4533) or as a persistent search
// may go on for as long as its connection: no time limit of the configuration
// counts for it, it runs in the background whatever it costs, and it ends with
// Abandon, Cancel, a bind, the connection, or the drain of the server.

func takeSync(asked *requestControls, c *wire.Control, w *scratch, _ wire.FilterLimits) (err error) {
	w.sync, err = wire.ParseSyncRequest(c.Value)
	asked.sync = &w.sync
	w.aside, w.lasting = true, w.lasting || w.sync.Mode == wire.SyncRefreshAndPersist
	return err
}

func takePersist(asked *requestControls, c *wire.Control, w *scratch, _ wire.FilterLimits) (err error) {
	w.persist, err = wire.ParsePersistentSearch(c.Value)
	asked.persist = &w.persist
	w.aside, w.lasting = true, true
	return err
}

// untilDrain ends a lasting search when the server begins to shut down: it
// would never end by itself, and its consumer goes on elsewhere.
func (s *session) untilDrain(ctx context.Context, f *flight) {
	select {
	case <-s.server.stopping:
		f.cancel()
	case <-ctx.Done():
	}
}

// Flush sends what is held back; a feed that waits has nothing to gather.
func (k *flightSink) Flush() error {
	if len(k.out) == 0 {
		return nil
	}
	return k.flush()
}

package front

import "sync/atomic"

// budget bounds the memory that all sessions together hold for requests. It
// is the wire.Budget of every Reader.
type budget struct {
	limit, used atomic.Int64
}

// Take takes n octets, or nothing and returns false.
func (b *budget) Take(n int) bool {
	for {
		used := b.used.Load()
		if used+int64(n) > b.limit.Load() {
			return false
		}
		if b.used.CompareAndSwap(used, used+int64(n)) {
			return true
		}
	}
}

// Give returns n octets.
func (b *budget) Give(n int) { b.used.Add(-int64(n)) }

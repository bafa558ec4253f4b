package view

import (
	"crypto/sha256"
	"unsafe"

	"github.com/aclens/aclens/resolver/cache"
)

const digestSize = sha256.Size

// keptOrders is how many octets the kept lists have together, unless one list
// alone has more.
const keptOrders = 8 << 20

// orderKey is a sorted search on a State: the digest stands for who asked what.
type orderKey struct {
	serial uint64
	digest [digestSize]byte
}

// newOrderCache keeps the sorted lists that pages and list views were taken of
// last, so that to leaf through a list does not sort it again and again.
func newOrderCache(use *cache.Use) *cache.Cache[orderKey, []orderedEntry] {
	const fixed, each = int(unsafe.Sizeof(orderKey{})), int(unsafe.Sizeof(orderedEntry{}))
	return cache.New(keptOrders, use, func(_ orderKey, list []orderedEntry) int { return fixed + each*len(list) })
}

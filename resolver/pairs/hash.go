package pairs

import "hash/maphash"

// Hasher turns normalised values into first numbers of pairs. Two values of one
// hash are told apart by whoever looks at the thing itself; the seed is the
// process's own, so that nobody can choose values that collide.
type Hasher struct{ seed maphash.Seed }

// NewHasher makes a Hasher with a random seed.
func NewHasher() Hasher { return Hasher{maphash.MakeSeed()} }

// Bytes hashes a value.
func (h Hasher) Bytes(b []byte) uint32 { return uint32(maphash.Bytes(h.seed, b) >> 32) }

// Text hashes a value that is a string.
func (h Hasher) Text(s string) uint32 { return uint32(maphash.String(h.seed, s) >> 32) }

package saved_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/aclens/aclens/resolver/saved"
	"github.com/aclens/aclens/resolver/schema"
)

func TestOfSeveralDamagedBlocksTheFirstIsNamedHoweverManyAreReadAtOnce(t *testing.T) {
	good := blocksOf(t, written(t, small(t), smallMeta()))
	for before := range 40 {
		blocks := []block{good[0], good[1]}
		for range before {
			blocks = append(blocks, block{"entr", []byte{0}}) // a free slot
		}
		at := len(forged(blocks)) - 40 // behind them, where the 40 octets of the end would be
		blocks = append(blocks, block{"entr", []byte{9}}, block{"entr", []byte{0}}, block{"entr", []byte{8}})
		file := forged(blocks)
		file[len(file)-41] ^= 1 // the checksum of the last one
		for range 3 {
			s, _, err := saved.Read(bytes.NewReader(file), schema.Standard(), twoDirectories())
			if want := "entries at byte " + itoa(at) + ": "; s != nil || err == nil || !strings.Contains(err.Error(), want) {
				t.Fatalf("behind %d blocks: says %v, want %q", before, err, want)
			}
		}
	}
}

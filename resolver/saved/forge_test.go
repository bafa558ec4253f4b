package saved_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"hash/crc32"
	"runtime"
	"strconv"
	"strings"
	"testing"

	"github.com/aclens/aclens/resolver"
	"github.com/aclens/aclens/resolver/saved"
	"github.com/aclens/aclens/resolver/schema"
)

func itoa(n int) string { return strconv.Itoa(n) }

// block is one block of a file.
type block struct {
	tag     string
	payload []byte
}

// blocksOf takes a good file apart.
func blocksOf(t testing.TB, file []byte) []block {
	t.Helper()
	var out []block
	for rest := file[16:]; ; {
		n := int(binary.BigEndian.Uint32(rest[4:]))
		if string(rest[:4]) == "done" {
			return out
		}
		out = append(out, block{string(rest[:4]), bytes.Clone(rest[8 : 8+n])})
		rest = rest[8+n+4:]
	}
}

// forged is a file of the blocks whose checksums are all right.
func forged(blocks []block) []byte {
	file := append([]byte("\x89aclens\r\n\x1a\n\x00"), 0, 0, 0, 1)
	for _, b := range blocks {
		from := len(file)
		file = append(file, b.tag...)
		file = binary.BigEndian.AppendUint32(file, uint32(len(b.payload)))
		file = append(file, b.payload...)
		file = binary.BigEndian.AppendUint32(file, crc32.Checksum(file[from:], crc32.MakeTable(crc32.Castagnoli)))
	}
	file = append(file, "done"...)
	file = binary.BigEndian.AppendUint32(file, sha256.Size)
	sum := sha256.Sum256(file)
	return append(file, sum[:]...)
}

func TestAForgedFileOfGoodBlocksIsTheFile(t *testing.T) {
	file := written(t, small(t), smallMeta())
	if !bytes.Equal(forged(blocksOf(t, file)), file) {
		t.Error("the tests below are about another format")
	}
}

func TestBlocksThatDoNotFitTogetherAreRefused(t *testing.T) {
	good := blocksOf(t, written(t, small(t), smallMeta()))
	if len(good) != 7 {
		t.Fatalf("%d blocks; the test wants one of each kind", len(good))
	}
	pick := func(order ...int) []block {
		var out []block
		for _, i := range order {
			out = append(out, good[i])
		}
		return out
	}
	payload := func(i int, change func([]byte) []byte) []block {
		out := pick(0, 1, 2, 3, 4, 5, 6)
		out[i].payload = change(bytes.Clone(out[i].payload))
		return out
	}
	for _, c := range []struct {
		sentence, says string
		blocks         []block
	}{
		{"no blocks", "has no schema", nil},
		{"no heading", "should not stand here", pick(1, 2, 3, 4, 5)},
		{"no schema", "should not stand here", pick(0, 2, 3, 4, 5)},
		{"a heading alone", "has no schema", pick(0)},
		{"two headings", "should not stand here", pick(0, 0, 1, 2, 3, 4, 5)},
		{"two schemas", "should not stand here", pick(0, 1, 1, 2, 3, 4, 5)},
		{"another order", "should not stand here", pick(0, 1, 3, 2, 4, 5)},
		{"entries twice", "is there twice", pick(0, 1, 2, 2, 3, 4, 5)},
		{"hidden entries twice", "out of order", pick(0, 1, 2, 3, 3, 4, 5)},
		{"hidden entries without those that hide them", "hides it", pick(0, 1, 3, 4, 5)},
		{"databases twice", "given twice", pick(0, 1, 2, 3, 4, 4, 5)},
		{"servers twice", "there twice", pick(0, 1, 2, 3, 4, 5, 5)},
		{"a part twice", "part \"log\" is there twice", pick(0, 1, 2, 3, 4, 5, 6, 6)},
		{"a part before the servers", "should not stand here", pick(0, 1, 2, 3, 4, 6, 5)},
		{"a part that is cut", "ends within", payload(6, func(b []byte) []byte { return b[:len(b)-1] })},
		{"an empty block", "damaged", payload(2, func([]byte) []byte { return nil })},
		{"a heading with more behind it", "bytes too many", payload(0, func(b []byte) []byte { return append(b, 0) })},
		{"a schema with more behind it", "bytes too many", payload(1, func(b []byte) []byte { return append(b, 0) })},
		{"a cut record", "ends within", payload(2, func(b []byte) []byte { return b[:len(b)-1] })},
		{"a slot of no kind", "out of range", payload(2, func(b []byte) []byte { return append(b, 9) })},
		{"an attribute of no name", "without a name", payload(2, func(b []byte) []byte { return append(b, "\x01\x06o=Acme\x00\x01\x7f\x01\x01x"...) })},
		{"an ACL entry that means something else", "something else now", payload(4, func(b []byte) []byte { return bytes.Replace(b, []byte("Staff\x00"), []byte("Staff\x04"), 1) })},
		{"a level that is none", "out of range", payload(4, func(b []byte) []byte {
			return bytes.Replace(b, []byte("Staff\x00\x04\x04"), []byte("Staff\x00\x04\x07"), 1)
		})},
		{"a key of another database", "is no key", payload(4, func(b []byte) []byte { return bytes.Replace(b, []byte("a.nsf"), []byte("b.nsf"), 1) })},
		{"a protocol that is none", "unknown protocol", payload(5, func(b []byte) []byte { return bytes.Replace(b, []byte("http"), []byte("abcd"), 1) })},
		{"a definition that contradicts the program", "contradicts", payload(1, func(b []byte) []byte { return bytes.Replace(b, []byte("integerMatch"), []byte("integerMutch"), 1) })},
	} {
		t.Run(c.sentence, func(t *testing.T) {
			s, _, err := saved.Read(bytes.NewReader(forged(c.blocks)), schema.Standard(), twoDirectories())
			if err == nil || s != nil || !strings.Contains(err.Error(), c.says) {
				t.Errorf("says %v, want %q", err, c.says)
			}
		})
	}
}

func TestNoCredentialIsRead(t *testing.T) {
	blocks := blocksOf(t, written(t, small(t), smallMeta()))
	at := bytes.Index(blocks[1].payload, []byte("\x0cacmeMade;x-A"))
	if at < 0 {
		t.Fatal("the attribute is not where it was")
	}
	blocks[1].payload = append(append(bytes.Clone(blocks[1].payload[:at]), "\x0cuserPassword"...), blocks[1].payload[at+13:]...)
	if _, _, err := saved.Read(bytes.NewReader(forged(blocks)), schema.Standard(), twoDirectories()); err == nil || !strings.Contains(err.Error(), "credential") {
		t.Errorf("says %v", err)
	}
}

func TestAnAnnouncedLengthTakesNoMemory(t *testing.T) {
	file := append([]byte("\x89aclens\r\n\x1a\n\x00"), 0, 0, 0, 1)
	file = append(append(file, "meta"...), 0xff, 0xff, 0xff, 0xff)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	_, _, err := saved.Read(bytes.NewReader(append(file, make([]byte, 1000)...)), schema.Standard(), twoDirectories())
	runtime.ReadMemStats(&after)
	if err == nil || after.TotalAlloc-before.TotalAlloc > 4<<20 {
		t.Errorf("a block of 4 GiB that is not there takes %d bytes: %v", after.TotalAlloc-before.TotalAlloc, err)
	}
}

// FuzzReadNeverPanicsNorTakesDamage reads bytes as they are, and again as the
// payloads of a file whose checksums are right. Of the former nothing but what
// Write writes is taken; of the latter whatever is taken is a Snapshot that
// answers, and that can be written and read again.
func FuzzReadNeverPanicsNorTakesDamage(f *testing.F) {
	good := written(f, small(f), smallMeta())
	blocks := blocksOf(f, good)
	f.Add(good, uint8(0))
	for i, b := range blocks {
		f.Add(b.payload, uint8(i))
	}
	f.Add(good[:len(good)-1], uint8(7))
	f.Fuzz(func(t *testing.T, data []byte, which uint8) {
		s, m, err := saved.Read(bytes.NewReader(data), schema.Standard(), twoDirectories())
		if err == nil && !bytes.Equal(written(t, s, m), data) {
			t.Error("bytes are taken that Write does not write")
		}
		forgery := append([]block(nil), blocks...)
		forgery[int(which)%len(forgery)].payload = data
		if s, m, err = saved.Read(bytes.NewReader(forged(forgery)), schema.Standard(), twoDirectories()); err == nil {
			answerAndReturn(t, s, m)
		}
	})
}

// answerAndReturn asks a Snapshot a little of everything and sends it through a
// file once more, unless it holds what is never written.
func answerAndReturn(t *testing.T, s *resolver.Snapshot, m saved.Meta) {
	t.Helper()
	for _, db := range s.Databases().All() {
		for id := range s.Store().Cap() {
			if sub, ok := s.Subject(id); ok {
				s.Decide(sub, db.Primary, resolver.Query{})
			}
		}
		s.Access(db, 0)
	}
	var file bytes.Buffer
	if err := saved.Write(&file, s, m); err != nil {
		return
	}
	if _, _, err := saved.Read(&file, schema.Standard(), twoDirectories()); err != nil {
		t.Errorf("what was taken is not read again: %v", err)
	}
}

package saved

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"hash"
	"hash/crc32"
	"io"
	"slices"
)

// Errors that Read and Detect tell apart; others say what does not fit together.
var (
	ErrFormat  = errors.New("this is no saved snapshot")
	ErrVersion = errors.New("saved in another version of the format")
	ErrDamaged = errors.New("the file is damaged")
)

var errMisplaced = fmt.Errorf("%w: it should not stand here", ErrDamaged)

// magic begins every file. Its first octet is not ASCII and its line ends are
// of two kinds, so that whatever takes it for text breaks it at once.
const magic = "\x89aclens\r\n\x1a\n\x00"

// formatVersion is the one that is written, and the only one that is read.
const formatVersion = 1

// Detect tells whether bytes that begin so are a saved snapshot, of whatever
// version and state. Twelve bytes are enough to tell.
func Detect(head []byte) bool { return bytes.HasPrefix(head, []byte(magic)) }

// section is a kind of block.
type section uint8

const (
	inMeta section = iota
	inSchema
	inEntries
	inHidden
	inDatabases
	inServers
	inParts
	inEnd
)

var sections = [...]struct{ tag, words string }{
	inMeta: {"meta", "heading"}, inSchema: {"schm", "schema"}, inEntries: {"entr", "entries"}, inHidden: {"hidn", "hidden entries"},
	inDatabases: {"data", "databases"}, inServers: {"serv", "servers"}, inParts: {"part", "parts"}, inEnd: {"done", "end"},
}

func (s section) String() string { return sections[s].words }

const (
	tagBytes    = 4
	lengthBytes = 4
	sumBytes    = 4
	blockBytes  = 256 << 10 // a block is closed once it has so much
	readBytes   = 1 << 20   // at most so much memory is taken ahead of what has come
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// output writes blocks. The first error stays.
type output struct {
	w     io.Writer
	sum   hash.Hash
	block []byte // the open block with its tag and room for its length
	err   error
}

func newOutput(w io.Writer) *output {
	o := &output{w: w, sum: sha256.New()}
	o.write(binary.BigEndian.AppendUint32([]byte(magic), formatVersion))
	return o
}

func (o *output) write(b []byte) {
	if o.err != nil {
		return
	}
	o.sum.Write(b)
	_, o.err = o.w.Write(b)
}

// add closes the open block of the section once it is large enough, and appends
// one record.
func (o *output) add(s section, record func([]byte) []byte) {
	if len(o.block) == 0 {
		o.block = append(append(o.block, sections[s].tag...), make([]byte, lengthBytes)...)
	}
	o.block = record(o.block)
	if len(o.block) >= blockBytes {
		o.close()
	}
}

// close writes the open block.
func (o *output) close() {
	if len(o.block) == 0 {
		return
	}
	length := len(o.block) - tagBytes - lengthBytes
	if int64(length) > 1<<32-1 && o.err == nil {
		o.err = fmt.Errorf("a record of %d bytes is too large to write", length)
	}
	binary.BigEndian.PutUint32(o.block[tagBytes:], uint32(length))
	o.write(binary.BigEndian.AppendUint32(o.block, crc32.Checksum(o.block, castagnoli)))
	o.block = o.block[:0]
}

// end writes the checksum of everything.
func (o *output) end() error {
	o.close()
	o.write(binary.BigEndian.AppendUint32([]byte(sections[inEnd].tag), sha256.Size))
	o.write(o.sum.Sum(nil))
	return o.err
}

// input reads blocks.
type input struct {
	r   io.Reader
	sum hash.Hash
	at  int64 // bytes read so far
	buf []byte
}

// block is one block whose checksum has been found right. The checksum of
// everything is looked at last: until input.block has come to inEnd without an
// error nothing of any block may be used.
type block struct {
	section
	from    int64  // where it begins
	payload []byte // good until the next one is read, but for who detaches it
}

// wrong is what is wrong with a block.
func (b *block) wrong(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s at byte %d: %w", b.section, b.from, err)
}

func newInput(r io.Reader) *input { return &input{r: r, sum: sha256.New()} }

// block reads one block of the section at or of a later one, hands it to take
// and says of which section it is.
func (in *input) block(at section, take func(*block) error) (section, error) {
	b := &block{from: in.at}
	var err error
	b.section, b.payload, err = in.next()
	if err == nil && b.section < at {
		err = errMisplaced
	}
	if err == nil && b.section != inEnd {
		err = take(b)
	}
	return b.section, b.wrong(err)
}

// detach leaves the block that was read last to whoever took it; the next one is
// read into other memory.
func (in *input) detach(other []byte) { in.buf = other }

func (in *input) head() error {
	b, err := in.read(len(magic))
	if err == nil && string(b) != magic || errors.Is(err, ErrDamaged) {
		return ErrFormat
	}
	if err != nil {
		return err
	}
	if b, err = in.read(lengthBytes); err != nil {
		return fmt.Errorf("version at byte %d: %w", len(magic), err)
	}
	if v := binary.BigEndian.Uint32(b); v != formatVersion {
		return fmt.Errorf("%w: %d, and this program reads %d", ErrVersion, v, formatVersion)
	}
	return nil
}

// next reads one block; the payload is good until the next call.
func (in *input) next() (section, []byte, error) {
	b, err := in.read(tagBytes + lengthBytes)
	if err != nil {
		return inEnd, nil, err
	}
	s := slices.IndexFunc(sections[:], func(x struct{ tag, words string }) bool { return x.tag == string(b[:tagBytes]) })
	if s < 0 {
		return inEnd, nil, fmt.Errorf("%w: unknown block %q", ErrDamaged, b[:tagBytes])
	}
	length := binary.BigEndian.Uint32(b[tagBytes:])
	if section(s) == inEnd {
		return inEnd, nil, in.end(length)
	}
	sum := crc32.Checksum(b, castagnoli)
	payload, err := in.read(int(length))
	if err != nil {
		return section(s), nil, err
	}
	sum = crc32.Update(sum, castagnoli, payload)
	var said [sumBytes]byte
	if err := in.fill(said[:]); err != nil {
		return section(s), nil, err
	}
	if binary.BigEndian.Uint32(said[:]) != sum {
		return section(s), nil, fmt.Errorf("%w: checksum does not match", ErrDamaged)
	}
	return section(s), payload, nil
}

// end holds the checksum of everything against the one written, and sees that
// nothing follows.
func (in *input) end(length uint32) error {
	if length != sha256.Size {
		return fmt.Errorf("%w: a checksum of %d bytes", ErrDamaged, length)
	}
	want := in.sum.Sum(nil)
	said, err := in.read(sha256.Size)
	if err != nil {
		return err
	}
	if !bytes.Equal(said, want) {
		return fmt.Errorf("%w: checksum of the file does not match", ErrDamaged)
	}
	var more [1]byte
	switch n, err := io.ReadFull(in.r, more[:]); {
	case n > 0:
		return fmt.Errorf("%w: something follows at byte %d", ErrDamaged, in.at)
	case err != io.EOF:
		return fmt.Errorf("reading at byte %d: %w", in.at, err)
	}
	return nil
}

// read reads so many bytes; memory grows as they come and not as they are
// announced. What it returns is good until the next call.
func (in *input) read(n int) ([]byte, error) {
	in.buf = in.buf[:0]
	for len(in.buf) < n {
		from := len(in.buf)
		step := min(n-from, max(readBytes, from))
		in.buf = slices.Grow(in.buf, step)[:from+step]
		if err := in.fill(in.buf[from:]); err != nil {
			return nil, err
		}
	}
	return in.buf, nil
}

func (in *input) fill(b []byte) error {
	n, err := io.ReadFull(in.r, b)
	in.at += int64(n)
	in.sum.Write(b[:n])
	if err == io.EOF || err == io.ErrUnexpectedEOF {
		return fmt.Errorf("%w: it ends at byte %d", ErrDamaged, in.at)
	}
	if err != nil {
		return fmt.Errorf("reading at byte %d: %w", in.at, err)
	}
	return nil
}

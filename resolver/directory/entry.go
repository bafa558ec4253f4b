package directory

import (
	"encoding/binary"
	"unsafe"

	"github.com/aclens/aclens/resolver/schema"
)

// ID is the dense number of an entry in a Store. It stays the same in every
// Store made from that one while the entry exists.
type ID uint32

// None is no entry.
const None = ^ID(0)

// Entry is one immutable entry, packed into a single string so that a million
// of them cost the garbage collector one pointer each:
//
//	flags(1) uvarint(len DN) DN uvarint(len key) key { ID(2) uvarint(len) PartialAttribute }*
//
// Each PartialAttribute is the BER encoding that goes out on the wire
// (RFC 4511, 4.1.7), with its definite lengths.
type Entry string

const (
	flagGlue    = 1 // an ancestor that the source does not have
	sourceShift = 1 // the other bits hold Draft.Source
)

// MaxSources is how many directories a Store can tell apart.
const MaxSources = 1 << (8 - sourceShift)

// Source is the number of the directory that the entry came from (Draft.Source).
func (e Entry) Source() uint8 { return e[0] >> sourceShift }

// IsGlue tells whether the entry only holds the tree together: some entry lies
// below it, but no source has it. It has no attributes and is never returned.
func (e Entry) IsGlue() bool { return len(e) > 0 && e[0]&flagGlue != 0 }

// DN is the distinguished name as the source spells it.
func (e Entry) DN() string {
	dn, _ := cutString(string(e[1:]))
	return dn
}

// Key is the normalised distinguished name (name.DN.Key).
func (e Entry) Key() string {
	_, rest := cutString(string(e[1:]))
	key, _ := cutString(rest)
	return key
}

// Attributes starts a walk over the entry's attributes, in the source's order.
func (e Entry) Attributes() Cursor {
	_, rest := cutString(string(e[1:]))
	_, rest = cutString(rest)
	return Cursor{rest}
}

// Find returns the entry's attribute with exactly this description.
func (e Entry) Find(id schema.ID) (RawAttribute, bool) {
	for c := e.Attributes(); ; {
		at, raw, ok := c.Next()
		if !ok {
			return "", false
		}
		if at == id {
			return raw, true
		}
	}
}

// Cursor walks over the attributes of an Entry without allocating.
type Cursor struct{ rest string }

// Next returns the next attribute, and false behind the last.
func (c *Cursor) Next() (schema.ID, RawAttribute, bool) {
	if len(c.rest) < 2 {
		return 0, "", false
	}
	id := schema.ID(c.rest[0])<<8 | schema.ID(c.rest[1])
	raw, rest := cutString(c.rest[2:])
	c.rest = rest
	return id, RawAttribute(raw), true
}

// RawAttribute is one attribute as the bytes that go out.
type RawAttribute string

// Bytes views the encoding, which must not be written to.
func (r RawAttribute) Bytes() []byte { return bytesOf(string(r)) }

// Values starts a walk over the values.
func (r RawAttribute) Values() Values {
	content, _ := cutTLV(string(r))
	_, rest := cutTLV(content) // the type
	set, _ := cutTLV(rest)
	return Values{set}
}

// Values walks over values without allocating.
type Values struct{ rest string }

// Next returns the next value, and false behind the last.
func (v *Values) Next() (string, bool) {
	if v.rest == "" {
		return "", false
	}
	value, rest := cutTLV(v.rest)
	v.rest = rest
	return value, true
}

// Len counts the values that are left.
func (v Values) Len() int {
	n := 0
	for {
		if _, ok := v.Next(); !ok {
			return n
		}
		n++
	}
}

// bytesOf views a string's bytes, which nobody may write to.
func bytesOf(s string) []byte { return unsafe.Slice(unsafe.StringData(s), len(s)) }

// pack makes the record of a draft whose attribute IDs are known; values of one
// description that a source lists in two places are joined.
func pack(flags byte, dn, key string, attrs []packed) Entry {
	return Entry(appendRecord(nil, flags, dn, []byte(key), attrs))
}

func appendRecord(b []byte, flags byte, dn string, key []byte, attrs []packed) []byte {
	b = append(b, flags)
	b = appendString(b, dn)
	b = appendString(b, key)
	for i := range attrs {
		b = append(b, byte(attrs[i].id>>8), byte(attrs[i].id))
		values := attrs[i].valuesSize()
		content := tlvSize(len(attrs[i].name)) + tlvSize(values)
		b = binary.AppendUvarint(b, uint64(tlvSize(content)))
		b = attrs[i].append(b, content, values)
	}
	return b
}

// packed is an attribute on its way into a record.
type packed struct {
	id     schema.ID
	name   string
	values [][]byte
}

func (p *packed) valuesSize() int {
	n := 0
	for _, v := range p.values {
		n += tlvSize(len(v))
	}
	return n
}

// append appends the encoding; the sizes are those of its contents and of its
// values.
func (p *packed) append(b []byte, content, values int) []byte {
	b = appendHeader(b, tagSequence, content)
	b = appendHeader(b, tagOctetString, len(p.name))
	b = append(b, p.name...)
	b = appendHeader(b, tagSet, values)
	for _, v := range p.values {
		b = appendHeader(b, tagOctetString, len(v))
		b = append(b, v...)
	}
	return b
}

// BER tags of a PartialAttribute.
const (
	tagOctetString = 0x04
	tagSequence    = 0x30
	tagSet         = 0x31
)

func tlvSize(content int) int {
	switch {
	case content < 1<<7:
		return 2 + content
	case content < 1<<8:
		return 3 + content
	case content < 1<<16:
		return 4 + content
	case content < 1<<24:
		return 5 + content
	default:
		return 6 + content
	}
}

func appendHeader(b []byte, tag byte, n int) []byte {
	switch {
	case n < 1<<7:
		return append(b, tag, byte(n))
	case n < 1<<8:
		return append(b, tag, 0x81, byte(n))
	case n < 1<<16:
		return append(b, tag, 0x82, byte(n>>8), byte(n))
	case n < 1<<24:
		return append(b, tag, 0x83, byte(n>>16), byte(n>>8), byte(n))
	default:
		return append(b, tag, 0x84, byte(n>>24), byte(n>>16), byte(n>>8), byte(n))
	}
}

// cutTLV splits the first element off a string that this package encoded.
func cutTLV(s string) (content, rest string) {
	n, at := int(s[1]), 2
	if n >= 0x80 {
		octets := n & 0x7f
		n = 0
		for range octets {
			n = n<<8 | int(s[at])
			at++
		}
	}
	return s[at : at+n], s[at+n:]
}

func appendString[T string | []byte](b []byte, s T) []byte {
	b = binary.AppendUvarint(b, uint64(len(s)))
	return append(b, s...)
}

func cutString(s string) (head, rest string) {
	n, at := uint64(0), 0
	for shift := 0; ; shift += 7 {
		c := s[at]
		at++
		n |= uint64(c&0x7f) << shift
		if c < 0x80 {
			break
		}
	}
	end := at + int(n)
	return s[at:end], s[end:]
}

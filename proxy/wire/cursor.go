package wire

// Universal tags that LDAP uses (X.690, RFC 4511 section 5.1).
const (
	tagBoolean     = 0x01
	tagInteger     = 0x02
	tagOctetString = 0x04
	tagEnumerated  = 0x0a
	tagSequence    = 0x30
	tagSet         = 0x31
)

const maxInt = 1<<31 - 1 // RFC 4511 section 4.1.1: the largest INTEGER in the protocol

// cursor walks over BER elements. It holds the octets not yet read; all that
// it returns points into them.
type cursor struct{ rest []byte }

func (c *cursor) empty() bool { return len(c.rest) == 0 }

// next returns the next element, or false if the octets do not hold one.
func (c *cursor) next() (tag byte, content []byte, ok bool) {
	b := c.rest
	if len(b) < 2 || b[0]&0x1f == 0x1f {
		return 0, nil, false
	}
	n, header := int64(b[1]), 2
	if n >= 0x80 {
		n, header, ok = longLength(b)
		if !ok {
			return 0, nil, false
		}
	}
	if n > int64(len(b)-header) {
		return 0, nil, false
	}
	end := header + int(n)
	c.rest = b[end:]
	return b[0], b[header:end:end], true
}

// longLength decodes the long form of a length, given the element's octets from its tag on.
func longLength(b []byte) (n int64, header int, ok bool) {
	count := int(b[1] & 0x7f)
	if count == 0 || count > 4 || len(b) < 2+count {
		return 0, 0, false
	}
	for _, octet := range b[2 : 2+count] {
		n = n<<8 | int64(octet)
	}
	return n, 2 + count, true
}

// at reports whether the next element, if any, has the tag.
func (c *cursor) at(tag byte) bool { return len(c.rest) > 0 && c.rest[0] == tag }

// take returns the content of the next element, which must have the tag.
func (c *cursor) take(want byte, element string) ([]byte, error) {
	tag, content, ok := c.next()
	if !ok || tag != want {
		return nil, malformed(element)
	}
	return content, nil
}

func (c *cursor) octets(element string) ([]byte, error) {
	return c.take(tagOctetString, element)
}

func (c *cursor) sequence(element string) (cursor, error) {
	content, err := c.take(tagSequence, element)
	return cursor{content}, err
}

// number reads an INTEGER or ENUMERATED between 0 and max.
func (c *cursor) number(tag byte, max int, element string) (int, error) {
	content, err := c.take(tag, element)
	if err != nil {
		return 0, err
	}
	n, ok := parseNumber(content)
	if !ok || n > max {
		return 0, malformed(element)
	}
	return n, nil
}

func (c *cursor) boolean(tag byte, element string) (bool, error) {
	content, err := c.take(tag, element)
	if err != nil {
		return false, err
	}
	if len(content) != 1 {
		return false, malformed(element)
	}
	return content[0] != 0, nil
}

// end demands that nothing is left.
func (c *cursor) end(element string) error {
	if len(c.rest) > 0 {
		return malformed(element)
	}
	return nil
}

// endExtensible demands that nothing is left but whole elements whose tags are
// context-specific and not among those known: RFC 4511 section 4 obliges both
// sides to ignore such trailing components of protocol operations.
func (c *cursor) endExtensible(element string, known ...byte) error {
	for !c.empty() {
		tag, _, ok := c.next()
		if !ok || tag&0xc0 != 0x80 {
			return malformed(element)
		}
		for _, k := range known {
			if tag&0x1f == k&0x1f {
				return malformed(element)
			}
		}
	}
	return nil
}

// parseNumber decodes an integer of 0 to 2^31-1. Superfluous leading zeros are
// taken, up to four octets, because some clients write every number as four.
func parseNumber(content []byte) (int, bool) {
	if len(content) == 0 || len(content) > 4 || content[0] >= 0x80 {
		return 0, false
	}
	n := 0
	for _, octet := range content {
		n = n<<8 | int(octet)
	}
	return n, true
}

// countElements counts the elements at the top level, or returns false if the octets are not elements alone.
func countElements(b []byte) (int, bool) {
	c, n := cursor{b}, 0
	for !c.empty() {
		if _, _, ok := c.next(); !ok {
			return 0, false
		}
		n++
	}
	return n, true
}

package saved

import (
	"encoding/binary"
	"errors"
	"fmt"
	"time"
)

var errCut = errors.New("it ends within a value, or a number is out of range")

func appendText[T string | []byte](b []byte, text T) []byte {
	return append(binary.AppendUvarint(b, uint64(len(text))), text...)
}

func appendTexts(b []byte, texts []string) []byte {
	b = binary.AppendUvarint(b, uint64(len(texts)))
	for _, t := range texts {
		b = appendText(b, t)
	}
	return b
}

func appendNumber[T ~int | ~uint8 | ~uint16 | ~uint32](b []byte, n T) []byte {
	return binary.AppendUvarint(b, uint64(n))
}

func appendBool(b []byte, is bool) []byte {
	if is {
		return append(b, 1)
	}
	return append(b, 0)
}

func appendTime(b []byte, t time.Time) []byte {
	if t.IsZero() {
		return append(b, 0)
	}
	return binary.AppendUvarint(binary.AppendVarint(append(b, 1), t.Unix()), uint64(t.Nanosecond()))
}

// cursor reads values off a payload. Past the end, or where a value is none, it
// is broken for good and gives nothing but zeros, so that a record can be read
// to its end and asked then.
type cursor struct {
	rest   []byte
	broken bool
}

func (c *cursor) fail() { c.rest, c.broken = nil, true }

func (c *cursor) err() error {
	if c.broken {
		return fmt.Errorf("%w: %w", ErrDamaged, errCut)
	}
	return nil
}

// end is err, or that something is left.
func (c *cursor) end() error {
	if len(c.rest) > 0 {
		return fmt.Errorf("%w: %d bytes too many", ErrDamaged, len(c.rest))
	}
	return c.err()
}

func (c *cursor) number() uint64 {
	n, size := binary.Uvarint(c.rest)
	if size <= 0 {
		c.fail()
		return 0
	}
	c.rest = c.rest[size:]
	return n
}

// below reads a number that is less than a bound.
func (c *cursor) below(bound uint64) uint64 {
	n := c.number()
	if n >= bound {
		c.fail()
		return 0
	}
	return n
}

// count reads the length of a list whose elements have at least one byte each,
// so that none is longer than what is left.
func (c *cursor) count() int { return int(c.below(uint64(len(c.rest)) + 1)) }

// bytes reads a text without copying it.
func (c *cursor) bytes() []byte {
	n := c.count()
	if n > len(c.rest) { // the length itself took some of the room
		c.fail()
		return nil
	}
	b := c.rest[:n:n]
	c.rest = c.rest[n:]
	return b
}

func (c *cursor) text() string { return string(c.bytes()) }

func (c *cursor) texts() []string {
	n := c.count()
	if n == 0 {
		return nil
	}
	var list []string
	for range n {
		if c.broken {
			return nil
		}
		list = append(list, c.text())
	}
	return list
}

func (c *cursor) bool() bool { return c.below(2) == 1 }

// time reads a time of the years 1 to 9999, or none.
func (c *cursor) time() time.Time {
	if !c.bool() {
		return time.Time{}
	}
	seconds, size := binary.Varint(c.rest)
	if size <= 0 {
		c.fail()
		return time.Time{}
	}
	c.rest = c.rest[size:]
	t := time.Unix(seconds, int64(c.below(uint64(time.Second)))).UTC()
	if y := t.Year(); y < 1 || y > 9999 {
		c.fail()
		return time.Time{}
	}
	return t
}

package wire

import "math/bits"

// text is what an octet string can be written from.
type text interface{ ~string | ~[]byte }

// appendElement appends a whole primitive element.
func appendElement[T text](dst []byte, tag byte, content T) []byte {
	dst = append(dst, tag)
	dst = appendLength(dst, len(content))
	return append(dst, content...)
}

func appendLength(dst []byte, n int) []byte {
	if n < 0x80 {
		return append(dst, byte(n))
	}
	octets := lengthOctets(n)
	dst = append(dst, 0x80|byte(octets))
	for shift := 8 * (octets - 1); shift >= 0; shift -= 8 {
		dst = append(dst, byte(n>>shift))
	}
	return dst
}

// lengthOctets says how many octets follow the first one in the long form.
func lengthOctets(n int) int { return (bits.Len(uint(n)) + 7) / 8 }

// appendNumber appends a non-negative INTEGER or ENUMERATED in its shortest form.
func appendNumber(dst []byte, tag byte, n int) []byte {
	n = max(n, 0)
	octets := bits.Len(uint(n))/8 + 1 // one bit more than the number has: the sign
	dst = append(dst, tag, byte(octets))
	for shift := 8 * (octets - 1); shift >= 0; shift -= 8 {
		dst = append(dst, byte(n>>shift))
	}
	return dst
}

func appendBoolean(dst []byte, tag byte, v bool) []byte {
	if v {
		return append(dst, tag, 1, 0xff) // RFC 4511 section 5.1: true is 0xFF
	}
	return append(dst, tag, 1, 0)
}

// open begins a constructed element whose length is not known yet; the mark is
// where its content begins and is to be given to seal.
func open(dst []byte, tag byte) (_ []byte, mark int) {
	dst = append(dst, tag, 0)
	return dst, len(dst)
}

// seal ends the element that open began. Most elements are shorter than 128
// octets, so one octet was kept for the length and longer content moves up.
func seal(dst []byte, mark int) []byte {
	n := len(dst) - mark
	if n < 0x80 {
		dst[mark-1] = byte(n)
		return dst
	}
	octets := lengthOctets(n)
	var room [8]byte
	dst = append(dst, room[:octets]...)
	copy(dst[mark+octets:], dst[mark:mark+n])
	dst[mark-1] = 0x80 | byte(octets)
	for i := range octets {
		dst[mark+i] = byte(n >> (8 * (octets - 1 - i)))
	}
	return dst
}

// openMessage begins an LDAPMessage and its operation.
func openMessage(dst []byte, id int32, op Op) (_ []byte, message, operation int) {
	dst, message = open(dst, tagSequence)
	dst = appendNumber(dst, tagInteger, int(id))
	dst, operation = open(dst, byte(op))
	return dst, message, operation
}

// sealMessage ends the operation, appends the controls and ends the message.
func sealMessage(dst []byte, message, operation int, controls []Control) []byte {
	dst = seal(dst, operation)
	if len(controls) > 0 {
		var mark int
		dst, mark = open(dst, tagControls)
		for i := range controls {
			dst = appendControl(dst, &controls[i])
		}
		dst = seal(dst, mark)
	}
	return seal(dst, message)
}

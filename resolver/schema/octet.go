package schema

import "encoding/binary"

// appendInteger appends a number of any size so that bytes stand in numerical
// order (RFC 4517 section 4.2.19): a sign, how many digits, and the digits;
// all but the sign turned round below zero. Leading zeros are forgiven.
func appendInteger(dst, value []byte) ([]byte, bool) {
	digits := value
	negative := len(value) > 0 && value[0] == '-'
	if negative {
		digits = value[1:]
	}
	if len(digits) == 0 {
		return dst, false
	}
	for _, c := range digits {
		if !isDigit(c) {
			return dst, false
		}
	}
	for len(digits) > 1 && digits[0] == '0' {
		digits = digits[1:]
	}
	if !negative || digits[0] == '0' {
		dst = append(dst, 1)
		dst = binary.BigEndian.AppendUint32(dst, uint32(len(digits)))
		return append(dst, digits...), true
	}
	dst = append(dst, 0)
	dst = binary.BigEndian.AppendUint32(dst, ^uint32(len(digits)))
	for _, c := range digits {
		dst = append(dst, '0'+'9'-c)
	}
	return dst, true
}

// appendBoolean appends TRUE or FALSE (RFC 4517 section 4.2.2); case is
// forgiven, since several servers do.
func appendBoolean(dst, value []byte) ([]byte, bool) {
	switch {
	case equalFold(value, "TRUE"):
		return append(dst, "TRUE"...), true
	case equalFold(value, "FALSE"):
		return append(dst, "FALSE"...), true
	}
	return dst, false
}

// appendUUID appends the sixteen octets of a UUID in text (RFC 4530 section 2).
func appendUUID(dst, value []byte) ([]byte, bool) {
	if len(value) != 36 {
		return dst, false
	}
	start := len(dst)
	for i := 0; i < len(value); {
		if i == 8 || i == 13 || i == 18 || i == 23 {
			if value[i] != '-' {
				return dst[:start], false
			}
			i++
			continue
		}
		high, ok := hexDigit(value[i])
		low, also := hexDigit(value[i+1])
		if !ok || !also {
			return dst[:start], false
		}
		dst = append(dst, high<<4|low)
		i += 2
	}
	return dst, true
}

func hexDigit(c byte) (byte, bool) {
	switch {
	case isDigit(c):
		return c - '0', true
	case 'a' <= c|0x20 && c|0x20 <= 'f':
		return c | 0x20 - 'a' + 10, true
	}
	return 0, false
}

// appendBits appends the digits of a bit string such as '0101'B (RFC 4517
// section 3.3.2). Zeros at the end count: none of our types names its bits.
func appendBits(dst, value []byte) ([]byte, bool) {
	end := len(value) - len("'B")
	if end < 1 || value[0] != '\'' || string(value[end:]) != "'B" {
		return dst, false
	}
	for _, c := range value[1:end] {
		if c != '0' && c != '1' {
			return dst, false
		}
	}
	return append(dst, value[1:end]...), true
}

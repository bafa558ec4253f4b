package name

// Tags of the ASN.1 string types whose content is the text itself.
const (
	tagOctetString     = 0x04
	tagUTF8String      = 0x0c
	tagNumericString   = 0x12
	tagPrintableString = 0x13
	tagIA5String       = 0x16
)

// appendBERString decodes the hex digits of a #value (RFC 4514, section 2.4).
// It reports false, and appends nothing, unless they are exactly one string
// with a definite length: any other value stays binary.
func appendBERString(dst []byte, digits string) ([]byte, bool) {
	if len(digits) < 4 {
		return dst, false
	}
	switch hexByte(digits) {
	case tagOctetString, tagUTF8String, tagNumericString, tagPrintableString, tagIA5String:
	default:
		return dst, false
	}
	content, ok := berContent(digits[2:])
	if !ok {
		return dst, false
	}
	for ; content != ""; content = content[2:] {
		dst = append(dst, hexByte(content))
	}
	return dst, true
}

// berContent reads a length of up to three bytes and returns the digits behind
// it, if they are exactly as many as it says.
func berContent(digits string) (string, bool) {
	length := int(hexByte(digits))
	digits = digits[2:]
	if length >= 0x80 {
		count := length & 0x7f
		if count == 0 || count > 3 || len(digits) < 2*count {
			return "", false
		}
		length = 0
		for range count {
			length = length<<8 | int(hexByte(digits))
			digits = digits[2:]
		}
	}
	return digits, len(digits) == 2*length
}

func hexByte(digits string) byte {
	high, _ := hexDigit(digits[0])
	low, _ := hexDigit(digits[1])
	return high<<4 | low
}

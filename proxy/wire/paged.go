package wire

// Paged is the value of the paged results control (RFC 2696) in both directions.
type Paged struct {
	Size   int    // a request: entries a page; an answer: an estimate of the total, 0 if unknown
	Cookie []byte // empty: the first page of a request, or the last of an answer; points into the decoded octets
}

// ParsePaged decodes the value of a paged results control.
func ParsePaged(value []byte) (Paged, error) {
	outer := cursor{value}
	c, err := outer.sequence("paged results value")
	if err != nil {
		return Paged{}, err
	}
	if err := outer.end("octets after the paged results value"); err != nil {
		return Paged{}, err
	}
	var p Paged
	if p.Size, err = c.number(tagInteger, maxInt, "paged results size"); err != nil {
		return Paged{}, err
	}
	if p.Cookie, err = c.octets("paged results cookie"); err != nil {
		return Paged{}, err
	}
	return p, c.end("octets after the paged results cookie")
}

// AppendPagedValue appends the value of a paged results control.
func AppendPagedValue(dst []byte, size int, cookie []byte) []byte {
	dst, mark := open(dst, tagSequence)
	dst = appendNumber(dst, tagInteger, size)
	dst = appendElement(dst, tagOctetString, cookie)
	return seal(dst, mark)
}

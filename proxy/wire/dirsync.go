package wire

// DirSyncFlags are options of a DirSync request (MS-ADTS 3.1.1.3.4.1.3).
type DirSyncFlags uint32

// The flags.
const (
	DirSyncObjectSecurity    DirSyncFlags = 0x00000001 // only what the account may read, without the right to replicate
	DirSyncAncestorsFirst    DirSyncFlags = 0x00000800
	DirSyncIncrementalValues DirSyncFlags = 0x80000000 // of linked attributes the changed values only
)

// DirSyncRequest is the value of a DirSync control of a search. Cookie points
// into the decoded octets.
type DirSyncRequest struct {
	Flags    DirSyncFlags
	MaxBytes int
	Cookie   []byte // empty for the first one
}

// ParseDirSyncRequest decodes the value of a DirSync control of a search.
func ParseDirSyncRequest(value []byte) (DirSyncRequest, error) {
	c, err := onlySequence(value, "DirSync request")
	if err != nil {
		return DirSyncRequest{}, err
	}
	flags, err := c.take(tagInteger, "DirSync flags")
	if err != nil {
		return DirSyncRequest{}, err
	}
	if len(flags) == 5 && flags[0] == 0 { // 2^31 as a positive number
		flags = flags[1:]
	}
	if len(flags) == 0 || len(flags) > 4 {
		return DirSyncRequest{}, malformed("DirSync flags")
	}
	var r DirSyncRequest
	for _, octet := range flags {
		r.Flags = r.Flags<<8 | DirSyncFlags(octet)
	}
	if r.MaxBytes, err = c.number(tagInteger, maxInt, "DirSync bytes"); err != nil {
		return DirSyncRequest{}, err
	}
	if r.Cookie, err = c.octets("DirSync cookie"); err != nil {
		return DirSyncRequest{}, err
	}
	return r, c.end("octets after the DirSync request")
}

// AppendDirSyncRequest appends the value of a DirSync control of a search.
func AppendDirSyncRequest(dst []byte, r DirSyncRequest) []byte {
	dst, mark := open(dst, tagSequence)
	// Active Directory's own clients write the flags as 32 bits with a sign.
	if r.Flags&DirSyncIncrementalValues != 0 {
		dst = append(dst, tagInteger, 4, byte(r.Flags>>24), byte(r.Flags>>16), byte(r.Flags>>8), byte(r.Flags))
	} else {
		dst = appendNumber(dst, tagInteger, int(r.Flags))
	}
	dst = appendNumber(dst, tagInteger, r.MaxBytes)
	dst = appendElement(dst, tagOctetString, r.Cookie)
	return seal(dst, mark)
}

// DirSyncResponse is the value of a DirSync control of a search's end. Cookie
// points into the decoded octets.
type DirSyncResponse struct {
	More   bool // ask again with the cookie at once
	Cookie []byte
}

// ParseDirSyncResponse decodes the value of a DirSync control of a search's end.
func ParseDirSyncResponse(value []byte) (DirSyncResponse, error) {
	c, err := onlySequence(value, "DirSync response")
	if err != nil {
		return DirSyncResponse{}, err
	}
	more, err := c.take(tagInteger, "DirSync more results") // any number but 0
	if err != nil {
		return DirSyncResponse{}, err
	}
	if len(more) == 0 || len(more) > 4 {
		return DirSyncResponse{}, malformed("DirSync more results")
	}
	var r DirSyncResponse
	for _, octet := range more {
		r.More = r.More || octet != 0
	}
	if _, err := c.take(tagInteger, "DirSync unused number"); err != nil {
		return DirSyncResponse{}, err
	}
	if r.Cookie, err = c.octets("DirSync cookie"); err != nil {
		return DirSyncResponse{}, err
	}
	return r, c.end("octets after the DirSync response")
}

// AppendDirSyncResponse appends the value of a DirSync control of a search's end.
func AppendDirSyncResponse(dst []byte, r DirSyncResponse) []byte {
	more := 0
	if r.More {
		more = 1
	}
	dst, mark := open(dst, tagSequence)
	dst = appendNumber(dst, tagInteger, more)
	dst = appendNumber(dst, tagInteger, 0)
	dst = appendElement(dst, tagOctetString, r.Cookie)
	return seal(dst, mark)
}

package wire

const (
	tagByOffset       = 0xa0
	tagGreaterOrEqual = 0x81
)

// VLVRequest is the value of a virtual list view request
// (draft-ietf-ldapext-ldapv3-vlv-09 section 5.1). Its slices point into the
// decoded octets.
type VLVRequest struct {
	Before, After int // entries wanted around the target

	ByValue bool   // the target is the first entry that is not below Value
	Value   []byte // assertion value of the first sort key
	Offset  int    // the target's position, from 1, in a list of Count entries
	Count   int    // as the client believes; 0: it does not know

	ContextID []byte // of an earlier answer; nil is none
}

// ParseVLVRequest decodes the value of a virtual list view request.
func ParseVLVRequest(value []byte) (VLVRequest, error) {
	outer := cursor{value}
	c, err := outer.sequence("list view request")
	if err != nil {
		return VLVRequest{}, err
	}
	if err := outer.end("octets after the list view request"); err != nil {
		return VLVRequest{}, err
	}
	var r VLVRequest
	if r.Before, err = c.number(tagInteger, maxInt, "list view before count"); err != nil {
		return VLVRequest{}, err
	}
	if r.After, err = c.number(tagInteger, maxInt, "list view after count"); err != nil {
		return VLVRequest{}, err
	}
	if err := r.parseTarget(&c); err != nil {
		return VLVRequest{}, err
	}
	if c.at(tagOctetString) {
		if r.ContextID, err = c.octets("list view context"); err != nil {
			return VLVRequest{}, err
		}
	}
	return r, c.end("octets after the list view context")
}

func (r *VLVRequest) parseTarget(c *cursor) error {
	var err error
	if c.at(tagGreaterOrEqual) {
		r.ByValue = true
		r.Value, err = c.take(tagGreaterOrEqual, "list view value")
		return err
	}
	content, err := c.take(tagByOffset, "list view target")
	if err != nil {
		return err
	}
	target := cursor{content}
	if r.Offset, err = target.number(tagInteger, maxInt, "list view offset"); err != nil {
		return err
	}
	if r.Count, err = target.number(tagInteger, maxInt, "list view content count"); err != nil {
		return err
	}
	return target.end("octets after the list view offset")
}

// AppendVLVRequest appends the value of a virtual list view request.
func AppendVLVRequest(dst []byte, r VLVRequest) []byte {
	dst, mark := open(dst, tagSequence)
	dst = appendNumber(dst, tagInteger, r.Before)
	dst = appendNumber(dst, tagInteger, r.After)
	if r.ByValue {
		dst = appendElement(dst, tagGreaterOrEqual, r.Value)
	} else {
		var target int
		dst, target = open(dst, tagByOffset)
		dst = appendNumber(dst, tagInteger, r.Offset)
		dst = appendNumber(dst, tagInteger, r.Count)
		dst = seal(dst, target)
	}
	if r.ContextID != nil {
		dst = appendElement(dst, tagOctetString, r.ContextID)
	}
	return seal(dst, mark)
}

// VLVResponse is the value of a virtual list view response
// (draft-ietf-ldapext-ldapv3-vlv-09 section 5.2).
type VLVResponse struct {
	Position  int // of the target, from 1; one more than Count if every entry is below the value asked for
	Count     int // entries in the whole list
	Code      ResultCode
	ContextID []byte // nil is none
}

// ParseVLVResponse decodes the value of a virtual list view response. The
// context points into it.
func ParseVLVResponse(value []byte) (VLVResponse, error) {
	outer := cursor{value}
	c, err := outer.sequence("list view response")
	if err != nil {
		return VLVResponse{}, err
	}
	if err := outer.end("octets after the list view response"); err != nil {
		return VLVResponse{}, err
	}
	var r VLVResponse
	if r.Position, err = c.number(tagInteger, maxInt, "list view position"); err != nil {
		return VLVResponse{}, err
	}
	if r.Count, err = c.number(tagInteger, maxInt, "list view content count"); err != nil {
		return VLVResponse{}, err
	}
	code, err := c.number(tagEnumerated, maxInt, "list view result")
	if err != nil {
		return VLVResponse{}, err
	}
	r.Code = ResultCode(code)
	if c.at(tagOctetString) {
		if r.ContextID, err = c.octets("list view context"); err != nil {
			return VLVResponse{}, err
		}
	}
	return r, c.end("octets after the list view context")
}

// AppendVLVResponse appends the value of a virtual list view response.
func AppendVLVResponse(dst []byte, r VLVResponse) []byte {
	dst, mark := open(dst, tagSequence)
	dst = appendNumber(dst, tagInteger, r.Position)
	dst = appendNumber(dst, tagInteger, r.Count)
	dst = appendNumber(dst, tagEnumerated, int(r.Code))
	if r.ContextID != nil {
		dst = appendElement(dst, tagOctetString, r.ContextID)
	}
	return seal(dst, mark)
}

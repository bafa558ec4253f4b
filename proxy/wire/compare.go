package wire

// CompareRequest is a compare (RFC 4511 section 4.10). Its slices point into the decoded body.
type CompareRequest struct {
	Entry []byte
	Attr  []byte // attribute description
	Value []byte // assertion value
}

// ParseCompare decodes the body of an OpCompareRequest.
func ParseCompare(body []byte) (CompareRequest, error) {
	c := cursor{body}
	var r CompareRequest
	var err error
	if r.Entry, err = c.octets("compare request entry"); err != nil {
		return CompareRequest{}, err
	}
	assertion, err := c.sequence("compare request assertion")
	if err != nil {
		return CompareRequest{}, err
	}
	if r.Attr, err = assertion.octets("compare request attribute"); err != nil {
		return CompareRequest{}, err
	}
	if r.Value, err = assertion.octets("compare request value"); err != nil {
		return CompareRequest{}, err
	}
	if err := assertion.end("octets after the compare request value"); err != nil {
		return CompareRequest{}, err
	}
	if err := c.endExtensible("octets after the compare request"); err != nil {
		return CompareRequest{}, err
	}
	return r, nil
}

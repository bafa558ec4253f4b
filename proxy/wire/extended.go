package wire

const (
	tagRequestName  = 0x80
	tagRequestValue = 0x81
)

// ExtendedRequest is an extended operation (RFC 4511 section 4.12). Value points into the decoded body.
type ExtendedRequest struct {
	OID      string
	Value    []byte
	HasValue bool // distinguishes an empty value from none
}

// ParseExtended decodes the body of an OpExtendedRequest. The OID of a known
// operation costs no allocation.
func ParseExtended(body []byte) (ExtendedRequest, error) {
	oid, value, has, err := parseNamedValue(body, "extended request")
	if err != nil {
		return ExtendedRequest{}, err
	}
	if oid == "" {
		return ExtendedRequest{}, malformed("extended request name")
	}
	return ExtendedRequest{OID: oid, Value: value, HasValue: has}, nil
}

// parseNamedValue decodes [0] name OPTIONAL, [1] value OPTIONAL, which extended
// requests and intermediate responses share.
func parseNamedValue(body []byte, element string) (oid string, value []byte, has bool, err error) {
	c := cursor{body}
	if c.at(tagRequestName) {
		name, err := c.take(tagRequestName, element)
		if err != nil {
			return "", nil, false, err
		}
		oid = internOID(name)
	}
	if c.at(tagRequestValue) {
		if value, err = c.take(tagRequestValue, element); err != nil {
			return "", nil, false, err
		}
		has = true
	}
	return oid, value, has, c.endExtensible(element, tagRequestName, tagRequestValue)
}

package wire

// AddRequest is an add (RFC 4511 section 4.7), owned.
type AddRequest struct {
	DN         string
	Attributes []Attribute // each with at least one value
}

// ParseAdd decodes the body of an OpAddRequest.
func ParseAdd(body []byte) (AddRequest, error) {
	c := cursor{body}
	dn, err := c.octets("add request entry")
	if err != nil {
		return AddRequest{}, err
	}
	list, err := c.sequence("add request attributes")
	if err != nil {
		return AddRequest{}, err
	}
	if err := c.endExtensible("octets after the add request"); err != nil {
		return AddRequest{}, err
	}
	r := AddRequest{DN: string(dn)}
	for !list.empty() {
		attr, err := parseAttribute(&list, "add request attribute")
		if err != nil {
			return AddRequest{}, err
		}
		if len(attr.Values) == 0 {
			return AddRequest{}, malformed("add request attribute without values")
		}
		r.Attributes = append(r.Attributes, attr)
	}
	return r, nil
}

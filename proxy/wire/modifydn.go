package wire

const tagNewSuperior = 0x80

// ModifyDNRequest is a rename or move (RFC 4511 section 4.9), owned.
type ModifyDNRequest struct {
	DN             string
	NewRDN         string
	DeleteOldRDN   bool
	NewSuperior    string
	HasNewSuperior bool // distinguishes a move below the root from staying
}

// ParseModifyDN decodes the body of an OpModifyDNRequest.
func ParseModifyDN(body []byte) (ModifyDNRequest, error) {
	c := cursor{body}
	dn, err := c.octets("modify DN request entry")
	if err != nil {
		return ModifyDNRequest{}, err
	}
	rdn, err := c.octets("modify DN request new RDN")
	if err != nil {
		return ModifyDNRequest{}, err
	}
	deleteOld, err := c.boolean(tagBoolean, "modify DN request delete old RDN")
	if err != nil {
		return ModifyDNRequest{}, err
	}
	r := ModifyDNRequest{DN: string(dn), NewRDN: string(rdn), DeleteOldRDN: deleteOld}
	if c.at(tagNewSuperior) {
		superior, err := c.take(tagNewSuperior, "modify DN request new superior")
		if err != nil {
			return ModifyDNRequest{}, err
		}
		r.NewSuperior, r.HasNewSuperior = string(superior), true
	}
	if err := c.endExtensible("octets after the modify DN request", tagNewSuperior); err != nil {
		return ModifyDNRequest{}, err
	}
	return r, nil
}

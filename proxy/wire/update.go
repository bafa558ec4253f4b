package wire

// Update is a request that changes a directory: *AddRequest, *ModifyRequest,
// *DeleteRequest, *ModifyDNRequest or *PasswordModifyRequest.
type Update interface {
	// Op is the operation of the request.
	Op() Op
	// AppendTo appends the whole message of a request.
	AppendTo(dst []byte, id int32, controls ...Control) []byte
}

// Op is OpAddRequest.
func (*AddRequest) Op() Op { return OpAddRequest }

// Op is OpModifyRequest.
func (*ModifyRequest) Op() Op { return OpModifyRequest }

// Op is OpDelRequest.
func (*DeleteRequest) Op() Op { return OpDelRequest }

// Op is OpModifyDNRequest.
func (*ModifyDNRequest) Op() Op { return OpModifyDNRequest }

// Op is OpExtendedRequest.
func (*PasswordModifyRequest) Op() Op { return OpExtendedRequest }

// AppendTo appends the request (RFC 4511 section 4.7).
func (r *AddRequest) AppendTo(dst []byte, id int32, controls ...Control) []byte {
	dst, message, operation := openMessage(dst, id, OpAddRequest)
	dst = appendElement(dst, tagOctetString, r.DN)
	dst, list := open(dst, tagSequence)
	for i := range r.Attributes {
		dst = appendPartialAttribute(dst, &r.Attributes[i])
	}
	return sealMessage(seal(dst, list), message, operation, controls)
}

// AppendTo appends the request (RFC 4511 section 4.6).
func (r *ModifyRequest) AppendTo(dst []byte, id int32, controls ...Control) []byte {
	dst, message, operation := openMessage(dst, id, OpModifyRequest)
	dst = appendElement(dst, tagOctetString, r.DN)
	dst, list := open(dst, tagSequence)
	for i := range r.Changes {
		var change int
		dst, change = open(dst, tagSequence)
		dst = appendNumber(dst, tagEnumerated, int(r.Changes[i].Kind))
		dst = appendPartialAttribute(dst, &r.Changes[i].Attribute)
		dst = seal(dst, change)
	}
	return sealMessage(seal(dst, list), message, operation, controls)
}

// AppendTo appends the request (RFC 4511 section 4.8).
func (r *DeleteRequest) AppendTo(dst []byte, id int32, controls ...Control) []byte {
	dst, message := open(dst, tagSequence)
	dst = appendNumber(dst, tagInteger, int(id))
	dst, operation := open(dst, byte(OpDelRequest)) // primitive: its content is the name
	dst = append(dst, r.DN...)
	return sealMessage(dst, message, operation, controls)
}

// AppendTo appends the request (RFC 4511 section 4.9).
func (r *ModifyDNRequest) AppendTo(dst []byte, id int32, controls ...Control) []byte {
	dst, message, operation := openMessage(dst, id, OpModifyDNRequest)
	dst = appendElement(dst, tagOctetString, r.DN)
	dst = appendElement(dst, tagOctetString, r.NewRDN)
	dst = appendBoolean(dst, tagBoolean, r.DeleteOldRDN)
	if r.HasNewSuperior {
		dst = appendElement(dst, tagNewSuperior, r.NewSuperior)
	}
	return sealMessage(dst, message, operation, controls)
}

func appendPartialAttribute(dst []byte, a *Attribute) []byte {
	dst, attribute := open(dst, tagSequence)
	dst = appendElement(dst, tagOctetString, a.Name)
	dst, set := open(dst, tagSet)
	for _, v := range a.Values {
		dst = appendElement(dst, tagOctetString, v)
	}
	return seal(seal(dst, set), attribute)
}

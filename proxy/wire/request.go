package wire

// AppendSearchRequest appends a search, for bulk reads from a directory. If
// the filter cannot be encoded it returns dst as it was and an error.
func AppendSearchRequest(dst []byte, id int32, r *SearchRequest, controls ...Control) ([]byte, error) {
	start := len(dst)
	dst, message, operation := openMessage(dst, id, OpSearchRequest)
	dst = appendElement(dst, tagOctetString, r.Base)
	dst = appendNumber(dst, tagEnumerated, int(r.Scope))
	dst = appendNumber(dst, tagEnumerated, int(r.Deref))
	dst = appendNumber(dst, tagInteger, r.SizeLimit)
	dst = appendNumber(dst, tagInteger, r.TimeLimit)
	dst = appendBoolean(dst, tagBoolean, r.TypesOnly)
	dst, err := AppendFilter(dst, &r.Filter)
	if err != nil {
		return dst[:start], err
	}
	dst, list := open(dst, tagSequence)
	for _, name := range r.Attributes {
		dst = appendElement(dst, tagOctetString, name)
	}
	return sealMessage(seal(dst, list), message, operation, controls), nil
}

// AppendSimpleBind appends a simple bind of version 3.
func AppendSimpleBind(dst []byte, id int32, name, password string, controls ...Control) []byte {
	dst, message, operation := openMessage(dst, id, OpBindRequest)
	dst = appendNumber(dst, tagInteger, 3)
	dst = appendElement(dst, tagOctetString, name)
	dst = appendElement(dst, tagAuthSimple, password)
	return sealMessage(dst, message, operation, controls)
}

// AppendExtendedRequest appends an extended request; a nil value is left out.
func AppendExtendedRequest(dst []byte, id int32, oid string, value []byte, controls ...Control) []byte {
	dst, message, operation := openMessage(dst, id, OpExtendedRequest)
	dst = appendElement(dst, tagRequestName, oid)
	if value != nil {
		dst = appendElement(dst, tagRequestValue, value)
	}
	return sealMessage(dst, message, operation, controls)
}

// AppendAbandon appends the abandonment of the request with the id target.
func AppendAbandon(dst []byte, id, target int32) []byte {
	dst, message := open(dst, tagSequence)
	dst = appendNumber(dst, tagInteger, int(id))
	dst = appendNumber(dst, byte(OpAbandonRequest), int(target))
	return seal(dst, message)
}

// AppendUnbind appends an unbind, after which the connection is to be closed.
func AppendUnbind(dst []byte, id int32) []byte {
	dst, message, operation := openMessage(dst, id, OpUnbindRequest)
	return sealMessage(dst, message, operation, nil)
}

package wire

const (
	tagReferral        = 0xa3
	tagServerSASLCreds = 0x87
	tagResponseName    = 0x8a
	tagResponseValue   = 0x8b
)

// Result is the LDAPResult of an answer (RFC 4511 section 4.1.9) with what
// bind and extended responses add to it.
type Result struct {
	Code      ResultCode
	MatchedDN string
	Message   string   // the diagnostic message, UTF-8
	Referrals []string // URIs, sent if there are any

	ServerSASLCreds []byte // bind responses only; nil is none
	ResponseName    string // extended responses only; empty is none
	ResponseValue   []byte // extended responses only; nil is none
}

// AppendResult appends a whole answer whose operation is op. It does not
// allocate if dst has room.
func AppendResult(dst []byte, id int32, op Op, r Result, controls ...Control) []byte {
	dst, message, operation := openMessage(dst, id, op)
	dst = appendNumber(dst, tagEnumerated, int(r.Code))
	dst = appendElement(dst, tagOctetString, r.MatchedDN)
	dst = appendElement(dst, tagOctetString, r.Message)
	if len(r.Referrals) > 0 {
		var mark int
		dst, mark = open(dst, tagReferral)
		for _, uri := range r.Referrals {
			dst = appendElement(dst, tagOctetString, uri)
		}
		dst = seal(dst, mark)
	}
	if op == OpBindResponse && r.ServerSASLCreds != nil {
		dst = appendElement(dst, tagServerSASLCreds, r.ServerSASLCreds)
	}
	if op == OpExtendedResponse {
		if r.ResponseName != "" {
			dst = appendElement(dst, tagResponseName, r.ResponseName)
		}
		if r.ResponseValue != nil {
			dst = appendElement(dst, tagResponseValue, r.ResponseValue)
		}
	}
	return sealMessage(dst, message, operation, controls)
}

// AppendExtendedResponse is AppendResult for extended operations.
func AppendExtendedResponse(dst []byte, id int32, r Result, controls ...Control) []byte {
	return AppendResult(dst, id, OpExtendedResponse, r, controls...)
}

// AppendNotice appends a Notice of Disconnection (RFC 4511 section 4.4.1),
// after which the connection is to be closed.
func AppendNotice(dst []byte, code ResultCode, message string) []byte {
	return AppendResult(dst, 0, OpExtendedResponse, Result{Code: code, Message: message, ResponseName: NoticeOfDisconnection})
}

// AppendIntermediate appends an intermediate response (RFC 4511 section 4.13);
// an empty name and a nil value are left out.
func AppendIntermediate(dst []byte, id int32, name string, value []byte, controls ...Control) []byte {
	dst, message, operation := openMessage(dst, id, OpIntermediateResponse)
	if name != "" {
		dst = appendElement(dst, tagRequestName, name)
	}
	if value != nil {
		dst = appendElement(dst, tagRequestValue, value)
	}
	return sealMessage(dst, message, operation, controls)
}

// AppendReference appends a search continuation (RFC 4511 section 4.5.3) to
// the given URIs, of which there must be at least one.
func AppendReference(dst []byte, id int32, uris []string, controls ...Control) []byte {
	dst, message, operation := openMessage(dst, id, OpSearchReference)
	for _, uri := range uris {
		dst = appendElement(dst, tagOctetString, uri)
	}
	return sealMessage(dst, message, operation, controls)
}

// ParseResult decodes the body of any answer that is an LDAPResult. The result is owned.
func ParseResult(body []byte) (Result, error) {
	c := cursor{body}
	code, err := c.number(tagEnumerated, maxInt, "result code")
	if err != nil {
		return Result{}, err
	}
	matched, err := c.octets("matched DN")
	if err != nil {
		return Result{}, err
	}
	message, err := c.octets("diagnostic message")
	if err != nil {
		return Result{}, err
	}
	r := Result{Code: ResultCode(code), MatchedDN: string(matched), Message: string(message)}
	if err := r.parseOptional(&c); err != nil {
		return Result{}, err
	}
	return r, nil
}

func (r *Result) parseOptional(c *cursor) error {
	if c.at(tagReferral) {
		list, err := c.take(tagReferral, "referral")
		if err != nil {
			return err
		}
		if r.Referrals, err = ParseReference(list); err != nil {
			return err
		}
	}
	for _, field := range []struct {
		tag byte
		set func([]byte)
	}{
		{tagServerSASLCreds, func(b []byte) { r.ServerSASLCreds = owned(b) }},
		{tagResponseName, func(b []byte) { r.ResponseName = internOID(b) }},
		{tagResponseValue, func(b []byte) { r.ResponseValue = owned(b) }},
	} {
		if !c.at(field.tag) {
			continue
		}
		content, err := c.take(field.tag, "result")
		if err != nil {
			return err
		}
		field.set(content)
	}
	return c.endExtensible("octets after the result", tagReferral, tagServerSASLCreds, tagResponseName, tagResponseValue)
}

// owned copies b; the copy of nothing is empty but not nil, since the element was there.
func owned(b []byte) []byte { return append([]byte{}, b...) }

// ParseReference decodes the body of an OpSearchReference. The URIs are owned.
func ParseReference(body []byte) ([]string, error) {
	uris, err := parseValues(body, "referral URI")
	if err == nil && len(uris) == 0 {
		return nil, malformed("referral without URIs")
	}
	return uris, err
}

// ParseIntermediate decodes the body of an OpIntermediateResponse. The value
// points into it and is nil if there is none.
func ParseIntermediate(body []byte) (name string, value []byte, err error) {
	name, value, _, err = parseNamedValue(body, "intermediate response")
	return name, value, err
}

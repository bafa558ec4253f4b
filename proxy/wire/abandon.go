package wire

// ParseAbandon decodes the body of an OpAbandonRequest: the id of the message
// to be abandoned (RFC 4511 section 4.11).
func ParseAbandon(body []byte) (int32, error) {
	id, ok := parseNumber(body)
	if !ok {
		return 0, malformed("abandon request")
	}
	return int32(id), nil
}

// ParseUnbind checks the body of an OpUnbindRequest, which must be empty (RFC 4511 section 4.3).
func ParseUnbind(body []byte) error {
	if len(body) > 0 {
		return malformed("unbind request")
	}
	return nil
}

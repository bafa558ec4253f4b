package wire

// DeleteRequest is a delete (RFC 4511 section 4.8), owned.
type DeleteRequest struct {
	DN string
}

// ParseDelete decodes the body of an OpDelRequest, which is the DN and cannot be malformed.
func ParseDelete(body []byte) (DeleteRequest, error) {
	return DeleteRequest{DN: string(body)}, nil
}

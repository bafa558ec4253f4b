package wire

import "fmt"

const (
	tagAuthSimple = 0x80
	tagAuthSASL   = 0xa3
)

// AuthMethod is the authentication choice of a bind (RFC 4511 section 4.2).
type AuthMethod byte

// The authentication choices. The zero value is one that RFC 4511 does not
// know; it is to be answered with authMethodNotSupported.
const (
	AuthUnknown AuthMethod = iota
	AuthSimple
	AuthSASL
)

// BindRequest is a bind (RFC 4511 section 4.2). Its slices point into the decoded body.
type BindRequest struct {
	Version         int // 1 to 127
	Name            []byte
	Method          AuthMethod
	Password        []byte // AuthSimple only; empty is an unauthenticated or anonymous bind
	SASLMechanism   string // AuthSASL only
	SASLCredentials []byte
	HasCredentials  bool // distinguishes empty credentials from none
}

// String leaves the credentials out, so that a request that is logged by mistake gives nothing away.
func (r BindRequest) String() string {
	return fmt.Sprintf("bind version %d name %q mechanism %q", r.Version, r.Name, r.SASLMechanism)
}

// GoString is String.
func (r BindRequest) GoString() string { return r.String() }

// ParseBind decodes the body of an OpBindRequest.
func ParseBind(body []byte) (BindRequest, error) {
	c := cursor{body}
	var r BindRequest
	var err error
	if r.Version, err = c.number(tagInteger, 127, "bind request version"); err != nil {
		return BindRequest{}, err
	}
	if r.Version == 0 {
		return BindRequest{}, malformed("bind request version")
	}
	if r.Name, err = c.octets("bind request name"); err != nil {
		return BindRequest{}, err
	}
	if err := r.parseAuthentication(&c); err != nil {
		return BindRequest{}, err
	}
	if err := c.endExtensible("octets after the bind request", tagAuthSimple, tagAuthSASL); err != nil {
		return BindRequest{}, err
	}
	return r, nil
}

func (r *BindRequest) parseAuthentication(c *cursor) error {
	tag, content, ok := c.next()
	if !ok || tag&0xc0 != 0x80 {
		return malformed("bind request authentication")
	}
	switch tag {
	case tagAuthSimple:
		r.Method, r.Password = AuthSimple, content
		return nil
	case tagAuthSASL:
		r.Method = AuthSASL
		return r.parseSASL(cursor{content})
	case tagAuthSimple ^ 0x20, tagAuthSASL ^ 0x20: // the known choices in the wrong form
		return malformed("bind request authentication")
	}
	return nil
}

func (r *BindRequest) parseSASL(c cursor) error {
	mechanism, err := c.octets("SASL mechanism")
	if err != nil {
		return err
	}
	r.SASLMechanism = string(mechanism)
	if c.at(tagOctetString) {
		if r.SASLCredentials, err = c.octets("SASL credentials"); err != nil {
			return err
		}
		r.HasCredentials = true
	}
	return c.endExtensible("octets after the SASL credentials")
}

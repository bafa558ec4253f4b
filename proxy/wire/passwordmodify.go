package wire

import "fmt"

const (
	tagUserIdentity = 0x80
	tagOldPassword  = 0x81
	tagNewPassword  = 0x82
)

// PasswordModifyRequest is a change of a password (RFC 3062 section 2), owned.
// What is absent is told from what is empty.
type PasswordModifyRequest struct {
	User     string // whose password; absent for the one of who asks
	Old, New string
	HasUser  bool
	HasOld   bool
	HasNew   bool // without it the directory makes one
	bare     bool // the request had no value at all
}

// ParsePasswordModify decodes the value of the extended request; without one
// everything is absent.
func ParsePasswordModify(r *ExtendedRequest) (PasswordModifyRequest, error) {
	var p PasswordModifyRequest
	if !r.HasValue {
		p.bare = true
		return p, nil
	}
	c := cursor{r.Value}
	seq, err := c.sequence("password modify request")
	if err != nil {
		return p, err
	}
	if err := c.end("octets after the password modify request"); err != nil {
		return p, err
	}
	for _, field := range []struct {
		tag  byte
		text *string
		has  *bool
	}{{tagUserIdentity, &p.User, &p.HasUser}, {tagOldPassword, &p.Old, &p.HasOld}, {tagNewPassword, &p.New, &p.HasNew}} {
		if !seq.at(field.tag) {
			continue
		}
		content, err := seq.take(field.tag, "password modify request")
		if err != nil {
			return PasswordModifyRequest{}, err
		}
		*field.text, *field.has = string(content), true
	}
	if err := seq.end("octets after the new password"); err != nil {
		return PasswordModifyRequest{}, err
	}
	return p, nil
}

// AppendTo appends the request.
func (r *PasswordModifyRequest) AppendTo(dst []byte, id int32, controls ...Control) []byte {
	dst, message, operation := openMessage(dst, id, OpExtendedRequest)
	dst = appendElement(dst, tagRequestName, ExtendedPasswordModify)
	if !r.bare {
		var value, seq int
		dst, value = open(dst, tagRequestValue)
		dst, seq = open(dst, tagSequence)
		for _, field := range []struct {
			tag  byte
			text string
			has  bool
		}{{tagUserIdentity, r.User, r.HasUser}, {tagOldPassword, r.Old, r.HasOld}, {tagNewPassword, r.New, r.HasNew}} {
			if field.has {
				dst = appendElement(dst, field.tag, field.text)
			}
		}
		dst = seal(seal(dst, seq), value)
	}
	return sealMessage(dst, message, operation, controls)
}

// String leaves the passwords out.
func (r PasswordModifyRequest) String() string { return fmt.Sprintf("password of %q", r.User) }

// GoString is String.
func (r PasswordModifyRequest) GoString() string { return r.String() }

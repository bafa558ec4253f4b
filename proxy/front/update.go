package front

import "github.com/aclens/aclens/proxy/wire"

// update refuses what would change the directory (RFC 4511 sections 4.6 to
// 4.9), but only after it has been understood: a malformed request is none.
func (s *session) update(c *call, m wire.Message) error {
	target, err := updateTarget(m)
	if err != nil {
		return err
	}
	asked, refused, err := s.plainControls(m)
	if err != nil {
		return err
	}
	if !s.settled(c, []byte(target), asked, refused) {
		return s.reply(c, refused)
	}
	s.recordDenied(c, []byte(target), wire.UnwillingToPerform)
	return s.refuse(c, wire.UnwillingToPerform, "writes are off")
}

// updateTarget decodes a request and returns the name that it is about.
func updateTarget(m wire.Message) (string, error) {
	switch m.Op {
	case wire.OpAddRequest:
		r, err := wire.ParseAdd(m.Body)
		return r.DN, err
	case wire.OpModifyRequest:
		r, err := wire.ParseModify(m.Body)
		return r.DN, err
	case wire.OpModifyDNRequest:
		r, err := wire.ParseModifyDN(m.Body)
		return r.DN, err
	}
	r, err := wire.ParseDelete(m.Body)
	return r.DN, err
}

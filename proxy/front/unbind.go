package front

import "github.com/aclens/aclens/proxy/wire"

// unbind ends the session (RFC 4511 section 4.3). What is in progress is
// abandoned; what was answered is still written.
func (s *session) unbind(c *call, m wire.Message) error {
	if err := wire.ParseUnbind(m.Body); err != nil {
		return err
	}
	s.count(c, wire.Success)
	if err := s.flush(); err != nil {
		return err
	}
	return errGone
}

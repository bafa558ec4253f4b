package front

import "github.com/aclens/aclens/proxy/wire"

// compare answers a compare request (RFC 4511 section 4.10).
func (s *session) compare(c *call, m wire.Message) error {
	r, err := wire.ParseCompare(m.Body)
	if err != nil {
		return err
	}
	refused, err := s.plainControls(m)
	if err != nil {
		return err
	}
	if refused.Code != wire.Success {
		return s.reply(c, refused)
	}
	result := s.server.directory.Compare(s.who, &r)
	s.auditDenied(c, r.Entry, result.Code)
	return s.reply(c, result)
}

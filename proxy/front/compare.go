package front

import "github.com/aclens/aclens/proxy/wire"

// compare answers a compare request (RFC 4511 section 4.10).
func (s *session) compare(c *call, m wire.Message) error {
	r, err := wire.ParseCompare(m.Body)
	if err != nil {
		return err
	}
	asked, refused, err := s.plainControls(m)
	if err != nil {
		return err
	}
	if !s.settled(c, r.Entry, asked, refused) {
		return s.reply(c, refused)
	}
	result := s.server.directory.Compare(asked.who, &r, asked.assertion)
	s.auditDenied(c, r.Entry, result.Code)
	return s.reply(c, result)
}

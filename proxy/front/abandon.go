package front

import "github.com/aclens/aclens/proxy/wire"

// abandon ends a search in the background without an answer. It is itself
// never answered, whatever it names (RFC 4511 section 4.11).
func (s *session) abandon(c *call, m wire.Message) error {
	target, err := wire.ParseAbandon(m.Body)
	if err != nil {
		return err
	}
	if f := s.flights.find(target); f != nil && f.turn(ended) {
		f.cancel()
		s.flights.remove(f)
	}
	s.count(c, wire.Success)
	return nil
}

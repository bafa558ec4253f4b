package front

import (
	"encoding/asn1"

	"github.com/aclens/aclens/proxy/wire"
)

// cancel ends a search in the background, which is answered with canceled
// (RFC 3909). What runs on the reader has ended before this is seen.
func (s *session) cancel(c *call, r *wire.ExtendedRequest) error {
	target, ok := cancelTarget(r.Value)
	if !ok {
		return s.refuse(c, wire.ProtocolError, "malformed cancel request")
	}
	if target == c.id {
		return s.refuse(c, wire.CannotCancel, "a cancel request cannot be canceled")
	}
	f := s.flights.find(target)
	if f == nil {
		return s.refuse(c, wire.NoSuchOperation, "no such operation in progress")
	}
	if f.writes {
		return s.refuse(c, wire.CannotCancel, "a change that may have been made cannot be canceled")
	}
	if !f.turn(ended) {
		return s.refuse(c, wire.TooLate, "the operation is being answered")
	}
	f.cancel()
	if err := s.keep(wire.AppendResult(s.room(), target, wire.OpSearchDone, wire.Result{Code: wire.Canceled})); err != nil {
		return err
	}
	s.flights.remove(f)
	return s.reply(c, wire.Result{})
}

// cancelTarget decodes SEQUENCE { cancelID MessageID } (RFC 3909 section 2).
func cancelTarget(value []byte) (int32, bool) {
	var request struct{ CancelID int32 }
	rest, err := asn1.Unmarshal(value, &request)
	return request.CancelID, err == nil && len(rest) == 0 && request.CancelID >= 0
}

package front

import (
	"errors"

	"github.com/aclens/aclens/proxy/view"
	"github.com/aclens/aclens/proxy/wire"
)

// requestControls is what the controls of a request ask for.
type requestControls struct {
	page     *view.Page
	realOnly bool
	forLogin []wire.Control
}

// knownControls says which operations each control may go with. One that is
// not known, or not with the operation at hand, is treated by its criticality
// (RFC 4511 section 4.1.11).
var knownControls = map[string]func(wire.Op) bool{
	wire.ControlManageDsaIT:        func(wire.Op) bool { return true },
	wire.ControlPagedResults:       func(op wire.Op) bool { return op == wire.OpSearchRequest },
	wire.ControlRealAttributesOnly: func(op wire.Op) bool { return op == wire.OpSearchRequest },
	wire.ControlPasswordPolicy:     func(op wire.Op) bool { return op == wire.OpBindRequest },
}

// controls decodes the controls of a request into the memory of w. Unless the
// code of the result is Success the request is to be refused with it; an error
// ends the session.
func (s *session) controls(w *scratch, m wire.Message) (requestControls, wire.Result, error) {
	var asked requestControls
	if len(m.Controls) == 0 {
		return asked, wire.Result{}, nil
	}
	list, err := wire.ParseControlsInto(w.controls, m.Controls)
	if wire.IsLimit(err) {
		s.server.limit(LimitRequest)
		return asked, wire.Result{Code: wire.AdminLimitExceeded, Message: err.Error()}, nil
	}
	if err != nil {
		return asked, wire.Result{}, err
	}
	w.controls = list
	ignored := s.server.inForce().ignored
	for i := range list {
		control := &list[i]
		fits, known := knownControls[control.OID]
		if known && fits(m.Op) {
			if r := asked.take(control, w); r.Code != wire.Success {
				return asked, r, nil
			}
		} else if control.Critical && !ignored[control.OID] {
			return asked, wire.Result{Code: wire.UnavailableCriticalExtension, Message: "critical control is not available here"}, nil
		}
	}
	return asked, wire.Result{}, nil
}

// take notes one known control.
func (asked *requestControls) take(c *wire.Control, w *scratch) wire.Result {
	if c.OID == wire.ControlPagedResults {
		return asked.takePage(c, w)
	}
	// None of the others has a value; some libraries send an empty one.
	if len(c.Value) > 0 {
		return badControl("control has a value")
	}
	switch c.OID {
	case wire.ControlRealAttributesOnly:
		asked.realOnly = true
	case wire.ControlPasswordPolicy:
		asked.forLogin = append(asked.forLogin, *c)
	}
	return wire.Result{}
}

func (asked *requestControls) takePage(c *wire.Control, w *scratch) wire.Result {
	if asked.page != nil {
		return badControl("paged results control is there twice")
	}
	paged, err := wire.ParsePaged(c.Value)
	if err != nil {
		return badControl(errText(err))
	}
	w.page = view.Page{Size: paged.Size, Cookie: paged.Cookie}
	asked.page = &w.page
	return wire.Result{}
}

func badControl(reason string) wire.Result {
	return wire.Result{Code: wire.ProtocolError, Message: reason}
}

func errText(err error) string {
	var malformed *wire.MalformedError
	if errors.As(err, &malformed) {
		return "malformed " + malformed.Element
	}
	return err.Error()
}

// plainControls is controls for operations that no control changes.
func (s *session) plainControls(m wire.Message) (wire.Result, error) {
	if len(m.Controls) == 0 {
		return wire.Result{}, nil
	}
	w := scratches.Get().(*scratch)
	defer w.release(&s.server.budget)
	_, refused, err := s.controls(w, m)
	return refused, err
}

package front

import (
	"errors"
	"slices"

	"github.com/aclens/aclens/proxy/policy"
	"github.com/aclens/aclens/proxy/view"
	"github.com/aclens/aclens/proxy/wire"
)

// requestControls is what the controls of a request ask for.
type requestControls struct {
	who      policy.Identity // whom the request is for
	proxied  bool            // by the proxied authorization control
	authzID  string          // of it
	forLogin []wire.Control

	page       *view.Page
	realOnly   bool
	managed    bool // referral objects are entries
	alone      bool // without references
	sort       *view.Sort
	vlv        *wire.VLVRequest
	values     []wire.Filter
	assertion  *wire.Filter
	deref      *view.Deref
	subentries view.Subentries
	sync       *wire.SyncRequest
	persist    *wire.PersistentSearch
}

// knownControl says which operations a control may go with, and notes what it
// asks for. Notes in w live as long as the request.
type knownControl struct {
	fits func(wire.Op) bool
	take func(asked *requestControls, c *wire.Control, w *scratch, limits wire.FilterLimits) error
}

// knownControls are the controls that are served. One that is not known, or not
// with the operation at hand, is treated by its criticality (RFC 4511 section
// 4.1.11). None of them may be there twice.
var knownControls = map[string]knownControl{
	wire.ControlManageDsaIT:          {anyOperation, takeFlag(func(asked *requestControls) { asked.managed = true })},
	wire.ControlDomainScope:          {onlySearch, takeFlag(func(asked *requestControls) { asked.alone = true })},
	wire.ControlRealAttributesOnly:   {onlySearch, takeFlag(func(asked *requestControls) { asked.realOnly = true })},
	wire.ControlPasswordPolicy:       {only(slices.Concat(writes, []wire.Op{wire.OpBindRequest, wire.OpExtendedRequest})...), takeForLogin},
	wire.ControlPagedResults:         {onlySearch, takePage},
	wire.ControlSortRequest:          {onlySearch, takeSort},
	wire.ControlVLVRequest:           {onlySearch, takeVLV},
	wire.ControlMatchedValues:        {onlySearch, takeValues},
	wire.ControlAssertion:            {only(slices.Concat(writes, []wire.Op{wire.OpSearchRequest, wire.OpCompareRequest})...), takeAssertion},
	wire.ControlDeref:                {onlySearch, takeDeref},
	wire.ControlSubentries:           {onlySearch, takeSubentries},
	wire.ControlProxiedAuthorization: {mayBeProxied, takeProxied},
	wire.ControlSyncRequest:          {onlySearch, takeSync},
	wire.ControlPersistentSearch:     {onlySearch, takePersist},
}

// writes are the operations that change something, but for extended ones.
var writes = []wire.Op{wire.OpAddRequest, wire.OpModifyRequest, wire.OpDelRequest, wire.OpModifyDNRequest}

func anyOperation(wire.Op) bool { return true }

func onlySearch(op wire.Op) bool { return op == wire.OpSearchRequest }

func only(ops ...wire.Op) func(wire.Op) bool {
	return func(op wire.Op) bool {
		for _, each := range ops {
			if each == op {
				return true
			}
		}
		return false
	}
}

// controls decodes the controls of a request into the memory of w. Unless the
// code of the result is Success the request is to be refused with it; an error
// ends the session.
func (s *session) controls(w *scratch, m wire.Message) (requestControls, wire.Result, error) {
	if len(m.Controls) == 0 {
		return requestControls{who: s.who}, wire.Result{}, nil
	}
	return s.takeControls(w, m)
}

// takeControls is controls for a request that has some.
func (s *session) takeControls(w *scratch, m wire.Message) (requestControls, wire.Result, error) {
	asked := requestControls{who: s.who}
	list, err := wire.ParseControlsInto(w.controls, m.Controls)
	if wire.IsLimit(err) {
		s.server.limit(LimitRequest)
		return asked, wire.Result{Code: wire.AdminLimitExceeded, Message: err.Error()}, nil
	}
	if err != nil {
		return asked, wire.Result{}, err
	}
	w.controls = list
	for i := range list {
		if refused := s.control(&asked, w, m.Op, i); refused.Code != wire.Success {
			return asked, refused, nil
		}
	}
	return asked, s.impersonate(&asked), nil
}

// control notes one control of the list in w.
func (s *session) control(asked *requestControls, w *scratch, op wire.Op, i int) wire.Result {
	c, f := &w.controls[i], s.server.inForce()
	known, ok := knownControls[c.OID]
	if !ok || !known.fits(op) {
		if c.Critical && !f.ignored[c.OID] {
			return wire.Result{Code: wire.UnavailableCriticalExtension, Message: "critical control is not available here"}
		}
		return wire.Result{}
	}
	for j := range i {
		if w.controls[j].OID == c.OID {
			return badControl("control is there twice")
		}
	}
	err := known.take(asked, c, w, f.filter)
	if wire.IsLimit(err) {
		s.server.limit(LimitRequest)
		return wire.Result{Code: wire.AdminLimitExceeded, Message: err.Error()}
	}
	if err != nil {
		return badControl(errText(err))
	}
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

// plainControls is controls for operations whose requests are read where they
// lie. What it returns is valid until the next message.
func (s *session) plainControls(m wire.Message) (requestControls, wire.Result, error) {
	if len(m.Controls) == 0 {
		return requestControls{who: s.who}, wire.Result{}, nil
	}
	w := scratches.Get().(*scratch)
	defer w.release(&s.server.budget)
	asked, refused, err := s.controls(w, m)
	if asked.assertion != nil {
		own := *asked.assertion // w is given back
		asked.assertion = &own
	}
	return asked, refused, err
}

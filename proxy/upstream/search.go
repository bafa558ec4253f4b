package upstream

import (
	"context"
	"slices"

	"github.com/aclens/aclens/proxy/wire"
)

// outcome is how a search ended.
type outcome struct {
	result     wire.Result
	controls   []wire.Control // owned
	references [][]string     // continuations to other servers; the addresses of one are alternatives
}

// search sends one search and hands each entry to emit, whose body is valid
// during the call only. A result other than success is no error here. Errors
// of emit are returned as they are.
func (l *link) search(ctx context.Context, request *wire.SearchRequest, controls []wire.Control, emit func(body []byte) error) (outcome, error) {
	var end outcome
	err := l.during(ctx, "searching", func() error {
		id, err := l.send(func(dst []byte, id int32) ([]byte, error) {
			return wire.AppendSearchRequest(dst, id, request, controls...)
		})
		if err != nil {
			return err
		}
		for done := false; !done; {
			m, err := l.next(id)
			if err != nil {
				return err
			}
			if done, err = end.take(m, emit); err != nil {
				return err
			}
		}
		return nil
	})
	return end, err
}

// take handles one message of the answer and tells whether it was the last.
func (o *outcome) take(m wire.Message, emit func(body []byte) error) (done bool, err error) {
	switch m.Op {
	case wire.OpSearchEntry:
		if err := emit(m.Body); err != nil {
			return false, &callerError{err}
		}
		return false, nil
	case wire.OpSearchReference:
		uris, err := wire.ParseReference(m.Body)
		o.references = append(o.references, uris)
		return false, err
	case wire.OpIntermediateResponse: // nothing was asked that needs one
		return false, nil
	case wire.OpSearchDone:
		m = m.Clone()
		if o.result, err = wire.ParseResult(m.Body); err != nil {
			return false, err
		}
		o.controls, err = wire.ParseControls(m.Controls)
		return true, err
	}
	return false, errUnexpected
}

// everything is the filter that all entries match.
var everything = wire.Filter{Kind: wire.Present, Attr: []byte("objectClass")}

// baseRequest asks for one entry.
func baseRequest(dn string, filter wire.Filter, attributes ...string) *wire.SearchRequest {
	return &wire.SearchRequest{Base: []byte(dn), Scope: wire.ScopeBase, Filter: filter, Attributes: octets(attributes)}
}

func octets(names []string) [][]byte {
	out := make([][]byte, 0, len(names))
	for _, n := range names {
		out = append(out, []byte(n))
	}
	return out
}

// control returns the control of that OID, if the answer has it.
func (o *outcome) control(oid string) (wire.Control, bool) {
	i := slices.IndexFunc(o.controls, func(c wire.Control) bool { return c.OID == oid })
	if i < 0 {
		return wire.Control{}, false
	}
	return o.controls[i], true
}

package shadow

import (
	"context"
	"fmt"
	"strings"

	"github.com/aclens/aclens/proxy/policy"
	"github.com/aclens/aclens/proxy/view"
	"github.com/aclens/aclens/proxy/wire"
)

// Ours is what aclens would answer to one identity.
type Ours struct {
	View *view.View
	Who  policy.Identity
	Base string // of the virtual subtree, which the present server has not
}

// Search answers as serve would.
func (o *Ours) Search(ctx context.Context, r Request) (Answer, error) {
	var out Answer
	_, err := o.run(ctx, &r, nil, &out)
	return out, err
}

// pageSize is how many entries are asked for at one time.
const pageSize = 500

// All answers page by page.
func (o *Ours) All(ctx context.Context, r Request) (Answer, error) {
	var out Answer
	for cookie := []byte(nil); ; {
		a, err := o.run(ctx, &r, &view.Page{Size: pageSize, Cookie: cookie}, &out)
		if err != nil || len(a.Cookie) == 0 || a.Result.Code != wire.Success {
			return out, err
		}
		cookie = a.Cookie
	}
}

func (o *Ours) run(ctx context.Context, r *Request, page *view.Page, into *Answer) (view.Answer, error) {
	search := &wire.SearchRequest{Base: []byte(r.Base), Scope: r.Scope, Filter: r.Filter}
	for _, a := range r.Attributes {
		search.Attributes = append(search.Attributes, []byte(a))
	}
	q, refused := o.View.Prepare(view.Request{MessageID: 1, Identity: o.Who, Search: search, Page: page})
	if refused.Code != wire.Success {
		into.Code = refused.Code
		return view.Answer{Result: refused}, nil
	}
	s := sink{answer: into}
	a := q.Run(ctx, &s)
	if s.err != nil {
		return a, s.err
	}
	into.Code = a.Result.Code
	return a, ctx.Err()
}

// sink decodes what the view writes for the wire, so that what is compared is
// what a client would get.
type sink struct {
	answer *Answer
	err    error
}

// Room begins each message anew.
func (s *sink) Room() []byte { return nil }

// Keep takes one message.
func (s *sink) Keep(b []byte) error {
	s.err = s.take(b)
	return s.err
}

func (s *sink) take(b []byte) error {
	m, err := wire.ParseMessage(b)
	switch {
	case err != nil:
		return fmt.Errorf("reading the own answer: %w", err)
	case m.Op == wire.OpSearchReference:
		s.answer.References++
		return nil
	case m.Op != wire.OpSearchEntry:
		return nil
	}
	c, err := wire.ParseEntry(m.Body)
	if err != nil {
		return fmt.Errorf("reading the own answer: %w", err)
	}
	e := Entry{DN: string(c.DN()), Attributes: map[string][]string{}}
	for c.NextAttribute() {
		name := strings.ToLower(string(c.Name()))
		e.Attributes[name] = []string{}
		for c.NextValue() {
			e.Attributes[name] = append(e.Attributes[name], string(c.Value()))
		}
	}
	s.answer.Entries = append(s.answer.Entries, e)
	return c.Err()
}

// NamingContexts are the tops of the directory, without the virtual subtree.
func (o *Ours) NamingContexts(ctx context.Context) ([]string, error) {
	const attribute = "namingContexts"
	a, err := o.Search(ctx, Request{Scope: wire.ScopeBase, Filter: everything, Attributes: []string{attribute}})
	if err != nil {
		return nil, err
	}
	own := keyOfDN(o.Base)
	var list []string
	for i := range a.Entries {
		for _, dn := range a.Entries[i].Attributes[strings.ToLower(attribute)] {
			if keyOfDN(dn) != own {
				list = append(list, dn)
			}
		}
	}
	return list, nil
}

package shadow

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/aclens/aclens/proxy/wire"
	"github.com/aclens/aclens/resolver/name"
)

// Walk is what a client does that climbs nested groups by itself: it asks for
// the groups that hold a person, for those that hold these, and so on.
type Walk struct {
	Ours    string   // attribute of aclens that gives the same at once
	Members []string // member attributes of the present server's groups
	Bases   []string // where groups are
}

// memberUID names a person by its uid, and never a group (RFC 2307).
const memberUID = "memberUid"

// errCut is an answer that was not whole, of which nothing can be concluded.
var errCut = errors.New("the present server did not give all groups")

// ParseWalk reads "isMemberOf=member+uniqueMember".
func ParseWalk(text string) (*Walk, error) {
	ours, members, _ := strings.Cut(text, "=")
	w := &Walk{Ours: strings.TrimSpace(ours)}
	for m := range strings.SplitSeq(members, "+") {
		if m = strings.TrimSpace(m); m != "" {
			w.Members = append(w.Members, m)
		}
	}
	if w.Ours == "" || len(w.Members) == 0 {
		return nil, fmt.Errorf("%q is not an attribute of aclens, =, and member attributes of groups with + between them", text)
	}
	return w, nil
}

// byUID tells whether the uid of a person is needed.
func (w *Walk) byUID() bool {
	return slices.ContainsFunc(w.Members, func(m string) bool { return same(m, memberUID) })
}

// climber climbs for many people; what is above a group is asked once.
type climber struct {
	*Walk
	server Server
	above  map[string][]string // key of a group's DN -> DNs of the groups that hold it
}

// groups lists the groups that hold an entry, directly or through others.
func (c *climber) groups(ctx context.Context, e *Entry) ([]string, error) {
	first, err := c.ask(ctx, e.DN, e.Attributes["uid"])
	if err != nil {
		return nil, err
	}
	var found []string
	seen := map[string]bool{}
	for next := first; len(next) > 0; {
		dn := next[0]
		next = next[1:]
		key := keyOfDN(dn)
		if seen[key] {
			continue
		}
		seen[key] = true
		found = append(found, dn)
		up, known := c.above[key]
		if !known {
			if up, err = c.ask(ctx, dn, nil); err != nil {
				return nil, err
			}
			c.above[key] = up
		}
		next = append(next, up...)
	}
	return found, nil
}

// ask lists the groups that hold a name.
func (c *climber) ask(ctx context.Context, dn string, uids []string) ([]string, error) {
	filter := wire.Filter{Kind: wire.Or}
	for _, m := range c.Members {
		values := []string{dn}
		if same(m, memberUID) {
			values = uids
		}
		for _, v := range values {
			filter.Children = append(filter.Children, wire.Filter{Kind: wire.Equality, Attr: []byte(m), Value: []byte(v)})
		}
	}
	if len(filter.Children) == 0 {
		return nil, nil
	}
	var found []string
	for _, base := range c.Bases {
		a, err := c.server.All(ctx, Request{Base: base, Scope: wire.ScopeSubtree, Filter: filter, Attributes: []string{"1.1"}})
		if err != nil {
			return nil, err
		}
		if !a.whole() {
			return nil, fmt.Errorf("%w: %s", errCut, a.Code)
		}
		for i := range a.Entries {
			found = append(found, a.Entries[i].DN)
		}
	}
	return found, nil
}

// keyOfDN is the DN in the form in which equal ones are equal; what is none stays as it is.
func keyOfDN(dn string) string {
	if key, err := name.KeyOf(dn); err == nil {
		return key
	}
	return dn
}

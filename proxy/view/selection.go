package view

import (
	"strings"

	"github.com/aclens/aclens/resolver/schema"
)

// selection is what a request asks to be returned (RFC 4511, 4.5.1.8).
type selection struct {
	star, plus bool
	none       bool   // "1.1" alone
	named      []bool // by schema.ID: asked for by name
	member     bool   // member, by name or with *
	levelCount bool   // databaseLevelCount likewise
	state      *State
	selecting

	real []wantedAttribute // virtual attributes of real entries
	open []wantedAttribute // and of virtual ones
}

// selecting is what else tells how an attribute list is read.
type selecting struct {
	typesOnly bool
	realOnly  bool
	feed      bool // of a sync operation: what is computed only by name, and no freshness
}

// selects is how the attribute list of a request is read.
func (r *Request) selects() selecting {
	return selecting{typesOnly: r.Search.TypesOnly, realOnly: r.RealOnly}
}

// selectionOf reads an attribute list, or finds it read. The selection must not
// be changed.
func (s *State) selectionOf(attributes [][]byte, how selecting) *selection {
	if listSize(attributes) > keptList {
		return s.readSelection(attributes, how)
	}
	var room [256]byte
	key := string(appendListKey(room[:0], attributes, how))
	return s.selections.Find(key, func() *selection { return s.readSelection(attributes, how) })
}

// readSelection reads an attribute list. Names that nobody knows are ignored.
func (s *State) readSelection(attributes [][]byte, how selecting) *selection {
	sel := &selection{state: s, selecting: how, star: len(attributes) == 0}
	for _, a := range attributes {
		switch string(a) {
		case "*":
			sel.star = true
		case "+":
			sel.plus = true
		case "1.1":
			sel.none = len(attributes) == 1
		default:
			sel.name(a)
		}
	}
	sel.member, sel.levelCount = sel.content(attrMember), sel.content(attrLevelCount)
	if !how.realOnly {
		sel.real = sel.among(s.offered)
	}
	sel.open = sel.among(s.offeredOpen)
	return sel
}

// content tells whether a user attribute that is computed is wanted.
func (sel *selection) content(attribute string) bool {
	id, ok := sel.state.Snapshot.Store().Schema().Lookup(attribute)
	return sel.star || ok && sel.isNamed(id)
}

// name adds a description with its subtypes, or the classes' attributes of "@class"
// (RFC 4529).
func (sel *selection) name(a []byte) {
	sc := sel.state.Snapshot.Store().Schema()
	if len(a) > 1 && a[0] == '@' {
		sel.class(sc, string(a[1:]))
		return
	}
	text := strings.TrimSuffix(strings.ToLower(string(a)), ";binary") // RFC 4522: no value here has another encoding
	id, ok := sc.Lookup(text)
	if !ok {
		return
	}
	for _, each := range sc.Expand(id) {
		sel.mark(each)
	}
}

func (sel *selection) class(sc *schema.Schema, class string) {
	for c := sc.Class(class); c != nil; {
		for _, list := range [][]string{c.Must, c.May} {
			for _, attribute := range list {
				sel.name([]byte(attribute))
			}
		}
		if len(c.Sup) == 0 {
			return
		}
		c = sc.Class(c.Sup[0])
	}
}

func (sel *selection) mark(id schema.ID) {
	if sel.named == nil {
		sel.named = make([]bool, len(sel.state.columns))
	}
	if int(id) < len(sel.named) {
		sel.named[id] = true
	}
}

func (sel *selection) isNamed(id schema.ID) bool {
	return int(id) < len(sel.named) && sel.named[id]
}

// contentNames are operational on people, and what virtual entries are about.
var contentNames = map[string]bool{"accesslevel": true, "accessrole": true, "accessprivilege": true}

// stored tells whether a stored attribute is wanted. In the virtual subtree
// accessLevel and its like are content, which * returns.
func (sel *selection) stored(id schema.ID, c *column, virtual bool) bool {
	switch {
	case sel.isNamed(id):
		return true
	case c.operational && !(virtual && c.content):
		return sel.plus
	default:
		return sel.star
	}
}

// freshness is never told by a feed, which would never rest.
var freshness = map[string]bool{"accessSnapshot": true, "accessAsOf": true, "accessStale": true}

// computed tells whether a virtual attribute is wanted.
func (sel *selection) computed(id schema.ID, a *attribute) bool {
	switch {
	case sel.feed && freshness[a.name]:
		return false
	case sel.isNamed(id):
		return true
	case sel.feed:
		return sel.plus && stampNames[a.name]
	case a.when == withPlus:
		return sel.plus
	default:
		return a.name == attrMemberOf && sel.star && sel.state.view.settings.MemberOfInStar
	}
}

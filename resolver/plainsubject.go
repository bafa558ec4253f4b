package resolver

import (
	"slices"

	"github.com/aclens/aclens/resolver/acl"
	"github.com/aclens/aclens/resolver/directory"
	"github.com/aclens/aclens/resolver/group"
	"github.com/aclens/aclens/resolver/name"
)

// At moves the Walker on to the subject that an entry is; false when the entry
// is neither a person nor a server.
func (w *Walker) At(s *Snapshot, id directory.ID) bool {
	if w.at == s && w.sub != nil && w.sub.Entry == id {
		return true
	}
	w.at, w.sub, w.known = s, nil, false
	kind, ok := s.people.Kind(id)
	if !ok {
		return false
	}
	if s.plainSubject(&w.own, id, kind) {
		w.sub = &w.own.subject
	} else {
		w.sub, _ = s.Subject(id)
	}
	return w.sub != nil
}

// EachDecision is Snapshot.EachDecision for the subject that At moved to.
func (w *Walker) EachDecision(c acl.Channel, yield func(i int, d *Decision)) {
	w.each(w.at, w.sub, Query{Channel: c}, func(i int, d *Decision) bool {
		yield(i, d)
		return true
	})
}

// Matched calls yield for those databases of EachDecision where an entry of the
// ACL covers the subject that At moved to; everywhere else the decision is that
// of Snapshot.Unmatched. It is false, without a call, where servers have a say
// or the channel passes the ACL by.
func (w *Walker) Matched(c acl.Channel, yield func(i int, d *Decision)) bool {
	if c == acl.Local {
		return false
	}
	a := w.ask(w.at, w.sub, Query{Channel: c})
	w.match(a)
	if !w.plainServers() {
		return false
	}
	for hits := w.hits; len(hits) > 0; {
		i := int(hits[0].db())
		hits = w.takeMatch(hits)
		a.readACL(&w.decision, a.databases.At(i).Primary, &w.matched, &a.settings.Reading)
		yield(i, &w.decision)
	}
	return true
}

// Unmatched are the decisions, by Index, for people and servers whom no entry
// covers, where servers have no say. They must not be changed.
func (s *Snapshot) Unmatched(c acl.Channel) []Decision {
	if c == acl.WebAnonymous {
		return s.unmatched(acl.Anonymous, c)
	}
	return s.unmatched(acl.Person, c)
}

// MemberOf is Snapshot.MemberOf for the subject that At moved to, valid until
// the next call.
func (w *Walker) MemberOf() []group.ID {
	w.groups = w.at.members.all.Up(w.groups, w.sub.direct)
	return w.groups
}

// plainSubject is Subject for an entry whose only name is its DN and plain: the
// same subject in the room of another, with its Name to be spelled when it is
// asked for, and with what only decisions need still to be found by weigh. It is
// false for every other entry.
func (s *Snapshot) plainSubject(p *plainSubject, id directory.ID, kind acl.Kind) bool {
	own, common, above, ok := s.namer.plain(id)
	if !ok {
		return false
	}
	branch, sub := s.branch(id, above), &p.subject
	*sub = Subject{
		Kind: kind, Entry: id, unspelled: true, keys: sub.keys[:0], names: sub.names[:0],
		wildcards: branch.wildcards, direct: sub.direct[:0], groups: sub.groups[:0],
	}
	sub.direct = append(s.members.graph.AppendOfEntry(sub.direct, uint32(id)), branch.groups...)
	slices.Sort(sub.direct)
	sub.direct = slices.Compact(sub.direct)
	p.own, p.common, p.weighed = own, common, false
	return true
}

// plainSubject is a subject whose only name is its DN.
type plainSubject struct {
	subject     Subject
	own, common name.Key
	weighed     bool // subject is whole
}

// weigh finds what decisions need to know of a plain subject: which of its names
// are nobody else's, and the groups that count in ACLs.
func (s *Snapshot) weigh(p *plainSubject) {
	if p.weighed {
		return
	}
	sub := &p.subject
	p.weighed = true
	if only, ok := s.names.holder(p.own, &s.namer); ok && only == sub.Entry {
		sub.keys = append(sub.keys, p.own)
	}
	if sub.Kind == acl.Person {
		if only, ok := s.names.commonHolder(p.common, &s.namer); ok && only == sub.Entry {
			sub.common = p.common
		}
	}
	sub.groups = s.members.acl.Up(sub.groups, sub.direct)
}

// spell reads the names of a plain subject.
func (s *Snapshot) spell(sub *Subject) {
	if !sub.unspelled {
		return
	}
	sub.unspelled = false
	sub.Name = s.namer.names(sub.Entry).Own
	sub.names = append(sub.names[:0], sub.Name)
}

// branch is what everybody right below one name has in common: the wildcards
// that cover them, and the groups that hold one of these.
type branch struct {
	wildcards []name.Key
	groups    []group.ID
}

// mostBranches bounds how many branches are kept; more are found out each time.
const mostBranches = 1 << 16

// branch finds out about the branch of a plain entry, once.
func (s *Snapshot) branch(id directory.ID, above string) *branch {
	kept := &s.cache.branches
	kept.mu.RLock()
	b := kept.of[above]
	kept.mu.RUnlock()
	if b != nil {
		return b
	}
	b = &branch{wildcards: s.namer.names(id).Own.WildcardKeys()}
	slices.Sort(b.wildcards)
	b.wildcards = slices.Compact(b.wildcards)
	for _, w := range b.wildcards {
		b.groups = append(b.groups, s.members.graph.OfName(w)...)
	}
	kept.mu.Lock()
	defer kept.mu.Unlock()
	if kept.of == nil {
		kept.of = map[string]*branch{}
	}
	if len(kept.of) < mostBranches {
		kept.of[above] = b
	}
	return b
}

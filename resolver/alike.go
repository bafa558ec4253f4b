package resolver

import (
	"encoding/binary"
	"slices"
	"strings"

	"github.com/aclens/aclens/resolver/acl"
	"github.com/aclens/aclens/resolver/database"
	"github.com/aclens/aclens/resolver/directory"
	"github.com/aclens/aclens/resolver/group"
	"github.com/aclens/aclens/resolver/name"
)

// Alike sorts people and servers by all that some databases and every server
// look at: those with one text of AppendTo get the same decisions and the same
// reasons there, their own names apart. It serves one goroutine.
type Alike struct {
	s         *Snapshot
	names     map[name.Key]bool // that an ACL or a Server document has, whomever it means
	wildcards map[name.Key]bool
	leads     map[group.ID]bool // whether a group, or one above it, has one of the names; filled as groups are met
}

// Listed are the names that Server documents and folders have, and those of the
// servers: what every Alike of a Snapshot begins with.
type Listed struct{ names, wildcards map[name.Key]bool }

// Listed reads the lists of all servers.
func (s *Snapshot) Listed() *Listed {
	l := &Listed{map[name.Key]bool{}, map[name.Key]bool{}}
	for _, srv := range s.servers {
		l.names[srv.Key()] = true
		srv.EachListed(func(n name.Name) {
			if n.IsWildcard() {
				l.wildcards[n.Key()] = true
			}
			l.names[n.Key()] = true
		})
	}
	return l
}

// Alike prepares to sort by some databases of the Snapshot.
func (s *Snapshot) Alike(listed *Listed, dbs []*database.Database) *Alike {
	a := &Alike{s: s, names: map[name.Key]bool{}, wildcards: map[name.Key]bool{}, leads: map[group.ID]bool{}}
	for k := range listed.names {
		a.names[k] = true
	}
	for k := range listed.wildcards {
		a.wildcards[k] = true
	}
	for _, db := range dbs {
		a.names[db.Primary.Server.Key()] = true
		for i := range db.Primary.List.Entries {
			switch e := &db.Primary.List.Entries[i]; e.Kind {
			case acl.KindName:
				a.names[e.Key()] = true
			case acl.KindWildcard:
				a.wildcards[e.Key()] = true
			}
		}
	}
	return a
}

// The parts of a text of AppendTo.
const (
	partName     = 'n' // a name of the subject that is listed, and whether it is nobody else's
	partCommon   = 'c' // a bare common name that is listed, with the whole name
	partOnly     = 'o' // the subject that alone has a listed common name
	partWildcard = 'w'
	partGroup    = 'g'
	partApart    = '!' // whoever is like nobody else: by entry
)

// AppendTo appends what the subject that the Walker moved to, in the same
// Snapshot, has in common with those who are treated alike.
func (a *Alike) AppendTo(dst []byte, w *Walker) []byte {
	sub := w.whole()
	dst = append(dst, byte(sub.Kind))
	if own, common, _, plain := a.s.namer.plain(sub.Entry); plain {
		dst = a.appendName(dst, sub, own, common)
	} else {
		for _, n := range sub.names {
			dst = a.appendName(dst, sub, n.Key(), n.CommonKey())
		}
	}
	if sub.common != "" && a.names[sub.common] {
		dst = appendPart(dst, partOnly, string(sub.common))
	}
	for _, k := range sub.wildcards {
		if a.wildcards[k] {
			dst = appendPart(dst, partWildcard, string(k))
		}
	}
	for _, g := range sub.direct {
		if a.leadsToNamed(g) {
			dst = binary.BigEndian.AppendUint32(append(dst, partGroup), uint32(g))
		}
	}
	if slices.ContainsFunc(w.ofCommonName(), a.leadsToNamed) { // decision D7: who is meant hangs on the member values
		dst = binary.BigEndian.AppendUint32(append(dst, partApart), uint32(sub.Entry))
	}
	return dst
}

func (a *Alike) appendName(dst []byte, sub *Subject, k, common name.Key) []byte {
	if a.names[k] {
		only := byte(0)
		if slices.Contains(sub.keys, k) {
			only = 1
		}
		dst = append(appendPart(dst, partName, string(k)), only)
	}
	if common != "" && a.names[common] {
		dst = appendPart(appendPart(dst, partCommon, string(common)), partCommon, string(k))
	}
	return dst
}

func appendPart(dst []byte, part byte, text string) []byte {
	dst = binary.AppendUvarint(append(dst, part), uint64(len(text)))
	return append(dst, text...)
}

// leadsToNamed tells whether a group or one above it, by any chain, has a name
// that is listed.
func (a *Alike) leadsToNamed(g group.ID) bool {
	leads, known := a.leads[g]
	if !known {
		leads = slices.ContainsFunc(a.s.members.all.Above(g), func(above group.ID) bool {
			return slices.ContainsFunc(a.s.members.groups[above].Names, func(n name.Name) bool { return a.names[n.Key()] })
		})
		a.leads[g] = leads
	}
	return leads
}

// ofCommonName are the groups that have the bare common name of the subject as
// a member, whether that means the subject or not.
func (w *Walker) ofCommonName() []group.ID {
	common := w.whole().common
	if common == "" {
		return nil
	}
	return w.at.members.graph.OfName(common)
}

// GroupsOfCommonName lists the groups, nested ones included, that the subject
// that At moved to may be in by its bare common name (decision D7).
func (w *Walker) GroupsOfCommonName() []group.ID {
	direct := w.ofCommonName()
	if len(direct) == 0 {
		return nil
	}
	return w.at.members.all.Up(nil, direct)
}

// Direct are the groups that the subject that At moved to is a direct member of,
// valid until the next call of At. They must not be changed.
func (w *Walker) Direct() []group.ID { return w.sub.direct }

// ACLGroups are the groups of that subject that count in ACLs, valid as Direct is.
func (w *Walker) ACLGroups() []group.ID { return w.whole().groups }

// Subject is that subject, valid as Direct is.
func (w *Walker) Subject() *Subject {
	sub := w.whole()
	w.at.spell(sub)
	return sub
}

// whole is that subject with all that decisions need to know of it.
func (w *Walker) whole() *Subject {
	if w.sub == &w.own.subject {
		w.at.weigh(&w.own)
	}
	return w.sub
}

// ShowsGroup tells whether the names list of that subject surely has an element
// for a group that counts, which no name of the subject is.
func (w *Walker) ShowsGroup(g group.ID) bool {
	w.at.spell(w.sub)
	return slices.ContainsFunc(w.at.members.groups[g].Names, func(n name.Name) bool {
		holder, ok := w.at.members.named.find(n.Key())
		return ok && holder == g && !n.IsWildcard() && !n.IsTemplate() && !slices.ContainsFunc(w.sub.names, func(own name.Name) bool {
			return own.Key() == n.Key() || own.CommonKey() == n.Key()
		})
	})
}

// FoundByName tells whether FindSubject leads from the Notes name of somebody
// with an entry to that entry.
func (s *Snapshot) FoundByName(sub *Subject) bool {
	text := strings.TrimSpace(sub.Name.Canonical())
	if sub.Entry == directory.None || text == "" || strings.EqualFold(text, acl.AnonymousName) || strings.EqualFold(text, acl.DefaultName) {
		return false
	}
	ids := s.byDN(text)
	if n := parseEither(text); len(ids) == 0 {
		ids = s.names.holders(n.Key(), &s.namer)
		if len(ids) == 0 {
			ids = s.byShortName(text, n, func(string, directory.ID) bool { return true })
		}
	}
	return len(ids) == 1 && ids[0] == sub.Entry
}

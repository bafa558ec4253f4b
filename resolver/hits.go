package resolver

import (
	"slices"

	"github.com/aclens/aclens/resolver/acl"
	"github.com/aclens/aclens/resolver/group"
)

// hit is one entry that covers a subject, in one number, so that ordering by
// number is ordering by database, then way, then entry; behind the entry stands
// its level.
type hit uint64

const (
	hitLevelBits = 3
	hitEntryBits = 29
	hitViaBits   = 2
	hitVia       = hitEntryBits + hitLevelBits
)

func makeHit(r ref, via acl.Via) hit {
	return hit(r.db)<<(hitVia+hitViaBits) | hit(via)<<hitVia | hit(uint32(r.entry))<<hitLevelBits | hit(r.level)
}

func (h hit) db() uint32       { return uint32(h >> (hitVia + hitViaBits)) }
func (h hit) via() acl.Via     { return acl.Via(h >> hitVia & (1<<hitViaBits - 1)) }
func (h hit) entry() int32     { return int32(h >> hitLevelBits & (1<<hitEntryBits - 1)) }
func (h hit) level() acl.Level { return acl.Level(h & (1<<hitLevelBits - 1)) }

// matchAll finds, over all databases, the entries that cover a subject and whose
// type suits it, through the index; sorted, each once.
func (s *Snapshot) matchAll(sub *Subject, hits []hit) []hit {
	hits = hits[:0]
	put := func(refs []ref, via acl.Via) {
		for _, r := range refs {
			if r.kind.Suits(sub.Kind, via) {
				hits = append(hits, makeHit(r, via))
			}
		}
	}
	if sub.Kind == acl.Database {
		for _, k := range sub.keys {
			put(s.acls.replicas[k], acl.ByName)
		}
	} else {
		for _, k := range sub.keys {
			put(s.acls.names[k], acl.ByName)
		}
		for _, id := range sub.groups {
			put(s.groupRefs.of(id), acl.ByGroup)
		}
		for _, k := range sub.wildcards {
			put(s.acls.wildcards[k], acl.ByWildcard)
		}
		hits = s.putCommons(sub, hits)
	}
	slices.Sort(hits)
	return slices.Compact(hits)
}

// putCommons adds the entries that are the subject's bare common name, where
// that counts (rule 2.10).
func (s *Snapshot) putCommons(sub *Subject, hits []hit) []hit {
	if sub.common == "" {
		return hits
	}
	for i, r := range s.acls.names[sub.common] {
		if i == 0 {
			s.spell(sub)
		}
		if r.kind.Suits(sub.Kind, acl.ByCommon) && s.commonMatches(s.settings.CommonName, sub, s.databases.At(int(r.db)).Primary.Server) {
			hits = append(hits, makeHit(r, acl.ByCommon))
		}
	}
	return hits
}

// groupRefs leads from a group to the ACL entries that mean it, all in one slice.
type groupRefs struct {
	begin []uint32 // by group.ID, and one more
	refs  []ref
}

func (x *groupRefs) of(id group.ID) []ref {
	if int(id)+1 >= len(x.begin) {
		return nil
	}
	return x.refs[x.begin[id]:x.begin[id+1]]
}

// refsOfGroups finds the entries of every group: those that bear a name which
// is the group's and means no other.
func refsOfGroups(m *membership, acls *aclIndex) *groupRefs {
	x := &groupRefs{begin: make([]uint32, len(m.groups)+1)}
	for id := range m.groups {
		for _, n := range m.groups[id].Names {
			refs := acls.names[n.Key()]
			if len(refs) == 0 {
				continue
			}
			if holder, ok := m.named.find(n.Key()); ok && holder == group.ID(id) {
				x.refs = append(x.refs, refs...)
			}
		}
		x.begin[id+1] = uint32(len(x.refs))
	}
	return x
}

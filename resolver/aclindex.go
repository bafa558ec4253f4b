package resolver

import (
	"github.com/aclens/aclens/resolver/acl"
	"github.com/aclens/aclens/resolver/database"
	"github.com/aclens/aclens/resolver/name"
)

// ref is one entry of the ACL that answers for one database.
type ref struct {
	db    uint32       // database.Database.Index
	entry int32        // position in its list
	kind  acl.UserType // of the entry
	level acl.Level    // of the entry
}

// aclIndex leads from a name to the entries that bear it, in the ACLs that
// answer for the databases, so that one subject's access everywhere costs what
// matches and not what exists. References are ascending by database and entry.
type aclIndex struct {
	names     map[name.Key][]ref
	wildcards map[name.Key][]ref
	replicas  map[name.Key][]ref
}

func indexACLs(set *database.Set) *aclIndex {
	x := &aclIndex{names: map[name.Key][]ref{}, wildcards: map[name.Key][]ref{}, replicas: map[name.Key][]ref{}}
	for _, db := range set.All() {
		entries := db.Primary.List.Entries
		for i := range entries {
			if m := x.of(entries[i].Kind); m != nil {
				k := entries[i].Key()
				m[k] = append(m[k], ref{uint32(db.Index), int32(i), entries[i].Type, entries[i].Level})
			}
		}
	}
	return x
}

// of is the map for entries of a kind, nil for kinds that a List finds itself.
func (x *aclIndex) of(k acl.EntryKind) map[name.Key][]ref {
	switch k {
	case acl.KindName:
		return x.names
	case acl.KindWildcard:
		return x.wildcards
	case acl.KindReplicaID:
		return x.replicas
	default:
		return nil
	}
}

package view

import (
	"strings"

	"github.com/aclens/aclens/proxy/policy"
	"github.com/aclens/aclens/resolver/directory"
	"github.com/aclens/aclens/resolver/name"
)

// Forms of authorization identities (RFC 4513, 5.2.1.8).
const (
	authzDN   = "dn:"
	authzUser = "u:"
)

// Identity finds the entry that an authorization identity means: "dn:" and a
// distinguished name, or "u:" and a uid (in Active Directory also a
// sAMAccountName). False where there is none, where several have the uid, and
// for groups, which are nobody.
func (v *View) Identity(authzID string) (policy.Identity, bool) {
	st := v.Current()
	if st == nil {
		return policy.Identity{}, false
	}
	id, ok := directory.None, false
	if dn, is := strings.CutPrefix(authzID, authzDN); is {
		id, ok = st.entryAt(dn)
	} else if uid, is := strings.CutPrefix(authzID, authzUser); is {
		id, ok = st.entryOfUser(uid)
	}
	if !ok || !st.Snapshot.Store().Exists(id) || st.Snapshot.Population().Groups.Contains(uint32(id)) {
		return policy.Identity{}, false
	}
	e := st.Snapshot.Store().Entry(id)
	return policy.Identity{DN: e.DN(), Key: e.Key()}, true
}

func (s *State) entryAt(dn string) (directory.ID, bool) {
	key, err := name.KeyOf(dn)
	if err != nil || key == "" {
		return directory.None, false
	}
	return s.Snapshot.Store().Find(key)
}

// entryOfUser finds the only entry of a uid. Groups count as well: a uid that
// one of them has too is not one person's.
func (s *State) entryOfUser(uid string) (directory.ID, bool) {
	attributes := []string{"uid"}
	if s.Snapshot.Settings().ActiveDirectory {
		attributes = append(attributes, "sAMAccountName")
	}
	found, many := directory.None, false
	for _, a := range attributes {
		s.eachWith(a, uid, func(id directory.ID) {
			many = many || found != directory.None && found != id
			found = id
		})
	}
	return found, found != directory.None && !many
}

// eachWith yields the entries that have a value, whoever may read it.
func (s *State) eachWith(attribute, value string, yield func(directory.ID)) {
	st := s.Snapshot.Store()
	id, ok := st.Schema().Lookup(attribute)
	if !ok {
		return
	}
	f := directory.Filter{Op: directory.Equal, Attrs: st.Schema().Expand(id), Type: st.Schema().Type(id)}
	if f.Key, ok = f.Type.AppendKey(nil, []byte(value)); !ok || len(f.Key) == 0 {
		return
	}
	eval := directory.NewEvaluator(st)
	st.Plan(&f).Each(0, st.Cap(), func(id directory.ID) bool {
		if st.Exists(id) && eval.Eval(&f, id) == directory.True {
			yield(id)
		}
		return true
	})
}

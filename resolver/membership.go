package resolver

import (
	"maps"
	"runtime"
	"slices"
	"sync"

	"github.com/aclens/aclens/resolver/directory"
	"github.com/aclens/aclens/resolver/group"
	"github.com/aclens/aclens/resolver/name"
	"github.com/aclens/aclens/resolver/schema"
)

// membership is everything about groups: who they are and who is in them.
type membership struct {
	groups  []Group
	byEntry map[directory.ID]group.ID
	named   groupNames
	doubled map[name.Key][]group.ID // the groups behind each name that several have
	renamed bool                    // named may differ from that of the membership before
	hidden  map[name.Key]bool       // names of deny lists, which answers hide (rule 4.2)
	graph   *group.Graph
	spelled map[name.Key]string // members without an entry, as some group spells their DN
	all     *group.Closure      // every group, as the directory nests them
	acl     *group.Closure      // groups that count in ACLs (rules 4.1, 4.4, 4.7, 4.8)
	lists   *group.Closure      // groups that count in Server documents, deny lists always among them (rule 4.2)
}

// uidMember is the Key under which a memberUid is kept, in the normal form of
// the uid attribute; no name has a Key that begins so.
func uidMember(normal string) name.Key { return name.Key("\x00uid=" + normal) }

// foreignMember is the Key under which a nested group of another directory is
// kept, which is not followed, so that it is looked at again when it changes.
func foreignMember(key string) name.Key { return name.Key("\x00dn=" + key) }

// memberReader finds out whom the member values of a group mean.
type memberReader struct {
	store   *directory.Store
	people  *Population
	names   *nameIndex
	namer   *namer
	byEntry map[directory.ID]group.ID
	dnAttrs []schema.ID // whose values are DNs
	uids    []schema.ID // whose values are uids (RFC 2307)
	commons bool        // decision D7
	uid     *directory.Filter
	spelled map[name.Key]string // filled as names without an entry are met
	own     *spelling           // nil where few members are read
}

func (s *Settings) memberReader(st *directory.Store) memberReader {
	r := memberReader{store: st, commons: s.CommonNameInGroups, spelled: map[name.Key]string{}}
	for _, a := range s.MemberAttrs {
		id, ok := st.Schema().Lookup(a)
		switch {
		case !ok:
		case st.Schema().Type(id).Name() == "memberUid":
			r.uids = append(r.uids, id)
		default:
			r.dnAttrs = append(r.dnAttrs, id)
		}
	}
	if id, ok := st.Schema().Lookup("uid"); ok {
		r.uid = &directory.Filter{Op: directory.Equal, Attrs: st.Schema().Expand(id), Type: st.Schema().Type(id)}
	}
	return r
}

// read resolves the members of a group; missing counts those that name nothing.
func (r *memberReader) read(id directory.ID) (m group.Members, missing int) {
	e := r.store.Entry(id)
	for _, a := range r.dnAttrs {
		r.each(e, a, func(text string) { missing += r.addDN(&m, text, e.Source()) })
	}
	for _, a := range r.uids {
		r.each(e, a, func(text string) { missing += r.addUID(&m, text) })
	}
	m.Normalize()
	return m, missing
}

func (r *memberReader) each(e directory.Entry, a schema.ID, f func(string)) {
	raw, ok := e.Find(a)
	if !ok {
		return
	}
	for vs := raw.Values(); ; {
		text, ok := vs.Next()
		if !ok {
			return
		}
		f(text)
	}
}

// addDN takes a member by its DN: the entry of that DN, or whoever has the DN
// as a mapped or alternate name (rule 4.6), or else the name alone. Groups of
// another directory are not followed (rule 4.8).
func (r *memberReader) addDN(m *group.Members, text string, source uint8) (missing int) {
	if id, ok := r.own.find(text); ok {
		r.addEntry(m, id, source)
		return 0
	}
	key, err := name.KeyOf(text)
	if err != nil {
		return r.addName(m, name.Parse(text)) // a Notes name where a DN should be
	}
	if key == "" {
		return 1
	}
	if id, ok := r.store.Find(key); ok && r.store.Exists(id) {
		r.addEntry(m, id, source)
		return 0
	}
	dn, err := name.ParseDN(text)
	if err != nil {
		return 1 // cannot be: the text has a key
	}
	return r.addName(m, name.FromDN(dn))
}

// addEntry takes a member that is an entry.
func (r *memberReader) addEntry(m *group.Members, id directory.ID, source uint8) {
	gid, isGroup := r.byEntry[id]
	switch {
	case !isGroup:
		m.Entries = append(m.Entries, uint32(id))
	case r.store.Entry(id).Source() == source:
		m.Groups = append(m.Groups, gid)
	default:
		m.Names = append(m.Names, foreignMember(r.store.Entry(id).Key()))
	}
}

// addName takes a member that has no entry of that DN. It is kept as a name as
// well, so that it is looked at again when somebody of that name appears.
func (r *memberReader) addName(m *group.Members, n name.Name) (missing int) {
	if n.IsZero() {
		return 1
	}
	m.Names = append(m.Names, n.Key())
	if _, known := r.spelled[n.Key()]; !known {
		r.spelled[n.Key()] = n.DN()
	}
	if n.IsWildcard() {
		return 0
	}
	if id, ok := r.names.holder(n.Key(), r.namer); ok {
		m.Entries = append(m.Entries, uint32(id))
		return 0
	}
	if id, ok := r.commonHolder(n); ok {
		m.Entries = append(m.Entries, uint32(id))
		return 0
	}
	return 1
}

// commonHolder is the one person whose bare common name the member is, where
// decision D7 lets that count.
func (r *memberReader) commonHolder(n name.Name) (directory.ID, bool) {
	if !r.commons || n.Hierarchical() {
		return directory.None, false
	}
	return r.names.commonHolder(n.Key(), r.namer)
}

func (r *memberReader) addUID(m *group.Members, uid string) (missing int) {
	if r.uid == nil {
		return 1
	}
	f := *r.uid
	var ok bool
	if f.Key, ok = f.Type.AppendKey(nil, []byte(uid)); !ok {
		return 1
	}
	m.Names = append(m.Names, uidMember(string(f.Key)))
	eval := directory.NewEvaluator(r.store)
	var found []directory.ID
	r.store.Plan(&f).Each(0, r.store.Cap(), func(id directory.ID) bool {
		if _, subject := r.people.Kind(id); subject && eval.Eval(&f, id) == directory.True {
			found = append(found, id)
		}
		return len(found) < 2
	})
	if len(found) != 1 { // nobody, or two of one uid: nobody
		return 1
	}
	m.Entries = append(m.Entries, uint32(found[0]))
	return 0
}

// with is the membership after some entries changed. dirty are the groups whose
// members have to be read again, beside the touched ones.
func (old *membership) with(s *Settings, r memberReader, people *Population, touched []directory.ID, dirty []group.ID) *membership {
	m := &membership{groups: slices.Clone(old.groups), byEntry: maps.Clone(old.byEntry)}
	reader := s.groupReader(r.store)
	again := map[group.ID]bool{}
	renamed := false
	for _, id := range touched {
		isGroup := people.Groups.Contains(uint32(id))
		gid, wasGroup := m.byEntry[id]
		switch {
		case isGroup && !wasGroup:
			gid = group.ID(len(m.groups))
			m.groups = append(m.groups, reader.read(id))
			m.byEntry[id] = gid
		case isGroup:
			fresh := reader.read(id)
			renamed = renamed || !fresh.same(&m.groups[gid])
			m.groups[gid], again[gid] = fresh, true
			continue
		case wasGroup:
			m.groups[gid] = Group{Entry: directory.None}
			delete(m.byEntry, id)
		default:
			continue
		}
		renamed = true
		again[gid] = true
	}
	for _, gid := range dirty {
		again[gid] = true
	}
	m.readMembers(r, old, again)
	m.named, m.doubled, m.hidden, m.renamed = old.named, old.doubled, old.hidden, renamed
	if renamed {
		m.named = nameGroups(m.groups, len(s.Directories))
		m.doubled = doubledGroups(m.groups, m.named)
		m.hidden = denyListNames(m.groups)
	}
	m.close(s, old, renamed)
	return m
}

func (m *membership) readMembers(r memberReader, old *membership, again map[group.ID]bool) {
	r.byEntry = m.byEntry
	if len(old.groups) == 0 {
		r.own = spellingOf(r.store)
	}
	ids := slices.Sorted(maps.Keys(again))
	read := make([]group.Members, len(ids))
	spelled := make([]map[name.Key]string, max(1, min(runtime.GOMAXPROCS(0), len(ids)/leastGroups)))
	var wg sync.WaitGroup
	for worker := range spelled {
		own := r
		own.spelled = map[name.Key]string{}
		spelled[worker] = own.spelled
		wg.Go(func() {
			for i := worker; i < len(ids); i += len(spelled) {
				if g := &m.groups[ids[i]]; g.alive() {
					read[i], g.Missing = own.read(g.Entry)
				}
			}
		})
	}
	wg.Wait()
	changed := make(map[group.ID]group.Members, len(ids))
	for i, gid := range ids {
		changed[gid] = read[i]
	}
	m.graph = old.graph.With(len(m.groups), changed)
	m.spelled = old.spelled
	if !slices.ContainsFunc(spelled, func(some map[name.Key]string) bool { return len(some) > 0 }) {
		return
	}
	m.spelled = maps.Clone(old.spelled)
	for _, some := range spelled {
		maps.Copy(m.spelled, some)
	}
}

// leastGroups is how many groups are worth a goroutine.
const leastGroups = 100

// close computes the closures, or keeps the old ones where neither the nesting
// nor any group itself changed.
func (m *membership) close(s *Settings, old *membership, regrouped bool) {
	if old.all != nil && !regrouped && m.graph.SameNesting(old.graph) {
		m.all, m.acl, m.lists = old.all.On(m.graph), old.acl.On(m.graph), old.lists.On(m.graph)
		return
	}
	m.all = m.graph.Close(group.Rule{
		Counts:  func(id group.ID) bool { return m.groups[id].alive() },
		Expands: func(group.ID) bool { return true },
	})
	m.acl = m.graph.Close(s.closureRule(m.groups, s.GroupTypes, s.MaxDepth))
	m.lists = m.acl
	if s.GroupTypes != allButMail {
		m.lists = m.graph.Close(s.closureRule(m.groups, allButMail, s.MaxDepth))
	}
}

func emptyMembership() *membership {
	return &membership{byEntry: map[directory.ID]group.ID{}, named: groupNames{}, graph: group.Empty(), spelled: map[name.Key]string{}}
}

package resolver

import (
	"runtime"
	"sync"
	"time"

	"github.com/RoaringBitmap/roaring/v2"

	"github.com/aclens/aclens/resolver/database"
	"github.com/aclens/aclens/resolver/directory"
	"github.com/aclens/aclens/resolver/group"
	"github.com/aclens/aclens/resolver/name"
	"github.com/aclens/aclens/resolver/server"
)

// Snapshot is one state of everything: directory, ACLs, servers. It never
// changes; a request uses one from its beginning to its end.
type Snapshot struct {
	settings  Settings
	store     *directory.Store
	people    Population
	names     *nameIndex
	namer     namer
	members   *membership
	databases *database.Set
	acls      *aclIndex
	hosts     *hosts
	groupRefs *groupRefs
	servers   map[name.Key]*server.Server
	asOf      AsOf
	cache     *caches
	lineage   *lineage
}

// lineage is the same for all Snapshots that share the numbers of entries and
// groups: one was made from the other by changes.
type lineage struct{ _ byte }

// AsOf says how old each source is; a zero time is a source that is not there.
type AsOf struct {
	Directory, ACL, Server time.Time
}

// Input is everything that a Snapshot is made from.
type Input struct {
	Settings  Settings
	Entries   []directory.Change
	Store     *directory.Store // to begin from: a schema, usually directory.Empty(schema.Standard())
	Databases *database.Set
	Servers   []*server.Server
	AsOf      AsOf
}

// Build makes a Snapshot. Entries that cannot be taken are reported.
func Build(in Input) (*Snapshot, []directory.Fault) {
	return emptySnapshot(in.Settings, in.Store).Update(Change{Entries: in.Entries, Databases: in.Databases, Servers: in.Servers, AsOf: in.AsOf, all: true})
}

// emptySnapshot is what the first Snapshot is a change of.
func emptySnapshot(settings Settings, st *directory.Store) *Snapshot {
	return &Snapshot{
		settings: settings, store: st, names: newNameIndex(), members: emptyMembership(),
		databases: &database.Set{}, people: Population{roaring.New(), roaring.New(), roaring.New()}, cache: newCaches(new(cacheUses)), lineage: &lineage{},
	}
}

// Change is what makes a new Snapshot from an old one.
type Change struct {
	Entries   []directory.Change
	Databases *database.Set    // nil: as before
	Servers   []*server.Server // nil: as before
	AsOf      AsOf

	all bool // nothing was before
}

// Update is the Snapshot after a change. It shares with the old one whatever
// did not change, and equals one that Build makes from everything.
func (s *Snapshot) Update(c Change) (*Snapshot, []directory.Fault) {
	n := s.successor(c)
	faults := n.updateDirectory(s, c)
	n.linkGroups(s)
	return n, faults
}

// linkGroups finds the ACL entries of every group, where the names of groups or
// the ACLs have changed.
func (n *Snapshot) linkGroups(old *Snapshot) {
	if n.groupRefs = old.groupRefs; n.groupRefs == nil || n.acls != old.acls || n.members.renamed && n.members != old.members {
		n.groupRefs = refsOfGroups(n.members, n.acls)
	}
}

// successor is the Snapshot after a change but for the directory.
func (s *Snapshot) successor(c Change) *Snapshot {
	n := &Snapshot{
		settings: s.settings, servers: s.servers, databases: s.databases, acls: s.acls, hosts: s.hosts, asOf: c.AsOf, cache: newCaches(s.cache.uses), lineage: s.lineage,
	}
	if c.Databases != nil {
		n.databases = c.Databases
	}
	if n.acls == nil || c.Databases != nil {
		n.acls, n.hosts = indexACLs(n.databases), hostsOf(n.databases)
	}
	if c.Servers != nil || n.servers == nil {
		n.servers = make(map[name.Key]*server.Server, len(c.Servers))
		for _, srv := range c.Servers {
			if s.servers[srv.Key()] != srv { // one that is in use already is sealed, and being read
				srv.Seal()
			}
			n.servers[srv.Key()] = srv
		}
	}
	return n
}

// updateDirectory brings the entries and what follows from them up to date.
func (n *Snapshot) updateDirectory(old *Snapshot, c Change) []directory.Fault {
	if len(c.Entries) == 0 && !c.all {
		n.store, n.people, n.names, n.namer, n.members = old.store, old.people, old.names, old.namer, old.members
		return nil
	}
	st, touched, faults := old.store.Apply(c.Entries)
	n.follow(old, st, touched)
	return faults
}

// follow brings population, names and groups up to date with a Store that
// differs from the old one in what was touched.
func (n *Snapshot) follow(old *Snapshot, st *directory.Store, touched []directory.ID) {
	n.store, n.namer = st, n.settings.namer(st)
	n.people = n.settings.populate(st, &old.people, touched)
	moved := n.rename(old, touched)
	r := n.settings.memberReader(st)
	r.people, r.names, r.namer = &n.people, n.names, &n.namer
	n.members = old.members.with(&n.settings, r, &n.people, touched, old.dirtyGroups(n, touched, moved))
}

// rename updates the name index and lists every name that came or went, where
// there are groups that could mean it.
func (n *Snapshot) rename(old *Snapshot, touched []directory.ID) (moved []name.Name) {
	shards := make([]renaming, max(1, min(runtime.GOMAXPROCS(0), len(touched)/leastRenamed)))
	size := (len(touched) + len(shards) - 1) / len(shards)
	var wg sync.WaitGroup
	for i := range shards {
		s := &shards[i]
		s.change = old.names.change()
		part := touched[min(i*size, len(touched)):min((i+1)*size, len(touched))]
		wg.Go(func() { s.note(old, n, part) })
	}
	wg.Wait()
	for _, s := range shards[1:] {
		shards[0].change.join(s.change)
		shards[0].moved = append(shards[0].moved, s.moved...)
	}
	n.names = shards[0].change.finish()
	return shards[0].moved
}

// leastRenamed is how many entries are worth a goroutine.
const leastRenamed = 1000

// renaming is what some entries change in the name index.
type renaming struct {
	change *nameChange
	moved  []name.Name
}

func (r *renaming) note(old, n *Snapshot, touched []directory.ID) {
	for _, id := range touched {
		wasKind, was := old.people.Kind(id)
		isKind, is := n.people.Kind(id)
		if !was && len(old.members.groups) == 0 && (!is || r.change.notePlain(id, n)) {
			continue
		}
		var before, after Names
		if was {
			before = old.namer.names(id)
			r.change.note(gone, id, &before, old.people.People.Contains(uint32(id)))
		}
		if is {
			after = n.namer.names(id)
			r.change.note(come, id, &after, n.people.People.Contains(uint32(id)))
		}
		if len(old.members.groups) > 0 && (was != is || wasKind != isKind || !before.same(&after)) {
			r.moved = append(append(r.moved, before.all()...), after.all()...)
		}
	}
}

// dirtyGroups are the groups whose member values may now mean somebody else:
// those that name a name which came or went, and those that hold an entry which
// came, went, or became another kind of entry.
func (old *Snapshot) dirtyGroups(n *Snapshot, touched []directory.ID, moved []name.Name) []group.ID {
	if len(old.members.groups) == 0 {
		return nil
	}
	var dirty []group.ID
	graph := old.members.graph
	for _, each := range moved {
		dirty = append(dirty, graph.OfName(each.Key())...)
		if k := each.CommonKey(); n.settings.CommonNameInGroups && k != "" {
			dirty = append(dirty, graph.OfName(k)...)
		}
	}
	uids := newUIDReader(old.store, n.store)
	for _, id := range touched {
		same := old.sameKindOfEntry(n, id)
		for _, uid := range uids.changed(id, same) {
			dirty = append(dirty, graph.OfName(uidMember(uid))...)
		}
		if same {
			continue
		}
		dirty = graph.AppendOfEntry(dirty, uint32(id))
		if g, ok := old.members.byEntry[id]; ok {
			dirty = append(dirty, graph.Parents(g)...)
		}
		for _, st := range []*directory.Store{old.store, n.store} {
			if e := st.Entry(id); e != "" {
				dirty = append(dirty, graph.OfName(name.Key(e.Key()))...)
				dirty = append(dirty, graph.OfName(foreignMember(e.Key()))...)
			}
		}
	}
	return dirty
}

// sameKindOfEntry tells whether a slot holds the same name before and after,
// and as the same kind of entry.
func (old *Snapshot) sameKindOfEntry(n *Snapshot, id directory.ID) bool {
	a, b := old.store.Entry(id), n.store.Entry(id)
	if a == "" || b == "" || a.IsGlue() != b.IsGlue() || a.Key() != b.Key() || a.Source() != b.Source() {
		return false
	}
	i := uint32(id)
	return old.people.Groups.Contains(i) == n.people.Groups.Contains(i) &&
		old.people.People.Contains(i) == n.people.People.Contains(i) &&
		old.people.Servers.Contains(i) == n.people.Servers.Contains(i)
}

// Store is the directory's entries.
func (s *Snapshot) Store() *directory.Store { return s.store }

// Databases are the databases whose ACLs are known.
func (s *Snapshot) Databases() *database.Set { return s.databases }

// Population says which entries are people, servers and groups.
func (s *Snapshot) Population() *Population { return &s.people }

// Settings are the choices that the Snapshot was made under.
func (s *Snapshot) Settings() *Settings { return &s.settings }

// AsOf says how old the sources are.
func (s *Snapshot) AsOf() AsOf { return s.asOf }

// Server is what is known of a server; never nil.
func (s *Snapshot) Server(n name.Name) *server.Server {
	if srv := s.servers[n.Key()]; srv != nil {
		return srv
	}
	return &server.Server{}
}

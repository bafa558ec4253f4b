package view

import (
	"strings"

	"github.com/google/uuid"

	"github.com/aclens/aclens/resolver"
	"github.com/aclens/aclens/resolver/acl"
	"github.com/aclens/aclens/resolver/database"
	"github.com/aclens/aclens/resolver/directory"
	"github.com/aclens/aclens/resolver/group"
	"github.com/aclens/aclens/resolver/name"
)

// Names of the branches of the virtual subtree.
const (
	ouGroups    = "ou=groups"
	ouDatabases = "ou=databases"
	ouSubjects  = "ou=subjects"
	ouFindings  = "ou=findings"
)

// node is what a virtual entry stands for.
type node struct {
	kind  nodeKind
	group group.ID
	db    *database.Database
	level acl.Level
	role  int // position of the role, or of the finding

	fixed  bool // a container that is there whatever the directory holds
	shared bool // a container above a group that is no deny list
}

type nodeKind uint8

const (
	container nodeKind = iota
	groupCopy
	databaseEntry
	levelGroup
	roleGroup
	subjectsOf // ou=subjects of one database
	findingEntry
	record
)

// tree is the virtual subtree without the records of decisions: its entries
// with the attributes that are stored, in a Store of its own, so that scopes,
// filters, indexes and paging are those of real entries. Members are computed.
type tree struct {
	store *directory.Store
	nodes []node // by directory.ID
}

// arcUUID is the arc of aclens as a UUID, the name space of its entryUUIDs.
var arcUUID = uuid.MustParse("5e933458-0368-49f2-9b38-79bb4560f63e")

// entryUUID is a function of the name alone, so that replicas agree on it
// (RFC 9562, 5.5).
func entryUUID(key string) string { return uuid.NewSHA1(arcUUID, []byte(key)).String() }

// subtree builds the virtual subtree when it is first asked for.
func (s *State) subtree() *tree {
	return s.tree.get(func() *tree { return newPlanter(s).plant() })
}

// planter collects the entries of a subtree.
type planter struct {
	state   *State
	changes []directory.Change
	nodes   map[string]node
}

func newPlanter(s *State) *planter {
	return &planter{state: s, nodes: map[string]node{}}
}

func (p *planter) plant() *tree {
	v := p.state.view
	for _, dn := range []string{v.settings.Base, ouGroups + "," + v.settings.Base, ouDatabases + "," + v.settings.Base, ouFindings + "," + v.settings.Base} {
		p.branch(dn, node{kind: container, fixed: true})
	}
	for g := range p.state.Snapshot.GroupCount() {
		p.copyOf(group.ID(g))
	}
	for _, db := range p.state.Snapshot.Databases().All() {
		p.database(db)
	}
	p.findings()
	st, _, _ := directory.Empty(p.state.Snapshot.Store().Schema()).Apply(p.changes)
	t := &tree{store: st, nodes: make([]node, st.Cap())}
	for id := range st.Cap() {
		t.nodes[id] = p.nodes[st.Entry(id).Key()]
	}
	return t
}

// add puts an entry with the attributes that all virtual entries have.
func (p *planter) add(dn, class string, n node, fill func(*directory.Draft)) {
	parsed, err := name.ParseDN(dn)
	if err != nil {
		return // made from names that were escaped here
	}
	d := directory.Draft{DN: dn}
	d.AddText("objectClass", "top", class)
	for _, ava := range parsed.RDN() {
		if _, known := p.state.Snapshot.Store().Schema().Lookup(ava.Type); known {
			d.AddText(ava.Type, ava.Value)
		}
	}
	if fill != nil {
		fill(&d)
	}
	p.state.stamp(&d, parsed.Key(), class)
	p.nodes[parsed.Key()] = n
	p.changes = append(p.changes, directory.Change{Put: &d})
}

// stamp adds the operational attributes of a virtual entry.
func (s *State) stamp(d *directory.Draft, key, class string) {
	d.AddText("structuralObjectClass", class)
	d.AddText("entryUUID", entryUUID(key))
	d.AddText("createTimestamp", generalizedTime(s.view.created))
	if s.view.settings.History == nil {
		d.AddText(attrModified, generalizedTime(s.Changed))
	}
}

// branch adds a container.
func (p *planter) branch(dn string, n node) {
	class := "aclensContainer"
	if strings.HasPrefix(strings.ToLower(dn), "ou=") {
		class = "organizationalUnit"
	}
	p.add(dn, class, n, nil)
}

// copyOf adds the flattened copy of a real group, with containers above it where
// the real group lies below some.
func (p *planter) copyOf(id group.ID) {
	s := p.state.Snapshot
	g := s.Group(id)
	if !g.Alive() || p.omitted(func() bool { return p.state.emptyGroup(id) }) {
		return
	}
	original := s.Store().Entry(g.Entry).DN()
	dn := p.state.groupCopyDN(id)
	p.containersAbove(dn, !g.DenyList())
	p.add(dn, classGroup, node{kind: groupCopy, group: id}, func(d *directory.Draft) {
		if g.Label != "" && len(d.Values("cn")) == 0 {
			d.AddText("cn", g.Label)
		}
		d.AddText("seeAlso", original)
	})
}

// omitted tells whether a group is left out because nobody is in it. Who is in
// it is asked only where that matters, since it may not have been computed.
func (p *planter) omitted(empty func() bool) bool {
	return p.state.view.settings.OmitEmptyGroups && empty()
}

// containersAbove adds what lies between a group's copy and ou=groups.
func (p *planter) containersAbove(dn string, shared bool) {
	parsed, err := name.ParseDN(dn)
	if err != nil {
		return
	}
	var missing []name.DN
	for up := parsed.Parent(); !up.IsRoot(); up = up.Parent() {
		n, known := p.nodes[up.Key()]
		if n.fixed {
			break
		}
		if !known {
			missing = append(missing, up)
		}
		if n.kind == container {
			n.shared = n.shared || shared
			p.nodes[up.Key()] = n
		}
	}
	for i := len(missing) - 1; i >= 0; i-- {
		p.branch(missing[i].String(), p.nodes[missing[i].Key()])
	}
}

func (p *planter) database(db *database.Database) {
	v := p.state.view
	dn := v.databaseDN(db)
	l := db.Primary.List
	p.add(dn, classDatabase, node{kind: databaseEntry, db: db}, func(d *directory.Draft) { describeDatabase(d, db) })
	p.add(ouSubjects+","+dn, "organizationalUnit", node{kind: subjectsOf, db: db}, nil)
	members := func() *resolver.Access { return p.state.Snapshot.Access(db, v.groupChannel) }
	for level := acl.Reader; level <= acl.Manager; level++ {
		if p.omitted(func() bool { return members().AtLeast(level).IsEmpty() }) {
			continue
		}
		p.add(v.levelGroupDN(db, level), classGroup, node{kind: levelGroup, db: db, level: level}, func(d *directory.Draft) {
			d.AddText(attrAccessLevel, level.String())
		})
	}
	for i, r := range l.Roles {
		if p.omitted(func() bool { return members().Role(i).IsEmpty() }) {
			continue
		}
		p.add(v.roleGroupDN(db, r), classGroup, node{kind: roleGroup, db: db, role: i}, func(d *directory.Draft) {
			d.AddText(attrAccessRole, r)
		})
	}
}

func describeDatabase(d *directory.Draft, db *database.Database) {
	in := db.Primary
	put := func(attribute, value string) {
		if value != "" {
			d.AddText(attribute, value)
		}
	}
	put("databaseKey", db.Key)
	put("databasePath", in.Path)
	put("databaseTitle", in.Title)
	put("databaseServer", in.Server.Canonical())
	put("databaseReplicaId", in.ReplicaID)
	for _, r := range in.List.Roles {
		put("databaseRole", r)
	}
	if in.List.MaxKnown {
		put("databaseMaxInternetLevel", in.List.MaxLevel.String())
	}
	if in.List.Consistent != acl.Unknown {
		put("databaseConsistentACL", booleanText(in.List.Consistent == acl.Yes))
	}
	deflt := in.List.Default()
	if deflt != nil {
		put("databaseDefaultLevel", deflt.Level.String())
	}
	if e := in.List.Anonymous(); e != nil {
		put("databaseAnonymousLevel", e.Level.String())
	} else if deflt != nil {
		put("databaseAnonymousLevel", deflt.Level.String())
	}
	if !in.CapturedAt.IsZero() {
		put("databaseAclTime", generalizedTime(in.CapturedAt))
	}
}

func (p *planter) findings() {
	for i := range p.state.Findings {
		f := &p.state.Findings[i]
		dn := string(name.AppendRDN(nil, "cn", f.Kind+" "+f.Database+" "+f.Subject)) + "," + ouFindings + "," + p.state.view.settings.Base
		var db *database.Database
		if f.Database != "" {
			db, _, _ = p.state.Snapshot.Databases().Find(f.Database)
		}
		p.add(dn, classFinding, node{kind: findingEntry, role: i, db: db}, func(d *directory.Draft) {
			d.AddText("findingKind", f.Kind)
			d.AddText("findingSeverity", f.Severity.String())
			d.AddText("findingAdvice", f.Advice)
			if f.Subject != "" {
				d.AddText("findingSubject", f.Subject)
			}
			for _, s := range f.Subjects {
				if s != f.Subject {
					d.AddText("findingSubject", s)
				}
			}
			if f.Database != "" {
				d.AddText("databaseKey", f.Database)
			}
		})
	}
}

// databaseDN is the entry of a database.
func (v *View) databaseDN(db *database.Database) string {
	return string(name.AppendRDN(nil, "cn", db.Key)) + "," + ouDatabases + "," + v.settings.Base
}

// levelGroupDN is the group of everyone with at least that level.
func (v *View) levelGroupDN(db *database.Database, l acl.Level) string {
	return string(name.AppendRDN(nil, "cn", db.Key+"#"+l.String())) + "," + v.databaseDN(db)
}

// roleGroupDN is the group of everyone with a role.
func (v *View) roleGroupDN(db *database.Database, role string) string {
	return string(name.AppendRDN(nil, "cn", db.Key+"#"+role)) + "," + v.databaseDN(db)
}

// emptyGroup tells whether a flattened group has no member value.
func (s *State) emptyGroup(g group.ID) bool {
	n, empty := node{kind: groupCopy, group: g}, true
	s.namesIn(&n, func(name.Key) { empty = false })
	return empty && !s.anyMember(&n)
}

// groupCopyDN is the flattened copy of a real group: its DN relative to the
// base that it lies below, or all of it where groups of two bases would meet.
func (s *State) groupCopyDN(g group.ID) string {
	return (*s.copies.get(s.nameCopies))[g]
}

func (s *State) nameCopies() *[]string {
	copies := make([]string, s.Snapshot.GroupCount())
	taken := map[string]group.ID{}
	below := "," + ouGroups + "," + s.view.settings.Base
	entry := func(g group.ID) directory.Entry { return s.Snapshot.Store().Entry(s.Snapshot.Group(g).Entry) }
	for i := range copies {
		g := group.ID(i)
		if !s.Snapshot.Group(g).Alive() {
			continue
		}
		dn := s.relative(entry(g)) + below
		key, err := name.KeyOf(dn)
		other, meets := taken[key]
		switch {
		case err != nil:
			copies[g] = dn
		case meets:
			copies[g], copies[other] = entry(g).DN()+below, entry(other).DN()+below
		default:
			copies[g], taken[key] = dn, g
		}
	}
	return &copies
}

// relative cuts the naming context off a DN, the longest that fits.
func (s *State) relative(e directory.Entry) string {
	dn, err := name.ParseDN(e.DN())
	if err != nil {
		return e.DN()
	}
	keep := dn.Depth()
	for _, c := range s.contexts {
		if !c.IsRoot() && dn.Under(c) && dn.Depth() > c.Depth() {
			keep = min(keep, dn.Depth()-c.Depth())
		}
	}
	var b []byte
	for at, i := dn, 0; i < keep; at, i = at.Parent(), i+1 {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(b, at.RDNString()...)
	}
	return string(b)
}

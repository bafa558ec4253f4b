package view

import (
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/RoaringBitmap/roaring/v2"

	"github.com/aclens/aclens/proxy/policy"
	"github.com/aclens/aclens/resolver"
	"github.com/aclens/aclens/resolver/cache"
	"github.com/aclens/aclens/resolver/directory"
	"github.com/aclens/aclens/resolver/finding"
	"github.com/aclens/aclens/resolver/group"
	"github.com/aclens/aclens/resolver/name"
	"github.com/aclens/aclens/resolver/schema"
)

// State is one Snapshot as clients see it. It never changes but for what it
// computes on demand.
type State struct {
	ID       string
	Snapshot *resolver.Snapshot
	Changed  time.Time // when anything in it last changed: the modifyTimestamp of virtual entries
	Findings []finding.Finding

	view     *View
	asOf     []string
	contexts []name.DN // naming contexts of the directory
	over     *policy.Over
	columns  []column     // by schema.ID
	virtual  []*attribute // the table, and one attribute for each alias's option
	byID     map[schema.ID]*attribute

	offered     []wantedAttribute // what virtual gives on real entries
	offeredOpen []wantedAttribute // and on virtual ones
	selections  *cache.Cache[string, *selection]

	serial   uint64    // counts the States of this process, for cookies
	numbered *numbered // nil without a History
	replaced time.Time // when another came behind it; zero before. View.kept guards it

	deniedOnce sync.Once
	denied     map[string]bool

	root      atomic.Pointer[rootEntry]
	subschema shared[directory.Store]

	carryOnce sync.Once
	subjects  *roaring.Bitmap // people and servers
	members   *roaring.Bitmap // and groups

	wordsOnce sync.Once
	words     []words // by database

	blocks blocks

	copies      shared[[]string] // DNs of the flattened groups, by group.ID
	groupValues shared[groupValues]

	tree      shared[tree]
	records   *cache.Cache[recordKey, *directory.Store]
	recording sync.Mutex // held while records are made
	insides   *cache.Cache[group.ID, *inside]

	referrals    *roaring.Bitmap // referral objects; they are no entries
	referOnce    sync.Once
	referralByID map[directory.ID]*reference // those that are served

	countOnce   sync.Once
	recordsEach int // records of one database
}

// column is what is known of an attribute description.
type column struct {
	folded      string // name without options, in lower case
	class       policy.Class
	operational bool
	dn          bool       // values are DNs
	hidden      bool       // nobody reads it
	overridden  *attribute // the virtual attribute that stands in its place on some entries
	content     bool       // accessLevel and its like: what virtual entries are about
}

// Stale tells whether a source is older than the configuration allows now.
func (s *State) Stale() bool { return s.view.stale(s.Snapshot.AsOf()) }

// AsOf lists how old each source is: "acl=20261121081500Z".
func (s *State) AsOf() []string { return s.asOf }

func asOfValues(a resolver.AsOf) []string {
	var out []string
	for _, x := range []struct {
		source string
		at     time.Time
	}{{"directory", a.Directory}, {"acl", a.ACL}, {"server", a.Server}} {
		if !x.at.IsZero() {
			out = append(out, x.source+"="+generalizedTime(x.at))
		}
	}
	return out
}

// generalizedTime is the LDAP form of a time (RFC 4517, 3.3.13).
func generalizedTime(t time.Time) string { return t.UTC().Format("20060102150405Z") }

// newState prepares a Snapshot for requests.
func (v *View) newState(id string, s *resolver.Snapshot, findings []finding.Finding, changed time.Time) *State {
	st := &State{ID: id, Snapshot: s, Changed: changed, Findings: findings, view: v, asOf: asOfValues(s.AsOf())}
	st.selections, st.records, st.insides = newSelectionCache(&v.uses.selections), newRecordCache(&v.uses.records), newInsideCache(&v.uses.insides)
	st.referrals = s.Store().Class(classReferral)
	st.over = v.policy.Over(s, classOf)
	st.contexts = v.contextsOf(s)
	st.describe()
	st.serial = v.serials.Add(1)
	if v.settings.History != nil {
		st.numbered = &numbered{done: make(chan struct{})}
	}
	return st
}

// describe lists every attribute description with the right that it needs.
func (s *State) describe() {
	sc := s.Snapshot.Store().Schema()
	s.byID = map[schema.ID]*attribute{}
	s.virtual = append(s.virtual, attributes...)
	s.virtual = append(s.virtual, s.aliasAttributes()...)
	if s.view.settings.History != nil {
		s.virtual = append(s.virtual, stampAttributes...)
	}
	for _, a := range s.virtual {
		if a.name == attrMemberOf && !s.view.memberOfEffective {
			continue
		}
		if id, ok := sc.Lookup(a.name); ok {
			s.byID[id] = a
		}
	}
	s.columns = make([]column, sc.Len())
	for i := range s.columns {
		id := schema.ID(i)
		t := sc.Type(id)
		folded := strings.ToLower(t.Name())
		s.columns[i] = column{folded: folded, class: classOf(folded), operational: t.Operational(), dn: t.Equality == "distinguishedNameMatch",
			hidden: s.over.Hidden(folded), overridden: s.byID[id], content: contentNames[folded]}
	}
	s.offered, s.offeredOpen = s.offer(s.virtual), s.offer(s.open())
}

// classOf is the class of right of an attribute by its folded name.
func classOf(folded string) policy.Class {
	if a := byName[folded]; a != nil {
		return a.class
	}
	if folded == "objectclass" || folded == "structuralobjectclass" {
		return policy.Open
	}
	return policy.Real
}

// aliasAttributes makes accessLevel;x-db-ALIAS and its like for the aliases of
// the databases that are there.
func (s *State) aliasAttributes() []*attribute {
	var out []*attribute
	for _, db := range s.Snapshot.Databases().All() {
		for _, alias := range db.Alias {
			for _, base := range []string{attrAccessLevel, attrAccessRole, attrAccessPriv} {
				a := *byName[strings.ToLower(base)]
				a.name = base + ";" + optionDatabase + alias
				a.values = perDatabase(base, db)
				out = append(out, &a)
			}
		}
	}
	return out
}

// carries tells whether an entry of the directory has a virtual attribute.
func (s *State) carries(a *attribute, id directory.ID) bool {
	p := s.Snapshot.Population()
	switch a.on {
	case onAll:
		return true
	case onMembers:
		return p.People.Contains(uint32(id)) || p.Servers.Contains(uint32(id)) || p.Groups.Contains(uint32(id))
	default:
		return p.People.Contains(uint32(id)) || p.Servers.Contains(uint32(id))
	}
}

// rights finds what an identity may see of this State.
func (s *State) rights(who policy.Identity) *policy.Rights {
	return s.over.Rights(who)
}

// Rights finds what an identity may see of this State, for answers outside of LDAP.
func (s *State) Rights(who policy.Identity) *policy.Rights { return s.rights(who) }

// IsAdmin tells whether an identity may release and steer.
func (s *State) IsAdmin(who policy.Identity) bool { return s.rights(who).Admin() }

// Refused tells whether answers from the State are refused for its age.
func (s *State) Refused() bool { return s.view.Refuses(s) }

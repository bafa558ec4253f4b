package resolver

import (
	"github.com/RoaringBitmap/roaring/v2"

	"github.com/aclens/aclens/resolver/acl"
	"github.com/aclens/aclens/resolver/directory"
)

// Population says which entries are people, servers and groups. An entry is at
// most one of them: a server before a group before a person.
type Population struct {
	People, Servers, Groups *roaring.Bitmap
}

// Object classes that make a person, a server or a group where no filter is
// configured (docs/contract.md, section 4).
var (
	personClasses = []string{"dominoPerson", "person", "inetOrgPerson", "posixAccount", "user"}
	serverClasses = []string{"dominoServer"}
	// referralClass is of entries that say where others are: nobody and no group,
	// whatever else they claim (RFC 3296 section 2.3).
	referralClass = "referral"
	groupClasses  = []string{"dominoGroup", "groupOfNames", "groupOfUniqueNames", "posixGroup", "group"}
)

// populate sorts the touched entries of a Store whose population was known
// before they were.
func (s *Settings) populate(st *directory.Store, before *Population, touched []directory.ID) Population {
	c := classifier{store: st, eval: directory.NewEvaluator(st)}
	c.server = c.kind(s.Server, serverClasses, nil)
	c.group = c.kind(s.Group, groupClasses, nil)
	var notPeople []string
	if s.ActiveDirectory {
		notPeople = []string{"computer"}
	}
	c.person = c.kind(s.Person, personClasses, notPeople)
	c.referrals = st.Class(referralClass)
	p := Population{before.People.Clone(), before.Servers.Clone(), before.Groups.Clone()}
	for _, id := range touched {
		p.set(id, c.classify(id))
	}
	return p
}

// class is what an entry is.
type class uint8

const (
	classNone class = iota
	classPerson
	classServer
	classGroup
)

func (p *Population) set(id directory.ID, k class) {
	sets := [...]*roaring.Bitmap{classPerson: p.People, classServer: p.Servers, classGroup: p.Groups}
	for want, set := range sets {
		switch {
		case set == nil: // classNone
		case class(want) == k:
			set.Add(uint32(id))
		default:
			set.Remove(uint32(id))
		}
	}
}

// Kind is what an entry is as a subject of ACLs, false when it is none.
func (p *Population) Kind(id directory.ID) (acl.Kind, bool) {
	switch {
	case p.People.Contains(uint32(id)):
		return acl.Person, true
	case p.Servers.Contains(uint32(id)):
		return acl.Server, true
	default:
		return acl.Nobody, false
	}
}

type classifier struct {
	store                 *directory.Store
	eval                  *directory.Evaluator
	referrals             *roaring.Bitmap
	server, group, person func(directory.ID) bool
}

// kind is the test for one kind: a configured filter, or object classes.
func (c *classifier) kind(sel Selector, classes, not []string) func(directory.ID) bool {
	if sel != nil {
		f := sel(c.store)
		return func(id directory.ID) bool { return c.eval.Eval(f, id) == directory.True }
	}
	set, without := c.union(classes), c.union(not)
	return func(id directory.ID) bool { return set.Contains(uint32(id)) && !without.Contains(uint32(id)) }
}

func (c *classifier) union(classes []string) *roaring.Bitmap {
	all := roaring.New()
	for _, name := range classes {
		all.Or(c.store.Class(name))
	}
	return all
}

func (c *classifier) classify(id directory.ID) class {
	switch {
	case !c.store.Exists(id), c.referrals.Contains(uint32(id)):
		return classNone
	case c.server(id):
		return classServer
	case c.group(id):
		return classGroup
	case c.person(id):
		return classPerson
	default:
		return classNone
	}
}

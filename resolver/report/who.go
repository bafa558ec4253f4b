package report

import (
	"fmt"
	"iter"
	"slices"

	"github.com/RoaringBitmap/roaring/v2"

	"github.com/aclens/aclens/resolver"
	"github.com/aclens/aclens/resolver/acl"
	"github.com/aclens/aclens/resolver/database"
	"github.com/aclens/aclens/resolver/directory"
	"github.com/aclens/aclens/resolver/name"
)

// Question is what Who answers: who may do that much in an instance of a
// database, on a channel.
type Question struct {
	Database *database.Database
	Instance *database.Instance // nil: the one that answers for the database
	Channel  acl.Channel
	AtLeast  acl.Level // NoAccess: whoever is above it
	Role     string    // with or without brackets; empty: with any roles or none
}

// Answer is who may do what the Question asks: Rows, and beyond the people known
// Open and Bypass (docs/contract.md, section 1, command who).
type Answer struct {
	Open   []Open   `json:"open"`
	Bypass []Bypass `json:"bypass"`

	s      *resolver.Snapshot
	q      Question
	role   int // position in the list's Roles, or -1
	hidden map[name.Key]bool
}

// Warnings says why somebody who is not in the answer may have it all the same.
func (a *Answer) Warnings() []string {
	if l := a.q.Instance.List; !l.MaxKnown && a.s.Settings().Reading.Capped.Has(a.q.Channel) {
		return []string{"the Maximum Internet name-and-password access is not known (rule 11.9): who has access on this channel is not known, and nothing is granted"}
	}
	return []string{}
}

// Holder is somebody who has it, and through what.
type Holder struct {
	resolver.Row
	Through []resolver.Path `json:"through"` // entries that took part; Via is empty unless a group made the way
	NoEntry bool            `json:"noEntry"` // a name alone: the directory has no entry for it
}

// Open is a door that lets in people whom the directory does not know.
type Open struct {
	Admits     string          `json:"admits"` // -Default-, Anonymous or a wildcard
	Level      string          `json:"level"`
	LevelNum   int             `json:"levelNum"`
	Roles      []string        `json:"roles"`
	Privileges []string        `json:"privileges"`
	Source     string          `json:"source"`
	Winning    []string        `json:"winning"`
	Through    []resolver.Path `json:"through"`
}

// Bypass is a list of those whom no ACL on the server holds (rules 3.11, 3.13
// and 3.14).
type Bypass struct {
	Kind    string   `json:"kind"`
	Item    string   `json:"item"` // of the Server document; empty for the hosting server
	Entries []string `json:"entries"`
	Rule    string   `json:"rule"`
	How     string   `json:"how"`
}

// Who finds everyone who may do what the question asks. A role that the ACL
// does not define is an error.
func Who(s *resolver.Snapshot, q Question) (*Answer, error) {
	if q.Instance == nil {
		q.Instance = q.Database.Primary
	}
	q.AtLeast = max(q.AtLeast, acl.Depositor)
	a := &Answer{s: s, q: q, role: -1, Open: []Open{}, Bypass: []Bypass{}}
	if q.Role != "" {
		if a.role = q.Instance.List.RoleIndex(q.Role); a.role < 0 {
			return nil, fmt.Errorf("the ACL of %s defines no role %s", q.Database.Key, acl.Bracketed(q.Role))
		}
	}
	for _, b := range s.Server(q.Instance.Server).Bypass(q.Instance.Server) {
		a.Bypass = append(a.Bypass, Bypass{string(b.Kind), b.Item, b.Entries, b.Rule, b.How})
	}
	a.findOpen()
	return a, nil
}

// HideDenyLists takes the names of deny-list groups out of the answer, for
// those without the right denylists (rule 4.2). It comes before Rows.
func (a *Answer) HideDenyLists() {
	a.hidden = a.s.Inspect().DenyLists()
	for i := range a.Open {
		a.hide(a.Open[i].Winning, &a.Open[i].Through)
	}
	for i := range a.Bypass {
		a.Bypass[i].Entries = slices.Clone(a.Bypass[i].Entries) // they are the Server document's own
		a.hide(a.Bypass[i].Entries, &[]resolver.Path{})
	}
}

func (a *Answer) hide(winning []string, through *[]resolver.Path) {
	isHidden := func(label string) bool { return a.hidden[name.Parse(label).Key()] }
	for i, label := range winning {
		if isHidden(label) {
			winning[i] = resolver.HiddenDenyList
		}
	}
	*through = slices.DeleteFunc(*through, func(p resolver.Path) bool {
		return isHidden(p.Entry) || slices.ContainsFunc(p.Via, isHidden)
	})
}

// Rows yields everyone who has it: people and servers by DN, and behind them,
// by name, the hierarchical names without an entry that the ACL or its groups
// name. A row is made when it is asked for.
func (a *Answer) Rows() iter.Seq[Holder] {
	return func(yield func(Holder) bool) {
		for _, id := range byDN(a.s, a.candidates()) {
			sub, ok := a.s.Subject(id)
			if !ok {
				continue
			}
			if h, ok := a.holder(sub); ok && !yield(h) {
				return
			}
		}
		for _, n := range newLonerReader(a.s).of(a.q.Instance) {
			h, ok := a.holder(a.s.NamedSubject(n, acl.Person))
			if !ok {
				h, ok = a.holder(a.s.NamedSubject(n, acl.Server))
			}
			if h.NoEntry = true; ok && !yield(h) {
				return
			}
		}
	}
}

// candidates are the entries that may have it: those that the snapshot knows to
// have it, or everybody where it keeps no sets.
func (a *Answer) candidates() *roaring.Bitmap {
	if a.q.Instance != a.q.Database.Primary {
		p := a.s.Population()
		return roaring.Or(p.People, p.Servers)
	}
	access := a.s.Access(a.q.Database, a.q.Channel)
	set := access.AtLeast(a.q.AtLeast)
	if a.role >= 0 {
		set.And(access.Role(a.role))
	}
	return set
}

// holder is the row of a subject, false for one who does not have it.
func (a *Answer) holder(sub *resolver.Subject) (Holder, bool) {
	d, through, ok := a.decide(sub, a.q.Channel)
	if !ok {
		return Holder{}, false
	}
	h := Holder{Row: a.s.Row(sub, a.q.Database, a.q.Instance, &d), Through: through, NoEntry: sub.Entry == directory.None}
	if a.hidden != nil {
		a.hide(h.Winning, &h.Through)
	}
	return h, true
}

// decide tells whether a subject has it, and through what.
func (a *Answer) decide(sub *resolver.Subject, c acl.Channel) (resolver.Decision, []resolver.Path, bool) {
	in := a.q.Instance
	asked := a.s.Ask(sub, c)
	m := asked.Match(in)
	d := asked.Decide(in, m)
	if d.Level < a.q.AtLeast || a.role >= 0 && !d.Roles.Has(a.role) {
		return d, nil, false
	}
	paths := asked.Paths(in, m, d)
	through := []resolver.Path{}
	for i := range d.Hit() {
		e := &in.List.Entries[i]
		at := slices.IndexFunc(paths, func(p resolver.Path) bool { return p.Entry == e.Label })
		if at < 0 {
			through = append(through, resolver.Path{Entry: e.Label, Via: []string{}})
		} else {
			through = append(through, paths[at])
		}
	}
	return d, through, true
}

package acl

import "iter"

// Kind is what a subject is.
type Kind uint8

// The kinds of subject that an ACL knows.
const (
	Person Kind = iota
	Server
	Database  // a database that reads by its replica ID (rule 2.5)
	Anonymous // not authenticated (rule 2.3)
	Nobody    // whoever matches nothing: the -Default- entry asked for by name
)

var kindNames = [...]string{"person", "server", "database", "anonymous", "default"}

// String names the kind in lower case.
func (k Kind) String() string { return kindNames[k] }

// Via is the way in which an entry's name covers a subject.
type Via uint8

// The ways of section 3, in the order of rule 3.1.
const (
	ByName     Via = iota // the subject's own or alternate name
	ByCommon              // the bare common name (rule 2.10)
	ByGroup               // a group that the subject is in
	ByWildcard            // a wildcard that covers the subject
)

// Suits is the matrix of rule 3.3: whether an entry of type t may cover a
// subject of kind k in the given way.
func (t UserType) Suits(k Kind, via Via) bool {
	own := via == ByName || via == ByCommon
	switch t {
	case TypeUnspecified:
		return true
	case TypePerson:
		return own && k == Person
	case TypeServer:
		return own && k == Server
	case TypeMixedGroup:
		return !own && (k == Person || k == Server)
	case TypePersonGroup:
		return !own && k == Person
	case TypeServerGroup:
		return !own && k == Server
	default:
		return false
	}
}

// Match says which entries cover a subject and how: positions in a List's
// Entries, ascending, each of a type that suits (UserType.Suits).
type Match struct {
	Names, Commons, Groups, Wildcards []int32
}

// Source says what decided (the source of docs/contract.md, section 1).
type Source uint8

// The sources, spelled as in testdata/cases.json.
const (
	FromNone Source = iota
	FromName
	FromGroup
	FromWildcard
	FromAnonymous
	FromDefault
	FromFullAccess
	FromLocalUnenforced
	FromServerDenied
)

var sourceNames = [...]string{
	"none", "name", "group", "wildcard", "anonymous", "default", "full-access", "local-unenforced", "server-denied",
}

// String is the spelling of the source in answers.
func (s Source) String() string { return sourceNames[s] }

// WildcardMode is the setting of decision D4.
type WildcardMode uint8

// How groups and wildcards stand to each other (rule 3.8).
const (
	WildcardFallback WildcardMode = iota // a group hides wildcards
	WildcardMerge                        // groups and wildcards unite
)

// Reading is a choice on every contested decision that changes how matches are
// weighed. The zero value with Capped set is the reading of docs/access-rules.md;
// the fields below the line have no setting and serve to tell what another
// reading would give.
type Reading struct {
	Wildcards       WildcardMode // D4
	Capped          ChannelSet   // D10
	FullAccessRoles bool         // D11: all roles

	NameJoinsGroups      bool // D1
	RolesOfWinners       bool // D2
	PrivilegesOfWinners  bool // D3
	MostSpecificWildcard bool // D5
	CapDropsRoles        bool // D12
}

// Decision is the effective access of one subject to one database.
type Decision struct {
	Level      Level
	Privileges Privileges
	Unknown    Privileges // might be there as well; the source does not tell
	Roles      RoleSet
	Source     Source
	Uncapped   Level // the level before the Internet maximum (rule 5.1)
	CapUnknown bool  // capped by a maximum that is not known: the level is No Access for want of an answer
	hit        [2][]int32
}

// Hit yields the positions of the entries that took part, ascending.
func (d *Decision) Hit() iter.Seq[int32] {
	return func(yield func(int32) bool) {
		a, b := d.hit[0], d.hit[1]
		for len(a) > 0 || len(b) > 0 {
			var next int32
			if len(b) == 0 || len(a) > 0 && a[0] <= b[0] {
				next, a = a[0], a[1:]
			} else {
				next, b = b[0], b[1:]
			}
			if len(b) > 0 && b[0] == next {
				b = b[1:] // an entry may be the subject's name and its group at once
			}
			if !yield(next) {
				return
			}
		}
	}
}

// Winning lists the entries that carry the level before any Internet cap, as
// spelled in the ACL and in its order.
func (l *List) Winning(d *Decision) []string {
	labels := []string{}
	for i := range d.Hit() {
		if l.Entries[i].Level == d.Uncapped {
			labels = append(labels, l.Entries[i].Label)
		}
	}
	return labels
}

// Decide weighs the matches of a subject (rules 3.1 to 3.10), without any cap.
func (l *List) Decide(k Kind, m Match, r Reading) Decision {
	var d Decision
	l.DecideInto(&d, k, &m, &r)
	return d
}

// DecideInto is Decide in the caller's room: a Decision is large, and some
// callers make a thousand for one answer.
func (l *List) DecideInto(d *Decision, k Kind, m *Match, r *Reading) {
	switch {
	case k == Anonymous && l.anonymous >= 0:
		l.unite(d, FromAnonymous, []int32{int32(l.anonymous)}, nil, r)
		return
	case k == Anonymous || k == Nobody:
		l.decideDefault(d, r)
		return
	}
	own := m.Names
	if len(own) == 0 {
		own = m.Commons // rule 2.10 ranks below a full-name match
	}
	switch {
	case len(own) > 0 && r.NameJoinsGroups:
		l.unite(d, FromName, own, m.Groups, r)
	case len(own) > 0:
		l.unite(d, FromName, own, nil, r)
	case len(m.Groups) > 0 && r.Wildcards == WildcardMerge:
		l.unite(d, FromGroup, m.Groups, l.chooseWildcards(m.Wildcards, r), r)
	case len(m.Groups) > 0:
		l.unite(d, FromGroup, m.Groups, nil, r)
	case len(m.Wildcards) > 0:
		l.unite(d, FromWildcard, l.chooseWildcards(m.Wildcards, r), nil, r)
	default:
		l.decideDefault(d, r)
	}
}

// decideDefault answers for whoever matches nothing (rule 3.9). A list without
// -Default-, which Domino cannot make, admits nobody.
func (l *List) decideDefault(d *Decision, r *Reading) {
	if l.fallback < 0 {
		*d = Decision{Source: FromNone}
		return
	}
	l.unite(d, FromDefault, []int32{int32(l.fallback)}, nil, r)
}

// chooseWildcards keeps all wildcards (rule 3.8), or under the other reading of
// D5 only the longest.
func (l *List) chooseWildcards(ws []int32, r *Reading) []int32 {
	if !r.MostSpecificWildcard || len(ws) < 2 {
		return ws
	}
	best := ws[0]
	for _, w := range ws[1:] {
		if len(l.Entries[w].Name.Key()) > len(l.Entries[best].Name.Key()) {
			best = w
		}
	}
	return []int32{best}
}

// unite joins the entries of one rung, or of two: highest level (rule 3.5), all
// roles (rule 3.6), all privileges cut to the level (rule 3.7).
func (l *List) unite(d *Decision, source Source, hits, more []int32, r *Reading) {
	*d = Decision{}
	d.Source, d.hit[0], d.hit[1] = source, hits, more
	for _, i := range hits {
		d.Level = max(d.Level, l.Entries[i].Level)
	}
	for _, i := range more {
		d.Level = max(d.Level, l.Entries[i].Level)
	}
	d.Uncapped = d.Level
	for _, i := range hits {
		d.join(&l.Entries[i], r)
	}
	for _, i := range more {
		d.join(&l.Entries[i], r)
	}
	d.cutTo(d.Level)
}

// join adds what one entry gives to the decision at its level.
func (d *Decision) join(e *Entry, r *Reading) {
	winner := e.Level == d.Level
	if winner || !r.RolesOfWinners {
		d.Roles = d.Roles.Union(e.Roles)
	}
	if winner || !r.PrivilegesOfWinners {
		d.Privileges |= e.Privileges.Cut(e.Level)
		d.Unknown |= (e.Privileges | e.Unknown).Cut(e.Level)
	}
}

// cutTo brings granted and unknown privileges to a level; what is granted for
// certain, or impossible at the level, is not unknown.
func (d *Decision) cutTo(level Level) {
	d.Privileges = d.Privileges.Cut(level)
	d.Unknown = (d.Unknown | d.Privileges).Cut(level) &^ d.Privileges
}

// Through applies what the channel does to a decision: the Internet maximum
// (rules 5.1 to 5.5) on channels that it caps.
func (l *List) Through(d *Decision, c Channel, r *Reading) {
	switch {
	case !r.Capped.Has(c):
	case !l.MaxKnown:
		d.withoutMaximum()
	case l.MaxLevel < d.Level:
		d.Level = l.MaxLevel
		d.cutTo(d.Level)
		if r.CapDropsRoles {
			d.Roles = RoleSet{}
		}
	}
}

// withoutMaximum answers on a capped channel where the maximum is not known
// (rule 11.9): No Access stays No Access, anything else cannot be said and is
// therefore not granted.
func (d *Decision) withoutMaximum() {
	if d.Level == NoAccess {
		return
	}
	d.CapUnknown = true
	d.Level = NoAccess
	d.Unknown |= d.Privileges
	d.Privileges = 0
	d.Roles = RoleSet{}
}

// FullAccess is a decision under full access administration (rule 3.11).
func (l *List) FullAccess(d Decision, r Reading) Decision {
	roles := d.Roles
	if r.FullAccessRoles {
		roles = l.allRoles()
	}
	return Decision{Level: Manager, Uncapped: Manager, Privileges: AllPrivileges, Roles: roles, Source: FromFullAccess}
}

// Unenforced is the decision in a local database whose ACL is not enforced
// (rule 6.3).
func Unenforced() Decision {
	return Decision{Level: Manager, Uncapped: Manager, Privileges: AllPrivileges, Source: FromLocalUnenforced}
}

func (l *List) allRoles() RoleSet {
	var s RoleSet
	for i := range l.Roles {
		s = s.With(i)
	}
	return s
}

package resolver

import (
	"slices"
	"strings"
	"sync"

	"github.com/aclens/aclens/resolver/acl"
	"github.com/aclens/aclens/resolver/database"
	"github.com/aclens/aclens/resolver/group"
	"github.com/aclens/aclens/resolver/name"
	"github.com/aclens/aclens/resolver/server"
)

// Walker decides for one subject after another over all databases, and keeps
// its room. What it hands out is valid until the next subject. It serves one
// goroutine; the zero value is ready.
type Walker struct {
	asking asking
	at     *Snapshot
	sub    *Subject     // that At moved to
	own    plainSubject // sub, where it is plain
	groups []group.ID

	known     bool // hits are those of sub, which are the same on every channel
	hits      []hit
	positions []int32
	answers   []serverAnswer
	matched   acl.Match
	decision  Decision // by entries, on a server of which nothing is known
	answered  Decision // with what a server says
}

// mostRoom bounds the room that Clear keeps, in elements.
const mostRoom = 4096

// Clear forgets the subject, and the Snapshot that it is of, and keeps room for
// another.
func (w *Walker) Clear() {
	sub := &w.own.subject
	if max(cap(w.groups), cap(sub.groups), cap(sub.direct), cap(w.asking.lists), cap(w.hits), cap(w.positions)) > mostRoom {
		*w = Walker{}
		return
	}
	clear(w.answers[:cap(w.answers)])
	clear(sub.keys[:cap(sub.keys)])
	kept := Subject{keys: sub.keys[:0], direct: sub.direct[:0], groups: sub.groups[:0]}
	*w = Walker{
		asking: asking{lists: w.asking.lists[:0]}, own: plainSubject{subject: kept},
		groups: w.groups[:0], hits: w.hits[:0], positions: w.positions[:0], answers: w.answers[:0],
	}
}

// EachDecision calls yield with the decision for every database, in the order
// of their keys, until yield returns false. It is the fast form of Decide. The
// decision must not be changed.
func (s *Snapshot) EachDecision(sub *Subject, q Query, yield func(*database.Database, *Decision) bool) {
	new(Walker).Each(s, sub, q, yield)
}

// Each is Snapshot.EachDecision with the room of the subject before; a decision
// is valid until yield returns.
func (w *Walker) Each(s *Snapshot, sub *Subject, q Query, yield func(*database.Database, *Decision) bool) {
	databases, more := s.databases.All(), true
	w.each(s, sub, q, func(i int, d *Decision) bool {
		more = more && yield(databases[i], d)
		return more
	})
}

// each calls yield with the Index of every database and the decision for it.
func (w *Walker) each(s *Snapshot, sub *Subject, q Query, yield func(int, *Decision) bool) {
	a := w.ask(s, sub, q)
	if a.sub.stored != nil || q.FullAccess || q.Channel == acl.Local {
		s.spell(a.sub)
		s.eachPlainly(a.sub, q, yield)
		return
	}
	w.match(a)
	s.walk(a, w, s.unmatched(a.sub.Kind, q.Channel), yield)
}

// ask is Snapshot.ask in the Walker's room.
func (w *Walker) ask(s *Snapshot, sub *Subject, q Query) *asking {
	if sub == &w.own.subject {
		s.weigh(&w.own)
	}
	w.asking = asking{Snapshot: s, sub: s.through(sub, q), q: q, lists: w.asking.lists[:0]}
	return &w.asking
}

// match finds the entries that cover the subject and asks the servers.
func (w *Walker) match(a *asking) {
	own := a.sub == w.sub && a.Snapshot == w.at
	if !own || !w.known {
		w.hits, w.known = a.matchAll(a.sub, w.hits), own
	}
	w.positions = w.positions[:0]
	w.answers = a.hostAnswers(w.answers[:0])
	w.decision.Server, w.decision.ServerReason = noDocument, noDocumentReason
}

// walk goes through the databases and the hits side by side. Where nothing
// matches, the row of whoever matches nothing is the answer.
func (s *Snapshot) walk(a *asking, w *Walker, unmatched []Decision, yield func(int, *Decision) bool) {
	hits, databases := w.hits, s.databases.All()
	for i := range unmatched {
		d := &unmatched[i]
		if len(hits) > 0 && hits[0].db() == uint32(i) {
			hits = w.takeMatch(hits)
			a.readACL(&w.decision, databases[i].Primary, &w.matched, &s.settings.Reading)
			d = &w.decision
		}
		if host := s.hosts.of[i]; !w.answers[host].plain {
			w.answered = *d
			w.answered.from(a.inFolder(databases[i].Primary, &w.answers[host]))
			d = &w.answered
		}
		if !yield(i, d) {
			return
		}
	}
}

func (s *Snapshot) eachPlainly(sub *Subject, q Query, yield func(int, *Decision) bool) {
	for i, db := range s.databases.All() {
		d := s.Decide(sub, db.Primary, q)
		if !yield(i, &d) {
			return
		}
	}
}

// takeMatch splits the hits of one database off the front, into w.matched. They
// are ordered by way, so that each way is a run of the positions.
func (w *Walker) takeMatch(hits []hit) []hit {
	db, n := hits[0].db(), 0
	ends, from := [4]int{}, len(w.positions)
	for ; n < len(hits) && hits[n].db() == db; n++ {
		w.positions = append(w.positions, hits[n].entry())
		ends[hits[n].via()]++
	}
	// One field after the other: a whole Match would be made elsewhere and copied.
	run, m := w.positions[from:], &w.matched
	m.Names, run = split(run, ends[acl.ByName])
	m.Commons, run = split(run, ends[acl.ByCommon])
	m.Groups, run = split(run, ends[acl.ByGroup])
	m.Wildcards, _ = split(run, ends[acl.ByWildcard])
	return hits[n:]
}

func split(run []int32, n int) (front, rest []int32) { return run[:n:n], run[n:] }

// unmatchedRows are the decisions for whoever no entry matches, one a database,
// on a server of which nothing is known; made when first asked for.
type unmatchedRows struct {
	once sync.Once
	rows []Decision
}

// unmatched are the rows for a kind of subject: Anonymous has an entry of its
// own (rule 3.10), everybody else -Default- (rule 3.9).
func (s *Snapshot) unmatched(kind acl.Kind, c acl.Channel) []Decision {
	slot := &s.cache.unmatched[c][0]
	if kind == acl.Anonymous {
		slot = &s.cache.unmatched[c][1]
	} else {
		kind = acl.Person
	}
	slot.once.Do(func() {
		a := s.ask(&Subject{Kind: kind}, Query{Channel: c})
		a.sub.Kind = kind // the channel may know nobody, the row is for the kind all the same
		slot.rows = make([]Decision, s.databases.Len())
		for i, db := range s.databases.All() {
			a.readACL(&slot.rows[i], db.Primary, &acl.Match{}, &s.settings.Reading)
			slot.rows[i].from(noDocument, noDocumentReason)
		}
	})
	return slot.rows
}

// hosts numbers the servers that the databases stand on.
type hosts struct {
	of    []int32 // by database.Database.Index
	names []name.Name
	every []name.Name // of all instances, those that no key names included; by key
}

func hostsOf(set *database.Set) *hosts {
	h := &hosts{of: make([]int32, set.Len())}
	numbers := map[name.Key]int32{}
	for i, db := range set.All() {
		k := db.Primary.Server.Key()
		n, known := numbers[k]
		if !known {
			n = int32(len(h.names))
			numbers[k], h.names = n, append(h.names, db.Primary.Server)
		}
		h.of[i] = n
	}
	h.every = everyHost(set)
	return h
}

func everyHost(set *database.Set) []name.Name {
	var list []name.Name
	for _, db := range set.All() {
		for _, in := range db.Instances {
			if !in.Server.IsZero() { // a list of access without a database is on no server
				list = append(list, in.Server)
			}
		}
	}
	slices.SortStableFunc(list, func(a, b name.Name) int { return strings.Compare(string(a.Key()), string(b.Key())) })
	return slices.CompactFunc(list, func(a, b name.Name) bool { return a.Key() == b.Key() })
}

// noDocument is what a server says of which no document is there (rule 7.1).
var noDocument, noDocumentReason = new(server.Server).Access(nil, acl.Notes)

// hostAnswers asks every server once whether it lets the subject in.
func (a *asking) hostAnswers(answers []serverAnswer) []serverAnswer {
	for _, n := range a.hosts.names {
		srv := a.Server(n)
		if a.asServerSees() && srv.Document == nil && len(srv.Settings.Folders) == 0 {
			answers = append(answers, serverAnswer{noDocument, noDocumentReason, true})
			continue
		}
		a.spell(a.sub)
		access, why := a.serverItself(n)
		answers = append(answers, serverAnswer{access: access, why: why})
	}
	return answers
}

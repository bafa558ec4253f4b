package resolver

import (
	"sync"

	"github.com/aclens/aclens/resolver/acl"
)

// Highest is the highest level that the subject At moved to has in any database
// on a channel. It is false where servers have a say, or where the channel does
// not ask entries about the subject itself: there every decision has to be looked
// at.
//
// No decision gives more than the highest of the entries that cover the subject
// (rules 3.1 to 3.8), and the Internet maximum only takes away (rule 5.1). So
// databases whose entries promise no more than another one gives are not decided.
func (w *Walker) Highest(c acl.Channel) (acl.Level, bool) {
	if c == acl.Local || c == acl.WebAnonymous {
		return acl.NoAccess, false
	}
	a := w.ask(w.at, w.sub, Query{Channel: c})
	w.match(a)
	if !w.plainServers() {
		return acl.NoAccess, false
	}
	best := acl.NoAccess
	for hits := w.hits; len(hits) > 0; {
		n, promised := oneDatabase(hits)
		if promised > best {
			w.takeMatch(hits)
			a.readACL(&w.decision, a.databases.At(int(hits[0].db())).Primary, &w.matched, &a.settings.Reading)
			best = max(best, w.decision.Level)
		}
		hits = hits[n:]
	}
	return max(best, w.at.unmatchedLevels(c).highestBeside(w.hits, best)), true
}

// oneDatabase is how many of the hits, from the first, are in one database, and
// the highest level that these entries have.
func oneDatabase(hits []hit) (n int, promised acl.Level) {
	for db := hits[0].db(); n < len(hits) && hits[n].db() == db; n++ {
		promised = max(promised, hits[n].level())
	}
	return n, promised
}

// plainServers tells whether no server has a say.
func (w *Walker) plainServers() bool {
	for i := range w.answers {
		if !w.answers[i].plain {
			return false
		}
	}
	return true
}

// levelRows are the levels of Unmatched.
type levelRows struct {
	once    sync.Once
	of      []acl.Level // by database.Database.Index
	count   [acl.Levels]int
	highest acl.Level
}

func (s *Snapshot) unmatchedLevels(c acl.Channel) *levelRows {
	l := &s.cache.levels[c]
	l.once.Do(func() {
		rows := s.Unmatched(c)
		l.of = make([]acl.Level, len(rows))
		for i := range rows {
			l.of[i] = rows[i].Level
			l.count[rows[i].Level]++
			l.highest = max(l.highest, rows[i].Level)
		}
	})
	return l
}

// highestBeside is the highest level in databases without a hit, as far as it is
// above best.
func (l *levelRows) highestBeside(hits []hit, best acl.Level) acl.Level {
	if l.highest <= best {
		return best
	}
	left := l.count
	for len(hits) > 0 {
		left[l.of[hits[0].db()]]--
		n, _ := oneDatabase(hits)
		hits = hits[n:]
	}
	for at := l.highest; at > best; at-- {
		if left[at] > 0 {
			return at
		}
	}
	return best
}

package inquiry

import (
	"cmp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/aclens/aclens/proxy/view"
	"github.com/aclens/aclens/proxy/wire"
	"github.com/aclens/aclens/resolver/directory"
	"github.com/aclens/aclens/resolver/name"
)

// Found is what a search found, the best first.
type Found struct {
	People    []Someone
	Groups    []GroupRef
	Databases []DatabaseRef
	More      bool // there may be more than is listed
}

// Bounds of a search: entries looked at, and matches kept before they are ranked.
const (
	mostLooked = 50000
	mostKept   = 1000
	indexed    = 3 // runes from which the directory's index helps
)

// searched are the stored attributes that a search looks into, as far as they
// may be read.
var searched = []string{"cn", "sn", "givenname", "uid", "mail"}

// Search finds people, servers, groups and databases by words: each word has to
// be somewhere in what may be read of the names, uid and mail of an entry. At
// most `limit` of each are listed.
func (q *Inquiry) Search(text string, limit int) Found {
	words := strings.Fields(name.Fold(text))
	if len(words) == 0 {
		return Found{}
	}
	s := searcher{Inquiry: q, words: words, limit: limit}
	s.databases()
	s.exact(text)
	s.entries()
	return s.finish()
}

// People is Search for people and servers alone; without words it lists them in
// the order of the directory.
func (q *Inquiry) People(text string, limit int) ([]Someone, bool) {
	s := searcher{Inquiry: q, words: strings.Fields(name.Fold(text)), limit: limit}
	s.exact(text)
	s.entries()
	f := s.finish()
	return f.People, f.More
}

// searcher is one search on its way.
type searcher struct {
	*Inquiry
	words []string
	limit int
	found Found

	ranked []ranked[Someone]
	groups []ranked[GroupRef]
	first  directory.ID // found by its whole name; None for none
}

// ranked is something found with how well it fits, 0 being best.
type ranked[T any] struct {
	what T
	rank int
	name string
}

// exact looks for somebody whose DN, Notes name, uid or mail the text is.
func (s *searcher) exact(text string) {
	s.first = directory.None
	sub, err := s.subject(text)
	if err != nil {
		return
	}
	s.first = sub.Entry
	s.ranked = append(s.ranked, ranked[Someone]{s.someone(sub), -1, ""})
}

// entries looks through the entries that may match, up to a bound.
func (s *searcher) entries() {
	candidates, st, looked := s.candidates(), s.snap.Store(), 0
	candidates.Each(0, st.Cap(), func(id directory.ID) bool {
		if looked++; looked > mostLooked || len(s.ranked)+len(s.groups) >= mostKept {
			s.found.More = true
			return false
		}
		if id != s.first && st.Exists(id) && s.rights.Entries().Readable(id) {
			s.entry(id)
		}
		return true
	})
}

func (s *searcher) entry(id directory.ID) {
	if g, ok := s.snap.GroupOf(id); ok {
		if !s.groupShown(g) || !s.rights.Groups() && !s.readable("member", id) {
			return
		}
		if ref := s.groupRef(g); s.matches(id, ref.Group) {
			s.groups = append(s.groups, ranked[GroupRef]{ref, s.rank(ref.Group), name.Fold(ref.Group)})
		}
		return
	}
	sub, ok := s.snap.Subject(id)
	if !ok {
		return
	}
	if who := s.someone(sub); s.matches(id, who.User) {
		s.ranked = append(s.ranked, ranked[Someone]{who, s.rank(bare(who.User)), name.Fold(who.User)})
	}
}

// bare is a canonical name without its labels, as people read it.
func bare(canonical string) string { return name.Parse(canonical).Abbreviated() }

// matches tells whether every word is in what may be read of an entry's names.
func (s *searcher) matches(id directory.ID, shown string) bool {
	text := name.Fold(shown) + "\n" + name.Fold(bare(shown)) + "\n" + name.Fold(s.snap.Store().Entry(id).DN())
	missing := func(word string) bool { return !strings.Contains(text, word) }
	if !slices.ContainsFunc(s.words, missing) {
		return true
	}
	for _, attribute := range searched {
		for _, v := range s.values(id, attribute) {
			text += "\n" + name.Fold(v)
		}
	}
	return !slices.ContainsFunc(s.words, missing)
}

// rank prefers names that begin with the first word, then those of which a part does.
func (s *searcher) rank(shown string) int {
	if len(s.words) == 0 {
		return 0
	}
	text, word := name.Fold(shown), s.words[0]
	switch at := strings.Index(text, word); {
	case at == 0:
		return 0
	case at > 0 && strings.ContainsRune(" /.-_", rune(text[at-1])):
		return 1
	default:
		return 2
	}
}

// candidates are the entries whose values hold the longest word, where the
// directory's index can tell; else everything. An identity that may read few
// entries is given these.
func (s *searcher) candidates() directory.Candidates {
	if few, ok := s.rights.Entries().Few(); ok {
		return directory.Listed(few...)
	}
	longest := ""
	for _, w := range s.words {
		if utf8.RuneCountInString(w) > utf8.RuneCountInString(longest) {
			longest = w
		}
	}
	if utf8.RuneCountInString(longest) < indexed {
		return directory.Everything()
	}
	any := wire.Filter{Kind: wire.Or}
	for _, attribute := range searched {
		f, err := wire.ParseFilterString("(" + attribute + "=*" + escapeFilter(longest) + "*)")
		if err != nil {
			return directory.Everything()
		}
		any.Children = append(any.Children, f)
	}
	st := s.snap.Store()
	compiled := view.CompileFilter(st.Schema(), &any)
	return st.Plan(&compiled)
}

// escapeFilter writes a text so that it stands for itself in a filter (RFC
// 4515, 3).
func escapeFilter(text string) string {
	return strings.NewReplacer(`\`, `\5c`, `*`, `\2a`, `(`, `\28`, `)`, `\29`, "\x00", `\00`).Replace(text)
}

func (s *searcher) databases() {
	missing := func(text string) bool {
		return slices.ContainsFunc(s.words, func(w string) bool { return !strings.Contains(text, w) })
	}
	for _, ref := range s.DatabaseRefs() {
		if missing(name.Fold(ref.Database + "\n" + ref.Title)) {
			continue
		}
		if len(s.found.Databases) == s.limit {
			s.found.More = true
			return
		}
		s.found.Databases = append(s.found.Databases, ref)
	}
}

// finish ranks what was found and keeps the best.
func (s *searcher) finish() Found {
	s.found.People = best(s.ranked, s.limit, &s.found.More)
	s.found.Groups = best(s.groups, s.limit, &s.found.More)
	return s.found
}

func best[T any](list []ranked[T], limit int, more *bool) []T {
	slices.SortStableFunc(list, func(a, b ranked[T]) int { return cmp.Or(cmp.Compare(a.rank, b.rank), cmp.Compare(a.name, b.name)) })
	if len(list) > limit {
		list, *more = list[:limit], true
	}
	out := make([]T, len(list))
	for i := range list {
		out[i] = list[i].what
	}
	return out
}

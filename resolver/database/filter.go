package database

import (
	"maps"
	"slices"

	"github.com/aclens/aclens/resolver/name"
)

// filter says which databases are taken.
type filter struct {
	include, exclude []*selector
	unasked          bool // Options.Unasked
}

// selector is one pattern of Options.Include or Options.Exclude: a glob on
// keys, or the name of one database.
type selector struct {
	text string
	glob glob // of a pattern with a wildcard, else nil
	one  []reading
	hits int
}

func newFilter(o Options) *filter {
	return &filter{include: selectors(o.Include, o.Aliases), exclude: selectors(o.Exclude, o.Aliases), unasked: o.Unasked}
}

func selectors(texts []string, aliases map[string]string) []*selector {
	var list []*selector
	for _, text := range texts {
		s := &selector{text: text}
		list = append(list, s)
		if hasWildcard(text) {
			s.glob = parseGlob(text)
			continue
		}
		for _, t := range append([]string{text}, targetsOf(text, aliases)...) {
			if r, ok := readName(t); ok {
				s.one = append(s.one, r)
			}
		}
	}
	return list
}

// targetsOf is what an alias stands for, if the text is one.
func targetsOf(text string, aliases map[string]string) []string {
	for _, alias := range slices.Sorted(maps.Keys(aliases)) {
		if name.Fold(alias) == name.Fold(text) {
			return []string{aliases[alias]}
		}
	}
	return nil
}

// takes decides about a database by the instance that its key names.
func (f *filter) takes(key string, it *item) bool {
	folded := name.Fold(key)
	included := anySelects(f.include, key, folded, it) || len(f.include) == 0
	excluded := anySelects(f.exclude, key, folded, it)
	return included && !excluded
}

// anySelects asks all of them: each counts what it selects.
func anySelects(list []*selector, key, folded string, it *item) bool {
	any := false
	for _, s := range list {
		if s.selects(key, folded, it) {
			s.hits++
			any = true
		}
	}
	return any
}

func (s *selector) selects(key, folded string, it *item) bool {
	if s.glob != nil {
		return s.glob.matches(folded)
	}
	return slices.ContainsFunc(s.one, func(r reading) bool {
		return r.key == key || r.id != "" && r.id == it.id || slices.Contains(r.places, it.at)
	})
}

func (f *filter) problems() []Problem {
	var list []Problem
	for _, s := range f.include {
		if s.hits == 0 {
			list = append(list, Problem{IncludesNothing, s.text, "no database has such a key: nothing is included by it"})
		}
	}
	for _, s := range f.exclude {
		if s.hits == 0 && !f.unasked {
			list = append(list, Problem{ExcludesNothing, s.text, "no database has such a key: nothing is left out by it"})
		}
	}
	return list
}

package explorer

import (
	"slices"

	"github.com/aclens/aclens/proxy/inquiry"
	"github.com/aclens/aclens/resolver/acl"
	"github.com/aclens/aclens/resolver/finding"
)

// start is the first page.
type start struct {
	Databases int
	Default   []tally // readable databases by what -Default- may do, highest first
	Anonymous []tally
	Findings  []tally // by severity
	First     []finding.Finding
	States    bool // states can be compared
}

// firstFindings is how many findings the first page lists, the gravest first.
const firstFindings = 6

// tally is how many of something there are.
type tally struct {
	Word  string // a level or a severity
	Count int
}

func (x *Explorer) home(v *visit) (*page, error) {
	m := start{States: v.MayCompareStates()}
	var byDefault, byAnonymous [acl.Levels]int
	for _, db := range v.Databases() {
		m.Databases++
		if l, err := acl.ParseLevel(db.DefaultLevel); err == nil {
			byDefault[l]++
		}
		if l, err := acl.ParseLevel(db.AnonymousLevel); err == nil {
			byAnonymous[l]++
		}
	}
	m.Default, m.Anonymous = tallies(&byDefault), tallies(&byAnonymous)
	var severities [3]int
	for _, f := range v.Findings(inquiry.FindingFilter{}) {
		if severities[f.Severity]++; len(m.First) < firstFindings {
			m.First = append(m.First, f)
		}
	}
	for _, s := range []finding.Severity{finding.Error, finding.Warning, finding.Info} {
		if severities[s] > 0 {
			m.Findings = append(m.Findings, tally{s.String(), severities[s]})
		}
	}
	return &page{template: "home", Title: "Explorer", Nav: "home", Main: m}, nil
}

func tallies(counts *[acl.Levels]int) []tally {
	var list []tally
	for l, n := range slices.Backward(counts[:]) {
		if n > 0 {
			list = append(list, tally{acl.Level(l).String(), n})
		}
	}
	return list
}

// found is a page of what a search found.
type found struct {
	Text   string
	Groups []foundGroup
	More   bool
	Count  int
}

// foundGroup is what was found of one kind.
type foundGroup struct {
	Kind  string
	Items []foundItem
}

type foundItem struct{ Name, Note, Href string }

// How many of each kind a search shows: while typing, and on a page.
const (
	foundTyping = 6
	foundPage   = 100
)

func (x *Explorer) search(v *visit) (*page, error) {
	q := v.r.URL.Query()
	p := &page{template: "search", Title: "Search", Query: q.Get("q"), partial: q.Get("part") != ""}
	limit := foundPage
	if p.partial {
		limit = foundTyping
	}
	m := found{Text: p.Query}
	f := v.Search(p.Query, limit)
	m.More = f.More
	people, servers, groups, databases := foundGroup{Kind: "People"}, foundGroup{Kind: "Servers"}, foundGroup{Kind: "Groups"}, foundGroup{Kind: "Databases"}
	for _, who := range f.People {
		into := &people
		if who.Kind == acl.Server.String() {
			into = &servers
		}
		into.Items = append(into.Items, foundItem{shortUser(who.User), who.DN, personAddress(who.DN)})
	}
	for _, g := range f.Groups {
		groups.Items = append(groups.Items, foundItem{g.Group, g.DN, groupAddress(g.DN)})
	}
	for _, db := range f.Databases {
		databases.Items = append(databases.Items, foundItem{db.Database, db.Title, databaseAddress(db.Database)})
	}
	for _, g := range []foundGroup{people, databases, groups, servers} {
		if len(g.Items) > 0 {
			m.Groups = append(m.Groups, g)
			m.Count += len(g.Items)
		}
	}
	p.Main = m
	return p, nil
}

func personAddress(dn string) string    { return address("/person", "user", dn) }
func groupAddress(dn string) string     { return address("/group", "dn", dn) }
func databaseAddress(key string) string { return address("/database", "key", key) }
func decisionAddress(user, database string, channel acl.Channel) string {
	word := ""
	if channel != acl.Notes {
		word = channel.String()
	}
	return address("/decision", "user", user, "database", database, "channel", word)
}

package explorer

import (
	"html/template"

	"github.com/aclens/aclens/proxy/inquiry"
	"github.com/aclens/aclens/proxy/view"
	"github.com/aclens/aclens/resolver"
	"github.com/aclens/aclens/resolver/acl"
)

// personPage is what the page of a person shows beside its tables.
type personPage struct {
	*inquiry.Person
	Highest string
	Above   int // databases above no access
	Graph   template.HTML
	Cut     int
	Why     []string // databases that can be asked about
}

func (x *Explorer) person(v *visit) (*page, error) {
	p, err := v.Person(v.r.URL.Query().Get("user"))
	if err != nil {
		return nil, err
	}
	chains := v.PersonChains(p)
	m := personPage{Person: p, Cut: chains.Cut, Highest: acl.NoAccess.String()}
	highest := 0
	for i := range p.Access {
		a := &p.Access[i]
		if a.LevelNum > 0 {
			m.Above++
		}
		if a.LevelNum > highest {
			highest, m.Highest = a.LevelNum, a.Level
		}
		m.Why = append(m.Why, a.Database)
	}
	if len(chains.Nodes) > 1 {
		m.Graph = drawChains(chains, "How "+shortUser(p.User)+" is in groups. The table of groups says the same.")
	}
	return &page{template: "person", Title: shortUser(p.User), Nav: "people", Main: m,
		Tables: []*table{accessTable(v, p), groupsTable("groups", "Groups", p.Groups)}}, nil
}

// accessTable is the databases of a person. Its CSV begins with the columns of
// the report.
func accessTable(v *visit, p *inquiry.Person) *table {
	return &table{
		ID: "access", Caption: "Databases", Empty: "There is no access that you may read.",
		Columns: []column{{Key: "user", Only: onlyCSV}, {Key: "dn", Only: onlyCSV}, {Head: "Database", Key: "database"},
			{Head: "Level", Key: "level", Kind: "level"}, {Key: "levelNum", Only: onlyCSV}, {Head: "Roles", Key: "roles"},
			{Key: "privileges", Only: onlyCSV}, {Head: "Decided by", Key: "source"}, {Head: "Winning entries", Key: "winning", Wide: true},
			{Head: "On the web", Key: "webLevel", Kind: "level"}, {Key: "webRoles", Only: onlyCSV}, {Head: "Why", Only: onlyPage}},
		Source: func(yield func([]cell) bool) {
			known := map[string]bool{}
			for _, ref := range v.DatabaseRefs() {
				known[ref.Database] = true
			}
			for i := range p.Access {
				a := &p.Access[i]
				db := text(a.Database)
				if known[a.Database] {
					db.Href = databaseAddress(a.Database)
				}
				if a.Title != "" {
					db.Notes = []string{a.Title}
				}
				if !yield([]cell{text(a.User), text(a.DN), db, level(a.Level, a.LevelNum), number(a.LevelNum), list(a.Roles), list(a.Privileges),
					text(sourceWord(a.Source)).as(a.Source), list(a.Winning), webLevel(a), list(a.WebRoles), link("Why?", decisionAddress(a.DN, a.Database, acl.Notes))}) {
					return
				}
			}
		},
	}
}

// as is a cell whose CSV says it in the words of the API.
func (c cell) as(word string) cell {
	c.CSV = word
	return c
}

func webLevel(a *inquiry.Access) cell {
	if a.WebLevel == "" {
		return cell{Text: "not known", CSV: "", Order: "-"}
	}
	l, err := acl.ParseLevel(a.WebLevel)
	if err != nil {
		return text(a.WebLevel)
	}
	return level(a.WebLevel, int(l))
}

// sourceWords are what decides, for people.
var sourceWords = map[string]string{
	"name": "name", "group": "group", "wildcard": "wildcard", "default": "-Default-", "anonymous": "Anonymous",
	"server-denied": "server refuses", "none": "nothing", "full-access": "full access", "local-unenforced": "local copy",
}

func sourceWord(source string) string {
	if word, ok := sourceWords[source]; ok {
		return word
	}
	return source
}

// groupsTable lists groups.
func groupsTable(id, caption string, refs []inquiry.GroupRef) *table {
	return &table{
		ID: id, Caption: caption, Empty: "None that you may read.",
		Columns: []column{{Head: "Group", Key: "group", Wide: true}, {Key: "dn", Only: onlyCSV}, {Head: "How", Key: "direct"}, {Head: "Counts in ACLs", Key: "counts"}},
		Source: func(yield func([]cell) bool) {
			for _, g := range refs {
				name := link(g.Group, groupAddress(g.DN))
				name.Notes = []string{g.DN}
				if !yield([]cell{name, text(g.DN), flag(g.Direct, "directly", "through another group"), flag(g.Counts, "yes", "no")}) {
					return
				}
			}
		},
	}
}

// flag is a fact in words, true or false in CSV.
func flag(holds bool, yes, no string) cell {
	if holds {
		return cell{Text: yes, CSV: "true"}
	}
	return cell{Text: no, CSV: "false"}
}

// decisionPage is one decision with its reason.
type decisionPage struct {
	*resolver.Explanation
	Channels  []choice
	Databases []inquiry.DatabaseRef
	Page      bool // the database has a page
}

// choice is one of several in a form.
type choice struct {
	Word   string
	Chosen bool
}

func (x *Explorer) decision(v *visit) (*page, error) {
	q := v.r.URL.Query()
	channel, err := channelOf(v)
	if err != nil {
		return nil, err
	}
	question := view.Question{User: q.Get("user"), Database: q.Get("database"), Query: resolver.Query{Channel: channel, FullAccess: q.Get("fullAccess") == "true"}}
	e, err := v.Explain(question)
	if err != nil {
		return nil, inquiry.ErrNotShown // an unknown user and one that may not be read look alike
	}
	m := decisionPage{Explanation: e, Channels: channels(channel), Databases: v.DatabaseRefs()}
	for _, ref := range m.Databases {
		m.Page = m.Page || ref.Database == e.Database
	}
	return &page{template: "decision", Title: shortUser(e.User) + " in " + e.Database, Nav: "people", Main: m, Tables: []*table{
		consideredTable("considered", "Also matched, and lost", e.Considered, "No other entry matched."),
		consideredTable("misses", "Nearly matched", e.Misses, "No entry came near."),
		contestedTable(e),
	}}, nil
}

func consideredTable(id, caption string, rows []resolver.Considered, empty string) *table {
	return &table{
		ID: id, Caption: caption, Empty: empty,
		Columns: []column{{Head: "Entry", Key: "entry"}, {Head: "Level", Key: "level", Kind: "level"}, {Head: "Matches as", Key: "source"},
			{Head: "Rule", Key: "rule"}, {Head: "Why", Key: "why", Wide: true}},
		Source: func(yield func([]cell) bool) {
			for _, c := range rows {
				l, _ := acl.ParseLevel(c.Level) // noaccess for a word that is none
				if !yield([]cell{text(c.Entry), level(c.Level, int(l)), text(sourceWord(c.Source)).as(c.Source), text(c.Rule), text(c.Why)}) {
					return
				}
			}
		},
	}
}

func contestedTable(e *resolver.Explanation) *table {
	return &table{
		ID: "contested", Caption: "Where the documentation disagrees", Empty: "No other reading of the documentation changes this answer.",
		Columns: []column{{Head: "Decision", Key: "decision"}, {Head: "Setting", Key: "setting"}, {Head: "Otherwise", Key: "level", Kind: "level"}, {Head: "Roles", Key: "roles"}},
		Source: func(yield func([]cell) bool) {
			for _, c := range e.Contested {
				l, _ := acl.ParseLevel(c.Otherwise.Level) // noaccess for a word that is none
				setting := c.Setting
				if setting == "" {
					setting = "none"
				}
				if !yield([]cell{text(c.Decision), text(setting), level(c.Otherwise.Level, int(l)), list(c.Otherwise.Roles)}) {
					return
				}
			}
		},
	}
}

// channelOf is the channel that an address names, notes where it names none.
func channelOf(v *visit) (acl.Channel, error) {
	word := v.r.URL.Query().Get("channel")
	if word == "" {
		return acl.Notes, nil
	}
	c, err := acl.ParseChannel(word)
	if err != nil {
		return c, errBadRequest{err.Error()}
	}
	return c, nil
}

func channels(chosen acl.Channel) []choice {
	var list []choice
	for c := acl.Notes; c <= acl.Local; c++ {
		list = append(list, choice{c.String(), c == chosen})
	}
	return list
}

package explorer

import (
	"html/template"

	"github.com/aclens/aclens/proxy/inquiry"
)

// groupPage is what the page of a group shows beside its tables.
type groupPage struct {
	*inquiry.Group
	Graph template.HTML
	Cut   int
}

func (x *Explorer) group(v *visit) (*page, error) {
	g, err := v.Group(v.r.URL.Query().Get("dn"))
	if err != nil {
		return nil, err
	}
	m := groupPage{Group: g}
	if chains := v.GroupChains(g); len(chains.Nodes) > 1 {
		m.Graph, m.Cut = drawChains(chains, "Which groups hold "+g.GroupRef.Group+". The table of groups says the same."), chains.Cut
	}
	holds := groupsTable("holds", "Groups inside it", g.Holds)
	within := groupsTable("within", "Groups that hold it", g.Within)
	return &page{template: "group", Title: g.GroupRef.Group, Nav: "groups", Main: m, Tables: []*table{groupACLs(g), membersTable(g), holds, within}}, nil
}

func groupACLs(g *inquiry.Group) *table {
	return &table{
		ID: "acls", Caption: "ACLs that name it", Empty: "No ACL that you may read names it.",
		Columns: []column{{Head: "Database", Key: "database"}, {Head: "Title", Key: "title", Wide: true}, {Head: "Level", Key: "level", Kind: "level"},
			{Key: "levelNum", Only: onlyCSV}, {Head: "Roles", Key: "roles"}},
		Source: func(yield func([]cell) bool) {
			for _, e := range g.ACLs {
				if !yield([]cell{link(e.Database, databaseAddress(e.Database)), text(e.Title), level(e.Level, e.LevelNum), number(e.LevelNum), list(e.Roles)}) {
					return
				}
			}
		},
	}
}

func membersTable(g *inquiry.Group) *table {
	return &table{
		ID: "members", Caption: "Members, nested ones included", Empty: "None that you may read.",
		Columns: []column{{Head: "Name", Key: "user"}, {Head: "DN", Key: "dn", Wide: true}, {Head: "Kind", Key: "kind"}, {Key: "noEntry", Only: onlyCSV}},
		Source: func(yield func([]cell) bool) {
			for _, m := range g.Members {
				who := text(shortUser(m.User)).as(m.User)
				if m.Shown {
					who.Href = personAddress(m.DN)
				}
				kind := text(m.Kind)
				if m.NoEntry {
					kind = text("name without an entry").as("name")
				}
				if !yield([]cell{who, text(m.DN), kind, flag(m.NoEntry, "yes", "no")}) {
					return
				}
			}
		},
	}
}

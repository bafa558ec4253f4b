package view

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/aclens/aclens/proxy/policy"
	"github.com/aclens/aclens/resolver"
	"github.com/aclens/aclens/resolver/acl"
	"github.com/aclens/aclens/resolver/database"
)

// shownRow is a row of the tables in deploy/demo/README.md.
type shownRow struct {
	database, who, channel, level string
	roles                         []string
	aclAlone                      string // only in the table of what servers refuse
}

func shownRows(t *testing.T) []shownRow {
	text, err := os.ReadFile("../../deploy/demo/README.md")
	must(t, err)
	quoted := regexp.MustCompile("`([^`]*)`")
	refused := false
	var rows []shownRow
	for line := range strings.SplitSeq(string(text), "\n") {
		refused = refused || strings.HasPrefix(line, "## What the servers refuse")
		cells := strings.Split(line, "|")
		if len(cells) != 9 || !strings.Contains(cells[1], ".n") {
			continue
		}
		cell := func(i int) string { return strings.Trim(cells[i], " `") }
		r := shownRow{database: cell(1), who: cell(3), channel: cell(4), level: cell(5)}
		if refused {
			r.aclAlone = cell(6)
		} else {
			for _, m := range quoted.FindAllStringSubmatch(cells[6], -1) {
				r.roles = append(r.roles, m[1])
			}
		}
		rows = append(rows, r)
	}
	return rows
}

func TestTheDemonstrationGivesWhatItsReadmeShows(t *testing.T) {
	snap := build(t, demoInput(t))
	views := map[acl.Channel]*View{}
	rows := shownRows(t)
	if len(rows) < 50 {
		t.Fatalf("only %d rows", len(rows))
	}
	for _, r := range rows {
		t.Run(r.database+" "+r.who+" "+r.channel, func(t *testing.T) {
			channel, err := acl.ParseChannel(r.channel)
			must(t, err)
			if views[channel] == nil {
				s := viewSettings()
				s.GroupChannel = channel
				views[channel] = newView(t, s, policy.Settings{Rules: []policy.Rule{allRule()}}, snap)
			}
			db, in, ok := snap.Databases().Find(r.database)
			if !ok {
				t.Fatal("no such database")
			}
			sub, _, err := snap.FindSubject(r.who, resolver.OnlyHierarchicalNames)
			must(t, err)
			r.explained(t, snap, sub, db, in, channel)
			if in != db.Primary {
				return // only the instance of the key has attributes and entries
			}
			a := &asked{TB: t, snap: snap, sub: sub, db: db, channel: channel, want: wanted{Level: r.level, Roles: r.roles}}
			if r.aclAlone != "" {
				a.want.Source = "server-denied"
			}
			a.everywhere(views[channel], resolver.Query{Channel: channel})
		})
	}
}

func (r *shownRow) explained(t *testing.T, snap *resolver.Snapshot, sub *resolver.Subject, db *database.Database, in *database.Instance, c acl.Channel) {
	e := snap.Explain(sub, db, in, resolver.Query{Channel: c})
	if e.Level != r.level || e.ACLLevel != r.aclAlone {
		t.Errorf("Explain: %s (by the ACL alone %q), want %s (%q)", e.Level, e.ACLLevel, r.level, r.aclAlone)
	}
	if strings.Join(e.Roles, " ") != strings.Join(r.roles, " ") {
		t.Errorf("Explain: roles %q, want %q", e.Roles, r.roles)
	}
}

package explorer

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/aclens/aclens/proxy/inquiry"
	"github.com/aclens/aclens/resolver/acl"
	"github.com/aclens/aclens/resolver/report"
)

// comparePage is what can be compared, and what was.
type comparePage struct {
	Left, Right string // as they were asked for
	Channels    []choice
	Databases   []inquiry.DatabaseRef
	States      []stateChoice

	Heading     string
	Note        string
	People      [2]inquiry.Someone
	Only        bool // rows that are the same are left out
	Pairing     *inquiry.Pairing
	PairingRows []pairingRow
	Changes     *inquiry.Changes
	Earlier     *fresh
}

// stateChoice is an earlier state.
type stateChoice struct {
	ID, Words string
	Chosen    bool
}

// pairingRow is one level of the left database with the counts beside each
// level of the right one.
type pairingRow struct {
	Level string
	Cells []pairingCell
}

type pairingCell struct {
	Count int
	Same  bool
}

// comparison begins a page of what can be compared.
func (x *Explorer) comparison(v *visit) (*comparePage, acl.Channel, error) {
	channel, err := channelOf(v)
	q := v.r.URL.Query()
	m := &comparePage{Left: q.Get("left"), Right: q.Get("right"), Channels: channels(channel), Databases: v.DatabaseRefs()}
	if v.MayCompareStates() && x.History != nil {
		for _, e := range x.History.Before(v.state) {
			words := e.Since.UTC().Format("2 January 2006, 15:04:05 UTC") + ", " + ago(x.Now().Sub(e.Since))
			m.States = append(m.States, stateChoice{e.State.ID, words, e.State.ID == m.Left})
		}
	}
	return m, channel, err
}

func comparePageOf(m *comparePage, tables ...*table) *page {
	return &page{template: "compare", Title: "Compare", Nav: "compare", Main: m, Tables: tables}
}

func (x *Explorer) compare(v *visit) (*page, error) {
	m, _, err := x.comparison(v)
	if err != nil {
		return nil, err
	}
	return comparePageOf(m), nil
}

// comparePeople puts two people side by side.
func (x *Explorer) comparePeople(v *visit) (*page, error) {
	m, _, err := x.comparison(v)
	if err != nil {
		return nil, err
	}
	left, err := v.Person(m.Left)
	if err != nil {
		return nil, err
	}
	right, err := v.Person(m.Right)
	if err != nil {
		return nil, err
	}
	m.People, m.Only = [2]inquiry.Someone{left.Someone, right.Someone}, v.r.URL.Query().Get("only") != ""
	m.Heading = shortUser(left.User) + " and " + shortUser(right.User)
	rows := v.ComparePeople(left, right)
	return comparePageOf(m, peopleTable(m, rows), groupsBeside(m, left.Groups, right.Groups)), nil
}

func peopleTable(m *comparePage, rows []inquiry.Beside) *table {
	l, r := shortUser(m.People[0].User), shortUser(m.People[1].User)
	return &table{
		ID: "people", Caption: "Databases", Empty: "No difference that you may read.",
		Columns: []column{{Head: "Database", Key: "database"}, {Head: "", Key: "differs"}, {Head: l, Key: "left", Kind: "level"}, {Head: "Roles", Key: "leftRoles"},
			{Head: r, Key: "right", Kind: "level"}, {Head: "Roles", Key: "rightRoles"}, {Key: "leftWeb", Only: onlyCSV}, {Key: "rightWeb", Only: onlyCSV}},
		Source: func(yield func([]cell) bool) {
			for i := range rows {
				b := &rows[i]
				if m.Only && !b.Differs {
					continue
				}
				lLevel, lRoles, lWeb := side(b.Left)
				rLevel, rRoles, rWeb := side(b.Right)
				if !yield([]cell{text(b.Database), flag(b.Differs, "differs", "same"), lLevel, lRoles, rLevel, rRoles, lWeb, rWeb}) {
					return
				}
			}
		},
	}
}

// side is one person's part of a row.
func side(a *inquiry.Access) (levelCell, roles, web cell) {
	if a == nil {
		return cell{Text: "not yours to read", Order: "-"}, text(""), text("")
	}
	return level(a.Level, a.LevelNum), list(a.Roles), webLevel(a)
}

func groupsBeside(m *comparePage, left, right []inquiry.GroupRef) *table {
	l, r := shortUser(m.People[0].User), shortUser(m.People[1].User)
	in := func(list []inquiry.GroupRef, dn string) bool {
		return slices.ContainsFunc(list, func(g inquiry.GroupRef) bool { return g.DN == dn })
	}
	all := slices.Concat(left, right)
	slices.SortStableFunc(all, func(a, b inquiry.GroupRef) int { return strings.Compare(a.Group+"\x00"+a.DN, b.Group+"\x00"+b.DN) })
	all = slices.CompactFunc(all, func(a, b inquiry.GroupRef) bool { return a.DN == b.DN })
	return &table{
		ID: "membership", Caption: "Groups", Empty: "No difference that you may read.",
		Columns: []column{{Head: "Group", Key: "group"}, {Key: "dn", Only: onlyCSV}, {Head: l, Key: "left"}, {Head: r, Key: "right"}},
		Source: func(yield func([]cell) bool) {
			for _, g := range all {
				a, b := in(left, g.DN), in(right, g.DN)
				if m.Only && a == b {
					continue
				}
				if !yield([]cell{link(g.Group, groupAddress(g.DN)), text(g.DN), flag(a, "member", "–"), flag(b, "member", "–")}) {
					return
				}
			}
		},
	}
}

// compareDatabases compares who has which level in two databases.
func (x *Explorer) compareDatabases(v *visit) (*page, error) {
	m, channel, err := x.comparison(v)
	if err != nil {
		return nil, err
	}
	if m.Pairing, err = v.CompareDatabases(m.Left, m.Right, channel); err != nil {
		return nil, err
	}
	m.Heading = m.Pairing.Left.Database + " and " + m.Pairing.Right.Database
	for l, counts := range slices.Backward(m.Pairing.Counts[:]) {
		row := pairingRow{Level: acl.Level(l).String()}
		for r, n := range slices.Backward(counts[:]) {
			row.Cells = append(row.Cells, pairingCell{n, l == r})
		}
		m.PairingRows = append(m.PairingRows, row)
	}
	return comparePageOf(m, &table{
		ID: "apart", Caption: "Whose level differs", Empty: "Everybody has the same level in both.",
		Columns: []column{{Head: "Name", Key: "user"}, {Key: "dn", Only: onlyCSV}, {Head: m.Pairing.Left.Database, Key: "left", Kind: "level"}, {Head: m.Pairing.Right.Database, Key: "right", Kind: "level"}},
		Source: func(yield func([]cell) bool) {
			for _, a := range m.Pairing.Apart {
				if !yield([]cell{link(shortUser(a.User), personAddress(a.DN)).as(a.User), text(a.DN), levelOrNone(a.Left), levelOrNone(a.Right)}) {
					return
				}
			}
		},
	}), nil
}

// Bounds of a comparison of states.
const (
	mostChanges = 5000
	compareTime = 20 * time.Second
)

// compareStates compares an earlier state with the present one, one reader at a
// time, since it looks at every pair.
func (x *Explorer) compareStates(v *visit) (*page, error) {
	m, channel, err := x.comparison(v)
	if err != nil {
		return nil, err
	}
	var earlier *Earlier
	if v.MayCompareStates() && x.History != nil {
		for _, e := range x.History.Before(v.state) {
			if e.State.ID == m.Left {
				earlier = &e
				break
			}
		}
	}
	if earlier == nil {
		return nil, inquiry.ErrNotShown
	}
	ctx, stop := context.WithTimeout(v.r.Context(), compareTime)
	defer stop()
	select {
	case x.comparing <- struct{}{}:
		defer func() { <-x.comparing }()
	case <-ctx.Done():
		return nil, errBadRequest{"Another comparison is under way. Please try again."}
	}
	if m.Changes, err = v.Since(ctx, earlier.State, channel, mostChanges); err != nil {
		return nil, err
	}
	m.Earlier = x.freshness(m.Changes.Before)
	m.Heading = "Since " + earlier.Since.UTC().Format("2 January 2006, 15:04:05 UTC")
	if m.Changes.More {
		m.Note = "There are more changes than are listed; aclens diff lists them all."
	}
	return comparePageOf(m, changesTable(m.Changes.Rows)), nil
}

func changesTable(rows []report.Change) *table {
	return &table{
		ID: "changes", Caption: "What changed for whom", Empty: "Nothing changed that you may read.",
		Columns: []column{{Head: "Name", Key: "user"}, {Key: "dn", Only: onlyCSV}, {Head: "Database", Key: "database"}, {Head: "Before", Key: "before", Kind: "level"},
			{Head: "Now", Key: "after", Kind: "level"}, {Head: "Roles before", Key: "beforeRoles"}, {Head: "Roles now", Key: "afterRoles"}, {Head: "Cause", Key: "cause", Wide: true}},
		Source: func(yield func([]cell) bool) {
			for i := range rows {
				c := &rows[i]
				if !yield([]cell{text(shortUser(c.User)).as(c.User), text(c.DN), text(c.Database), level(c.Before.Level, c.Before.LevelNum),
					level(c.After.Level, c.After.LevelNum), list(c.Before.Roles), list(c.After.Roles), text(c.Cause)}) {
					return
				}
			}
		},
	}
}

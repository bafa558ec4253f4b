package explorer

import (
	"errors"
	"strings"

	"github.com/aclens/aclens/proxy/inquiry"
	"github.com/aclens/aclens/resolver"
	"github.com/aclens/aclens/resolver/acl"
	"github.com/aclens/aclens/resolver/finding"
	"github.com/aclens/aclens/resolver/report"
)

func (x *Explorer) databases(v *visit) (*page, error) {
	t := &table{
		ID: "databases", Caption: "Databases", Empty: "There is no database that you may read.",
		Columns: []column{{Head: "Database", Key: "database"}, {Head: "Title", Key: "title", Wide: true}, {Head: "Server", Key: "server"},
			{Head: "-Default-", Key: "defaultLevel", Kind: "level"}, {Head: "Anonymous", Key: "anonymousLevel", Kind: "level"},
			{Head: "Most on the web", Key: "maxInternetLevel", Kind: "level"}, {Key: "replicaId", Only: onlyCSV}, {Key: "path", Only: onlyCSV}, {Key: "roles", Only: onlyCSV}},
		Source: func(yield func([]cell) bool) {
			for _, d := range v.Databases() {
				if !yield([]cell{link(d.Database, databaseAddress(d.Database)), text(d.Title), text(shortUser(d.Server)).as(d.Server),
					levelOrNone(d.DefaultLevel), levelOrNone(d.AnonymousLevel), levelOrNone(d.MaxInternetLevel), text(d.ReplicaID), text(d.Path), list(d.Roles)}) {
					return
				}
			}
		},
	}
	return &page{template: "databases", Title: "Databases", Nav: "databases", Tables: []*table{t}}, nil
}

// levelOrNone is a level, or nothing where it is not known.
func levelOrNone(word string) cell {
	l, err := acl.ParseLevel(word)
	if err != nil {
		return cell{Text: "not known", CSV: "", Order: "-"}
	}
	return level(word, int(l))
}

// databasePage is what the page of a database shows beside its tables.
type databasePage struct {
	*inquiry.Database
	Channels []choice
	Least    string
	LeastOf  []choice
	Role     string
	Most     int  // the highest count of a level, for its bars
	Who      bool // who has access may be read
}

func (x *Explorer) database(v *visit) (*page, error) {
	q := v.r.URL.Query()
	channel, err := channelOf(v)
	if err != nil {
		return nil, err
	}
	least := acl.Depositor
	if word := q.Get("least"); word != "" {
		if least, err = acl.ParseLevel(word); err != nil {
			return nil, errBadRequest{err.Error()}
		}
	}
	db, err := v.Database(q.Get("key"), channel)
	if err != nil {
		return nil, err
	}
	m := databasePage{Database: db, Channels: channels(channel), Least: least.String(), Role: q.Get("role")}
	for _, l := range db.Levels {
		if l.LevelNum > 0 {
			m.Most = max(m.Most, l.Count)
		}
	}
	for l := acl.Depositor; l <= acl.Manager; l++ {
		m.LeastOf = append(m.LeastOf, choice{l.String(), l == least})
	}
	p := &page{template: "database", Title: db.Database, Nav: "databases"}
	p.Tables = []*table{aclTable(db), instancesTable(db), v.findingsTable(db.Findings, false)}
	answer, err := v.Who(inquiry.Question{Database: q.Get("key"), Channel: channel, AtLeast: least, Role: m.Role})
	switch {
	case err == nil:
		m.Who = true
		p.Tables = append(p.Tables, whoTable(answer, channel), openTable(answer), bypassTable(answer))
	case !errors.Is(err, inquiry.ErrNotShown):
		return nil, errBadRequest{err.Error()}
	}
	p.Main = m
	return p, nil
}

func aclTable(db *inquiry.Database) *table {
	return &table{
		ID: "acl", Caption: "The ACL as written", Empty: "Its entries are not yours to read.",
		Columns: []column{{Head: "Entry", Key: "entry", Wide: true}, {Head: "Level", Key: "level", Kind: "level"}, {Key: "levelNum", Only: onlyCSV},
			{Head: "Type", Key: "type"}, {Key: "kind", Only: onlyCSV}, {Head: "Roles", Key: "roles", Wide: true}, {Key: "privileges", Only: onlyCSV}, {Head: "Means", Key: "covers", Kind: "number"}},
		Source: func(yield func([]cell) bool) {
			for _, e := range db.ACL {
				who := text(e.Entry)
				if e.Group != "" {
					who.Href = groupAddress(e.Group)
				}
				if !yield([]cell{who, level(e.Level, e.LevelNum), number(e.LevelNum), text(typeWord(e.Type)).as(e.Type), text(e.Kind), list(e.Roles), list(e.Privileges), number(e.Covers)}) {
					return
				}
			}
		},
	}
}

// typeWords are the user types as Domino's own windows write them.
var typeWords = map[string]string{"unspecified": "Unspecified", "person": "Person", "server": "Server", "mixedgroup": "Mixed group",
	"persongroup": "Person group", "servergroup": "Server group"}

func typeWord(userType string) string {
	if word, ok := typeWords[userType]; ok {
		return word
	}
	return userType
}

func instancesTable(db *inquiry.Database) *table {
	return &table{
		ID: "instances", Caption: "Replicas", Empty: "Where it lies is not yours to read.",
		Columns: []column{{Head: "Server", Key: "server"}, {Head: "Path", Key: "path"}, {Head: "Answers here", Key: "answers"},
			{Head: "ACL", Key: "differs"}, {Head: "Captured", Key: "capturedAt"}, {Key: "database", Only: onlyCSV}},
		Source: func(yield func([]cell) bool) {
			for _, in := range db.Instances {
				at := ""
				if in.CapturedAt != nil {
					at = in.CapturedAt.Format("2006-01-02 15:04:05Z")
				}
				differs := flag(in.Differs, "differs", "the same")
				if in.Answers {
					differs = cell{Text: "this one", CSV: "false"}
				}
				if !yield([]cell{text(in.Server), text(in.Path), flag(in.Answers, "yes", "no"), differs, text(at), text(in.Database)}) {
					return
				}
			}
		},
	}
}

// whoTable is everyone who has access. Its CSV begins with the columns of the
// report.
func whoTable(a *report.Answer, channel acl.Channel) *table {
	return &table{
		ID: "who", Caption: "Who really has access", Empty: "Nobody whom the directory or the ACL knows.",
		Columns: []column{{Head: "Name", Key: "user"}, {Key: "dn", Only: onlyCSV}, {Key: "database", Only: onlyCSV}, {Head: "Level", Key: "level", Kind: "level"},
			{Key: "levelNum", Only: onlyCSV}, {Head: "Roles", Key: "roles"}, {Key: "privileges", Only: onlyCSV}, {Head: "Decided by", Key: "source"},
			{Key: "winning", Only: onlyCSV}, {Head: "Through", Key: "through", Wide: true}, {Key: "noEntry", Only: onlyCSV}, {Head: "Why", Only: onlyPage}},
		Source: func(yield func([]cell) bool) {
			for h := range a.Rows() {
				who := link(shortUser(h.User), personAddress(h.DN)).as(h.User)
				if h.NoEntry {
					who.Href, who.Notes = "", []string{"no entry in the directory"}
				}
				if !yield([]cell{who, text(h.DN), text(h.Database), level(h.Level, h.LevelNum), number(h.LevelNum), list(h.Roles), list(h.Privileges),
					text(sourceWord(h.Source)).as(h.Source), list(h.Winning), list(through(h.Through)), flag(h.NoEntry, "yes", "no"),
					link("Why?", decisionAddress(h.DN, h.Database, channel))}) {
					return
				}
			}
		},
	}
}

// through writes the entries that took part, each with its chain of groups.
func through(paths []resolver.Path) []string {
	out := make([]string, len(paths))
	for i, p := range paths {
		out[i] = p.Entry
		if len(p.Via) > 1 {
			out[i] = strings.Join(p.Via, " › ")
		}
	}
	return out
}

func openTable(a *report.Answer) *table {
	return &table{
		ID: "open", Caption: "Open to people whom the directory does not know", Empty: "Nobody beyond the people known.",
		Columns: []column{{Head: "Admits", Key: "admits"}, {Head: "Level", Key: "level", Kind: "level"}, {Key: "levelNum", Only: onlyCSV},
			{Head: "Roles", Key: "roles"}, {Key: "privileges", Only: onlyCSV}, {Head: "Through", Key: "winning", Wide: true}},
		Source: func(yield func([]cell) bool) {
			for _, o := range a.Open {
				if !yield([]cell{text(shortUser(o.Admits)).as(o.Admits), level(o.Level, o.LevelNum), number(o.LevelNum), list(o.Roles), list(o.Privileges), list(o.Winning)}) {
					return
				}
			}
		},
	}
}

// bypassWords are the lists of those whom no ACL holds, for people.
var bypassWords = map[string]string{
	"fullAccessAdministrators": "Full access administrators", "administrators": "Administrators", "databaseAdministrators": "Database administrators",
	"unrestrictedSigners": "Signers of unrestricted agents", "hostingServer": "The server itself",
}

func bypassTable(a *report.Answer) *table {
	return &table{
		ID: "bypass", Caption: "Not held by the ACL", Empty: "Nobody gets past the ACL as far as is known.",
		Columns: []column{{Head: "Who", Key: "kind"}, {Head: "Entries", Key: "entries", Wide: true}, {Head: "How", Key: "how", Wide: true}, {Head: "Rule", Key: "rule"}, {Key: "item", Only: onlyCSV}},
		Source: func(yield func([]cell) bool) {
			for _, b := range a.Bypass {
				word := bypassWords[b.Kind]
				if word == "" {
					word = b.Kind
				}
				if !yield([]cell{text(word).as(b.Kind), list(b.Entries), text(b.How), text(b.Rule), text(b.Item)}) {
					return
				}
			}
		},
	}
}

// findingsPage is what one can choose on the page of findings.
type findingsPage struct {
	Severities, Kinds []choice
	All               int
}

func (x *Explorer) findings(v *visit) (*page, error) {
	q := v.r.URL.Query()
	filter := inquiry.FindingFilter{Kind: q.Get("kind")}
	if word := q.Get("severity"); word != "" {
		s, err := finding.ParseSeverity(word)
		if err != nil {
			return nil, errBadRequest{err.Error()}
		}
		filter.Severity = &s
	}
	m, seen := findingsPage{}, map[string]bool{}
	for _, f := range v.Findings(inquiry.FindingFilter{}) {
		m.All++
		if !seen[f.Kind] {
			seen[f.Kind] = true
			m.Kinds = append(m.Kinds, choice{f.Kind, f.Kind == filter.Kind})
		}
	}
	for _, s := range []finding.Severity{finding.Error, finding.Warning, finding.Info} {
		m.Severities = append(m.Severities, choice{s.String(), s.String() == q.Get("severity")})
	}
	return &page{template: "findings", Title: "Findings", Nav: "findings", Main: m, Tables: []*table{v.findingsTable(v.Findings(filter), true)}}, nil
}

// noFindings is why a list of findings is empty: those of a first state may take
// a while.
func (v *visit) noFindings() string {
	if v.state.FindingsOf() == "" {
		return "The findings are still being found."
	}
	return "No findings that you may read."
}

func (v *visit) findingsTable(found []finding.Finding, everywhere bool) *table {
	t := &table{
		ID: "findings", Caption: "Findings", Empty: v.noFindings(),
		Columns: []column{{Head: "Severity", Key: "severity"}, {Head: "Finding", Key: "kind", Wide: true}, {Head: "Database", Key: "database"},
			{Head: "Subject", Key: "subject", Wide: true}, {Head: "Concerns", Key: "subjects", Wide: true}, {Key: "count", Only: onlyCSV},
			{Key: "detail", Only: onlyCSV}, {Head: "What to do", Key: "advice", Wide: true}},
		Source: func(yield func([]cell) bool) {
			for i := range found {
				if !yield(findingRow(&found[i])) {
					return
				}
			}
		},
	}
	if !everywhere {
		t.Columns[2].Only, t.Columns[3].Only = onlyCSV, onlyCSV
	}
	return t
}

func findingRow(f *finding.Finding) []cell {
	severity := cell{Text: f.Severity.String(), Mark: "severity " + f.Severity.String(), Order: string(rune('9' - f.Severity))}
	what := cell{Text: f.Kind, Notes: []string{}}
	for _, note := range []string{finding.Meaning(f.Kind), f.Detail} {
		if note != "" {
			what.Notes = append(what.Notes, note)
		}
	}
	db := text("")
	if f.Database != "" {
		db = link(f.Database, databaseAddress(f.Database))
	}
	concerned := cell{List: f.Subjects}
	if more := f.Count - len(f.Subjects); more > 0 && len(f.Subjects) > 0 {
		concerned.Notes = []string{"and " + grouped(more) + " more"}
	}
	subject := text(f.Subject)
	if f.Subject == f.Database {
		subject = cell{CSV: f.Subject}
	}
	return []cell{severity, what, db, subject, concerned, number(f.Count), text(f.Detail), text(f.Advice)}
}

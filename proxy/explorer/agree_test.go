package explorer_test

import (
	"encoding/csv"
	"fmt"
	"html"
	"math/rand/v2"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/aclens/aclens/resolver"
	"github.com/aclens/aclens/resolver/acl"
	"github.com/aclens/aclens/resolver/report"
)

// randomWorld is a small world in which everything meets everything.
func randomWorld(t testing.TB, r *rand.Rand) (*world, []string) {
	t.Helper()
	w := &world{}
	pick := func(list []string) string { return list[r.IntN(len(list))] }
	units := []string{"o=Acme", "ou=Sales,o=Acme", "o=Partner"}
	var people, labels []string
	for i := range 8 {
		unit := pick(units)
		dn := fmt.Sprintf(`cn=P%d \<b\>&\"%d,%s`, i, i, unit)
		people = append(people, dn)
		labels = append(labels, fmt.Sprintf("P%d <b>&\"%d/%s", i, i, strings.NewReplacer("ou=", "", "o=", "", ",", "/").Replace(unit)))
		w.put(dn, "dominoPerson", "cn", fmt.Sprintf("P%d", i))
	}
	for i := range 5 {
		var more []string
		for range r.IntN(4) {
			more = append(more, "member", pick(people))
		}
		for range r.IntN(3) {
			more = append(more, "member", fmt.Sprintf("cn=G%d", r.IntN(5)))
		}
		w.put(fmt.Sprintf("cn=G%d", i), "dominoGroup", append(more, "groupType", pick([]string{"0", "0", "1", "2", "3"}))...)
		labels = append(labels, fmt.Sprintf("G%d", i))
	}
	labels = append(labels, "*/Sales/Acme", "*/Acme", "*")
	for i := range 4 {
		lines := []line{{label: acl.DefaultName, level: acl.Level(r.IntN(3))}}
		for _, l := range labels {
			if r.IntN(3) == 0 {
				lines = append(lines, line{l, acl.Level(r.IntN(acl.Levels)), [][]string{nil, {"[A,b]"}, {"[=C]"}}[r.IntN(3)]})
			}
		}
		w.database(t, fmt.Sprintf("apps/d%d.nsf", i), fmt.Sprintf("Title %d", i), fmt.Sprintf("C1258A2F004B000%d", i), []string{"[A,b]", "[=C]"}, lines...)
	}
	return w, people
}

// lines reads a table of CSV, each line by the names of its columns.
func (g *guest) lines(path string) []map[string]string {
	g.Helper()
	code, text := g.get(path)
	if code != http.StatusOK {
		g.Fatalf("%s: %d %s", path, code, text)
	}
	records, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	must(g, err)
	var list []map[string]string
	for _, r := range records[1:] {
		line := map[string]string{}
		for i, head := range records[0] {
			line[head] = r[i]
		}
		list = append(list, line)
	}
	return list
}

// badges are the levels that the cells of one column of a table on a page show.
func badges(page, table string, column int) []string {
	_, section, _ := strings.Cut(page, `id="`+table+`"`)
	section, _, _ = strings.Cut(section, "</section>")
	_, section, _ = strings.Cut(section, "<tbody>")
	var out []string
	for row := range strings.SplitSeq(section, "</tr>") {
		cells := regexp.MustCompile(`(?s)<t[hd][^>]*>(.*?)</t[hd]>`).FindAllStringSubmatch(row, -1)
		if len(cells) > column {
			text := regexp.MustCompile(`<[^>]*>`).ReplaceAllString(cells[column][1], "")
			out = append(out, strings.ToLower(strings.ReplaceAll(html.UnescapeString(strings.TrimSpace(text)), " ", "")))
		}
	}
	return out
}

// API, CSV and page say what Decide says, about everybody in every database.
func TestAPIAndCSVAndPageAgreeWithDecide(t *testing.T) {
	for seed := range uint64(6) {
		w, people := randomWorld(t, rand.New(rand.NewPCG(seed, 9)))
		s := newSite(t, w, rule("all"))
		g := s.guest(serviceDN)
		snap := s.view.Current().Snapshot
		for _, dn := range people {
			sub, _, err := snap.FindSubject(dn, resolver.OnlyHierarchicalNames)
			must(t, err)
			var want []resolver.Row
			var web []string
			for _, db := range snap.Databases().All() {
				d := snap.Decide(sub, db.Primary, resolver.Query{})
				want = append(want, snap.Row(sub, db, db.Primary, &d))
				onWeb := snap.Decide(sub, db.Primary, resolver.Query{Channel: acl.WebSession})
				web = append(web, onWeb.Level.String())
			}
			g.personAgrees(dn, want, web)
			for _, row := range want {
				g.decisionAgrees(dn, row)
			}
		}
		for _, db := range snap.Databases().All() {
			g.databaseAgrees(snap, db.Key)
		}
	}
}

func (g *guest) personAgrees(dn string, want []resolver.Row, web []string) {
	g.Helper()
	var answer struct {
		Access []struct {
			resolver.Row
			WebLevel string `json:"webLevel"`
		} `json:"access"`
	}
	g.json("/api/v1/people/"+url.PathEscape(dn), &answer)
	var got []resolver.Row
	var gotWeb, levels []string
	for _, a := range answer.Access {
		got, gotWeb = append(got, a.Row), append(gotWeb, a.WebLevel)
	}
	for _, row := range want {
		levels = append(levels, row.Level)
	}
	if diff := cmp.Diff(want, got) + cmp.Diff(web, gotWeb); diff != "" {
		g.Errorf("the API about %s:\n%s", dn, diff)
	}
	var plain []map[string]string
	for i, r := range want {
		plain = append(plain, map[string]string{"user": r.User, "dn": r.DN, "database": r.Database, "level": r.Level, "levelNum": strconv.Itoa(r.LevelNum), "roles": report.List(r.Roles),
			"privileges": report.List(r.Privileges), "source": r.Source, "winning": report.List(r.Winning), "webLevel": web[i]})
	}
	lines := g.lines(at("/person", "user", dn, "csv", "access"))
	for _, line := range lines {
		delete(line, "webRoles")
	}
	if diff := cmp.Diff(plain, lines); diff != "" {
		g.Errorf("the CSV about %s:\n%s", dn, diff)
	}
	_, page := g.get(at("/person", "user", dn))
	if diff := cmp.Diff(levels, badges(page, "access", 1)) + cmp.Diff(web, badges(page, "access", 5)); diff != "" {
		g.Errorf("the page about %s:\n%s", dn, diff)
	}
	if strings.Contains(page, "<b>&\"") || !strings.Contains(page, "&lt;b&gt;&amp;") {
		g.Errorf("the page about %s does not escape its name", dn)
	}
}

func (g *guest) decisionAgrees(dn string, row resolver.Row) {
	g.Helper()
	var e resolver.Explanation
	g.json(at("/api/v1/decision", "user", dn, "database", row.Database), &e)
	_, page := g.get(at("/decision", "user", dn, "database", row.Database))
	shown := regexp.MustCompile(`(?s)class="verdict"><span class="level l(\d)"`).FindStringSubmatch(page)
	if e.Level != row.Level || shown == nil || shown[1] != strconv.Itoa(row.LevelNum) || !slices.Equal(e.Roles, row.Roles) {
		g.Errorf("%s in %s is %s; the API says %s, the page %v", dn, row.Database, row.Level, e.Level, shown)
	}
}

// databaseAgrees compares who has access by the API, the CSV and the page with
// everybody asked one by one, on two channels.
func (g *guest) databaseAgrees(snap *resolver.Snapshot, key string) {
	g.Helper()
	db, _, _ := snap.Databases().Find(key)
	for _, channel := range []acl.Channel{acl.Notes, acl.WebSession} {
		want, counts := map[string]string{}, map[string]int{}
		for id := range snap.Store().Cap() {
			if sub, ok := snap.Subject(id); ok {
				d := snap.Decide(sub, db.Primary, resolver.Query{Channel: channel})
				counts[d.Level.String()]++
				if d.Level > acl.NoAccess {
					want[snap.DN(sub)] = d.Level.String()
				}
			}
		}
		var who struct {
			Who []report.Holder `json:"who"`
		}
		g.json(at("/api/v1/who", "database", key, "channel", channel.String()), &who)
		got := map[string]string{}
		for _, h := range who.Who {
			got[h.DN] = h.Level
		}
		csv, levels := map[string]string{}, []string{}
		for _, line := range g.lines(at("/database", "key", key, "channel", channel.String(), "csv", "who")) {
			csv[line["dn"]] = line["level"]
			levels = append(levels, line["level"])
		}
		_, page := g.get(at("/database", "key", key, "channel", channel.String()))
		if diff := cmp.Diff(want, got) + cmp.Diff(want, csv) + cmp.Diff(levels, append([]string{}, badges(page, "who", 1)...)); diff != "" {
			g.Errorf("who in %s over %s:\n%s", key, channel, diff)
		}
		var answer struct {
			Levels []struct {
				Level string
				Count int
			}
		}
		g.json(at("/api/v1/databases/"+key, "channel", channel.String()), &answer)
		for _, l := range answer.Levels {
			if counts[l.Level] != l.Count {
				g.Errorf("%d have %s in %s over %s, the API counts %d", counts[l.Level], l.Level, key, channel, l.Count)
			}
		}
	}
}

// Two states compared say what the two say apart, and causes name no deny list
// to whoever may not know of any.
func TestChangesBetweenStatesAgreeWithBoth(t *testing.T) {
	for seed := range uint64(6) {
		before, people := randomWorld(t, rand.New(rand.NewPCG(seed, 10)))
		after, _ := randomWorld(t, rand.New(rand.NewPCG(seed, 10)))
		after.put("cn=G0", "dominoGroup", "groupType", "0", "member", people[seed%8], "member", people[3])
		after.put("cn=G4", "dominoGroup", "groupType", "3", "member", people[5])
		s := newSite(t, before, rule("people", "access"))
		was := s.view.Current().Snapshot
		s.swap("second", after)
		is := s.view.Current().Snapshot
		g := s.guest(serviceDN)
		want := map[string]string{}
		for _, dn := range people {
			for _, db := range is.Databases().All() {
				a, b := decided(t, was, dn, db.Key), decided(t, is, dn, db.Key)
				if a != b {
					want[dn+" "+db.Key] = a + " > " + b
				}
			}
		}
		got := map[string]string{}
		for _, line := range g.lines(at("/compare/states", "left", "first", "csv", "changes")) {
			if line["before"]+line["beforeRoles"] != line["after"]+line["afterRoles"] {
				got[line["dn"]+" "+line["database"]] = line["before"] + " " + line["beforeRoles"] + " > " + line["after"] + " " + line["afterRoles"]
			}
			if strings.ContainsAny(line["cause"], ":") {
				t.Errorf("a cause names an entry: %v", line)
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("world %d:\n%s", seed, diff)
		}
	}
}

func decided(t *testing.T, s *resolver.Snapshot, dn, key string) string {
	t.Helper()
	sub, _, err := s.FindSubject(dn, resolver.OnlyHierarchicalNames)
	must(t, err)
	db, _, _ := s.Databases().Find(key)
	d := s.Decide(sub, db.Primary, resolver.Query{})
	row := s.Row(sub, db, db.Primary, &d)
	return row.Level + " " + report.List(row.Roles)
}

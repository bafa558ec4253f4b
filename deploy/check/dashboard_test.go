package check_test

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/prometheus/prometheus/promql/parser"
	"sigs.k8s.io/yaml"

	"github.com/aclens/aclens/proxy/wire"
	"github.com/aclens/aclens/resolver/acl"
)

// metric is a row of the table in README.md, which a test of cmd/aclens holds
// against the real /metrics.
type metric struct {
	kind   string
	labels []string
}

// exported are the metrics of that table, and those of Go and of the process that
// the dashboard may use.
func exported(t *testing.T) map[string]metric {
	t.Helper()
	list := map[string]metric{
		"process_cpu_seconds_total": {kind: "counter"}, "process_resident_memory_bytes": {kind: "gauge"}, "go_memstats_heap_inuse_bytes": {kind: "gauge"}, "up": {kind: "gauge"},
	}
	for _, row := range regexp.MustCompile("(?m)^\\| `(aclens_\\w+)` \\| (\\w+) \\|([^|]*)\\|").FindAllStringSubmatch(read(t, "../../README.md"), -1) {
		m := metric{kind: row[2]}
		for _, l := range regexp.MustCompile("`(\\w+)`").FindAllStringSubmatch(row[3], -1) {
			m.labels = append(m.labels, l[1])
		}
		list[row[1]] = m
	}
	if len(list) < 30 {
		t.Fatalf("README.md lists %d metrics", len(list))
	}
	return list
}

// words are the values that some labels can have, from the code that writes them.
func words() map[string][]string {
	var results, levels []string
	for code := range 4200 {
		if name := wire.ResultCode(code).String(); !strings.HasPrefix(name, "resultCode(") {
			results = append(results, name)
		}
	}
	for l := range acl.Levels {
		levels = append(levels, acl.Level(l).String())
	}
	return map[string][]string{
		"aclens_operations_total result": results, "aclens_passwords_checked_total result": results, "aclens_writes_forwarded_total result": results,
		"aclens_databases_by_default_level level": levels, "aclens_databases_by_anonymous_level level": levels,
		"aclens_http_logins_total result":   {"accepted", "refused", "throttled", "unavailable", "forged"},
		"aclens_findings severity":          {"info", "warning", "error"},
		"aclens_source_age_seconds source":  {"directory", "acl", "server"},
		"aclens_cache_lookups_total result": {"hit", "miss"},
		"aclens_feed_resyncs_total reason":  {"required", "doubt", "refused", "regular", "reload"},
	}
}

// query is an expression of PromQL with where it stands.
type query struct{ where, text string }

func TestQueriesAskForMetricsLabelsAndWordsThatThereAre(t *testing.T) {
	queries := append(dashboardQueries(t), ruleQueries(t)...)
	if len(queries) < 80 {
		t.Fatalf("only %d queries", len(queries))
	}
	metrics, known, recorded := exported(t), words(), recordedSeries(t)
	seen := map[string]bool{}
	for _, q := range queries {
		// What Grafana puts in, as it would.
		text := strings.NewReplacer("$__rate_interval", "5m", "$job", "aclens", "$instance", ".*").Replace(q.text)
		expr, err := parser.NewParser(parser.Options{}).ParseExpr(text)
		if err != nil {
			t.Errorf("%s: %v\n%s", q.where, err, text)
			continue
		}
		parser.Inspect(expr, func(node parser.Node, _ []parser.Node) error {
			switch n := node.(type) {
			case *parser.VectorSelector:
				if !recorded[n.Name] {
					seen[checkSelector(t, q, n, metrics, known)] = true
				}
			case *parser.AggregateExpr:
				checkGrouping(t, q, n, metrics, recorded)
			case *parser.Call:
				checkRate(t, q, n, metrics)
			}
			return nil
		})
	}
	for name := range metrics {
		if strings.HasPrefix(name, "aclens_") && !seen[name] {
			t.Errorf("nothing shows %s", name)
		}
	}
}

// base is the metric that a series of a histogram belongs to.
func base(name string, metrics map[string]metric) (string, metric, bool) {
	if m, ok := metrics[name]; ok {
		return name, m, m.kind != "histogram"
	}
	for _, suffix := range []string{"_bucket", "_sum", "_count"} {
		short, ok := strings.CutSuffix(name, suffix)
		if m := metrics[short]; ok && m.kind == "histogram" {
			return short, m, true
		}
	}
	return name, metric{}, false
}

func checkSelector(t *testing.T, q query, n *parser.VectorSelector, metrics map[string]metric, known map[string][]string) string {
	t.Helper()
	name, m, ok := base(n.Name, metrics)
	if !ok {
		t.Errorf("%s asks for %s, which is not exported", q.where, n.Name)
	}
	for _, matcher := range n.LabelMatchers {
		switch matcher.Name {
		case "__name__", "job", "instance":
			continue
		}
		if !slices.Contains(m.labels, matcher.Name) {
			t.Errorf("%s: %s has no label %s", q.where, n.Name, matcher.Name)
		}
		values, ok := known[name+" "+matcher.Name]
		if !ok && matcher.Name == "operation" {
			values, ok = []string{"search", "compare", "bind", "add", "modify", "delete", "modifyDN", "extended"}, true
		}
		if !ok {
			t.Errorf("%s: which values has %s of %s?", q.where, matcher.Name, name)
		}
		for _, word := range strings.Split(matcher.Value, "|") {
			if !slices.Contains(values, word) {
				t.Errorf("%s: %s of %s is never %q", q.where, matcher.Name, name, word)
			}
		}
	}
	return name
}

// checkGrouping refuses an aggregation by a label that nothing below it has.
func checkGrouping(t *testing.T, q query, n *parser.AggregateExpr, metrics map[string]metric, recorded map[string]bool) {
	t.Helper()
	have, any := []string{"job", "instance", "le"}, false
	parser.Inspect(n.Expr, func(node parser.Node, _ []parser.Node) error {
		if s, ok := node.(*parser.VectorSelector); ok {
			_, m, _ := base(s.Name, metrics)
			have = append(have, m.labels...)
			any = any || recorded[s.Name]
		}
		return nil
	})
	for _, label := range n.Grouping {
		if !any && !slices.Contains(have, label) {
			t.Errorf("%s: %s groups by %s, which it has not", q.where, n, label)
		}
	}
}

// checkRate refuses the rate of what is no counter, and the other way round.
func checkRate(t *testing.T, q query, n *parser.Call, metrics map[string]metric) {
	t.Helper()
	if n.Func.Name != "rate" && n.Func.Name != "increase" {
		return
	}
	m, ok := n.Args[0].(*parser.MatrixSelector)
	if !ok {
		t.Errorf("%s: %s of no range", q.where, n.Func.Name)
		return
	}
	name := m.VectorSelector.(*parser.VectorSelector).Name
	if _, found, _ := base(name, metrics); found.kind == "gauge" {
		t.Errorf("%s: %s of the gauge %s", q.where, n.Func.Name, name)
	}
}

type panel struct {
	ID      int
	Title   string
	Type    string
	Targets []struct {
		Expr         string
		LegendFormat string
	}
	GridPos struct{ X, Y, W, H int }
}

func panels(t *testing.T) []panel {
	t.Helper()
	var board struct{ Panels []panel }
	if err := json.Unmarshal([]byte(read(t, "../grafana/aclens.json")), &board); err != nil {
		t.Fatal(err)
	}
	return board.Panels
}

func dashboardQueries(t *testing.T) []query {
	t.Helper()
	var list []query
	for _, p := range panels(t) {
		if p.Type != "row" && len(p.Targets) == 0 {
			t.Errorf("panel %q asks for nothing", p.Title)
		}
		for _, target := range p.Targets {
			list = append(list, query{"panel " + p.Title, target.Expr})
		}
	}
	return list
}

type ruleFile struct {
	Groups []struct {
		Rules []struct{ Record, Alert, Expr string }
	}
}

func rules(t *testing.T) ruleFile {
	t.Helper()
	var f ruleFile
	if err := yaml.Unmarshal([]byte(read(t, "../prometheus/aclens.rules.yaml")), &f); err != nil {
		t.Fatal(err)
	}
	return f
}

func ruleQueries(t *testing.T) []query {
	t.Helper()
	var list []query
	for _, g := range rules(t).Groups {
		for _, r := range g.Rules {
			list = append(list, query{"rule " + r.Alert + r.Record, r.Expr})
		}
	}
	return list
}

func recordedSeries(t *testing.T) map[string]bool {
	t.Helper()
	found := map[string]bool{}
	for _, g := range rules(t).Groups {
		for _, r := range g.Rules {
			if r.Record != "" {
				found[r.Record] = true
			}
		}
	}
	return found
}

// Grafana moves panels that overlap, and nobody sees what was meant.
func TestPanelsLieBesideEachOther(t *testing.T) {
	taken, ids := map[string]string{}, map[int]bool{}
	for _, p := range panels(t) {
		if ids[p.ID] {
			t.Errorf("two panels have the id %d", p.ID)
		}
		ids[p.ID] = true
		if g := p.GridPos; g.W <= 0 || g.H <= 0 || g.X+g.W > 24 {
			t.Errorf("%s lies at %+v", p.Title, g)
		}
		for x := range p.GridPos.W {
			for y := range p.GridPos.H {
				cell := fmt.Sprint(p.GridPos.X+x, p.GridPos.Y+y)
				if other := taken[cell]; other != "" {
					t.Fatalf("%s lies on %s", p.Title, other)
				}
				taken[cell] = p.Title
			}
		}
	}
}

package main

import (
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"
)

// What watches aclens is checked for its language where it lies; that it asks for
// what there is can be seen here alone.
var watchers = []string{"../../deploy/prometheus/aclens.rules.yaml", "../../deploy/grafana/aclens.json"}

func TestRulesAndDashboardAskForMetricsThatThereAre(t *testing.T) {
	noLeaks(t)
	r := everyMetric(t)
	asked := map[string]string{}
	for _, file := range watchers {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range regexp.MustCompile(`\b(?:aclens|go|process)_\w+`).FindAllString(string(text), -1) {
			asked[name] = file
		}
	}
	if len(asked) < 20 {
		t.Fatalf("only %d metrics are asked for", len(asked))
	}
	await(t, func() error {
		text, err := scrape(r.url("/metrics"))
		if err != nil {
			return err
		}
		for name, file := range asked {
			there := func(line string) bool { return strings.Contains(text, "\n"+line) }
			if !there("# TYPE "+name+" ") && !there(name+" ") && !there(name+"{") {
				err = fmt.Errorf("%s asks for %s", file, name)
			}
		}
		return err
	})
}

// Package prometheus_test holds the rules against Prometheus' own tool.
package prometheus_test

import (
	"os"
	"os/exec"
	"regexp"
	"testing"
)

func promtool(t *testing.T, args ...string) {
	t.Helper()
	program, err := exec.LookPath("promtool")
	if err != nil {
		t.Fatalf("promtool is missing: install Debian's package prometheus (%v)", err)
	}
	if out, err := exec.CommandContext(t.Context(), program, args...).CombinedOutput(); err != nil {
		t.Errorf("promtool %v: %v\n%s", args, err, out)
	}
}

func TestPrometheusTakesTheRules(t *testing.T) { promtool(t, "check", "rules", "aclens.rules.yaml") }

func TestAlertsRingWhenTheyShouldAndNotBefore(t *testing.T) {
	promtool(t, "test", "rules", "aclens.test.yaml")
}

func read(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// An alert without a test may never ring, one without a silence may always.
func TestEveryAlertIsTestedRingingAndSilent(t *testing.T) {
	tested := map[string][2]int{}
	for _, m := range regexp.MustCompile(`(?m)alertname: (\w+)\n\s+eval_time: \w+\n\s+exp_alerts:( \[\])?$`).FindAllStringSubmatch(read(t, "aclens.test.yaml"), -1) {
		n := tested[m[1]]
		if m[2] == "" {
			n[0]++
		} else {
			n[1]++
		}
		tested[m[1]] = n
	}
	alerts := regexp.MustCompile(`(?m)^      - alert: (\w+)$`).FindAllStringSubmatch(read(t, "aclens.rules.yaml"), -1)
	for _, m := range alerts {
		if n := tested[m[1]]; n[0] == 0 || n[1] == 0 {
			t.Errorf("%s rings in %d tests and is silent in %d", m[1], n[0], n[1])
		}
	}
	if len(alerts) < 20 {
		t.Errorf("only %d alerts", len(alerts))
	}
}

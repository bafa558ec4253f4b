package demo

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// strangers are the names in README.md that have no entry on purpose.
var strangers = []string{"Anonymous", "Peter Gone/Sales/Acme", "uid=ssmith/OU=People/DC=acme/DC=com"}

// abbreviate turns a DN of the sample into the abbreviated Notes name (rule 9.1).
func abbreviate(dn string) string {
	parts := strings.Split(dn, ",")
	for i, part := range parts {
		_, parts[i], _ = strings.Cut(part, "=")
	}
	return strings.Join(parts, "/")
}

func TestReadmeNamesOnlyDatabasesNamesAndRulesThatExist(t *testing.T) {
	text, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	rules, err := os.ReadFile("../../docs/access-rules.md")
	if err != nil {
		t.Fatal(err)
	}
	known := slices.Clone(strangers)
	for _, r := range loadRecords(t) {
		known = append(known, abbreviate(r.dn))
	}
	exports, shown := loadExports(t), map[string]bool{}
	number := regexp.MustCompile(`\d+\.\d+`)
	for line := range strings.SplitSeq(string(text), "\n") {
		cells := strings.Split(line, "|")
		if len(cells) != 9 || !strings.Contains(cells[1], ".n") {
			continue
		}
		path := databasePath(strings.Trim(cells[1], " `"))
		if _, ok := exports[path]; !ok {
			t.Errorf("no export of %s", path)
		}
		shown[path] = true
		if name := strings.Trim(cells[3], " `"); !slices.Contains(known, name) {
			t.Errorf("nobody is called %s", name)
		}
		if _, ok := written[strings.Trim(cells[5], " `")]; !ok {
			t.Errorf("no level in %q", line)
		}
		for _, rule := range number.FindAllString(cells[2], -1) {
			if !strings.Contains(string(rules), `<a id="rule-`+rule+`">`) {
				t.Errorf("docs/access-rules.md has no rule %s", rule)
			}
		}
	}
	if len(shown) != 13 {
		t.Errorf("README.md shows %d instances, want the twelve databases and one replica", len(shown))
	}
}

// databasePath turns a key of README.md into the path that the exports carry.
func databasePath(key string) string {
	server, path := "CN=Hub1/O=Acme", key
	if _, rest, ok := strings.Cut(key, "Web1/Acme!!"); ok {
		server, path = "CN=Web1/O=Acme", rest
	}
	return server + "!!" + strings.ReplaceAll(path, "/", `\`)
}

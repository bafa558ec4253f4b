package view

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// everywhere are attributes of the table that RFC 4512 and RFC 5020 define for
// every entry; the page lists what is aclens's own.
var everywhere = []string{"entryDN", "subschemaSubentry", "hasSubordinates", "numSubordinates"}

func TestThePageOfVirtualAttributesIsTheTable(t *testing.T) {
	page, err := os.ReadFile("../../docs/contract.md")
	if err != nil {
		t.Fatal(err)
	}
	_, section, found := strings.Cut(string(page), "### The virtual attributes")
	section, _, ended := strings.Cut(section, "### When they are returned")
	if !found || !ended {
		t.Fatal("docs/contract.md has no section of virtual attributes")
	}
	var documented []string
	name := regexp.MustCompile("`([A-Za-z-]+)(;x-db-ALIAS)?`")
	for line := range strings.Lines(section) {
		if !strings.HasPrefix(line, "| `") {
			continue
		}
		cell, _, _ := strings.Cut(strings.TrimPrefix(line, "| "), " |")
		for _, m := range name.FindAllStringSubmatch(cell, -1) {
			documented = append(documented, m[1])
		}
	}
	documented = append(documented, attrDirectMember) // named in the text of its row
	for _, a := range attributes {
		if !slices.Contains(documented, a.name) && !slices.Contains(everywhere, a.name) {
			t.Errorf("%s is in the table and not on the page", a.name)
		}
	}
	for _, d := range documented {
		if byName[strings.ToLower(d)] == nil {
			t.Errorf("%s is on the page and not in the table", d)
		}
	}
}

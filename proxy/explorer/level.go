package explorer

import (
	"fmt"
	"html/template"
	"strings"

	"github.com/aclens/aclens/resolver/acl"
)

// levelWords are the levels as Domino's own windows write them.
var levelWords = [acl.Levels]string{"No Access", "Depositor", "Reader", "Author", "Editor", "Designer", "Manager"}

// levelWord is a level for people.
func levelWord(level string) string {
	l, err := acl.ParseLevel(level)
	if err != nil {
		return level
	}
	return levelWords[l]
}

// levelBadge draws a level: its word, and as many bars as it is high, so that
// it is told without colour.
func levelBadge(level string) template.HTML {
	l, err := acl.ParseLevel(level)
	if err != nil {
		return template.HTML(`<span class="level unknown">not known</span>`) //nolint:gosec // a constant
	}
	return template.HTML(fmt.Sprintf(`<span class="level l%d">%s%s</span>`, l, bars(l), levelWords[l])) //nolint:gosec // a word of the table above
}

// bars is the picture of a level: six bars, of which as many are full.
func bars(l acl.Level) string {
	var full, rest strings.Builder
	for i := range acl.Levels - 1 {
		high := 3 + i*3/2
		path := &rest
		if i < int(l) {
			path = &full
		}
		fmt.Fprintf(path, "M%d %dh2v%dh-2z", 1+i*4, 12-high, high)
	}
	return `<svg class="bars" viewBox="0 0 24 13" aria-hidden="true" focusable="false"><path class="full" d="` + full.String() +
		`"/><path class="rest" d="` + rest.String() + `"/></svg>`
}

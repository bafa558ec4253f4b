package report

import (
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"fmt"
	"html"
	"strings"

	"github.com/aclens/aclens/resolver/acl"
	"github.com/aclens/aclens/resolver/finding"
)

//go:embed page.css
var pageStyle string

//go:embed page.js
var pageScript string

// begin writes everything before the users.
func (p *page) begin() {
	if p.begun {
		return
	}
	p.begun = true
	var b strings.Builder
	policy := "default-src 'none'; style-src " + digest(pageStyle) + "; script-src " + digest(pageScript)
	fmt.Fprintf(&b, pageHead, policy, pageStyle, html.EscapeString(p.heading.words()))
	for l := range acl.Level(acl.Levels) {
		fmt.Fprintf(&b, "<option value=\"%d\">%s</option>", l, l)
	}
	fmt.Fprintf(&b, pageMiddle, len(p.heading.Findings))
	writeFindings(&b, p.heading.Findings)
	b.WriteString(pageEnd)
	p.buffer = append(p.buffer, b.String()...)
}

// digest names an inline text for the content security policy.
func digest(text string) string {
	sum := sha256.Sum256([]byte(text))
	return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}

// writeFindings writes the findings as a table, which needs no script.
func writeFindings(b *strings.Builder, list []finding.Finding) {
	if len(list) == 0 {
		b.WriteString("<p>No findings.</p>\n")
		return
	}
	b.WriteString(`<table><thead><tr><th scope="col">Severity</th><th scope="col">Kind</th><th scope="col">Subject</th><th scope="col">Found</th><th scope="col">What to do</th></tr></thead>` + "\n<tbody>\n")
	for i := range list {
		f := &list[i]
		fmt.Fprintf(b, `<tr><td class="%s">%[1]s</td><td>%s</td><td>%s</td><td>%s`, f.Severity, html.EscapeString(f.Kind), html.EscapeString(aboutFinding(f)), html.EscapeString(finding.Meaning(f.Kind)))
		if f.Detail != "" {
			fmt.Fprintf(b, "<p>%s</p>", html.EscapeString(f.Detail))
		}
		writeConcerned(b, f)
		fmt.Fprintf(b, "</td><td>%s</td></tr>\n", html.EscapeString(f.Advice))
	}
	b.WriteString("</tbody></table>\n")
}

// aboutFinding is what a finding is about, with the database that it is in.
func aboutFinding(f *finding.Finding) string {
	if f.Database == "" || f.Database == f.Subject {
		return f.Subject
	}
	return f.Database + ": " + f.Subject
}

// writeConcerned lists whom a finding concerns, if they are not its subject.
func writeConcerned(b *strings.Builder, f *finding.Finding) {
	if len(f.Subjects) == 0 {
		return
	}
	b.WriteString("<ul>")
	for _, subject := range f.Subjects {
		fmt.Fprintf(b, "<li>%s</li>", html.EscapeString(subject))
	}
	if more := f.Count - len(f.Subjects); more > 0 {
		fmt.Fprintf(b, "<li>and %d more</li>", more)
	}
	b.WriteString("</ul>")
}

const pageHead = `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="%s">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Effective access</title>
<style>%s</style>
</head>
<body>
<header>
<h1>Effective access</h1>
<p id="about">%s</p>
<form id="controls">
<label>User <input type="search" id="user" autocomplete="off"></label>
<label>Database <input type="search" id="database" autocomplete="off"></label>
<label>At least <select id="least">`

const pageMiddle = `</select></label>
<fieldset><legend>Show</legend>
<label><input type="radio" name="kind" value="map" checked> Heat map</label>
<label><input type="radio" name="kind" value="table"> Table</label>
<label><input type="radio" name="kind" value="findings"> Findings (%d)</label>
</fieldset>
</form>
<div id="legend"></div>
<p id="count" role="status"></p>
</header>
<div class="view" id="map" role="region" tabindex="0" aria-label="Heat map of the levels"><div id="size"><div id="layer"></div></div></div>
<div class="view" id="table" role="region" tabindex="0" aria-label="Table of the pairs" hidden>
<table id="grid"><thead><tr id="heads"></tr></thead>
<tbody aria-hidden="true"><tr class="pad"><td id="above"></td></tr></tbody>
<tbody id="rows"></tbody>
<tbody aria-hidden="true"><tr class="pad"><td id="below"></td></tr></tbody></table>
</div>
<div class="view" id="findings" role="region" tabindex="0" aria-label="Findings" hidden>
`

const pageEnd = `</div>
<section id="detail" aria-label="The chosen pair" aria-live="polite">Choose a pair to see roles, privileges and the entries that decided.</section>
<script type="application/json" id="users-data">[`

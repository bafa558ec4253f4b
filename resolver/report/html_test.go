package report_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/parquet-go/parquet-go"

	"github.com/aclens/aclens/resolver"
	"github.com/aclens/aclens/resolver/acl"
	"github.com/aclens/aclens/resolver/finding"
	"github.com/aclens/aclens/resolver/report"
)

func asHTML(b *bytes.Buffer) report.Writer { return report.HTML(b, report.Heading{}) }

// block is the content of one script element of a page.
func block(t *testing.T, page, id string) string {
	t.Helper()
	_, rest, ok := strings.Cut(page, `<script type="application/json" id="`+id+`-data">`)
	if !ok {
		t.Fatalf("the page has no %s", id)
	}
	text, _, _ := strings.Cut(rest, "</script>")
	return text
}

// fromHTML reads the data of a page as its script does.
func fromHTML(t *testing.T, text []byte) []resolver.Row {
	t.Helper()
	page := string(text)
	var users []struct {
		N, D string
		C, V []int
	}
	var databases, levels []string
	var cells []struct {
		L       int
		R, P, W []string
		S       string
	}
	for id, into := range map[string]any{"users": &users, "databases": &databases, "levels": &levels, "cells": &cells} {
		must(t, json.Unmarshal([]byte(block(t, page, id)), into))
	}
	rows := []resolver.Row{}
	for _, u := range users {
		for i, v := range u.V {
			db := i
			if u.C != nil {
				db = u.C[i]
			}
			c := cells[v]
			rows = append(rows, resolver.Row{User: u.N, DN: u.D, Database: databases[db], Level: levels[c.L], LevelNum: c.L, Roles: c.R, Privileges: c.P, Source: c.S, Winning: c.W})
		}
	}
	return rows
}

func TestTheDemonstrationReadsBackFromThePage(t *testing.T) {
	s := acme(t).build(t)
	for _, o := range []report.Options{{}, {AtLeast: acl.Editor, Channel: acl.WebSession}} {
		if diff := cmp.Diff(naive(s, o), fromHTML(t, written(t, s, o, asHTML))); diff != "" {
			t.Error(diff)
		}
	}
	if rows := fromHTML(t, written(t, newWorld().build(t), report.Options{}, asHTML)); len(rows) != 0 {
		t.Errorf("%d rows of nothing", len(rows))
	}
}

func TestThePageFetchesNothingAndRunsOnlyItsOwnScript(t *testing.T) {
	page := string(written(t, acme(t).build(t), report.Options{}, asHTML))
	for _, pattern := range []string{`(?i)https?:`, `(?i)\ssrc=`, `(?i)\shref=`, `(?i)@import`, `(?i)url\(`, `(?i)fetch\(`, `innerHTML`, `\son\w+="`, `\sstyle="`, `eval`} {
		if found := regexp.MustCompile(pattern).FindString(page); found != "" {
			t.Errorf("the page holds %q", found)
		}
	}
	for _, element := range []string{"script", "style"} {
		_, rest, _ := strings.Cut(page, "<"+element+">")
		text, _, _ := strings.Cut(rest, "</"+element+">")
		sum := sha256.Sum256([]byte(text))
		if want := element + "-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"; !strings.Contains(page, want) || text == "" {
			t.Errorf("the policy does not allow the page's own %s", element)
		}
	}
	if strings.Count(page, "<script>") != 1 || !strings.Contains(page, "default-src 'none'") {
		t.Error("other scripts may run")
	}
}

func TestNamesCannotLeaveTheirPlaceInThePage(t *testing.T) {
	const evil = `</script><script>alert(1)</script><!--`
	w := newWorld()
	w.put(`cn=\3C/script\3E\3Cscript\3Ealert(1)\3C!--,o=Acme`, "dominoPerson")
	w.database(t, "a"+evil+".nsf", acl.Editor, entry{label: "-Default-"}, entry{label: "*/Acme", level: acl.Reader})
	page := string(written(t, w.build(t), report.Options{}, asHTML))
	if strings.Contains(page, "<script>alert") || strings.Contains(page, "<!--") || strings.Count(page, "</script>") != 5 {
		t.Error("a name became markup")
	}
	if rows := fromHTML(t, []byte(page)); len(rows) != 1 || !strings.Contains(rows[0].User, "<script>alert(1)") {
		t.Errorf("got %+v", rows)
	}
}

func TestThePageSaysItsChannelAndHowOldItsSourcesAre(t *testing.T) {
	at := time.Date(2026, 11, 21, 8, 15, 0, 0, time.UTC)
	var out bytes.Buffer
	w := report.HTML(&out, report.Heading{Channel: acl.WebSession, AsOf: resolver.AsOf{Directory: at, ACL: at.Add(-time.Hour)}})
	must(t, w.Close())
	if want := "Channel web-session; directory as of 2026-11-21T08:15:00Z; ACLs as of 2026-11-21T07:15:00Z<"; !strings.Contains(out.String(), want) {
		t.Errorf("no %q in the page", want)
	}
}

func TestAPageHoldsNoMoreThanABrowserDoes(t *testing.T) {
	w := report.HTML(&bytes.Buffer{}, report.Heading{})
	user, cell := &report.User{Name: "x"}, &report.Cell{Database: "a.nsf"}
	batch := make([]report.Row, 1000)
	for i := range batch {
		batch[i] = report.Row{User: user, Cell: cell}
	}
	for range report.MaxPagePairs / len(batch) {
		must(t, w.Write(batch))
	}
	if err := w.Write(batch[:1]); !errors.Is(err, report.ErrTooManyPairs) {
		t.Errorf("got %v", err)
	}
}

func TestAFailingOutputEndsAPage(t *testing.T) {
	w := report.HTML(&failing{}, report.Heading{})
	_, err := report.Write(context.Background(), acme(t).build(t), report.Options{}, w)
	if err == nil {
		err = w.Close()
	}
	if !errors.Is(err, errFull) {
		t.Errorf("got %v", err)
	}
}

func TestThePageListsFindingsWithWhatToDo(t *testing.T) {
	deleted := finding.New("unknown-entry-deleted", "apps/crm.nsf", `<b>gone</b> & "done"`)
	deleted.Database, deleted.Count, deleted.Subjects = "apps/crm.nsf", 25, []string{"Old Team", "<i>Older</i> Team"}
	named := finding.New("duplicate-common-name", "Chris Miller", "")
	named.Database = "apps/hr.nsf"
	var out bytes.Buffer
	must(t, report.HTML(&out, report.Heading{Findings: []finding.Finding{deleted, named, finding.New("empty-group", "Staff", ""), finding.New("brand-new", "x", "")}}).Close())
	page := out.String()
	for _, want := range []string{
		" Findings (4)</label>",
		`<tr><td class="warning">warning</td><td>unknown-entry-deleted</td><td>apps/crm.nsf</td><td>An ACL names somebody of an own organisation, or a group, that does not exist.<p>&lt;b&gt;gone&lt;/b&gt; &amp; &#34;done&#34;</p><ul><li>Old Team</li><li>&lt;i&gt;Older&lt;/i&gt; Team</li><li>and 23 more</li></ul></td><td>` + deleted.Advice + "</td></tr>",
		`<td>apps/hr.nsf: Chris Miller</td><td>An ACL names a bare common name that several people have`, `(rule 2.10).</td><td>` + named.Advice + "</td></tr>",
		`<tr><td class="info">info</td><td>empty-group</td><td>Staff</td>`, `<td>brand-new</td><td>x</td><td></td><td></td></tr>`,
	} {
		if !strings.Contains(page, want) {
			t.Errorf("no %s in the page", want)
		}
	}
	out.Reset()
	must(t, report.HTML(&out, report.Heading{}).Close())
	if !strings.Contains(out.String(), "No findings.") {
		t.Error("a page without findings does not say so")
	}
}

func TestAReportOfSomePairsSaysWhichOnes(t *testing.T) {
	heading := report.Heading{Selection: "users (cn<x), at least reader"}
	var html, columns bytes.Buffer
	must(t, report.HTML(&html, heading).Close())
	must(t, report.Parquet(&columns, heading).Close())
	if want := `<p id="about">Channel notes; only users (cn&lt;x), at least reader</p>`; !strings.Contains(html.String(), want) {
		t.Errorf("no %s in the page", want)
	}
	file, err := parquet.OpenFile(bytes.NewReader(columns.Bytes()), int64(columns.Len()))
	must(t, err)
	if got, _ := file.Lookup("aclens.selection"); got != heading.Selection {
		t.Errorf("the file says %q", got)
	}
}

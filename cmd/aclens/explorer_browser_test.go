package main

import (
	"context"
	"encoding/csv"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	cdp "github.com/chromedp/cdproto/browser"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// explorerConfig is the sample as the demo serves it.
const explorerConfig = `
listen: {ldap: 127.0.0.1:0, http: 127.0.0.1:0}
directory: {ldif: [acme.ldif]}
databases: {dxl: [acls], homeServers: [Hub1/Acme], aliases: {crm: apps/crm.nsf, hr: apps/hr.nsf}, exclude: []}
servers:
  dxl: [servers.dxl]
  settings: [{name: Hub1/Acme, enforce: {http: yes}}, {name: Web1/Acme, enforce: {http: yes}}]
clients:
  - {dn: "cn=reader,o=acme", read: [all]}
bindNames: [dn, uid, mail, fullName]
`

// tourist is a browser that walks through the explorer.
type tourist struct {
	*browser
	service *running
	home    string
}

func newTourist(t *testing.T) *tourist {
	t.Helper()
	noLeaks(t)
	r := start(t, explorerConfig)
	r.awaitReady(http.StatusOK)
	v := &tourist{browser: startBrowser(t, "explorer"), service: r, home: r.url("")}
	v.do(chromedp.EmulateViewport(1400, 950))
	return v
}

func (v *tourist) visit(path string) {
	v.t.Helper()
	v.do(chromedp.Navigate(v.home + path))
}

// arrives waits for a page that something led to: what is asked while one page
// makes room for another has no answer, and is asked again.
func (v *tourist) arrives(expression string) {
	v.t.Helper()
	await(v.t, func() error {
		ctx, stop := context.WithTimeout(v.ctx, browserPatience)
		defer stop()
		if there, err := chromedp.Run(ctx, chromedp.Evaluate[bool]("document.readyState === 'complete' && "+expression)); err != nil || !there {
			return fmt.Errorf("%s is not true: %v", expression, err)
		}
		return nil
	})
}

// heading is what the page is about.
func (v *tourist) heading() string {
	v.t.Helper()
	return strings.Join(strings.Fields(v.text("h1")), " ")
}

func (v *tourist) signIn(user, password string) {
	v.t.Helper()
	v.until(`document.activeElement.id === "user"`)
	v.typeInto("#user", user)
	v.press(kb.Tab)
	v.do(chromedp.KeyEvent(password), chromedp.KeyEvent(kb.Enter))
}

// quiet fails if a page asked for anything from elsewhere, or complained.
func (v *tourist) quiet() {
	v.t.Helper()
	v.mu.Lock()
	defer v.mu.Unlock()
	for _, asked := range v.asked {
		if !strings.HasPrefix(asked, v.home+"/") {
			v.t.Errorf("a page asks for %s", asked)
		}
	}
	for _, text := range v.said {
		v.t.Errorf("console: %s", text)
	}
	if len(v.asked) < 10 {
		v.t.Errorf("the browser asked for %d things alone", len(v.asked))
	}
}

const crmEditors = "CN=CRM Editors"

func TestTheExplorerInABrowser(t *testing.T) {
	v := newTourist(t)
	v.visit("/person?user=jdoe")
	if v.heading() != "Sign in" {
		t.Fatalf("without a log-in there is %q", v.heading())
	}
	v.picture("login")
	v.signIn("cn=reader,o=acme", "reader")
	v.arrives(`document.querySelector("h1")?.textContent === "Jane Doe/Sales/Acme"`)

	v.visit("/")
	v.picture("home")
	v.searches()
	v.sortsAndNarrows()
	v.graph()
	v.downloads()
	for _, page := range []struct{ name, path, heading string }{
		{"databases", "/databases", "Databases"},
		{"database", "/database?key=crm", "apps/crm.nsf"},
		{"decision", "/decision?user=jdoe&database=crm", "Jane Doe/Sales/Acme in apps/crm.nsf"},
		{"decision-group", "/decision?user=" + url.QueryEscape("Mia Winter/Sales/Acme") + "&database=crm&channel=web-session", "Mia Winter/Sales/Acme in apps/crm.nsf"},
		{"group", "/group?dn=" + url.QueryEscape(crmEditors), "CRM Editors"},
		{"findings", "/findings?severity=warning", "Findings"},
		{"compare", "/compare", "Compare"},
		{"compare-people", "/compare/people?only=differences&left=jdoe&right=" + url.QueryEscape("Mia Winter/Sales/Acme"), "Compare"},
		{"compare-databases", "/compare/databases?left=apps/crm.nsf&right=apps/forum.nsf&channel=notes", "Compare"},
		{"search", "/search?q=a", "Search for “a”"},
	} {
		v.visit(page.path)
		if v.heading() != page.heading {
			t.Errorf("%s is about %q, want %q", page.path, v.heading(), page.heading)
		}
		v.picture(page.name)
		v.accessible(page.path)
	}
	v.earlier()
	v.small()
	v.click(".me button")
	v.arrives(`document.querySelector("h1")?.textContent === "Sign in"`)
	v.quiet()
}

// searches types into the box, walks through the results with keys and opens one.
func (v *tourist) searches() {
	v.t.Helper()
	v.press("/")
	v.until(`document.activeElement.id === "find"`)
	v.run(`find.value = ""`) // the key was let go in the box, which a person's browser does not type
	v.do(chromedp.KeyEvent("jane d"))
	v.until(`document.querySelectorAll("#finds a").length > 0 && !document.getElementById("finds").hidden`)
	v.picture("searching")
	if said := v.text("#finds-said"); !strings.Contains(said, "result") {
		v.t.Errorf("the number of results is said as %q", said)
	}
	v.press(kb.ArrowDown)
	v.until(`document.activeElement.closest("#finds") !== null`)
	v.press(kb.ArrowUp)
	v.until(`document.activeElement.id === "find"`)
	v.press(kb.Escape)
	v.until(`document.getElementById("finds").hidden`)
	v.press("o")
	v.until(`!document.getElementById("finds").hidden`)
	v.press(kb.ArrowDown)
	v.press(kb.Enter)
	v.arrives(`document.querySelector("h1")?.textContent === "Jane Doe/Sales/Acme"`)
	v.picture("person")
}

// sortsAndNarrows sorts the table of databases by keys and narrows that of who.
func (v *tourist) sortsAndNarrows() {
	v.t.Helper()
	const level = `#access th[aria-sort]:nth-child(2)`
	v.tabTo(level + " a")
	orders := func() []string {
		return evaluate[[]string](v.browser, `[...document.querySelectorAll("#access tbody tr")].map(r => r.cells[1].dataset.order)`)
	}
	for _, sorted := range []string{"ascending", "descending"} {
		v.press(kb.Enter)
		v.until(fmt.Sprintf(`document.querySelector(%q).getAttribute("aria-sort") === %q`, level, sorted))
		got := orders()
		want := slices.Clone(got)
		slices.Sort(want)
		if sorted == "descending" {
			slices.Reverse(want)
		}
		if !slices.Equal(got, want) || len(got) != 12 {
			v.t.Errorf("%s: %v", sorted, got)
		}
	}
	v.visit("/database?key=crm")
	v.typeInto("#who .tools input", "mia")
	v.until(`[...document.querySelectorAll("#who tbody tr")].filter(r => !r.hidden).length === 1`)
}

// graph looks at the picture of the group chains, and follows a group in it.
func (v *tourist) graph() {
	v.t.Helper()
	v.visit("/person?user=" + url.QueryEscape("Mia Winter/Sales/Acme"))
	boxes := evaluate[[]map[string]float64](v.browser, `[...document.querySelectorAll(".graph rect")].map(r => ({x: r.x.baseVal.value, y: r.y.baseVal.value, w: r.width.baseVal.value, h: r.height.baseVal.value}))`)
	if len(boxes) < 3 {
		v.t.Fatalf("%d boxes are drawn", len(boxes))
	}
	for i, a := range boxes {
		for _, b := range boxes[:i] {
			if a["x"] < b["x"]+b["w"] && b["x"] < a["x"]+a["w"] && a["y"] < b["y"]+b["h"] && b["y"] < a["y"]+a["h"] {
				v.t.Errorf("boxes overlap: %v and %v", a, b)
			}
		}
	}
	if wide := evaluate[bool](v.browser, `[...document.querySelectorAll(".graph g")].some(g => g.querySelector("text").getComputedTextLength() > g.querySelector("rect").width.baseVal.value - 12)`); wide {
		v.t.Error("a name does not fit into its box")
	}
	v.run(`document.querySelector(".picture").scrollIntoView({block: "center", behavior: "instant"})`)
	v.picture("graph")
	group := v.attribute(".graph a", "href")
	v.run(`document.querySelector(".graph a").focus()`)
	v.press(kb.Enter)
	v.arrives(fmt.Sprintf(`location.pathname + location.search === %q`, group))
}

// downloads clicks the CSV of a page and compares it with the report command's.
func (v *tourist) downloads() {
	v.t.Helper()
	dir := v.t.TempDir()
	if _, err := chromedp.CallBrowser(v.ctx, cdp.SetDownloadBehavior, cdp.SetDownloadBehaviorParams{Behavior: "allow", DownloadPath: dir}); err != nil {
		v.t.Fatal(err)
	}
	v.visit("/person?user=jdoe")
	v.click("#access .tools a")
	file := filepath.Join(dir, "aclens-access.csv")
	var records [][]string
	await(v.t, func() error {
		text, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		records, err = csv.NewReader(strings.NewReader(string(text))).ReadAll()
		return err
	})
	all, _ := reportOnDemo(v.t)
	var want []reportRow
	for _, row := range all {
		if row.user == "CN=Jane Doe/OU=Sales/O=Acme" {
			want = append(want, row)
		}
	}
	for i, r := range records[1:] {
		got := reportRow{r[0], r[1], r[2], r[3], r[4], r[5], r[7], r[8]}
		if i >= len(want) || got != want[i] {
			v.t.Errorf("row %d of the download is %+v", i, got)
		}
	}
	if len(records)-1 != len(want) || len(want) == 0 {
		v.t.Errorf("%d rows, the report has %d", len(records)-1, len(want))
	}
}

// accessible holds what every page owes to those who cannot see it or use no mouse.
func (v *tourist) accessible(path string) {
	v.t.Helper()
	for says, expression := range map[string]string{
		"one main heading":                      `document.querySelectorAll("h1").length === 1`,
		"landmarks":                             `["header", "nav[aria-label]", "main", "footer", "form[role=search]"].every(s => document.querySelector(s))`,
		"a language":                            `document.documentElement.lang === "en"`,
		"a title of its own":                    `document.title.endsWith("· aclens") && document.title.length > 9`,
		"a label for every field":               `[...document.querySelectorAll("input:not([type=hidden]), select")].every(e => e.labels.length > 0 || e.getAttribute("aria-label"))`,
		"a name for every button and link":      `[...document.querySelectorAll("a, button")].every(e => e.textContent.trim() || e.getAttribute("aria-label"))`,
		"a scope for every head of a table":     `[...document.querySelectorAll("th")].every(e => e.scope === "col" || e.scope === "row")`,
		"no id twice":                           `new Set([...document.querySelectorAll("[id]")].map(e => e.id)).size === document.querySelectorAll("[id]").length`,
		"no label that names nothing":           `[...document.querySelectorAll("[aria-labelledby]")].every(e => document.getElementById(e.getAttribute("aria-labelledby")))`,
		"nothing inline":                        `!document.querySelector("[style], style, script:not([src]), [onclick]")`,
		"no heading left out":                   `[...document.querySelectorAll("h1, h2, h3")].every((h, i, all) => i === 0 || Number(h.tagName[1]) - Number(all[i - 1].tagName[1]) <= 1)`,
		"no page wider than the screen":         `document.documentElement.scrollWidth <= document.documentElement.clientWidth`,
		"a way past the bar with the first Tab": `document.querySelector("body > a").matches(".skip")`,
	} {
		if !evaluate[bool](v.browser, expression) {
			v.t.Errorf("%s lacks %s", path, says)
		}
	}
	if dim := evaluate[[]string](v.browser, dimText); len(dim) > 0 {
		v.t.Errorf("%s has text that is hard to read: %v", path, dim)
	}
}

// earlier changes a group and compares now with before.
func (v *tourist) earlier() {
	v.t.Helper()
	ldif := filepath.Join(v.service.dir, "acme.ldif")
	text, err := os.ReadFile(ldif)
	if err != nil {
		v.t.Fatal(err)
	}
	const group = "dn: CN=CRM Editors\n"
	changed := strings.Replace(string(text), group, "dn: CN=CRM Readers of old\n", 1)
	if changed == string(text) {
		v.t.Fatal("the sample has no CRM Editors")
	}
	before, err := metric(v.service.url("/metrics"), "aclens_snapshots_total")
	if err != nil {
		v.t.Fatal(err)
	}
	writeText(v.t, ldif, changed)
	await(v.t, func() error {
		now, err := metric(v.service.url("/metrics"), "aclens_snapshots_total")
		if err == nil && now == before {
			err = fmt.Errorf("still %s states", now)
		}
		return err
	})
	v.visit("/compare")
	v.click("#states-form button")
	v.arrives(`document.querySelectorAll("#changes tbody tr").length > 5`)
	if cause := v.text("#changes tbody td:last-child"); !strings.Contains(cause, "CRM Editors") {
		v.t.Errorf("the cause is %q", cause)
	}
	v.picture("compare-states")
	v.accessible("/compare/states")
}

// small looks at pages as a phone shows them.
func (v *tourist) small() {
	v.t.Helper()
	v.do(chromedp.EmulateViewport(390, 844))
	for name, path := range map[string]string{"small-person": "/person?user=jdoe", "small-database": "/database?key=crm"} {
		v.visit(path)
		v.picture(name)
		v.accessible(path + " on a small screen")
	}
	v.do(chromedp.EmulateViewport(1400, 950))
}

// dimText lists texts whose contrast with what lies behind them is below 4.5 to
// 1 (WCAG 2.2, 1.4.3).
const dimText = `(() => {
  const canvas = document.createElement("canvas").getContext("2d", {willReadFrequently: true});
  const rgb = (color) => { canvas.clearRect(0, 0, 1, 1); canvas.fillStyle = color; canvas.fillRect(0, 0, 1, 1); return [...canvas.getImageData(0, 0, 1, 1).data]; };
  const light = (c) => { const [r, g, b] = c.map(v => { v /= 255; return v <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4; }); return .2126 * r + .7152 * g + .0722 * b; };
  const behind = (e) => { for (; e; e = e.parentElement) { const c = rgb(getComputedStyle(e).backgroundColor); if (c[3] === 255) return c; } return [255, 255, 255]; };
  const dim = new Set();
  for (const e of document.querySelectorAll("body *")) {
    if (e.closest("svg, .zero, datalist, .unseen, .skip") || !e.checkVisibility() || ![...e.childNodes].some(n => n.nodeType === 3 && n.textContent.trim())) continue;
    const a = light(rgb(getComputedStyle(e).color).slice(0, 3)), b = light(behind(e).slice(0, 3));
    if ((Math.max(a, b) + .05) / (Math.min(a, b) + .05) < 4.5) dim.add(e.tagName + "." + e.className + ": " + e.textContent.trim().slice(0, 30));
  }
  return [...dim];
})()`

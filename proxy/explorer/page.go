package explorer

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"html/template"
	"io/fs"
	"net/http"
	"net/url"
	"path"
	"strings"
	"time"

	"github.com/aclens/aclens/proxy/inquiry"
	"github.com/aclens/aclens/resolver/finding"
	"github.com/aclens/aclens/resolver/name"
)

//go:embed assets pages
var files embed.FS

// page is what a template is given.
type page struct {
	template string
	partial  bool // the main part alone, for the script

	Title  string
	Nav    string // the part of the navigation that it belongs to
	Who    string // whoever has logged in
	Self   string // DN of the reader's own entry, or empty
	Token  string
	Query  string // in the search box
	Fresh  *fresh
	Tables []*table
	Main   any
}

// root is the template to begin with.
func (p *page) root() string {
	if p.partial {
		return "main"
	}
	return "layout"
}

// Partial tells whether the page is a part for the script.
func (p *page) Partial() bool { return p.partial }

// Table is the table of an id, for templates.
func (p *page) Table(id string) *table {
	for _, t := range p.Tables {
		if t.ID == id {
			return t
		}
	}
	return nil
}

// visitor adds who reads the page, and how old what it shows is.
func (p *page) visitor(x *Explorer, v *visit) {
	p.Who, p.Token = shortName(v.who.DN), v.token
	p.Self, _ = v.Self()
	p.Fresh = x.freshness(v.Freshness())
}

// fresh is how old the sources of a page are.
type fresh struct {
	ID      string
	Stale   bool
	Sources []aged
}

// aged is one source.
type aged struct {
	Name, Ago, At string
	Machine       string // RFC 3339
}

func (x *Explorer) freshness(f inquiry.Freshness) *fresh {
	out := &fresh{ID: f.Snapshot.ID, Stale: f.Snapshot.Stale}
	add := func(name string, at *time.Time) {
		if at != nil {
			out.Sources = append(out.Sources, aged{name, ago(x.Now().Sub(*at)), at.UTC().Format("2 January 2006, 15:04:05 UTC"), at.UTC().Format(time.RFC3339)})
		}
	}
	add("Directory", f.AsOf.Directory)
	add("ACLs", f.AsOf.ACL)
	add("Server documents", f.AsOf.Server)
	return out
}

// ago is an age in words.
func ago(d time.Duration) string {
	for _, unit := range []struct {
		name string
		size time.Duration
	}{{"day", 24 * time.Hour}, {"hour", time.Hour}, {"minute", time.Minute}} {
		if n := int(d / unit.size); n == 1 {
			return "1 " + unit.name + " ago"
		} else if n > 1 {
			return fmt.Sprintf("%d %ss ago", n, unit.name)
		}
	}
	return "just now"
}

// shortName is a DN as people read it: the Notes form, abbreviated.
func shortName(text string) string {
	dn, err := name.ParseDN(text)
	if err != nil || dn.IsRoot() {
		return text
	}
	return name.FromDN(dn).Abbreviated()
}

// shortUser is a canonical Notes name as people read it.
func shortUser(canonical string) string {
	if short := name.Parse(canonical).Abbreviated(); short != "" {
		return short
	}
	return canonical
}

// address is a path with parameters, in pairs; those without a value are left out.
func address(path string, pairs ...string) string {
	q := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			q.Set(pairs[i], pairs[i+1])
		}
	}
	if len(q) == 0 {
		return path
	}
	return path + "?" + q.Encode()
}

// assets are the embedded files by the name under which pages ask for them,
// which holds a digest, so that a browser may keep them for good.
var assets, assetNames = func() (map[string][]byte, map[string]string) {
	byName, names := map[string][]byte{}, map[string]string{}
	entries, err := fs.ReadDir(files, "assets")
	if err != nil {
		panic(err) // embedded
	}
	for _, e := range entries {
		text, err := files.ReadFile("assets/" + e.Name())
		if err != nil {
			panic(err) // embedded
		}
		sum := sha256.Sum256(text)
		base, ext, _ := strings.Cut(e.Name(), ".")
		names[e.Name()] = base + "-" + hex.EncodeToString(sum[:6]) + "." + ext
		byName[names[e.Name()]] = text
	}
	return byName, names
}()

var assetTypes = map[string]string{".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml"}

func (x *Explorer) asset(w http.ResponseWriter, r *http.Request) {
	text, ok := assets[r.PathValue("file")]
	guard(w)
	if !ok {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Content-Type", assetTypes[path.Ext(r.PathValue("file"))])
	w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
	_, _ = w.Write(text) // the reader has gone: nobody to tell
}

// templates are the pages, each with the layout around it.
var templates = func() map[string]*template.Template {
	shared := template.Must(template.New("").Funcs(template.FuncMap{
		"asset":   func(file string) string { return "/assets/" + assetNames[file] },
		"address": address, "level": levelBadge, "count": count, "short": shortUser, "levelWord": levelWord, "meaning": finding.Meaning,
		"join": strings.Join, "add": func(a, b int) int { return a + b },
	}).ParseFS(files, "pages/layout.html", "pages/parts.html"))
	all := map[string]*template.Template{}
	entries, err := fs.ReadDir(files, "pages")
	if err != nil {
		panic(err) // embedded
	}
	for _, e := range entries {
		if e.Name() == "layout.html" || e.Name() == "parts.html" {
			continue
		}
		t := template.Must(template.Must(shared.Clone()).ParseFS(files, "pages/"+e.Name()))
		all[strings.TrimSuffix(e.Name(), ".html")] = t
	}
	return all
}()

// count is a number with its noun: "1 group", "2 groups".
func count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return grouped(n) + " " + many
}

// grouped is a number with its thousands apart.
func grouped(n int) string {
	text := fmt.Sprint(n)
	for at := len(text) - 3; at > 0; at -= 3 {
		text = text[:at] + "," + text[at:]
	}
	return text
}

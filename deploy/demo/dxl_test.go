package demo

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html/charset"
)

// exported is what the tests read of one database in DXL (rules 11.2 to 11.4).
type exported struct {
	XMLName   xml.Name `xml:"http://www.lotus.com/dxl database"`
	Replica   string   `xml:"replicaid,attr"`
	Path      string   `xml:"path,attr"`
	Title     string   `xml:"title,attr"`
	ACL       aclXML   `xml:"acl"`
	Documents []struct {
		Form  string    `xml:"form,attr"`
		Items []itemXML `xml:"item"`
	} `xml:"document"`
}

type aclXML struct {
	Max        string     `xml:"maxinternetaccess,attr"`
	Consistent string     `xml:"consistentacl,attr"`
	Roles      []string   `xml:"role"`
	Entries    []entryXML `xml:"aclentry"`
}

type entryXML struct {
	Attrs []xml.Attr `xml:",any,attr"`
	Roles []string   `xml:"role"`
}

type itemXML struct {
	Name  string   `xml:"name,attr"`
	Text  []string `xml:"text"`
	Texts []string `xml:"textlist>text"`
}

func (e entryXML) attr(name string) string {
	for _, a := range e.Attrs {
		if a.Name.Local == name {
			return a.Value
		}
	}
	return ""
}

// parseDXL reads every database of one export to its end and refuses a document type with an internal subset.
func parseDXL(raw []byte) ([]exported, error) {
	d := xml.NewDecoder(bytes.NewReader(raw))
	d.CharsetReader = charset.NewReaderLabel
	var all []exported
	for {
		token, err := d.Token()
		if err == io.EOF {
			return all, nil
		}
		if err != nil {
			return nil, err
		}
		switch tok := token.(type) {
		case xml.Directive:
			if !bytes.HasPrefix(tok, []byte("DOCTYPE ")) || bytes.ContainsRune(tok, '[') {
				return nil, fmt.Errorf("directive %q", tok)
			}
		case xml.StartElement:
			if tok.Name.Local != "database" {
				continue
			}
			var db exported
			if err := d.DecodeElement(&db, &tok); err != nil {
				return nil, err
			}
			all = append(all, db)
		}
	}
}

// loadExports returns every exported database by server!!path.
func loadExports(t *testing.T) map[string]exported {
	t.Helper()
	all := map[string]exported{}
	err := fs.WalkDir(ACLs(), ".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		raw, err := fs.ReadFile(ACLs(), path)
		if err != nil {
			return err
		}
		dbs, err := parseDXL(raw)
		if err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		for _, db := range dbs {
			if _, twice := all[db.Path]; twice {
				return fmt.Errorf("%s: %s is there twice", path, db.Path)
			}
			all[db.Path] = db
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func TestExportsHoldTwelveDatabasesAndTwoReplicas(t *testing.T) {
	replicas := map[string]int{}
	hub, web := 0, 0
	for path, db := range loadExports(t) {
		replicas[db.Replica]++
		switch {
		case strings.HasPrefix(path, `CN=Hub1/O=Acme!!`):
			hub++
		case strings.HasPrefix(path, `CN=Web1/O=Acme!!`):
			web++
		default:
			t.Errorf("%s: on no server of the sample", path)
		}
		if len(db.Replica) != 16 || db.Title == "" {
			t.Errorf("%s: replica id %q, title %q", path, db.Replica, db.Title)
		}
	}
	if len(replicas) != 12 || hub != 12 || web != 2 {
		t.Errorf("%d replica ids, %d on Hub1, %d on Web1, want 12, 12, 2", len(replicas), hub, web)
	}
}

func TestOneReplicaIsEqualAndOneDiffers(t *testing.T) {
	all := loadExports(t)
	for path, equal := range map[string]bool{`apps\crm.nsf`: true, `web\catalog.nsf`: false} {
		hub, web := all[`CN=Hub1/O=Acme!!`+path], all[`CN=Web1/O=Acme!!`+path]
		if hub.Replica == "" || hub.Replica != web.Replica {
			t.Errorf("%s: replica ids %q and %q", path, hub.Replica, web.Replica)
		}
		if reflect.DeepEqual(hub.ACL, web.ACL) != equal {
			t.Errorf("%s: equal ACLs on both servers must be %v", path, equal)
		}
	}
}

// written lists the attributes that exporters write at each level: the optional ones (rules 1.3, 11.6).
var written = map[string]string{
	"manager":   "deletedocs",
	"designer":  "createlsjavaagents deletedocs",
	"editor":    "createlsjavaagents createpersonalagents createpersonalviews createsharedviews deletedocs",
	"author":    "createdocs createlsjavaagents createpersonalagents createpersonalviews deletedocs writepublicdocs",
	"reader":    "createlsjavaagents createpersonalagents createpersonalviews writepublicdocs",
	"depositor": "readpublicdocs writepublicdocs",
	"noaccess":  "readpublicdocs writepublicdocs",
}

func TestEntriesAreWrittenAsExportersWriteThem(t *testing.T) {
	types := []string{"", "person", "server", "mixedgroup", "persongroup", "servergroup"}
	for path, db := range loadExports(t) {
		if _, ok := written[db.ACL.Max]; !ok {
			t.Errorf("%s: maximum Internet access %q", path, db.ACL.Max)
		}
		names := map[string]bool{}
		for _, e := range db.ACL.Entries {
			name, level := e.attr("name"), e.attr("level")
			if name == "" || names[strings.ToLower(name)] {
				t.Errorf("%s: entry %q is empty or there twice", path, name)
			}
			names[strings.ToLower(name)] = true
			checkEntry(t, path, e, level, types)
			for _, role := range e.Roles {
				if !slices.Contains(db.ACL.Roles, role) {
					t.Errorf("%s: %s has the unlisted role %s", path, name, role)
				}
			}
		}
		if !names["-default-"] {
			t.Errorf("%s: no -Default-", path)
		}
	}
}

func checkEntry(t *testing.T, path string, e entryXML, level string, types []string) {
	t.Helper()
	var privileges []string
	for _, a := range e.Attrs {
		switch a.Name.Local {
		case "name", "level", "type", "default":
		default:
			privileges = append(privileges, a.Name.Local)
		}
	}
	slices.Sort(privileges)
	if want, ok := written[level]; !ok || strings.Join(privileges, " ") != want {
		t.Errorf("%s: %s at %q writes %q, want %q", path, e.attr("name"), level, privileges, want)
	}
	if !slices.Contains(types, e.attr("type")) {
		t.Errorf("%s: %s has type %q", path, e.attr("name"), e.attr("type"))
	}
	if (e.attr("name") == "-Default-") != (e.attr("default") == "true") {
		t.Errorf("%s: %s: default is %q", path, e.attr("name"), e.attr("default"))
	}
}

func TestAnExportInLatin1KeepsItsUmlaut(t *testing.T) {
	raw, err := fs.ReadFile(ACLs(), "hub1/calendar.dxl")
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Contains(raw, []byte("encoding='iso-8859-1'")) || !bytes.Contains(raw, []byte("R\xe4ume")) {
		t.Error("the export is not in ISO-8859-1")
	}
	if got := loadExports(t)[`CN=Hub1/O=Acme!!teams\calendar.nsf`].Title; got != "Räume und Termine" {
		t.Errorf("title %q", got)
	}
}

func TestMaximumInternetAccessAndConsistencyVary(t *testing.T) {
	seen := map[string]bool{}
	consistent := map[string]bool{}
	for _, db := range loadExports(t) {
		seen[db.ACL.Max] = true
		consistent[db.ACL.Consistent] = true
	}
	for _, level := range []string{"noaccess", "reader", "author", "editor"} {
		if !seen[level] {
			t.Errorf("no database caps the web at %s", level)
		}
	}
	if !consistent["true"] || !consistent[""] {
		t.Errorf("consistentacl values: %v", slices.Sorted(maps.Keys(consistent)))
	}
}

func TestServerDocumentsNameBothServersOfTheDirectory(t *testing.T) {
	dbs, err := parseDXL(Servers())
	if err != nil {
		t.Fatal(err)
	}
	if len(dbs) != 1 || len(dbs[0].Documents) != 2 {
		t.Fatalf("want two documents of one directory, have %+v", dbs)
	}
	index := byDN(loadRecords(t))
	for _, doc := range dbs[0].Documents {
		items := map[string][]string{}
		for _, item := range doc.Items {
			items[item.Name] = slices.DeleteFunc(append(item.Text, item.Texts...), func(s string) bool { return s == "" })
		}
		name := strings.Join(items["ServerName"], "")
		if _, ok := index[strings.ToLower(strings.ReplaceAll(name, "/", ","))]; !ok || doc.Form != "Server" {
			t.Errorf("document of form %s for %q, which is no entry", doc.Form, name)
		}
		if !slices.Contains(items["DenyAccess"], "Terminations") || !slices.Equal(items["FullAdmin"], []string{"CN=Ann Admin/O=Acme"}) {
			t.Errorf("%s: DenyAccess %q, FullAdmin %q", name, items["DenyAccess"], items["FullAdmin"])
		}
		for _, field := range []string{"AllowAccess", "Administrator", "DBAdmin", "UnrestrictedList", "OnBehalfOfLst",
			"OnBehalfOfInvokerLst", "RestrictedList", "PrivateList", "LibsLst", "CreateAccess", "ReplicaAccess", "TrustedSrvrs"} {
			if _, ok := items[field]; !ok {
				t.Errorf("%s: no item %s", name, field)
			}
		}
	}
}

package source

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/aclens/aclens/resolver/acl"
	"github.com/aclens/aclens/resolver/database"
	"github.com/aclens/aclens/resolver/name"
)

const (
	crmLine = `{"server":"CN=Hub1/O=Acme","path":"apps\\crm.nsf","replicaId":"C1258A2F004B7D10","title":"Customers","capturedAt":"2026-11-21T08:15:00+01:00","maxInternetAccess":"author","consistentAcl":true,"extendedAccess":true,"adminServer":"CN=Hub1/O=Acme","roles":["[Admin]"],"entries":[{"name":"-Default-","type":"unspecified","level":"author","flags":[],"roles":[]},{"name":"Sales","type":"persongroup","level":"editor","flags":["NODELETE","GROUP","PERSON","NOREPLICATE"],"roles":["[Admin]"]}],"log":["created"]}`
	hrLine  = `{"server":"CN=Hub1/O=Acme","path":"apps\\hr.nsf","replicaId":"C1258A2F004B7D11","title":"HR","roles":[],"entries":[{"name":"-Default-","level":"noaccess","flags":[]}]}`
)

// kitFile writes a complete file of the given lines.
func kitFile(failed int, lines ...string) string {
	sum := sha256.New()
	for _, l := range lines {
		fmt.Fprintf(sum, "%s\n", l)
	}
	manifest := fmt.Sprintf(`{"manifest":{"server":"CN=Hub1/O=Acme","started":"2026-11-21T08:14:00Z","expected":%d,"read":%d,"failed":%d,"digest":"sha256:%x"}}`,
		len(lines)+failed, len(lines), failed, sum.Sum(nil))
	return strings.Join(append(lines, manifest), "\n") + "\n"
}

func loadKit(text string) (*loaded, Manifest) {
	var l loaded
	var m Manifest
	m, l.faults, l.err = ReadKit(strings.NewReader(text), File{Name: "hub1.jsonl"}, l.emit)
	return &l, m
}

func TestACompleteExportIsReadInFull(t *testing.T) {
	complete := kitFile(0, crmLine, hrLine)
	for sentence, text := range map[string]string{
		"as written":           complete,
		"with CR LF":           strings.ReplaceAll(complete, "\n", "\r\n"),
		"without last newline": strings.TrimSuffix(complete, "\n"),
		"with a mark":          "\ufeff" + complete,
		"with empty lines":     "\n" + strings.ReplaceAll(complete, "\n", "\n\n"),
	} {
		t.Run(sentence, func(t *testing.T) {
			l, m := loadKit(text)
			if l.err != nil || len(l.faults) > 0 || len(l.in) != 2 {
				t.Fatalf("%d databases, %v, %v", len(l.in), l.messages(), l.err)
			}
			if m.Server.Key() != name.Parse("Hub1/Acme").Key() || m.Expected != 2 || m.Read != 2 || m.Failed != 0 {
				t.Errorf("manifest %+v", m)
			}
		})
	}
	l, m := loadKit(complete)
	in := l.in[0]
	if in.Server.Key() != m.Server.Key() || in.Path != `apps\crm.nsf` || in.ReplicaID != "C1258A2F004B7D10" || in.Origin != "hub1.jsonl:1" ||
		!in.CapturedAt.Equal(time.Date(2026, 11, 21, 7, 15, 0, 0, time.UTC)) {
		t.Errorf("got %+v", in)
	}
	a := in.List
	if a.MaxLevel != acl.Author || !a.MaxKnown || a.Consistent != acl.Yes || !a.ExtendedAccess || a.AdminServer != "CN=Hub1/O=Acme" || len(in.Log) != 1 {
		t.Errorf("got %+v", a)
	}
	wantNames(t, "default", granted(*a.Default()), []string{"createDocs", "deleteDocs", "readPublicDocs", "replicateOrCopy"})
	sales := entryOf(t, a, "Sales")
	wantNames(t, "sales", granted(sales), []string{"createDocs", "readPublicDocs", "writePublicDocs"})
	if sales.Type != acl.TypePersonGroup || !sales.Roles.Has(0) {
		t.Errorf("got %+v", sales)
	}
	second := l.in[1]
	if second.List.MaxKnown || second.List.Consistent != acl.Unknown || !second.CapturedAt.Equal(m.Started) {
		t.Errorf("what the line leaves out is known: %+v", second)
	}
}

func TestAnIncompleteExportEmitsNothingAndNamesTheServer(t *testing.T) {
	complete := kitFile(1, crmLine, hrLine)
	manifest := complete[strings.LastIndex(complete, `{"manifest"`):]
	change := func(from, to string) string { return strings.Replace(complete, from, to, 1) }
	tests := []struct{ sentence, text, part string }{
		{"an empty file", "", "server unknown"},
		{"no manifest", crmLine + "\n" + hrLine + "\n", "no manifest"},
		{"a manifest that was cut", strings.TrimSuffix(complete, "\"}}\n"), "line 3"},
		{"a line that was cut", crmLine + "\n" + hrLine[:50] + "\n" + manifest, "line 2"},
		{"a line too few", crmLine + "\n" + manifest, "counts 2 databases, the file holds 1"},
		{"a line too many", crmLine + "\n" + hrLine + "\n" + hrLine + "\n" + manifest, "counts 2 databases, the file holds 3"},
		{"lines in another order", hrLine + "\n" + crmLine + "\n" + manifest, "digest"},
		{"another digit", change("C1258A2F004B7D11", "C1258A2F004B7D12"), "digest"},
		{"fewer expected", change(`"expected":3`, `"expected":2`), "2 databases were expected, 2 read and 1 failed"},
		{"more expected", change(`"expected":3`, `"expected":4`), "4 databases were expected"},
		{"less than nothing failed", change(`"failed":1`, `"failed":-1`), "were expected"},
		{"a manifest without digest", change(`,"digest"`, `,"digset"`), "not all of"},
		{"a manifest without failed", change(`"failed":1,`, ``), "not all of"},
		{"a manifest of nothing", change(manifest, `{"manifest":null}`), "not all of"},
		{"a manifest with a key twice", change(`"failed":1,`, `"failed":0,"failed":1,`), "twice"},
		{"a manifest with a word for a number", change(`"failed":1`, `"failed":"1"`), "key failed is a string"},
		{"a manifest without server", change(`{"manifest":{"server":"CN=Hub1/O=Acme"`, `{"manifest":{"server":" "`), "the server is missing"},
		{"a start that is no time", change(`"started":"2026-11-21T08:14:00Z"`, `"started":"today"`), `"today"`},
		{"a plain digest", change(`sha256:`, ``), "digest"},
		{"a manifest first", manifest + crmLine + "\n" + hrLine + "\n", "text after the manifest"},
		{"two manifests", complete + manifest, "text after the manifest"},
		{"two runs in one file", complete + complete, "text after the manifest"},
		{"no JSON", "hello\n", "line 1"},
	}
	for _, tt := range tests {
		t.Run(tt.sentence, func(t *testing.T) {
			l, _ := loadKit(tt.text)
			if !errors.Is(l.err, ErrIncomplete) || len(l.in) > 0 {
				t.Fatalf("%d databases, %v", len(l.in), l.err)
			}
			parts := []string{"hub1.jsonl", "keeps its last state", tt.part}
			var incomplete *IncompleteError
			if errors.As(l.err, &incomplete) && strings.Contains(tt.text, "Acme") && incomplete.Server != "CN=Hub1/O=Acme" {
				t.Errorf("server %q", incomplete.Server)
			}
			wantParts(t, l.err.Error(), parts)
		})
	}
}

func TestEveryCutOfAnExportIsIncomplete(t *testing.T) {
	complete := kitFile(0, crmLine, hrLine)
	for end := range len(complete) - 1 {
		if l, _ := loadKit(complete[:end]); !errors.Is(l.err, ErrIncomplete) || len(l.in) > 0 {
			t.Fatalf("cut at %d: %d databases, %v", end, len(l.in), l.err)
		}
	}
}

func TestDatabasesThatTheAgentCouldNotReadAreAFault(t *testing.T) {
	l, _ := loadKit(kitFile(2, crmLine))
	l.wantFault(t, 1, "hub1.jsonl: line 2", "server Hub1/Acme", "2 of 3 databases could not be read")
}

func TestAFlawInALineOfACompleteExportSpoilsOnlyItsDatabase(t *testing.T) {
	tests := []struct {
		sentence, from, to string
		parts              []string
	}{
		{"an unknown flag", `"NODELETE"`, `"NODELETES"`, []string{`entry "Sales"`, `"NODELETES"`}},
		{"an unknown level", `"level":"editor"`, `"level":"6"`, []string{`entry "Sales"`, `"6"`}},
		{"an unknown maximum", `"maxInternetAccess":"author"`, `"maxInternetAccess":"all"`, []string{"maxInternetAccess"}},
		{"another server", `"server":"CN=Hub1/O=Acme"`, `"server":"CN=Web1/O=Acme"`, []string{"CN=Web1/O=Acme!!", "stands in the export of server Hub1/Acme"}},
		{"a time that is none", `2026-11-21T08:15:00+01:00`, `1`, []string{"capturedAt"}},
		{"a word for a flag", `"consistentAcl":true`, `"consistentAcl":"yes"`, []string{"key consistentAcl is a string"}},
		{"an administration server that is none", `"adminServer":"CN=Hub1/O=Acme"`, `"adminServer":"\u0001"`, []string{"the administration server"}},
	}
	for _, tt := range tests {
		t.Run(tt.sentence, func(t *testing.T) {
			line := strings.Replace(crmLine, tt.from, tt.to, 1)
			l, _ := loadKit(kitFile(0, hrLine, line))
			l.wantFault(t, 1, append(tt.parts, "hub1.jsonl: line 2")...)
		})
	}
}

// changing is a file that another process rewrites after the first pass.
type changing struct {
	*strings.Reader
	after string
}

func (c *changing) Seek(offset int64, whence int) (int64, error) {
	c.Reader = strings.NewReader(c.after)
	return c.Reader.Seek(offset, whence)
}

func TestAnExportThatChangesBetweenThePassesIsIncomplete(t *testing.T) {
	complete := kitFile(0, crmLine, hrLine)
	for sentence, after := range map[string]string{
		"a changed line": strings.Replace(complete, "noaccess", "manager", 1),
		"cut short":      crmLine,
		"longer":         hrLine + "\n" + complete,
		"emptied":        "",
	} {
		_, _, err := ReadKit(&changing{strings.NewReader(complete), after}, File{Name: "x"}, func(database.Instance) error { return nil })
		if !errors.Is(err, ErrIncomplete) {
			t.Errorf("%s: %v", sentence, err)
		}
	}
}

func TestALineWithoutEndIsRefused(t *testing.T) {
	text, err := io.ReadAll(around("", "x", maxToken+1, ""))
	if err != nil {
		t.Fatal(err)
	}
	l, _ := loadKit("\n" + string(text))
	wantError(t, l.err, "line 2", "longer than 16 MiB")
}

func TestACallerOfTheKitMayStop(t *testing.T) {
	stop := errors.New("stop")
	_, _, err := ReadKit(strings.NewReader(kitFile(0, crmLine)), File{Name: "x"}, func(database.Instance) error { return stop })
	if !errors.Is(err, stop) || errors.Is(err, ErrIncomplete) {
		t.Errorf("got %v", err)
	}
}

// naiveComplete checks a file of the kit the plain way, all in memory.
func naiveComplete(text []byte) bool {
	text = bytes.TrimPrefix(text, []byte("\xEF\xBB\xBF"))
	var lines []string
	for line := range strings.SplitSeq(string(text), "\n") {
		if line = strings.TrimSuffix(line, "\r"); strings.TrimSpace(line) != "" {
			lines = append(lines, line)
		}
	}
	if len(lines) == 0 {
		return false
	}
	sum := sha256.New()
	for _, l := range lines[:len(lines)-1] {
		var v map[string]json.RawMessage
		if json.Unmarshal([]byte(l), &v) != nil {
			return false
		}
		io.WriteString(sum, l+"\n")
	}
	var last struct {
		Manifest struct {
			Expected, Read, Failed int
			Digest                 string
		}
	}
	if json.Unmarshal([]byte(lines[len(lines)-1]), &last) != nil {
		return false
	}
	m := last.Manifest
	return m.Read == len(lines)-1 && m.Expected == m.Read+m.Failed && m.Failed >= 0 &&
		strings.EqualFold(m.Digest, fmt.Sprintf("sha256:%x", sum.Sum(nil)))
}

// checkKitPromise holds what ReadKit promises for any text.
func checkKitPromise(t *testing.T, text []byte) {
	emitted := 0
	m, _, err := ReadKit(bytes.NewReader(text), File{Name: "x"}, func(in database.Instance) error {
		emitted++
		checkEmitted(t, in)
		return nil
	})
	if err != nil {
		if emitted > 0 || !errors.Is(err, ErrIncomplete) {
			t.Fatalf("%d databases and %v from %q", emitted, err, text)
		}
		return
	}
	if !naiveComplete(text) || emitted > m.Read {
		t.Fatalf("an incomplete file was read: %q", text)
	}
}

func TestRandomDamageNeverPassesForACompleteExport(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 5))
	complete := kitFile(0, crmLine, hrLine)
	for range 3000 {
		text := []byte(complete)
		for range 1 + rng.IntN(3) {
			switch at := rng.IntN(len(text)); rng.IntN(3) {
			case 0:
				text[at] = byte(rng.IntN(256))
			case 1:
				text = append(text[:at], text[at+1:]...)
			default:
				text = text[:at+1]
			}
		}
		checkKitPromise(t, text)
	}
}

func FuzzKitNeverEmitsFromIncompleteFiles(f *testing.F) {
	f.Add([]byte(kitFile(0, crmLine, hrLine)))
	f.Add([]byte(kitFile(1, hrLine)))
	f.Add([]byte(kitFile(0)))
	f.Add([]byte(crmLine + "\n"))
	f.Fuzz(checkKitPromise)
}

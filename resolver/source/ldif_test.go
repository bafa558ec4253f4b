package source

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/aclens/aclens/resolver/directory"
	"github.com/aclens/aclens/resolver/name"
)

func loadLDIF(r io.Reader) ([]directory.Draft, error) {
	var drafts []directory.Draft
	err := ReadLDIF(r, File{Name: "people.ldif"}, func(d directory.Draft) error {
		drafts = append(drafts, d)
		return nil
	})
	return drafts, err
}

const peopleLDIF = `# a comment
# that is folded
  here
version: 1

dn: cn=Jane Doe,ou=Sales,o=Acme
objectClass: person
objectclass: top
cn: Jane Doe
cn;lang-de: Johanna Doe
description: a long
  line of
 text
jpegPhoto;binary:: AAEC
sn:Doe
note:
raw: Jörg: 1 < 2 # no comment

# between
dn:: Y249SsO8cmcsbz1BY21l
changetype: add
cn: Jürg


dn: cn=Last,o=Acme
cn: Last`

func TestLDIFIsReadAsRFC2849Says(t *testing.T) {
	want := []directory.Draft{
		{DN: "cn=Jane Doe,ou=Sales,o=Acme", Attributes: []directory.Attribute{
			{Name: "objectClass", Values: values("person", "top")},
			{Name: "cn", Values: values("Jane Doe")},
			{Name: "cn;lang-de", Values: values("Johanna Doe")},
			{Name: "description", Values: values("a long line oftext")},
			{Name: "jpegPhoto;binary", Values: values("\x00\x01\x02")},
			{Name: "sn", Values: values("Doe")},
			{Name: "note", Values: values("")},
			{Name: "raw", Values: values("Jörg: 1 < 2 # no comment")},
		}},
		{DN: "cn=Jürg,o=Acme", Attributes: []directory.Attribute{{Name: "cn", Values: values("Jürg")}}},
		{DN: "cn=Last,o=Acme", Attributes: []directory.Attribute{{Name: "cn", Values: values("Last")}}},
	}
	for sentence, text := range map[string]string{
		"with LF":                peopleLDIF,
		"with CR LF":             strings.ReplaceAll(peopleLDIF, "\n", "\r\n"),
		"with a byte order mark": "\ufeff" + peopleLDIF,
		"with empty lines after": peopleLDIF + "\n\n\n",
	} {
		t.Run(sentence, func(t *testing.T) {
			for _, r := range []io.Reader{strings.NewReader(text), iotest.OneByteReader(strings.NewReader(text))} {
				got, err := loadLDIF(r)
				if err != nil || !reflect.DeepEqual(got, want) {
					t.Errorf("got %q, %v\nwant %q", got, err, want)
				}
			}
		})
	}
}

func values(texts ...string) [][]byte {
	var all [][]byte
	for _, s := range texts {
		all = append(all, []byte(s))
	}
	return all
}

func TestLDIFThatIsNoneIsAnErrorWithItsLine(t *testing.T) {
	tests := []struct {
		sentence, text string
		parts          []string
	}{
		{"a line without colon", "dn: o=Acme\no", []string{"line 2", "without a colon"}},
		{"a value by address", "dn: o=Acme\njpegPhoto:< file:///etc/passwd", []string{"line 2", "jpegPhoto", "by address"}},
		{"a name by address", "dn:< file:///etc/passwd", []string{"line 1", "by address"}},
		{"base64 that is none", "dn: o=Acme\no:: A*B", []string{"line 2", "not base64"}},
		{"base64 with bits to spare", "dn: o=Acme\no:: QR==", []string{"line 2", "not base64"}},
		{"a record without dn", "o: Acme", []string{"line 1", `begins with "o"`}},
		{"the last lines of ldapsearch", "dn: o=Acme\no: Acme\n\nsearch: 2\nresult: 0 Success", []string{"line 4", `"search"`, "-LLL"}},
		{"another version", "version: 2\n", []string{"line 1", `version "2"`}},
		{"a version in the middle", "dn: o=Acme\no: Acme\n\nversion: 1\n", []string{"line 4", `"version"`}},
		{"a change", "dn: o=Acme\nchangetype: modify\nadd: o", []string{"line 2", "changetype modify"}},
		{"a deletion", "dn: o=Acme\nchangetype: delete", []string{"line 2", "changetype delete"}},
		{"a change type after attributes", "dn: o=Acme\no: Acme\nchangetype: add", []string{"line 3", "changetype add"}},
		{"a control", "dn: o=Acme\ncontrol: 1.2.3 true\nchangetype: add", []string{"line 2", "controls"}},
		{"a continuation of nothing", "\n dn: o=Acme", []string{"line 2", "continues nothing"}},
		{"a continuation at the very start", " dn: o=Acme", []string{"line 1", "continues nothing"}},
		{"two names in one record", "dn: o=Acme\no: Acme\ndn: o=Other", []string{"line 3", "second dn"}},
		{"an empty name", "dn:\no: Acme", []string{"line 1", "without a name"}},
		{"a name that is none", "# x\n\ndn: Jane Doe", []string{"line 3", `dn "Jane Doe"`}},
		{"a name with a zero byte", "dn:: bz1BAGI=", []string{"line 1", "dn:"}},
		{"an attribute name with a space", "dn: o=Acme\nmy o: Acme", []string{"line 2", `"my o" is no attribute name`}},
		{"an attribute name without text", "dn: o=Acme\n: Acme", []string{"line 2", "no attribute name"}},
		{"an option without text", "dn: o=Acme\ncn;: Acme", []string{"line 2", "no attribute name"}},
		{"no attributes", "dn: o=Acme\n\n", []string{"line 2", `"o=Acme" has no attributes`}},
		{"text that is no UTF-8", "dn: o=Acme\no: \xff", []string{"line 2", "neither UTF-8 nor base64"}},
		{"a zero byte", "dn: o=Acme\no: a\x00b", []string{"line 2", "control character"}},
		{"a lone carriage return", "dn: o=Acme\no: a\rb", []string{"line 2", "control character"}},
		{"a fault after folded lines", "dn: o=Ac\n me\n# c\n c\no: x\nbad", []string{"line 6"}},
	}
	for _, tt := range tests {
		t.Run(tt.sentence, func(t *testing.T) {
			_, err := loadLDIF(strings.NewReader(tt.text))
			wantError(t, err, append(tt.parts, "people.ldif")...)
		})
	}
}

func TestLDIFIsBounded(t *testing.T) {
	const line, record = 128 << 10, 512 << 10
	for sentence, tt := range map[string]struct {
		in   io.Reader
		part string
	}{
		"an endless line":        {around("dn: o=Acme\no: ", "x", 100<<20, ""), "line 2: a line of more than 128 KiB"},
		"an endless folded line": {around("dn: o=Acme\no: ", "x\n ", 100<<20, ""), "a line of more than 128 KiB"},
		"an endless comment":     {around("#", "x", 100<<20, ""), "line 1: a line of more than 128 KiB"},
		"an endless name":        {around("dn: ", "o", 100<<20, ""), "line 1: a line of more than 128 KiB"},
		"a record with no end":   {around("dn: o=Acme\n", "o: x\n", 100<<20, ""), "a record of more than 512 KiB"},
	} {
		t.Run(sentence, func(t *testing.T) {
			l := newLDIFReader(tt.in, func(directory.Draft) error { return nil })
			if l.limit != maxRecord || l.lines.limit != maxLDIFLine {
				t.Errorf("the limits are %d and %d", l.limit, l.lines.limit)
			}
			l.limit, l.lines.limit = record, line
			wantError(t, l.read(File{Name: "people.ldif"}), "people.ldif", tt.part)
		})
	}
}

func TestAnLDIFCallerMayStopAndFailingInputIsAnError(t *testing.T) {
	stop := errors.New("stop")
	err := ReadLDIF(strings.NewReader(peopleLDIF), File{Name: "x"}, func(directory.Draft) error { return stop })
	if err != stop {
		t.Errorf("got %v", err)
	}
	_, err = loadLDIF(io.MultiReader(strings.NewReader("dn: o=Acme\no: x\n"), iotest.ErrReader(stop)))
	if !errors.Is(err, stop) {
		t.Errorf("got %v", err)
	}
}

func TestTheDemonstrationDirectoryIsReadAsItsNaiveTwinReadsIt(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("..", "..", "deploy", "demo", "acme.ldif"))
	if err != nil {
		t.Fatal(err)
	}
	got, err := loadLDIF(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	if want := naiveLDIF(t, string(text)); !reflect.DeepEqual(got, want) {
		t.Errorf("%d entries, the naive reader has %d, or they differ", len(got), len(want))
	}
}

// naiveLDIF reads LDIF without faults the plain way: unfold, cut into records,
// cut into lines.
func naiveLDIF(t *testing.T, text string) []directory.Draft {
	var lines []string
	for line := range strings.SplitSeq(strings.ReplaceAll(text, "\r\n", "\n"), "\n") {
		if rest, folded := strings.CutPrefix(line, " "); folded {
			lines[len(lines)-1] += rest
			continue
		}
		lines = append(lines, line)
	}
	var drafts []directory.Draft
	open := false
	for _, line := range lines {
		key, value, _ := strings.Cut(line, ":")
		if line == "" {
			open = false
		}
		if line == "" || line[0] == '#' || !open && key == "version" {
			continue
		}
		if encoded, ok := strings.CutPrefix(value, ":"); ok {
			plain, err := base64.StdEncoding.DecodeString(strings.Trim(encoded, " "))
			if err != nil {
				t.Fatal(err)
			}
			value = string(plain)
		} else {
			value = strings.TrimLeft(value, " ")
		}
		if key == "dn" {
			drafts, open = append(drafts, directory.Draft{DN: value}), true
			continue
		}
		drafts[len(drafts)-1].AddText(key, value)
	}
	return drafts
}

// writeLDIF writes entries as RFC 2849 wants them, lines folded at width.
func writeLDIF(w *strings.Builder, width int, drafts []directory.Draft) {
	line := func(key string, value []byte) {
		text := key + ":: " + base64.StdEncoding.EncodeToString(value)
		if plain(value) {
			text = key + ": " + string(value)
		}
		for len(text) > width {
			w.WriteString(text[:width] + "\n ")
			text = text[width:]
		}
		w.WriteString(text + "\n")
	}
	for _, d := range drafts {
		line("dn", []byte(d.DN))
		for _, a := range d.Attributes {
			for _, v := range a.Values {
				line(a.Name, v)
			}
		}
		w.WriteString("\n")
	}
}

// plain tells a SAFE-STRING of RFC 2849.
func plain(value []byte) bool {
	for i, c := range value {
		if c == 0 || c == '\n' || c == '\r' || c >= 0x80 || i == 0 && (c == ' ' || c == ':' || c == '<') {
			return false
		}
	}
	return true
}

func TestRandomEntriesComeBackFromLDIFAndTheNaiveTwinAgrees(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 11))
	for range 300 {
		var drafts []directory.Draft
		for i := range 1 + rng.IntN(4) {
			d := directory.Draft{DN: fmt.Sprintf("cn=Person %d,o=Acme", i)}
			for range 1 + rng.IntN(6) {
				value := make([]byte, rng.IntN(90))
				for j := range value {
					value[j] = byte(rng.IntN(1 + rng.IntN(256)))
				}
				d.Add([]string{"cn", "cn;lang-de", "jpegPhoto;binary", "2.5.4.13", "x-note"}[rng.IntN(5)], value)
			}
			drafts = append(drafts, d)
		}
		var w strings.Builder
		writeLDIF(&w, 10+rng.IntN(80), drafts)
		got, err := loadLDIF(strings.NewReader(w.String()))
		if err != nil || !reflect.DeepEqual(got, drafts) || !reflect.DeepEqual(got, naiveLDIF(t, w.String())) {
			t.Fatalf("got %q, %v\nwant %q\nfrom %q", got, err, drafts, w.String())
		}
	}
}

func FuzzLDIFRoundTrips(f *testing.F) {
	f.Add([]byte(peopleLDIF))
	f.Add([]byte("dn: o=Acme\r\no:: QQ==\r\no;x-y:\r\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		drafts, err := loadLDIF(bytes.NewReader(text))
		if err != nil {
			return
		}
		var w strings.Builder
		writeLDIF(&w, 40, drafts)
		again, err := loadLDIF(strings.NewReader(w.String()))
		if err != nil || !reflect.DeepEqual(again, drafts) {
			t.Fatalf("written as %q and read as %q, %v; want %q", w.String(), again, err, drafts)
		}
		for _, d := range drafts {
			if _, err := name.ParseDN(d.DN); err != nil || len(d.Attributes) == 0 {
				t.Fatalf("emitted %+v: %v", d, err)
			}
		}
	})
}

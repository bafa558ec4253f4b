package source

import (
	"bytes"
	"fmt"
	"io"
	"runtime"
	"strings"
	"testing"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"

	"github.com/aclens/aclens/resolver/acl"
	"github.com/aclens/aclens/resolver/database"
)

func TestAFileThatIsNotWellFormedOrRefusedIsAnErrorWithItsLine(t *testing.T) {
	tests := []struct {
		sentence, text string
		parts          []string
	}{
		{"an empty file", "", []string{"holds no ACL"}},
		{"a page of another kind", "<html><body/></html>", []string{"holds no ACL"}},
		{"a file that was cut", "<database path='a'>\n<acl>\n<role>[A]</role>", []string{"line 3", "unexpected EOF"}},
		{"a cut inside a tag", "<database path='a'>\n<acl><aclentry na", []string{"line 2"}},
		{"tags that do not match", "<acl>\n<aclentry name='x' level='reader'></acl>", []string{"line 2", "not well-formed"}},
		{"an attribute without quotes", "<acl>\n<aclentry name=x/></acl>", []string{"line 2"}},
		{"an attribute given twice", "<acl>\n<aclentry name='x' level='noaccess' level='manager'/></acl>", []string{"line 2", "attribute level twice"}},
		{"an internal subset", "<!DOCTYPE acl [<!ENTITY a 'b'>]>\n<acl/>", []string{"line 1", "internal subset"}},
		{"an internal subset beside a system id", "<!DOCTYPE acl SYSTEM 'a.dtd' []><acl/>", []string{"internal subset"}},
		{"a declaration of an entity", "<!ENTITY a 'b'><acl/>", []string{"is refused"}},
		{"a document type inside", "<acl><!DOCTYPE acl></acl>", []string{"inside an element"}},
		{"an XML declaration inside", "<acl><?xml version='1.0'?></acl>", []string{"inside an element"}},
		{"an unknown entity", "<acl>\n<role>&boss;</role></acl>", []string{"line 2", "&boss;"}},
		{"an unknown entity in an attribute", "<acl><aclentry name='&boss;' level='reader'/></acl>", []string{"&boss;"}},
		{"text at the root", "<acl/>\nmore", []string{"text outside"}},
		{"XML 1.1", "<?xml version='1.1'?><acl/>", []string{"1.1"}},
	}
	for _, tt := range tests {
		t.Run(tt.sentence, func(t *testing.T) {
			wantError(t, loadDXL(tt.text).err, append(tt.parts, "acls/crm.dxl")...)
		})
	}
}

func TestADocumentTypeIsReadOverAndNeverFetched(t *testing.T) {
	for _, docType := range []string{
		`<!DOCTYPE database SYSTEM 'xmlschemas/domino_9_0_1.dtd'>`,
		`<!DOCTYPE database SYSTEM "file:///nonexistent">`,
		`<!DOCTYPE database PUBLIC "-//Acme//DXL" "http://127.0.0.1:1/x.dtd" >`,
		`<!DOCTYPE acl>`,
	} {
		if in := loadDXL(docType + `<acl><aclentry name='-Default-' level='reader'/></acl>`).only(t); in.List.Default().Level != acl.Reader {
			t.Errorf("%s: got %+v", docType, in)
		}
	}
}

func TestABombIsRefusedWithinBoundedMemory(t *testing.T) {
	const huge, limit = 100 << 20, 512 << 10
	tests := []struct {
		sentence string
		in       io.Reader
		part     string
	}{
		{"elements inside each other", around("<acl>", "<a>", huge, ""), "more than 256 elements inside each other"},
		{"a huge attribute", around("<acl><aclentry name='", "x", huge, "'/></acl>"), "larger than 512 KiB"},
		{"a huge text", around("<acl><role>", "x", huge, "</role></acl>"), "larger than 512 KiB"},
		{"a huge comment", around("<acl><!--", "x", huge, "--></acl>"), "larger than 512 KiB"},
		{"a huge document type", around("<!DOCTYPE acl SYSTEM '", "x", huge, "'><acl/>"), "larger than 512 KiB"},
		{"a huge element name", around("<", "x", huge, ""), "larger than 512 KiB"},
		{"white space without end", around("<acl ", " ", huge, ""), "larger than 512 KiB"},
		{"a long attribute", around("<acl><aclentry name='", "x", maxAttributeBytes, "'/></acl>"), "attributes of one element are larger than 256 KiB"},
		{"a long document type", around("<!DOCTYPE acl SYSTEM '", "x", maxPathBytes, "'><acl/>"), "internal subset or another declaration"},
		{"very many attributes", strings.NewReader("<acl" + manyAttributes(maxAttributes+1) + "/>"), "more than 256 attributes"},
		{"elements in UTF-16", around("\xff\xfe", "<\x00a\x00>\x00", huge, ""), "inside each other"},
		{"a huge text in UTF-16", around("\xff\xfe<\x00a\x00>\x00", "x\x00", huge, ""), "larger than 512 KiB"},
		{"a huge text in another encoding", around("<?xml version='1.0' encoding='windows-1252'?><acl><role>", "\xe9", huge, ""), "larger than 512 KiB"},
	}
	for _, tt := range tests {
		t.Run(tt.sentence, func(t *testing.T) {
			x, err := newDXLReader(tt.in, File{Name: "bomb.dxl"})
			if err != nil || x.meter.limit != maxToken {
				t.Fatalf("%d, %v", x.meter.limit, err)
			}
			x.meter.limit = limit
			before := allocated()
			wantError(t, x.databases(func(database.Instance) error { return nil }), tt.part, "bomb.dxl: line 1")
			if used := allocated() - before; used > 32*limit {
				t.Errorf("allocated %d KiB", used>>10)
			}
		})
	}
}

func allocated() uint64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.TotalAlloc
}

func manyAttributes(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, " a%d=''", i)
	}
	return b.String()
}

func TestAnEndlessACLSpoilsOnlyItsDatabase(t *testing.T) {
	for sentence, in := range map[string]io.Reader{
		"entries": around("<databases><acl>", "<aclentry name='&#x41;' level='reader'/>", 40*(maxEntries+10), "</acl>"+salesBody()),
		"roles":   around("<databases><acl>", "<role>R</role>", 14*(maxDefinedRoles+10), "</acl>"+salesBody()),
	} {
		var l loaded
		l.faults, l.err = ReadDatabases(in, File{Name: "x.dxl"}, l.emit)
		l.wantFault(t, 1, "more than", sentence)
	}
}

func salesBody() string { return salesDXL[strings.Index(salesDXL, "<database "):] + "</databases>" }

func TestALogIsCutAndNeverSpoilsADatabase(t *testing.T) {
	text := "<acl>" + strings.Repeat("<logentry>x</logentry>", maxLogEntries+9) + "<logentry>" + strings.Repeat("y", maxLogBytes+1) + "</logentry></acl>"
	if in := loadDXL(text).only(t); len(in.Log) != maxLogEntries {
		t.Errorf("%d log entries", len(in.Log))
	}
}

const umlautACL = `<acl><aclentry name='Jörg Müller/Acme' level='reader'/></acl>`

func TestExportsInSeveralEncodingsGiveTheSameNames(t *testing.T) {
	declared := func(enc string) string { return "<?xml version='1.0' encoding='" + enc + "'?>\n" + umlautACL }
	as := func(text string, err error) string {
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
	utf16 := func(e unicode.Endianness, b unicode.BOMPolicy, text string) string {
		return as(unicode.UTF16(e, b).NewEncoder().String(text))
	}
	for sentence, text := range map[string]string{
		"no declaration":         umlautACL,
		"UTF-8":                  declared("UTF-8"),
		"UTF-8 with a mark":      "\ufeff" + declared("utf-8"),
		"ISO-8859-1":             as(charmap.ISO8859_1.NewEncoder().String(declared("ISO-8859-1"))),
		"ISO-8859-15":            as(charmap.ISO8859_15.NewEncoder().String(declared("iso-8859-15"))),
		"windows-1252":           as(charmap.Windows1252.NewEncoder().String(declared("windows-1252"))),
		"windows-1250":           as(charmap.Windows1250.NewEncoder().String(declared("Windows-1250"))),
		"UTF-16 little-endian":   utf16(unicode.LittleEndian, unicode.UseBOM, declared("UTF-16")),
		"UTF-16 big-endian":      utf16(unicode.BigEndian, unicode.UseBOM, declared("utf-16")),
		"UTF-16 without a mark":  utf16(unicode.LittleEndian, unicode.IgnoreBOM, declared("UTF-16LE")),
		"UTF-16BE without mark":  utf16(unicode.BigEndian, unicode.IgnoreBOM, declared("UTF-16")),
		"UTF-16, not declared":   utf16(unicode.LittleEndian, unicode.UseBOM, umlautACL),
		"US-ASCII by references": strings.NewReplacer("ö", "&#246;", "ü", "&#xFC;").Replace(declared("US-ASCII")),
	} {
		t.Run(sentence, func(t *testing.T) {
			entryOf(t, loadDXL(text).only(t).List, "Jörg Müller/Acme")
		})
	}
}

func TestExportsInOneEncodingMayStandEndToEnd(t *testing.T) {
	one, err := charmap.ISO8859_1.NewEncoder().String("<?xml version='1.0' encoding='ISO-8859-1'?>\n" + umlautACL)
	if err != nil {
		t.Fatal(err)
	}
	l := loadDXL(one + one)
	if l.err != nil || len(l.in) != 2 {
		t.Fatalf("%d databases, %v", len(l.in), l.err)
	}
	for _, in := range l.in {
		entryOf(t, in.List, "Jörg Müller/Acme")
	}
}

func TestAnEncodingInDoubtIsAnError(t *testing.T) {
	utf16, err := unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewEncoder().String("<?xml version='1.0' encoding='utf-8'?><acl/>")
	if err != nil {
		t.Fatal(err)
	}
	for sentence, tt := range map[string][2]string{
		"an unknown one":                    {"<?xml version='1.0' encoding='x-acme'?><acl/>", "unknown encoding"},
		"one that hides what it decodes":    {"<?xml version='1.0' encoding='iso-2022-kr'?><acl/>", "unknown encoding"},
		"UTF-16 that is none":               {"<?xml version='1.0' encoding='utf-16'?><acl/>", "does not begin as UTF-16"},
		"UTF-16 that says UTF-8":            {utf16, "the file is in UTF-16"},
		"US-ASCII with other bytes":         {"<?xml version='1.0' encoding='us-ascii'?><acl><role>\xe9</role></acl>", "0xE9 is not US-ASCII"},
		"UTF-8 with other bytes":            {"<acl><role>\xe9</role></acl>", "invalid UTF-8"},
		"a second one after UTF-8":          {"<?xml version='1.0'?><acl/><?xml version='1.0' encoding='iso-8859-1'?><acl/>", "one file has one encoding"},
		"UTF-8 after another one":           {"<?xml version='1.0' encoding='iso-8859-1'?><acl/><?xml version='1.0' encoding='utf-8'?><acl/>", "one file has one encoding"},
		"no encoding after another one":     {"<?xml version='1.0' encoding='iso-8859-1'?><acl/><?xml version='1.0'?><acl/>", "one file has one encoding"},
		"a third kind after another one":    {"<?xml version='1.0' encoding='iso-8859-1'?><acl/><?xml version='1.0' encoding='iso-8859-15'?><acl/>", "one file has one encoding"},
		"UTF-16 where the text has ended":   {"<acl/><?xml version='1.0' encoding='utf-16'?><acl/>", "does not begin as UTF-16"},
		"quotes round the encoding missing": {"<?xml version='1.0' encoding='iso-8859-1'?><acl/><?xml version='1.0' encoding=x?><acl/>", "one file has one encoding"},
	} {
		t.Run(sentence, func(t *testing.T) { wantError(t, loadDXL(tt[0]).err, "acls/crm.dxl", tt[1]) })
	}
}

func FuzzDXLNeverPanics(f *testing.F) {
	f.Add([]byte(salesDXL))
	f.Add([]byte(strings.Replace(broken, "HERE", "<aclentry name='*' level='owner'/>", 1) + salesDXL))
	f.Add([]byte("\xff\xfe<\x00a\x00c\x00l\x00/\x00>\x00"))
	f.Add([]byte(personDXL))
	f.Fuzz(func(t *testing.T, text []byte) {
		_, err := ReadDatabases(bytes.NewReader(text), File{Name: "f.dxl"}, func(in database.Instance) error {
			checkEmitted(t, in)
			return nil
		})
		_ = err
		_, _ = ReadDocuments(bytes.NewReader(text), File{Name: "f.dxl"}, func(*Document) error { return nil })
		_, _ = ReadDirectory(bytes.NewReader(text), File{Name: "f.dxl"}, checkDraft(t))
	})
}

// checkEmitted holds what every emitted instance promises.
func checkEmitted(t *testing.T, in database.Instance) {
	t.Helper()
	if in.List == nil || in.Path == "" {
		t.Fatalf("emitted %+v", in)
	}
	copied := *in.List
	if err := copied.Seal(); err != nil {
		t.Fatalf("emitted a list that cannot be sealed: %v", err)
	}
	for _, e := range in.List.Entries {
		if int(e.Level) >= acl.Levels || e.Privileges&^e.Level.Possible() != 0 {
			t.Fatalf("emitted entry %+v", e)
		}
	}
}

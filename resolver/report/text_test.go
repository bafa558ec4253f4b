package report

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"slices"
	"strings"
	"testing"
)

// texts are what names and labels may look like at worst.
var texts = []string{
	"", "a", "-Default-", "=1+1", "+a", "@a", " a", "a ", "a,b", `a"b`, "a\nb", "a|b", `a\b`, `\`, `|`, `\|`, "Jürgen Müller/Acme", "\u2028", "\x00\x1f\b\f\t",
	"<a&b>", "\u00a0x", "名前", `CN="a/b"/O=x`, `\.`, "\u007f",
}

func TestCellsComeBackFromCSV(t *testing.T) {
	for _, a := range texts {
		for _, b := range texts {
			line := append(appendCSV(append(appendCSV(nil, a), ','), b), '\n')
			record, err := csv.NewReader(bytes.NewReader(line)).Read()
			if a == "" && b == "" {
				continue // nothing but a comma: still two cells, checked below
			}
			if err != nil || !slices.Equal(record, []string{a, b}) {
				t.Errorf("%q and %q came back as %q, %v", a, b, record, err)
			}
		}
	}
}

func TestCellsThatBeginAsAFormulaAreQuotedAndUnchanged(t *testing.T) {
	for _, text := range []string{"-Default-", "=1", "+1", "@x"} {
		if got := string(appendCSV(nil, text)); got != `"`+text+`"` {
			t.Errorf("%s is written %s", text, got)
		}
	}
}

func TestAListInACellCanBeTakenApart(t *testing.T) {
	for _, a := range texts {
		for _, b := range texts {
			cell := joinList([]string{a, b})
			var parts []string
			part, escaped := "", false
			for _, c := range []byte(cell) {
				switch {
				case escaped:
					part, escaped = part+string(rune(c)), false
				case c == '\\':
					escaped = true
				case c == '|':
					parts, part = append(parts, part), ""
				default:
					part += string([]byte{c})
				}
			}
			if parts = append(parts, part); !slices.Equal(parts, []string{a, b}) {
				t.Errorf("%q and %q in %q came apart as %q", a, b, cell, parts)
			}
		}
	}
	if got := joinList(nil); got != "" {
		t.Errorf("no roles are %q", got)
	}
}

func checkJSON(t *testing.T, text string) {
	t.Helper()
	var want bytes.Buffer
	e := json.NewEncoder(&want)
	e.SetEscapeHTML(false)
	if err := e.Encode(text); err != nil {
		t.Fatal(err)
	}
	if got := string(appendJSON(nil, text)); got != strings.TrimSuffix(want.String(), "\n") {
		t.Errorf("%q is written %s, want %s", text, got, want.String())
	}
}

func TestTextsAreWrittenAsEncodingJSONWritesThem(t *testing.T) {
	for _, text := range append(texts, "\xff", "a\xc3", "\xed\xa0\x80", "\ufffd") {
		checkJSON(t, text)
	}
}

func FuzzTextIsWrittenAsEncodingJSONWritesIt(f *testing.F) {
	for _, text := range texts {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) { checkJSON(t, text) })
}

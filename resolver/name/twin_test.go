package name

import (
	"math/rand/v2"
	"slices"
	"sort"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// Tokens from which random names are made: few, so that equal and nearly equal
// names come often, and with every character that any of the syntaxes knows.
var (
	valueTokens = []string{"a", "A", "b", " ", "  ", "ä", "Ä", "a\u0308", "ß", "ς", "Σ", "\u212a", "\u0130", "\u0131", "\u00a0", "\u0345", "한", "*", "[", "]",
		",", "+", `"`, `\`, "<", ">", ";", "=", "#", "/", "@", "cn=", "+a=", "\x00", "\n", "\xff", "\xc3", "1.2="}
	typeTokens = []string{"cn", "CN", "commonName", "2.5.4.3", "ou", "o", "c", "uid", "UserId", "OID.2.5.4.11", "dc", "1.2.3", "x-y", "g", "e"}
)

type twinAVA struct{ typ, value string }

func randomValue(r *rand.Rand) string {
	var b strings.Builder
	for range r.IntN(4) {
		b.WriteString(valueTokens[r.IntN(len(valueTokens))])
	}
	return b.String()
}

func randomAVAs(r *rand.Rand) [][]twinAVA {
	rdns := make([][]twinAVA, r.IntN(4))
	for i := range rdns {
		for range 1 + r.IntN(5)/4 {
			rdns[i] = append(rdns[i], twinAVA{typeTokens[r.IntN(len(typeTokens))], randomValue(r)})
		}
	}
	return rdns
}

// writeDN spells the components in one of the many ways that are allowed.
func writeDN(r *rand.Rand, rdns [][]twinAVA) string {
	pad := func() string { return strings.Repeat(" ", r.IntN(3)/2) }
	var b strings.Builder
	for i, rdn := range rdns {
		if i > 0 {
			b.WriteString(pad() + "," + pad())
		}
		for j, a := range rdn {
			if j > 0 {
				b.WriteString(pad() + "+" + pad())
			}
			b.WriteString(a.typ + pad() + "=" + pad() + writeValue(r, a.value))
		}
	}
	return b.String()
}

func writeValue(r *rand.Rand, value string) string {
	const hex = "0123456789ABCDEF"
	var b strings.Builder
	switch style := r.IntN(4); style {
	case 0:
		return EscapeValue(value)
	case 1:
		b.WriteString("#04" + string([]byte{hex[len(value)>>4], hex[len(value)&15]}))
		for i := range len(value) {
			b.Write([]byte{hex[value[i]>>4], hex[value[i]&15]})
		}
	case 2:
		for i := range len(value) {
			b.Write([]byte{'\\', hex[value[i]>>4], hex[value[i]&15]})
		}
	case 3:
		if !utf8.ValidString(value) || strings.ContainsRune(value, 0) {
			return EscapeValue(value)
		}
		b.WriteString(`"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(value) + `"`)
	}
	return b.String()
}

// naiveType spells out what the types used here mean.
func naiveType(typ string) string {
	typ = strings.TrimPrefix(strings.ToLower(typ), "oid.")
	switch typ {
	case "commonname", "2.5.4.3":
		return "cn"
	case "2.5.4.11":
		return "ou"
	case "userid":
		return "uid"
	case "e":
		return "email"
	}
	return typ
}

// naiveSameValue compares the way the package comment says.
func naiveSameValue(a, b string) bool {
	return strings.EqualFold(naiveText(a), naiveText(b))
}

func naiveText(s string) string {
	if utf8.ValidString(s) {
		s = norm.NFD.String(s)
	}
	return strings.Join(strings.FieldsFunc(s, unicode.IsSpace), " ")
}

func naiveSame(a, b [][]twinAVA) bool {
	return slices.EqualFunc(a, b, func(x, y []twinAVA) bool {
		if len(x) != len(y) {
			return false
		}
		used := make([]bool, len(y))
		for _, v := range x {
			for i, w := range y {
				if !used[i] && naiveType(v.typ) == naiveType(w.typ) && naiveSameValue(v.value, w.value) {
					used[i] = true
					break
				}
			}
		}
		return !slices.Contains(used, false)
	})
}

// spellings gives the same components in other words, so that the twins also
// meet names that are the same.
func spellings(r *rand.Rand, rdns [][]twinAVA) [][]twinAVA {
	other := make([][]twinAVA, len(rdns))
	for i, rdn := range rdns {
		for _, a := range rdn {
			value := " " + a.value + " "
			if utf8.ValidString(value) && !strings.ContainsAny(value, "\u0130\u0131\u0345ßς") {
				value = []func(string) string{strings.ToUpper, strings.ToLower, norm.NFD.String, norm.NFC.String}[r.IntN(4)](value)
			}
			other[i] = append(other[i], twinAVA{strings.ToUpper(a.typ), strings.ReplaceAll(value, " ", "  ")})
		}
		if len(other[i]) > 1 && r.IntN(2) == 0 {
			slices.Reverse(other[i])
		}
	}
	return other
}

func TestKeysAreEqualExactlyWhenANaiveComparisonSaysSo(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	same := 0
	for range 20_000 {
		a := randomAVAs(r)
		b := randomAVAs(r)
		if r.IntN(2) == 0 {
			b = spellings(r, a)
		}
		textA, textB := writeDN(r, a), writeDN(r, b)
		keyA, keyB := mustParseDN(t, textA).Key(), mustParseDN(t, textB).Key()
		want := naiveSame(a, b)
		if (keyA == keyB) != want {
			t.Fatalf("%q and %q: keys %q and %q, same should be %v", textA, textB, keyA, keyB, want)
		}
		nameA, nameB := FromDN(mustParseDN(t, textA)), FromDN(mustParseDN(t, textB))
		if (Parse(nameA.Canonical()).Key() == Parse(nameB.Canonical()).Key()) != want {
			t.Fatalf("%q and %q: same should be %v", nameA.Canonical(), nameB.Canonical(), want)
		}
		if want {
			same++
		}
	}
	if same < 3_000 {
		t.Errorf("only %d pairs were the same", same)
	}
}

func TestTheKeyFromTextIsTheKeyOfTheParsedName(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for range 20_000 {
		text := writeDN(r, randomAVAs(r))
		if r.IntN(3) == 0 { // some damage, so that errors are compared too
			at := r.IntN(len(text) + 1)
			text = text[:at] + valueTokens[r.IntN(len(valueTokens))] + text[at:]
		}
		d, err := ParseDN(text)
		key, keyErr := KeyOf(text)
		if (err == nil) != (keyErr == nil) || err != nil && err.Error() != keyErr.Error() {
			t.Fatalf("%q: errors %v and %v", text, err, keyErr)
		}
		if key != d.Key() {
			t.Fatalf("%q: %q and %q", text, key, d.Key())
		}
		appended, err := AppendKey([]byte("kept"), text)
		if string(appended) != "kept"+key || (err == nil) != (keyErr == nil) {
			t.Fatalf("%q: appended %q, %v", text, appended, err)
		}
	}
}

func TestNamesSurviveTheTripThroughEveryForm(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	for range 20_000 {
		d := mustParseDN(t, writeDN(r, randomAVAs(r)))
		checkRoundTrip(t, FromDN(d), d.Key())
	}
}

// checkRoundTrip holds every form of a name against one key.
func checkRoundTrip(t *testing.T, n Name, key string) {
	t.Helper()
	if string(n.Key()) != key {
		t.Fatalf("key %q, want %q", n.Key(), key)
	}
	d, err := ParseDN(n.DN())
	if err != nil || d.Key() != key {
		t.Fatalf("distinguished name %q has key %q, %v, want %q", n.DN(), d.Key(), err, key)
	}
	if got := FromDN(d); got.Key() != n.Key() || got.IsWildcard() != n.IsWildcard() || got.IsTemplate() != n.IsTemplate() {
		t.Fatalf("distinguished name %q reads back as %q", n.DN(), got.Canonical())
	}
	for _, p := range n.parts {
		if p.opaque {
			return // binary values have no text form in Notes
		}
	}
	for _, text := range []string{n.Canonical(), n.Abbreviated()} {
		got := Parse(text)
		if string(got.Key()) != key || got.IsWildcard() != n.IsWildcard() || got.IsTemplate() != n.IsTemplate() {
			t.Fatalf("%q has key %q, want %q", text, got.Key(), key)
		}
	}
}

func TestCoveringIsWhatComparingPartByPartSays(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	covered := 0
	for range 20_000 {
		person, branch := randomAVAs(r), randomAVAs(r)
		if len(person) > 0 && r.IntN(2) == 0 {
			branch = spellings(r, person[r.IntN(len(person)):])
		}
		n := FromDN(mustParseDN(t, writeDN(r, person)))
		w := FromDN(mustParseDN(t, writeDN(r, append([][]twinAVA{{{"cn", "*"}}}, branch...))))
		if n.IsWildcard() {
			continue
		}
		want := len(person) > len(branch) && naiveSame(person[len(person)-len(branch):], branch)
		if got := w.Covers(n); got != want {
			t.Fatalf("%q covers %q: %v, want %v", w.Canonical(), n.Canonical(), got, want)
		}
		if got := slices.Contains(n.WildcardKeys(), w.Key()); got != want {
			t.Fatalf("%q lists %q: %v, want %v", n.Canonical(), w.Canonical(), got, want)
		}
		if want {
			covered++
		}
	}
	if covered < 2_000 {
		t.Errorf("only %d pairs were covered", covered)
	}
}

func TestFoldingIsStableAndTellsRunesApartAsUnicodeDoes(t *testing.T) {
	classes := map[string][]rune{}
	const pastCompatibilityIdeographs = 0x2fa20 // behind them nothing folds or composes
	for r := rune(0); r < pastCompatibilityIdeographs; r++ {
		if !utf8.ValidRune(r) || 0x20000 <= r && r < 0x2f800 {
			continue
		}
		folded := Fold(string(r))
		if Fold(folded) != folded {
			t.Fatalf("%U folds to %q, and that to %q", r, folded, Fold(folded))
		}
		if slow := string(appendFoldComposed(nil, string(r))); slow != folded {
			t.Fatalf("%U folds to %q, composing to %q", r, folded, slow)
		}
		if !unicode.IsSpace(r) {
			classes[folded] = append(classes[folded], r)
		}
	}
	for folded, runes := range classes {
		for _, r := range runes[1:] {
			if !strings.EqualFold(norm.NFD.String(string(runes[0])), norm.NFD.String(string(r))) {
				t.Errorf("%U and %U both fold to %q", runes[0], r, folded)
			}
		}
		for _, r := range runes {
			if other := unicode.SimpleFold(r); Fold(string(other)) != folded {
				t.Errorf("%U and %U differ in case only", r, other)
			}
		}
	}
}

func TestFoldingIsStableUnderManyMarks(t *testing.T) {
	marks := []rune{0x308, 0x345, 0x323, 0x34f, 0x0f71, 0x5b0, 'a', ' ', 0xdf, 0x1e9e, 0x3b1, 0x1f80, 0xac00, 0x1100, 0x1161, 0x11a8, 0x2000, 0xfb1d, 0x130}
	r := rand.New(rand.NewPCG(11, 12))
	for range 5_000 {
		var b strings.Builder
		for range r.IntN(60) {
			b.WriteString(strings.Repeat(string(marks[r.IntN(len(marks))]), 1+r.IntN(100)/97*r.IntN(40)))
		}
		folded := Fold(b.String())
		if again := Fold(folded); again != folded {
			t.Fatalf("%+q folds to %+q, and that to %+q", b.String(), folded, again)
		}
		if composed := Fold(norm.NFC.String(b.String())); composed != folded {
			t.Fatalf("%+q folds to %+q, composed first to %+q", b.String(), folded, composed)
		}
	}
}

func TestValuesOfAComponentAreSortedLikeStrings(t *testing.T) {
	r := rand.New(rand.NewPCG(9, 10))
	for range 2_000 {
		values := make([]string, 2+r.IntN(20))
		for i := range values {
			values[i] = "cn=" + EscapeValue(naiveText(strings.Map(asciiLetters, randomValue(r))))
		}
		key, err := KeyOf(strings.Join(values, "+"))
		sort.Strings(values)
		if want := strings.Join(values, "+"); err != nil || key != want {
			t.Fatalf("got %q, %v, want %q", key, err, want)
		}
	}
}

func asciiLetters(r rune) rune {
	if 'a' <= r && r <= 'z' || r == ' ' {
		return r
	}
	return -1
}

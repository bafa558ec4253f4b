package schema_test

import (
	"math/big"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
)

// naivePrepare is RFC 4518 for values, by the book, on whole strings.
func naivePrepare(s string, fold bool) (string, bool) {
	if s == "" || !utf8.ValidString(s) || strings.ContainsRune(s, utf8.RuneError) {
		return "", false
	}
	s = strings.Map(func(r rune) rune {
		switch {
		case r == '\t' || r == '\n' || r == '\v' || r == '\f' || r == '\r' || r == 0x85, unicode.IsSpace(r):
			return ' '
		case unicode.Is(unicode.Cc, r), unicode.Is(unicode.Cf, r), r == 0x200b, r == 0x34f, r == 0x1806, r == 0xfffc,
			0x180b <= r && r <= 0x180d, 0xfe00 <= r && r <= 0xfe0f:
			return -1
		}
		return r
	}, s)
	for range 5 {
		if fold {
			s = cases.Fold().String(s)
		}
		s = norm.NFKC.String(s)
	}
	for _, r := range s {
		if unicode.Is(unicode.Co, r) || r&0xfffe == 0xfffe || r == utf8.RuneError || 0xfdd0 <= r && r <= 0xfdef {
			return "", false
		}
	}
	return s, true
}

// naiveKey prepares a value and squeezes its spaces; a space before a combining
// mark is not one.
func naiveKey(s string, fold bool) (string, bool) {
	s, ok := naivePrepare(s, fold)
	if !ok {
		return "", false
	}
	if s = strings.Join(naiveWords(s), " "); s == "" {
		s = " "
	}
	return s, true
}

// naiveWords cuts at spaces that no combining mark follows.
func naiveWords(s string) []string {
	runes := []rune(s)
	var words []string
	word := ""
	for i, r := range runes {
		if r == ' ' && (i+1 == len(runes) || !unicode.Is(unicode.M, runes[i+1])) {
			if word != "" {
				words = append(words, word)
			}
			word = ""
			continue
		}
		word += string(r)
	}
	if word != "" {
		words = append(words, word)
	}
	return words
}

// randomText is made of what preparation treats in different ways.
func randomText(random *rand.Rand, most int) string {
	pieces := []string{"a", "B", "c", " ", "  ", "\t", "ä", "Ä", "a\u0308", "ß", "ſ", "İ", "ı", "Σ", "ς", "ﬁ", "Ａ", "\u00a0", "\u3000", "\u200b", "\u00ad", "\x01", "\u0301", " \u0301", "¨", "℡", "한", "ᄒ", "\u0345", "K", "0", "-"}
	if random.IntN(30) == 0 {
		pieces = append(pieces, "\xff", "\ufffd", "\ue000", "\ufdd0")
	}
	if random.IntN(2) == 0 {
		pieces = pieces[:6]
	}
	var b strings.Builder
	for range random.IntN(most + 1) {
		b.WriteString(pieces[random.IntN(len(pieces))])
	}
	return b.String()
}

func TestPreparationAgreesWithRFC4518ByTheBook(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	for range 20000 {
		text := randomText(random, 8)
		for attribute, fold := range map[string]bool{"cn": true, "labeledURI": false} {
			want, wantOK := naiveKey(text, fold)
			got, ok := typeOf(t, attribute).AppendKey(nil, []byte(text))
			if ok != wantOK || ok && string(got) != want {
				t.Fatalf("%s %q: %q %v, want %q %v", attribute, text, got, ok, want, wantOK)
			}
		}
	}
}

func TestAKeyIsItsOwnKey(t *testing.T) {
	random := rand.New(rand.NewPCG(5, 6))
	typ := typeOf(t, "cn")
	for range 20000 {
		key, ok := typ.AppendKey(nil, []byte(randomText(random, 10)))
		if !ok {
			continue
		}
		if again, ok := typ.AppendKey(nil, key); !ok || string(again) != string(key) {
			t.Fatalf("the key of %q is %q %v", key, again, ok)
		}
	}
}

func TestNumbersStandInNumericalOrder(t *testing.T) {
	random := rand.New(rand.NewPCG(7, 8))
	typ := typeOf(t, "uidNumber")
	number := func() string {
		n := new(big.Int)
		for range random.IntN(4) {
			n.Add(n.Lsh(n, uint(random.IntN(40))), big.NewInt(random.Int64N(2000)-1000))
		}
		return n.String()
	}
	for range 20000 {
		a, b := number(), number()
		x, _ := new(big.Int).SetString(a, 10)
		y, _ := new(big.Int).SetString(b, 10)
		got, ok := typ.CompareValues([]byte(a), []byte(b))
		if !ok || got != x.Cmp(y) {
			t.Fatalf("%s against %s: %d %v, want %d", a, b, got, ok, x.Cmp(y))
		}
	}
}

func TestTimesStandInTheOrderOfTime(t *testing.T) {
	random := rand.New(rand.NewPCG(9, 10))
	typ := typeOf(t, "modifyTimestamp")
	moment := func() (string, time.Time) {
		at := time.Date(random.IntN(4000)+1000, time.Month(random.IntN(12)+1), random.IntN(28)+1, random.IntN(24), random.IntN(60), random.IntN(60), random.IntN(3)*250e6, time.UTC)
		if random.IntN(3) == 0 {
			at = time.Date(2026, 11, 21, 8, random.IntN(2), random.IntN(3), random.IntN(3)*250e6, time.UTC)
		}
		zone := (random.IntN(47) - 23) * 30
		layouts := []string{"20060102150405.000Z0700", "20060102150405.000000-0700", "20060102150405,00-0700"}
		return at.In(time.FixedZone("", zone*60)).Format(layouts[random.IntN(len(layouts))]), at
	}
	for range 20000 {
		a, x := moment()
		b, y := moment()
		got, ok := typ.CompareValues([]byte(a), []byte(b))
		if !ok || got != x.Truncate(10*time.Millisecond).Compare(y.Truncate(10*time.Millisecond)) {
			t.Fatalf("%s against %s: %d %v, want %d", a, b, got, ok, x.Compare(y))
		}
	}
}

func TestSortingUsesTheOrderingRuleOrElseTheEqualityRule(t *testing.T) {
	for _, c := range []struct {
		name, attribute string
		values, want    []string
	}{
		{"text without regard to case", "cn", []string{"b", "C", " a"}, []string{" a", "b", "C"}},
		{"exact text", "labeledURI", []string{"b", "C", "a"}, []string{"C", "a", "b"}},
		{"numbers", "uidNumber", []string{"10", "9", "-1", "-10"}, []string{"-10", "-1", "9", "10"}},
		{"names", "member", []string{"cn=b,o=acme", "CN=A, o=acme"}, []string{"CN=A, o=acme", "cn=b,o=acme"}},
		{"truth", "isDeleted", []string{"TRUE", "FALSE"}, []string{"FALSE", "TRUE"}},
		{"octets of a type without rules", "jpegPhoto", []string{"b", "B"}, []string{"B", "b"}},
		{"telephone numbers", "telephoneNumber", []string{"+49 2", "+4 91"}, []string{"+4 91", "+49 2"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			typ, got := typeOf(t, c.attribute), slices.Clone(c.values)
			slices.SortFunc(got, func(a, b string) int {
				order, ok := typ.CompareValues([]byte(a), []byte(b))
				if !ok {
					t.Fatalf("%q and %q cannot be compared", a, b)
				}
				return order
			})
			if !slices.Equal(got, c.want) {
				t.Errorf("sorted %q, want %q", got, c.want)
			}
		})
	}
	if _, ok := typeOf(t, "uidNumber").CompareValues([]byte("1"), []byte("x")); ok {
		t.Error("a value that is no number has an order")
	}
}

package schema_test

import (
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/aclens/aclens/resolver/schema"
)

// parts cuts an assertion as filters write it at its asterisks.
func parts(assertion string) (initial []byte, between [][]byte, final []byte) {
	all := strings.Split(assertion, "*")
	for _, part := range all[1 : len(all)-1] {
		between = append(between, []byte(part))
	}
	return []byte(all[0]), between, []byte(all[len(all)-1])
}

func TestSubstringMatching(t *testing.T) {
	for _, c := range []struct {
		name, attribute, assertion, value string
		want                              bool
	}{
		{"the start", "cn", "jan*", "Jane Doe", true},
		{"not the start", "cn", "ane*", "Jane Doe", false},
		{"the end", "cn", "*DOE", "Jane Doe", true},
		{"not the end", "cn", "*Do", "Jane Doe", false},
		{"the middle", "cn", "*e d*", "Jane Doe", true},
		{"all three", "cn", "j*e*e", "Jane Doe", true},
		{"in another order", "cn", "*doe*jane*", "Jane Doe", false},
		{"parts do not overlap", "cn", "jane*ne doe", "Jane Doe", false},
		{"one part twice", "cn", "*a*a*", "Jane", false},
		{"more spaces in the value", "cn", "jane d*", "  Jane    Doe", true},
		{"more spaces in the part", "cn", "jane   d*", "Jane Doe", true},
		{"a space before the first part", "cn", "  jane*", "Jane Doe", true},
		{"a space behind the last part", "cn", "*doe ", "Jane Doe", true},
		{"a space at the end of the first part", "cn", "jane *", "Jane Doe", true},
		{"a space at the end of the first part and of the value", "cn", "jane *", "Jane", true},
		{"a space at the end of the first part but none in the value", "cn", "jan *", "Jane Doe", false},
		{"a space that two parts share", "cn", "jane * doe", "Jane Doe", true},
		{"nothing but a space", "cn", "* *", "Jane", true},
		{"another spelling of an umlaut", "cn", "*JÜ*", "Jürgen", true},
		{"a fold that grows", "cn", "*ss*", "Weiß", true},
		{"exact text", "labeledURI", "http:*", "HTTP://acme", false},
		{"digits of a telephone number", "telephoneNumber", "*89 12*", "+49 (89)-123", false},
		{"digits of a telephone number however grouped", "telephoneNumber", "*9-12-3*", "+49 89 1 23", true},
		{"digits of a numeric string", "x121Address", "12*4", "1 2 3 4", true},
		{"inside a line", "postalAddress", "*main*", "1 Main St$Acme Town", true},
		{"across lines", "postalAddress", "*st*acme*", "1 Main St$Acme Town", true},
		{"not in one part across lines", "postalAddress", "*st acme*", "1 Main St$Acme Town", false},
		{"the end of a line", "postalAddress", "*main st *acme*", "1 Main St$Acme Town", true},
		{"a value that is not allowed", "cn", "*a*", "a\xff", false},
		{"exact ASCII", "memberUid", "jd*", "JDoe", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			typ := typeOf(t, c.attribute)
			m, ok := typ.CompileSubstrings(parts(c.assertion))
			if !ok {
				t.Fatalf("%q is Undefined", c.assertion)
			}
			if got := m.Match([]byte(c.value)); got != c.want {
				t.Errorf("%q matches %q: %v, want %v", c.assertion, c.value, got, c.want)
			}
			key, ok := typ.AppendKey(nil, []byte(c.value))
			if got := ok && m.MatchKey(key); got != c.want {
				t.Errorf("%q matches the key %q: %v, want %v", c.assertion, key, got, c.want)
			}
		})
	}
}

func TestSubstringAssertionsThatAreUndefined(t *testing.T) {
	for _, c := range []struct{ name, attribute, assertion string }{
		{"a type without a substring rule", "member", "cn=*"},
		{"a number", "uidNumber", "1*"},
		{"no part at all", "cn", "*"},
		{"an empty part between", "cn", "a**b"},
		{"a part that is no UTF-8", "cn", "a\xff*"},
		{"a part outside ASCII", "mail", "*ü*"},
		{"letters in a numeric string", "x121Address", "1*a"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if _, ok := typeOf(t, c.attribute).CompileSubstrings(parts(c.assertion)); ok {
				t.Errorf("%s=%s is not Undefined", c.attribute, c.assertion)
			}
		})
	}
}

// naiveSpaced is RFC 4518 section 2.6.1 by the book. at is 'v' for a value and
// 'i', 'a' and 'f' for the parts of an assertion.
func naiveSpaced(s string, at byte) (string, bool) {
	prepared, ok := naivePrepare(s, true)
	if !ok {
		return "", false
	}
	words := naiveWords(prepared)
	if len(words) == 0 {
		if at == 'v' {
			return "  ", true
		}
		return " ", true
	}
	starts := strings.HasPrefix(prepared, " ") && !strings.HasPrefix(prepared, words[0])
	last := words[len(words)-1]
	ends := !strings.HasSuffix(prepared, last)
	text := strings.Join(words, "  ")
	if starts || at == 'v' || at == 'i' {
		text = " " + text
	}
	if ends || at == 'v' || at == 'f' {
		text += " "
	}
	return text, true
}

// naiveBetween tries every place for every part.
func naiveBetween(text string, between []string) bool {
	if len(between) == 0 {
		return true
	}
	for i := range len(text) + 1 {
		if strings.HasPrefix(text[i:], between[0]) && naiveBetween(text[i+len(between[0]):], between[1:]) {
			return true
		}
	}
	return false
}

// naiveSubstrings evaluates an assertion by the book.
func naiveSubstrings(assertion, value string) (match, ok bool) {
	all := strings.Split(assertion, "*")
	texts := make([]string, len(all))
	for i, part := range all {
		at := byte('a')
		switch i {
		case 0:
			at = 'i'
		case len(all) - 1:
			at = 'f'
		}
		if part == "" && at != 'a' {
			continue
		}
		if texts[i], ok = naiveSpaced(part, at); !ok {
			return false, false
		}
	}
	text, ok := naiveSpaced(value, 'v')
	if !ok {
		return false, true
	}
	first, last := texts[0], texts[len(texts)-1]
	if len(first)+len(last) > len(text) || !strings.HasPrefix(text, first) || !strings.HasSuffix(text, last) {
		return false, true
	}
	return naiveBetween(text[len(first):len(text)-len(last)], texts[1:len(texts)-1]), true
}

func TestSubstringsAgreeWithRFC4518ByTheBook(t *testing.T) {
	random := rand.New(rand.NewPCG(11, 12))
	typ := typeOf(t, "cn")
	matches := 0
	for range 60000 {
		value := randomText(random, 6)
		assertion := randomText(random, 2) + "*"
		for range random.IntN(3) {
			assertion += randomText(random, 2) + "*"
		}
		assertion += randomText(random, 2)
		m, ok := typ.CompileSubstrings(parts(assertion))
		want, wantOK := naiveSubstrings(assertion, value)
		if wantOK = wantOK && strings.Trim(assertion, "*") != ""; ok != wantOK {
			t.Fatalf("%q is allowed: %v, want %v", assertion, ok, wantOK)
		}
		if !ok {
			continue
		}
		if got := m.Match([]byte(value)); got != want {
			t.Fatalf("%q matches %q: %v, want %v", assertion, value, got, want)
		}
		if want {
			matches++
			checkFragments(t, typ, m, value)
		}
	}
	if matches < 1000 {
		t.Errorf("only %d assertions matched: the inputs say little", matches)
	}
}

// checkFragments makes sure that an index by fragments misses no match.
func checkFragments(t *testing.T, typ *schema.Type, m *schema.Substrings, value string) {
	t.Helper()
	key, _ := typ.AppendKey(nil, []byte(value))
	for _, fragment := range m.Fragments() {
		if !strings.Contains(string(key), string(fragment)) || len(fragment) == 0 {
			t.Fatalf("the key %q of a match does not hold %q", key, fragment)
		}
	}
}

func TestASubstringKeyKeepsOneSpaceAtItsEnds(t *testing.T) {
	for _, c := range []struct {
		attribute, part, want string
		ok                    bool
	}{
		{"cn", "  Jane   D", " jane d", true},
		{"cn", "e  ", "e ", true},
		{"cn", "ÜR", "ür", true},
		{"labeledURI", "A  b", "A b", true},
		{"telephoneNumber", "9 - 1", "91", true},
		{"member", "cn=", "", false},
		{"cn", "\xff", "", false},
		{"mail", "ü", "", false},
	} {
		got, ok := typeOf(t, c.attribute).AppendSubstringKey(nil, []byte(c.part))
		if ok != c.ok || string(got) != c.want {
			t.Errorf("%s %q: %q %v, want %q %v", c.attribute, c.part, got, ok, c.want, c.ok)
		}
	}
}

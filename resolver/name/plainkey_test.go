package name

import (
	"math/rand/v2"
	"strings"
	"testing"
)

func TestAKeyByLookingAloneIsTheKeyOfTheParsedName(t *testing.T) {
	types := []string{"cn", "CN", "ou", "o", "O", "c", "dc", "uid", "Uid", "l", "2.5.4.3", "commonName", "cn ", " ou"}
	pieces := []string{"Jane", "doe", "Ü", " ", "  ", ".", "-", "@", "'", "/", "*", "[x]", "=", "#", `\,`, `"`, "+", ";", "~", "0", "\t", "\x7f", "ſ"}
	r := rand.New(rand.NewPCG(7, 43))
	one := func(list []string, mostly int) string { // the plain ones come first
		if r.IntN(20) > 0 {
			return list[r.IntN(mostly)]
		}
		return list[r.IntN(len(list))]
	}
	plain, errors := 0, 0
	for range 100_000 {
		var b strings.Builder
		for i := range 1 + r.IntN(4) {
			if i > 0 {
				b.WriteString([]string{",", ",", ", ", " ,"}[r.IntN(4)])
			}
			b.WriteString(one(types, 9) + "=")
			for range r.IntN(5) {
				b.WriteString(one(pieces, 4))
			}
		}
		key, ok := appendPlainKey([]byte("kept"), b.String())
		if !ok {
			if string(key) != "kept" {
				t.Fatalf("%q: left %q", b.String(), key)
			}
			continue
		}
		d, err := ParseDN(b.String())
		if err != nil {
			errors++
		}
		if string(key) != "kept"+d.Key() {
			t.Fatalf("%q: %q, and parsed %q", b.String(), key, d.Key())
		}
		plain++
	}
	if plain < 5_000 || errors > 0 {
		t.Errorf("%d keys by looking alone, %d of them of texts that are no names", plain, errors)
	}
}

func TestTooManyComponentsAreNoKeyByLookingAlone(t *testing.T) {
	most := strings.TrimSuffix(strings.Repeat("ou=x,", maxParts), ",")
	if _, ok := appendPlainKey(nil, most); !ok {
		t.Error("as many as a name may have are too many")
	}
	if _, ok := appendPlainKey(nil, most+",o=x"); ok {
		t.Error("one more is not")
	}
}

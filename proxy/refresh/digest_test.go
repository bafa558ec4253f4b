package refresh

import (
	"bytes"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/aclens/aclens/resolver/directory"
	"github.com/aclens/aclens/resolver/secret"
)

// plain is what a draft says, as a text that is the same for the same content.
func plain(d directory.Draft) string {
	all := map[string][]string{}
	for _, a := range d.Attributes {
		if name := strings.ToLower(a.Name); !secret.Attribute(a.Name) {
			for _, v := range a.Values {
				all[name] = append(all[name], string(v))
			}
		}
	}
	text := fmt.Sprintf("%d %q", d.Source, d.DN)
	for _, name := range slices.Sorted(maps.Keys(all)) {
		slices.Sort(all[name])
		text += fmt.Sprintf(" %q %q", name, all[name])
	}
	return text
}

func randomDraft(r *rand.Rand) directory.Draft {
	d := directory.Draft{DN: []string{"cn=", "CN="}[r.IntN(2)] + string(rune('a'+r.IntN(2))), Source: uint8(r.IntN(2))}
	for range r.IntN(4) {
		a := directory.Attribute{Name: []string{"cn", "CN", "mail", "userPassword", "m"}[r.IntN(5)]}
		for range r.IntN(3) {
			a.Values = append(a.Values, []byte([]string{"", "a", "b", "cn", "\x01a"}[r.IntN(5)]))
		}
		d.Attributes = append(d.Attributes, a)
	}
	return d
}

func TestDigestsAreEqualForEqualContentOnly(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	s := newSieve()
	byText, byDigest := map[string]digest{}, map[digest]string{}
	for range 20_000 {
		d := randomDraft(r)
		text := plain(d)
		s.strip(&d)
		sum := s.digest(keyOf(d.DN), &d)
		if known, ok := byText[text]; ok && known != sum {
			t.Fatalf("%s has two digests", text)
		}
		if known, ok := byDigest[sum]; ok && known != text {
			t.Fatalf("%s and %s have one digest", known, text)
		}
		byText[text], byDigest[sum] = sum, text
	}
	if len(byText) < 1000 {
		t.Fatalf("only %d different drafts", len(byText))
	}
}

func TestSumsDoNotDependOnTheOrder(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	list := make([]digest, 100)
	var forward digest
	for i := range list {
		list[i] = digest{r.Uint64(), r.Uint64()}
		forward = forward.plus(list[i])
	}
	r.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
	left := forward
	for _, d := range list {
		left = left.minus(d)
	}
	if left != (digest{}) || forward == (digest{}) {
		t.Errorf("what was added and taken away leaves %v", left)
	}
	if (digest{0, ^uint64(0)}).plus(digest{0, 1}) != (digest{1, 0}) || (digest{1, 0}).minus(digest{0, 1}) != (digest{0, ^uint64(0)}) {
		t.Error("what overflows is lost")
	}
}

func TestStrippingLeavesTheDraftOfTheCallerAlone(t *testing.T) {
	d := directory.Draft{DN: "cn=a"}
	d.AddText("cn", "a")
	d.AddText("userPassword", "one", "two")
	d.AddText("USERPASSWORD;x-option", "three")
	d.AddText("mail", "a@acme.example")
	given := d
	kept := slices.Clone(d.Attributes)
	passwords := newSieve().strip(&d)
	if len(passwords) != 2 || string(passwords[0]) != "one" {
		t.Errorf("passwords %q", passwords)
	}
	if len(d.Attributes) != 2 || d.Values("mail") == nil {
		t.Errorf("left: %v", d.Attributes)
	}
	if !slices.EqualFunc(given.Attributes, kept, func(a, b directory.Attribute) bool {
		return a.Name == b.Name && slices.EqualFunc(a.Values, b.Values, bytes.Equal)
	}) {
		t.Error("the caller's draft changed")
	}
}

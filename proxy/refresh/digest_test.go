package refresh

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/binary"
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

// naiveDigest is the digest as it is defined: over all values under their names,
// sorted.
func naiveDigest(key string, d directory.Draft) digest {
	var pairs [][2]string
	for _, a := range d.Attributes {
		for _, v := range a.Values {
			pairs = append(pairs, [2]string{strings.ToLower(a.Name), string(v)})
		}
	}
	slices.SortFunc(pairs, func(a, b [2]string) int { return cmp.Or(strings.Compare(a[0], b[0]), strings.Compare(a[1], b[1])) })
	texts := []string{key, d.DN}
	for _, p := range pairs {
		texts = append(texts, p[0], p[1])
	}
	text := []byte{d.Source}
	for _, t := range texts {
		text = append(binary.AppendUvarint(text, uint64(len(t))), t...)
	}
	sum := sha256.Sum256(text)
	return digest{binary.BigEndian.Uint64(sum[:8]), binary.BigEndian.Uint64(sum[8:16])}
}

// A sieve remembers much of the drafts before; nothing of it may show.
func TestADigestIsTheOneOfItsDefinitionWhateverCameBeforeOnRandomDrafts(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	s := newSieve()
	var d directory.Draft
	for range 20_000 {
		if r.IntN(2) == 0 || len(d.Attributes) == 0 {
			d = randomDraft(r)
		}
		r.Shuffle(len(d.Attributes), func(i, j int) {
			if r.IntN(3) == 0 {
				d.Attributes[i], d.Attributes[j] = d.Attributes[j], d.Attributes[i]
			}
		})
		given := d
		s.strip(&given)
		if got, want := s.digest(keyOf(d.DN), &given), naiveDigest(keyOf(d.DN), given); got != want {
			t.Fatalf("%s: %v, want %v", plain(given), got, want)
		}
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

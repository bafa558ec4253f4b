package refresh

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/aclens/aclens/resolver/directory"
	"github.com/aclens/aclens/resolver/schema"
	"github.com/aclens/aclens/resolver/source"
)

// lentFile is an LDIF file of many parts, whose memory is used again and again.
func lentFile(people int) string {
	r := rand.New(rand.NewPCG(1, 9))
	var text strings.Builder
	for i := range people {
		fmt.Fprintf(&text, "dn: CN=Person %d,O=Acme\ncn: Person %d\nobjectClass: person\ndescription: %s\n", i, i, strings.Repeat(string(rune('a'+r.IntN(26))), 10+r.IntN(400)))
		fmt.Fprintf(&text, "telephoneNumber: %d\ntelephoneNumber: %d\nhttpPassword: secret%d\n", r.IntN(1e9), r.IntN(1e9), i)
		switch r.IntN(4) {
		case 0:
			fmt.Fprintf(&text, "acmeMade%d: own %d\n", r.IntN(50), i)
		case 1:
			fmt.Fprintf(&text, "userPassword: first%d\nuserPassword: sec\n ond%d\n", i, i)
		case 2:
			fmt.Fprintf(&text, "CN: fol\n ded %d\n", i)
		}
		text.WriteString("\n")
	}
	return text.String()
}

func newReading(ahead bool) *scan {
	s := &scan{name: "files", sieve: newSieve(), pass: 1, put: map[string]digest{}, passwords: map[string][][]byte{}}
	if ahead {
		s.packing = &packing{met: map[string]bool{}}
		s.packing.schema.Store(schema.Standard())
	}
	return s
}

func TestNothingThatIsKeptOfAnLDIFFileLiesInMemoryThatIsUsedAgain(t *testing.T) {
	text := lentFile(6000)
	want := newReading(false)
	one := want.newHand()
	err := source.ReadLDIF(strings.NewReader(text), source.File{Name: "people.ldif"}, func(d directory.Draft) error {
		r := one.make(d)
		return want.takeOnce("people.ldif", &r)
	})
	if err != nil || len(want.passwords) == 0 {
		t.Fatalf("%d passwords, %v", len(want.passwords), err)
	}
	for _, ahead := range []bool{false, true} {
		got := newReading(ahead)
		if err := got.readLDIF("people.ldif", strings.NewReader(text)); err != nil {
			t.Fatal(err)
		}
		if !maps.Equal(got.put, want.put) || !reflect.DeepEqual(got.passwords, want.passwords) {
			t.Errorf("packed ahead %v: digests or passwords are others", ahead)
		}
		if !slices.Equal(recordsOf(t, got), recordsOf(t, want)) {
			t.Errorf("packed ahead %v: entries are others", ahead)
		}
	}
}

// recordsOf are the texts of the entries that a reading leads to.
func recordsOf(t *testing.T, s *scan) (list []string) {
	t.Helper()
	under := schema.Standard()
	if s.packing != nil {
		under = s.packing.schema.Load()
	}
	store, _, faults := directory.Empty(under).Apply(s.changes)
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	eachEntry(store, func(e directory.Entry) {
		text := e.DN()
		for c := e.Attributes(); ; {
			id, raw, ok := c.Next()
			if !ok {
				break
			}
			text += "\n" + store.Schema().Name(id) + string(raw)
		}
		list = append(list, text)
	})
	return list
}

package resolver

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/RoaringBitmap/roaring/v2"

	"github.com/aclens/aclens/resolver/directory"
	"github.com/aclens/aclens/resolver/schema"
)

// namesParsed is the name index of a Snapshot with every name parsed, under the
// same seed.
func (s *Snapshot) namesParsed() *nameIndex {
	empty := newNameIndex()
	empty.hash = s.names.hash
	c := empty.change()
	for id := range s.store.Cap() {
		if _, is := s.people.Kind(id); is {
			names := s.namer.names(id)
			c.note(come, id, &names, s.people.People.Contains(uint32(id)))
		}
	}
	return c.finish()
}

func TestNamesThatAreNotParsedAreIndexedAsThoseThatAre(t *testing.T) {
	commons := []string{"Jane Doe", "jane doe", "*", "[Admin]", "#0402", `Doe\, John`, "Zoé", "a*b", "Hub1", "Jane  Doe"}
	above := []string{"", ",o=Acme", ",OU=Sales,O=Acme", ",ou=sales+l=Ulm,o=acme", ",ou=*,o=Acme", ",dc=acme,dc=com", ",o=Acme,c=US", `,ou=A\2BB,o=Acme`, ",ou=[x],o=Acme"}
	plain, all := 0, 0
	for seed := range uint64(200) {
		r := rand.New(rand.NewPCG(seed, 41))
		in := Input{Settings: Defaults(), Store: directory.Empty(schema.Standard())}
		for i := range 30 {
			d := &directory.Draft{DN: fmt.Sprintf("%s=%s%s", []string{"cn", "CN", "uid", "cn=x+cn"}[r.IntN(4)], commons[r.IntN(len(commons))], above[r.IntN(len(above))])}
			d.AddText("objectClass", []string{"person", "dominoServer", "device"}[r.IntN(3)])
			if i%7 == 0 {
				d.AddText(in.Settings.AlternateName, "CN=Juana/O=Acme")
			}
			in.Entries = append(in.Entries, directory.Change{Put: d})
		}
		s, _ := Build(in)
		want := s.namesParsed()
		same := func(a, b *roaring.Bitmap) bool { return a.Equals(b) }
		if !slices.Equal(s.names.byName, want.byName) || !slices.Equal(s.names.common, want.common) || !maps.EqualFunc(s.names.branches, want.branches, same) {
			t.Fatalf("seed %d: the index is another", seed)
		}
		for id := range s.store.Cap() {
			if _, is := s.people.Kind(id); is {
				all++
				if _, _, _, ok := s.namer.plain(id); ok {
					plain++
				}
			}
		}
	}
	if plain < all/10 || plain > all*9/10 {
		t.Errorf("%d of %d names are plain: the test says little", plain, all)
	}
}

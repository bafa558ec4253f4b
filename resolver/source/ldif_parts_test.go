package source

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/aclens/aclens/resolver/directory"
	"github.com/aclens/aclens/resolver/name"
)

// ldifPieces are put together at random: records, what may stand between them,
// and now and then a fault.
var ldifPieces = []string{
	"dn: cn=A%d,o=Acme\ncn: A\nobjectClass: person\n", "dn: cn=B%d,o=Acme\ncn: B\n folded\nCN: again\n", "\n", "\n\n", "# comment\n", "# folded\n  comment\n",
	"dn:: Y249SsO8cmcsbz1BY21l\ncn:: SsO8cmc=\n\n", "dn: o=Long%d\ndescription: " + strings.Repeat("long ", 40) + "\n\n", "\n", "\n", "\n \n", "version: 1\n",
	"dn: cn=Bad %d\nnothing\n",
}

func TestLDIFReadAheadIsWhatIsReadInOnePieceOnRandomInput(t *testing.T) {
	read := map[bool]int{}
	for seed := range uint64(3000) {
		r := rand.New(rand.NewPCG(seed, 5))
		var text strings.Builder
		pieces := ldifPieces[:len(ldifPieces)-r.IntN(4)]
		for i := range r.IntN(30) {
			piece := pieces[r.IntN(len(pieces))]
			if strings.Contains(piece, "%d") {
				piece = fmt.Sprintf(piece, i)
			}
			text.WriteString(piece)
		}
		file := text.String()
		if r.IntN(3) == 0 {
			file = strings.ReplaceAll(file, "\n", "\r\n")
		}
		if r.IntN(4) == 0 {
			file = "\ufeff" + file
		}
		var broken error
		if r.IntN(5) == 0 {
			broken = errors.New("the disk is broken")
		}
		want, wantErr := loadLDIF(reader(file, broken))
		parts := ldifParts{r: reader(file, broken), size: 1 + r.IntN(300)}
		parts.most = parts.size << r.IntN(4)
		var got []directory.Draft
		err := readAhead(parts, File{Name: "people.ldif"}, keepDrafts, func(d directory.Draft) error {
			got = append(got, d)
			return nil
		})
		if fmt.Sprint(err) != fmt.Sprint(wantErr) || !reflect.DeepEqual(got, want) {
			t.Fatalf("seed %d, parts of %d to %d: %d entries and %v, want %d and %v, of\n%q", seed, parts.size, parts.most, len(got), err, len(want), wantErr, file)
		}
		read[err == nil]++
	}
	if read[true] < 300 || read[false] < 300 {
		t.Errorf("of all files %v were read", read)
	}
}

func keepDrafts() Hand[directory.Draft] {
	return func(d directory.Draft, key []byte) directory.Draft {
		if want, err := name.KeyOf(d.DN); err != nil || want != string(key) {
			panic(fmt.Sprintf("%q is given with the key %q", d.DN, key))
		}
		return d.Clone()
	}
}

func reader(text string, broken error) io.Reader {
	if broken == nil {
		return strings.NewReader(text)
	}
	return io.MultiReader(strings.NewReader(text), iotest.ErrReader(broken))
}

func TestAFileOfManyPartsComesInItsOrderAndTheCallersErrorEndsIt(t *testing.T) {
	var text bytes.Buffer
	const people = 20_000
	for i := range people {
		fmt.Fprintf(&text, "dn: cn=Person %d,o=Acme\ncn: Person %d\ndescription: %s\n\n", i, i, strings.Repeat("x", 100))
	}
	stop := errors.New("enough")
	for _, until := range []int{people, people / 2} {
		n := 0
		err := ReadLDIFAhead(bytes.NewReader(text.Bytes()), File{Name: "people.ldif"}, keepDrafts, func(d directory.Draft) error {
			if n == until {
				return stop
			}
			if want := fmt.Sprintf("cn=Person %d,o=Acme", n); d.DN != want {
				t.Fatalf("%q, want %q", d.DN, want)
			}
			n++
			return nil
		})
		if n != until || until < people && err != stop || until == people && err != nil {
			t.Errorf("%d entries, %v", n, err)
		}
	}
}

func TestWhatIsLookedAtEightOctetsAtATimeIsWhatEachOctetSaysOnRandomText(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 7))
	plain := 0
	for range 20_000 {
		text := make([]byte, r.IntN(20))
		for i := range text {
			text[i] = "ab ~\x1f\x00\n\r\x80\xff\xa0"[r.IntN(4+r.IntN(2)*r.IntN(8))]
		}
		want := true
		for _, c := range text {
			want = want && c >= ' ' && c < 0x80
		}
		if got := isPlain(text); got != want {
			t.Fatalf("%q: %v", text, got)
		}
		if want {
			plain++
		}
	}
	if plain < 2000 || plain > 18_000 {
		t.Errorf("%d texts were plain", plain)
	}
}

func TestTheLastEmptyLineIsFoundOnRandomText(t *testing.T) {
	r := rand.New(rand.NewPCG(2, 7))
	found := 0
	for range 20_000 {
		text := make([]byte, r.IntN(12))
		for i := range text {
			text[i] = "a\n\r"[r.IntN(3)]
		}
		want := 0
		for i := range text {
			for _, empty := range []string{"\n\n", "\n\r\n"} {
				if strings.HasPrefix(string(text[i:]), empty) {
					want = max(want, i+len(empty))
				}
			}
		}
		if got := lastEmptyLine(text); got != want {
			t.Fatalf("%q: %d, want %d", text, got, want)
		}
		found += min(want, 1)
	}
	if found < 2000 {
		t.Errorf("%d texts had one", found)
	}
}

package refresh

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"math/bits"
	"slices"
	"strings"

	"github.com/aclens/aclens/resolver/directory"
	"github.com/aclens/aclens/resolver/secret"
)

// digest stands for the content of an entry, or, as a sum, for that of many in
// whatever order. It is part of a SHA-256: nobody can make an entry that
// changes without its digest.
type digest struct{ high, low uint64 }

func (d digest) plus(o digest) digest {
	low, carry := bits.Add64(d.low, o.low, 0)
	high, _ := bits.Add64(d.high, o.high, carry)
	return digest{high, low}
}

func (d digest) minus(o digest) digest {
	low, borrow := bits.Sub64(d.low, o.low, 0)
	high, _ := bits.Sub64(d.high, o.high, borrow)
	return digest{high, low}
}

func (d digest) compare(o digest) int {
	return cmp.Or(cmp.Compare(d.high, o.high), cmp.Compare(d.low, o.low))
}

// attribute is what is known about an attribute by the name that a source uses.
type attribute struct {
	spelled  string
	folded   string
	secret   bool
	password bool // userPassword itself
}

// sieve strips credentials from drafts and makes digests of the rest. Sources
// repeat the names of attributes, mostly in the same places, so it remembers them.
type sieve struct {
	names         map[string]*attribute
	whole, strips places
	order         []int        // of the attributes of last, by folded name
	last          []*attribute // nil where two of one name have to be joined
	values        [][]byte
	text          []byte
}

// places are the attributes that were last met in each place of a draft.
type places []*attribute

// maxPlaces bounds how many places are remembered.
const maxPlaces = 256

func newSieve() *sieve { return &sieve{names: map[string]*attribute{}} }

// maxNames bounds how many names are remembered.
const maxNames = 1 << 14

func (s *sieve) attribute(at *places, place int, spelled string) *attribute {
	if place < len(*at) && (*at)[place].spelled == spelled {
		return (*at)[place]
	}
	a := s.named(spelled)
	if place < len(*at) {
		(*at)[place] = a
	} else if place == len(*at) && place < maxPlaces {
		*at = append(*at, a)
	}
	return a
}

func (s *sieve) named(spelled string) *attribute {
	if a, ok := s.names[spelled]; ok {
		return a
	}
	folded := strings.ToLower(spelled)
	a := &attribute{spelled: spelled, folded: folded, secret: secret.Attribute(spelled), password: folded == "userpassword" || folded == "2.5.4.35"}
	if len(s.names) < maxNames {
		s.names[spelled] = a
	}
	return a
}

// strip takes the credentials out of a draft and returns those of userPassword.
func (s *sieve) strip(d *directory.Draft) (passwords [][]byte) {
	secrets := 0
	for i := range d.Attributes {
		if s.attribute(&s.whole, i, d.Attributes[i].Name).secret {
			secrets++
		}
	}
	if secrets == 0 {
		return nil
	}
	kept := make([]directory.Attribute, 0, len(d.Attributes)-secrets)
	for i, a := range d.Attributes {
		switch known := s.attribute(&s.whole, i, a.Name); {
		case known.password:
			passwords = append(passwords, a.Values...)
		case !known.secret:
			kept = append(kept, a)
		}
	}
	d.Attributes = kept
	return passwords
}

// roomKept is the largest buffer that is kept from one entry to the next.
const roomKept = 1 << 20

// digest is that of a draft of a directory under its normalised DN. It does not
// depend on the order in which a server lists attributes or values.
func (s *sieve) digest(key string, d *directory.Draft) digest {
	s.text = append(s.text[:0], d.Source)
	s.text = appendText(s.text, key)
	s.text = appendText(s.text, d.DN)
	if s.arrange(d) {
		for _, i := range s.order {
			s.appendValues(s.last[i].folded, d.Attributes[i].Values)
		}
	} else {
		s.appendJoined(d)
	}
	sum := sha256.Sum256(s.text)
	if cap(s.text) > roomKept {
		s.text, s.values = nil, nil
	}
	return digest{binary.BigEndian.Uint64(sum[:8]), binary.BigEndian.Uint64(sum[8:16])}
}

// arrange finds the order of a draft's attributes, which is that of the draft
// before if it has the same ones. It is false where a name is there twice.
func (s *sieve) arrange(d *directory.Draft) bool {
	same := len(s.last) == len(d.Attributes)
	if !same {
		s.last = s.last[:0]
	}
	for i := range d.Attributes {
		a := s.attribute(&s.strips, i, d.Attributes[i].Name)
		if same && s.last[i] == a {
			continue
		}
		s.last, same = append(s.last[:i], a), false
	}
	if same {
		return true
	}
	s.order = s.order[:0]
	for i := range s.last {
		s.order = append(s.order, i)
	}
	byName := func(i, j int) int { return cmp.Compare(s.last[i].folded, s.last[j].folded) }
	slices.SortFunc(s.order, byName)
	for n := 1; n < len(s.order); n++ {
		if byName(s.order[n-1], s.order[n]) == 0 {
			s.last, s.order = s.last[:0], s.order[:0]
			return false
		}
	}
	return true
}

// appendValues appends the values of an attribute in their order.
func (s *sieve) appendValues(folded string, values [][]byte) {
	if !slices.IsSortedFunc(values, bytes.Compare) {
		s.values = append(s.values[:0], values...)
		slices.SortFunc(s.values, bytes.Compare)
		values = s.values
	}
	for _, v := range values {
		s.text = appendText(s.text, folded)
		s.text = appendText(s.text, v)
	}
}

// appendJoined appends the attributes of a draft that lists one in two places.
func (s *sieve) appendJoined(d *directory.Draft) {
	type pair struct {
		attribute string
		value     []byte
	}
	var pairs []pair
	for i := range d.Attributes {
		folded := s.named(d.Attributes[i].Name).folded
		for _, v := range d.Attributes[i].Values {
			pairs = append(pairs, pair{folded, v})
		}
	}
	slices.SortFunc(pairs, func(a, b pair) int {
		return cmp.Or(cmp.Compare(a.attribute, b.attribute), bytes.Compare(a.value, b.value))
	})
	for _, p := range pairs {
		s.text = appendText(s.text, p.attribute)
		s.text = appendText(s.text, p.value)
	}
}

// appendText appends a text so that where it ends cannot be doubted.
func appendText[T string | []byte](b []byte, text T) []byte {
	return append(binary.AppendUvarint(b, uint64(len(text))), text...)
}

// digestBytes is how long a digest is in a file.
const digestBytes = 16

func (d digest) append(b []byte) []byte {
	return binary.BigEndian.AppendUint64(binary.BigEndian.AppendUint64(b, d.high), d.low)
}

func digestOf(b []byte) digest {
	return digest{binary.BigEndian.Uint64(b[:8]), binary.BigEndian.Uint64(b[8:16])}
}

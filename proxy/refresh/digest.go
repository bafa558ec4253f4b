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
	folded   string
	secret   bool
	password bool // userPassword itself
}

// sieve strips credentials from drafts and makes digests of the rest. Sources
// repeat the names of attributes, so it remembers them.
type sieve struct {
	names map[string]attribute
	pairs []pair
	text  []byte
}

// pair is one value of an attribute; digests do not depend on the order in
// which a server lists attributes or values.
type pair struct {
	attribute string
	value     []byte
}

func newSieve() *sieve { return &sieve{names: map[string]attribute{}} }

// maxNames bounds how many names are remembered.
const maxNames = 1 << 14

func (s *sieve) attribute(spelled string) attribute {
	if a, ok := s.names[spelled]; ok {
		return a
	}
	folded := strings.ToLower(spelled)
	a := attribute{folded: folded, secret: secret.Attribute(spelled), password: folded == "userpassword" || folded == "2.5.4.35"}
	if len(s.names) < maxNames {
		s.names[spelled] = a
	}
	return a
}

// strip takes the credentials out of a draft and returns those of userPassword.
func (s *sieve) strip(d *directory.Draft) (passwords [][]byte) {
	isSecret := func(a directory.Attribute) bool { return s.attribute(a.Name).secret }
	if !slices.ContainsFunc(d.Attributes, isSecret) {
		return nil
	}
	kept := make([]directory.Attribute, 0, len(d.Attributes))
	for _, a := range d.Attributes {
		switch known := s.attribute(a.Name); {
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

// digest is that of a draft of a directory under its normalised DN.
func (s *sieve) digest(key string, d *directory.Draft) digest {
	s.pairs = s.pairs[:0]
	for i := range d.Attributes {
		folded := s.attribute(d.Attributes[i].Name).folded
		for _, v := range d.Attributes[i].Values {
			s.pairs = append(s.pairs, pair{folded, v})
		}
	}
	slices.SortFunc(s.pairs, func(a, b pair) int {
		return cmp.Or(cmp.Compare(a.attribute, b.attribute), bytes.Compare(a.value, b.value))
	})
	s.text = append(s.text[:0], d.Source)
	s.text = appendText(s.text, key)
	s.text = appendText(s.text, d.DN)
	for _, p := range s.pairs {
		s.text = appendText(s.text, p.attribute)
		s.text = appendText(s.text, p.value)
	}
	sum := sha256.Sum256(s.text)
	if cap(s.text) > roomKept {
		s.text, s.pairs = nil, nil
	}
	return digest{binary.BigEndian.Uint64(sum[:8]), binary.BigEndian.Uint64(sum[8:16])}
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

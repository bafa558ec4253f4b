package login

import (
	"bytes"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/subtle"
	"encoding/base64"
	"hash"
	"regexp"
	"strings"

	"golang.org/x/crypto/bcrypt"
)

// digestKind is a hash that is fast.
type digestKind int

const (
	sha1Digest digestKind = iota
	sha256Digest
	sha512Digest
	digestKinds
)

var digestMakers = [digestKinds]func() hash.Hash{sha1.New, sha256.New, sha512.New}

const saltSize = 16

// stored is one value that a password is compared with: a salted digest, or
// bcrypt if that is not nil.
type stored struct {
	kind      digestKind
	sum, salt []byte
	bcrypt    []byte
	cost      int
}

// digestSchemes are those of RFC 2307 section 5.3 and of OpenLDAP's pw-sha2.
var digestSchemes = map[string]struct {
	kind   digestKind
	salted bool
}{
	"SHA": {sha1Digest, false}, "SSHA": {sha1Digest, true},
	"SHA256": {sha256Digest, false}, "SSHA256": {sha256Digest, true},
	"SHA512": {sha512Digest, false}, "SSHA512": {sha512Digest, true},
}

// crypted matches what crypt(3) makes, of whatever method.
var crypted = regexp.MustCompile(`^\$[0-9a-zA-Z-]{1,16}\$`)

// parseStored reads a value of userPassword; false if its form is not known,
// and then it matches nothing. A value without {scheme} is the password itself,
// unless it looks like a hash of crypt(3): a hash must never be its own password.
// The salt is for passwords in the clear, which are not kept as such.
func parseStored(value []byte, salt [saltSize]byte) (stored, bool) {
	scheme, rest, ok := cutScheme(string(value))
	if !ok {
		if crypted.Match(value) {
			return parseBcrypt(string(value))
		}
		return clearText(value, salt)
	}
	switch scheme = strings.ToUpper(scheme); scheme {
	case "CLEARTEXT":
		return clearText([]byte(rest), salt)
	case "BCRYPT", "CRYPT":
		return parseBcrypt(rest)
	}
	d, known := digestSchemes[scheme]
	if !known {
		return stored{}, false
	}
	raw, ok := decodeTolerantly(rest)
	size := digestMakers[d.kind]().Size()
	// A salted digest without salt is one of another scheme, or cut off.
	if !ok || d.salted && len(raw) <= size || !d.salted && len(raw) != size {
		return stored{}, false
	}
	return stored{kind: d.kind, sum: raw[:size], salt: raw[size:]}, true
}

// cutScheme splits "{scheme}rest".
func cutScheme(value string) (scheme, rest string, ok bool) {
	inner, ok := strings.CutPrefix(value, "{")
	if !ok {
		return "", "", false
	}
	return strings.Cut(inner, "}")
}

func clearText(password []byte, salt [saltSize]byte) (stored, bool) {
	return stored{kind: sha256Digest, sum: digestOf(sha256Digest, password, salt[:]), salt: salt[:]}, len(password) > 0
}

// maxCost bounds what one check may cost: some four seconds.
const maxCost = 16

var bcrypted = regexp.MustCompile(`^\$2[aby]\$[0-9]{2}\$[./A-Za-z0-9]{53}$`)

func parseBcrypt(text string) (stored, bool) {
	if !bcrypted.MatchString(text) {
		return stored{}, false
	}
	cost, err := bcrypt.Cost([]byte(text))
	return stored{bcrypt: []byte(text), cost: cost}, err == nil && cost <= maxCost
}

// decodeTolerantly takes base64 in both alphabets, with or without padding, and
// with white space where lines were folded.
func decodeTolerantly(text string) ([]byte, bool) {
	text = strings.Join(strings.Fields(text), "")
	text = strings.NewReplacer("-", "+", "_", "/").Replace(strings.TrimRight(text, "="))
	raw, err := base64.RawStdEncoding.DecodeString(text)
	return raw, err == nil
}

// matches tells whether the password is the one that was stored. It takes as
// long if not.
func (s *stored) matches(password []byte, compare func(hash, password []byte) error) bool {
	if s.bcrypt != nil {
		same := compare(s.bcrypt, password) == nil
		// bcrypt repeats the password with a NUL behind it: one that holds NUL could
		// be the repetition of another.
		return same && bytes.IndexByte(password, 0) < 0
	}
	return subtle.ConstantTimeCompare(s.sum, digestOf(s.kind, password, s.salt)) == 1
}

func digestOf(kind digestKind, password, salt []byte) []byte {
	h := digestMakers[kind]()
	h.Write(password)
	h.Write(salt)
	return h.Sum(nil)
}

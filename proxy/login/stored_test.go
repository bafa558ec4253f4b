package login

import (
	"context"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"log/slog"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"golang.org/x/crypto/bcrypt"

	"github.com/aclens/aclens/proxy/wire"
	"github.com/aclens/aclens/resolver/directory"
)

// long is more than bcrypt looks at.
var long = "long " + strings.Repeat("x", 95)

// vectors were made with OpenLDAP's slappasswd and with crypt(3).
var vectors = []struct{ password, value string }{
	{`Tr0ub4dor&3`, `{SHA}h0Vy56WuaklGamrFeLmK26eMaqY=`},
	{`Tr0ub4dor&3`, `{SSHA}CK3LgouPkdxY2fpS9XKovKIKI72Vz7v5`},
	{`Tr0ub4dor&3`, `{SHA256}SEhuFRToQjRv9AWx5F9EBZroJhnyMG+Z0JQNyzhukfc=`},
	{`Tr0ub4dor&3`, `{SSHA256}oDMtsOoAgvp7cWFQVfm/OmpI3rbXf0S1SY8f11vktUkLNXro8LX3gw==`},
	{`Tr0ub4dor&3`, `{SHA512}xyu2IccEDPS2R0BjqaeXJpDiUvNa2+fPr/Wx7iMW7+c4LnI9QeATor+8M8MAfFDFhH0hqInM6DhTbqxyeAjeQA==`},
	{`Tr0ub4dor&3`, `{SSHA512}RXPAx+2cZJhc1IeQI0ZvuQDUF0TJIZMhAVeVnzUeUtngCHnFa/5V4FFd6kknT/OQLLZNybZ2/H9VIB+rQhNrEzB9JTdY9cmF`},
	{`Tr0ub4dor&3`, `{CLEARTEXT}Tr0ub4dor&3`},
	{`Tr0ub4dor&3`, `{CRYPT}$2b$05$Qm3k9ZrT0yLxW2vNfHbCxeeKGWmmbKmHXlLxYs8AEBy6H6WvigA.a`},
	{`Tr0ub4dor&3`, `{CRYPT}$2a$04$Qm3k9ZrT0yLxW2vNfHbCxepzkJtvVQgRM1BsBlgr8PGH4tivzDXgi`},
	{`Tr0ub4dor&3`, `{CRYPT}$2y$04$Qm3k9ZrT0yLxW2vNfHbCxepzkJtvVQgRM1BsBlgr8PGH4tivzDXgi`},
	{`pässwörd €`, `{SHA}WLrsXwWKD/4HtaIdI5GNgo9kV0k=`},
	{`pässwörd €`, `{SSHA}xGAwZ+pqrM6+u3LsdcY0ogrsPCXyTfpL`},
	{`pässwörd €`, `{SHA256}6OaMpS98G+mszSip5GS3bP5KdnG8PCoQJgk4XyUToeI=`},
	{`pässwörd €`, `{SSHA256}ocoK84ixnXgMyNdNnNs7DiZYsDxv1zJmUxK1PuP7iB3anU2p5rd/vg==`},
	{`pässwörd €`, `{SHA512}MmTbal+yxGQJKiR4bu0xm1wpX3R2868BWWXQ6t+GXzlAF+yDNLajjHa2X8kp1PxMLpwtXUyAXmbH5QiSKBm8Kw==`},
	{`pässwörd €`, `{SSHA512}OfY/y5vqwSkjegP5IxGPJG9cbPUFtBswHETBucKU6ZZuXfvSiNoCeFsrd0rXiU4FaQOTY3IRivvZi+3Ky4zNHtgea9GU636Q`},
	{`pässwörd €`, `{CLEARTEXT}pässwörd €`},
	{`pässwörd €`, `{CRYPT}$2b$05$Qm3k9ZrT0yLxW2vNfHbCxeVTLBORFAWVFuoi1otQh5Nu6SXtwxYTa`},
	{`pässwörd €`, `{CRYPT}$2a$04$Qm3k9ZrT0yLxW2vNfHbCxeV/NhWnSRQuXOM2f3jdjk82Bpt/X9CaC`},
	{`pässwörd €`, `{CRYPT}$2y$04$Qm3k9ZrT0yLxW2vNfHbCxeV/NhWnSRQuXOM2f3jdjk82Bpt/X9CaC`},
	{` spaces kept `, `{SHA}teBKtWBYwz05/ySZWdGN6S0mDEM=`},
	{` spaces kept `, `{SSHA}QdDmaasV9PCIeJNbR3gLJ93P51ogKxam`},
	{` spaces kept `, `{SHA256}BnGxXhbMB6DHoiHis3Ba8aODByPy1qkUXl2foP7Yt5Y=`},
	{` spaces kept `, `{SSHA256}78IAQRD3YiagGQVUmm6Qi2pap7ffYCkWrRofp90iUSXPGViAb0vYmQ==`},
	{` spaces kept `, `{SHA512}kOXf3odgz4IG/yHe9XLqV3o37PB22ePvMd8Gp/PcZ6ocfyhxjuqtvSuMObkEY6dKtWtDfi+gSFW2vtD/XLTrLg==`},
	{` spaces kept `, `{SSHA512}+xyDMnFRYx/AE4m0JGNnE8nNOI5RjHTqJLuJ0E/65oBz4BiSxzrhOnxW0mCsXJn4oxiT2y4ucAbD5hTtbClcHermTpJuCk95`},
	{` spaces kept `, `{CLEARTEXT} spaces kept `},
	{` spaces kept `, `{CRYPT}$2b$05$Qm3k9ZrT0yLxW2vNfHbCxeYOS72kFxSW8tkUonXKQNTWjRDcplEhK`},
	{` spaces kept `, `{CRYPT}$2a$04$Qm3k9ZrT0yLxW2vNfHbCxecnsxK5nibJxk68hIhH/ZF6zR50dVqjq`},
	{` spaces kept `, `{CRYPT}$2y$04$Qm3k9ZrT0yLxW2vNfHbCxecnsxK5nibJxk68hIhH/ZF6zR50dVqjq`},
	{long, `{SHA}rPtVn2dhEIsB4eIOdY/eZoCW7SE=`},
	{long, `{SSHA}mEdu3+0ab9P+n7ax1Hl0DWNjEIf10XTo`},
	{long, `{SHA256}oC/oxiAWpewg8wrJrjr+Kj9yCH51jAiGKC+TeQNfddw=`},
	{long, `{SSHA256}71FkcpJe0lZbYnmmWBRw4xAAjapNLGanXkiC+IwXm0hwqgmSXRY6Gw==`},
	{long, `{SHA512}GLk64A208qkOE4bFkrR3mrebjFZo4YBu3DCGsVTtlnPoVBwAVdK45bmLNrD9raWqZpzmnF4Yo2Ry2DNEk8xNyw==`},
	{long, `{SSHA512}S5fGfo95qj3RMEuXxIRiNrRboj56SgB6BQyx1Hhqgle5JF5iByi0DYYNOBbvwnMOg5UKxghmRP47qjJedNUy+/sqnOvRY1zZ`},
	{long, `{CLEARTEXT}` + long},
	{long, `{CRYPT}$2b$05$Qm3k9ZrT0yLxW2vNfHbCxeUF8MY2Nh8Hu57k9S9NoQq96AD8jYRfS`},
	{long, `{CRYPT}$2a$04$Qm3k9ZrT0yLxW2vNfHbCxekuz2L.lNOfrFQ5qG0WywMiHa7G0Cfrq`},
	{long, `{CRYPT}$2y$04$Qm3k9ZrT0yLxW2vNfHbCxekuz2L.lNOfrFQ5qG0WywMiHa7G0Cfrq`},
}

// matchesStored is what a directory read from a file with this one value says.
func matchesStored(t testing.TB, value, password string) bool {
	t.Helper()
	c := NewCredentials()
	if _, err := c.SetCredentials(map[string][][]byte{"cn=a": {[]byte(value)}}); err != nil {
		t.Fatal(err)
	}
	v, err := c.Check(context.Background(), Question{DN: "cn=a", Key: "cn=a", Password: []byte(password)})
	if err != nil || v.Code != wire.Success && v.Code != wire.InvalidCredentials {
		t.Fatalf("%+v, %v", v, err)
	}
	return v.Code == wire.Success
}

func TestPasswordsMatchWhatOtherProgramsStored(t *testing.T) {
	for _, v := range vectors {
		if !matchesStored(t, v.value, v.password) {
			t.Errorf("%s does not match %s", v.password, v.value)
		}
		_, hash, _ := strings.Cut(v.value, "}")
		others := []string{"x" + v.password, strings.ToUpper(v.password), v.password[:len(v.password)-40*(len(v.password)/100)-1], v.value}
		if !strings.HasPrefix(v.value, "{CLEARTEXT}") {
			others = append(others, hash)
		}
		if !strings.HasPrefix(v.value, "{CRYPT}") || len(v.password) < 72 { // nothing behind 72 octets is in the hash
			others = append(others, v.password+"x", v.password+" ", v.password+"\x00")
		}
		for _, other := range others {
			if matchesStored(t, v.value, other) {
				t.Errorf("%q matches %s", other, v.value)
			}
		}
	}
}

func TestStoredValuesInOddForms(t *testing.T) {
	const sha = "h0Vy56WuaklGamrFeLmK26eMaqY=" // of the first vector
	const crypt = "$2b$05$Qm3k9ZrT0yLxW2vNfHbCxeeKGWmmbKmHXlLxYs8AEBy6H6WvigA.a"
	const plain = "Tr0ub4dor&3"
	for sentence, c := range map[string]struct {
		value, password string
		matches         bool
	}{
		"plain":                                   {plain, plain, true},
		"the scheme in lower case":                {"{sha}" + sha, plain, true},
		"without padding":                         {"{SHA}" + strings.TrimRight(sha, "="), plain, true},
		"folded":                                  {"{SHA}" + sha[:9] + "\n " + sha[9:] + "\n", plain, true},
		"bcrypt without scheme":                   {crypt, plain, true},
		"bcrypt under its own scheme":             {"{BCRYPT}" + crypt, plain, true},
		"bcrypt under a scheme in lower case":     {"{crypt}" + crypt, plain, true},
		"bcrypt is not its own password":          {crypt, crypt, false},
		"cut off bcrypt is no password either":    {crypt[:59], crypt[:59], false},
		"bcrypt with something behind it":         {crypt + "a", plain, false},
		"bcrypt of the faulty variant":            {"$2x" + crypt[3:], plain, false},
		"bcrypt that would take a day":            {"$2b$31" + crypt[6:], plain, false},
		"a repetition that bcrypt cannot tell":    {"{BCRYPT}" + bcryptOf("abc"), "abc\x00abc", false},
		"the same without the repetition":         {"{BCRYPT}" + bcryptOf("abc"), "abc", true},
		"another method of crypt(3)":              {"$6$salt$hash", "$6$salt$hash", false},
		"the same under its scheme":               {"{CRYPT}$6$salt$hash", "$6$salt$hash", false},
		"an old method of crypt(3)":               {"{CRYPT}aaZ1.2", "aaZ1.2", false},
		"a scheme that is not known":              {"{PBKDF2}x", "x", false},
		"the same taken whole":                    {"{PBKDF2}x", "{PBKDF2}x", false},
		"MD5":                                     {"{MD5}X03MO1qnZdYdgyfeuILPmQ==", "password", false},
		"an empty scheme":                         {"{}x", "x", false},
		"a scheme inside a value":                 {"x{SHA}" + sha, "x{SHA}" + sha, true},
		"a brace that opens no scheme":            {"{x", "{x", true},
		"money":                                   {"$100", "$100", true},
		"a password that looks like a scheme":     {"{CLEARTEXT}{SHA}" + sha, "{SHA}" + sha, true},
		"and does not count as one":               {"{CLEARTEXT}{SHA}" + sha, plain, false},
		"nothing in the clear":                    {"{CLEARTEXT}", "", false},
		"nothing":                                 {"", "", false},
		"an unsalted digest as a salted one":      {"{SSHA}" + sha, plain, false},
		"a salted digest as an unsalted one":      {"{SHA}CK3LgouPkdxY2fpS9XKovKIKI72Vz7v5", plain, false},
		"a short digest":                          {"{SHA}h0Vy56Wuaklg", plain, false},
		"no digest at all":                        {"{SHA}", "", false},
		"a digest under the wrong scheme":         {"{SHA256}" + sha, plain, false},
		"what is no base64":                       {"{SHA}!!!!", "!!!!", false},
		"a digest in hex":                         {"{SHA}874572e7a5ae6a49466a6ac578b98adba78c6aa6", plain, false},
		"a salted digest that is only its salt":   {"{SSHA}c2FsdA==", "salt", false},
		"plain in other case":                     {plain, strings.ToLower(plain), false},
		"plain with a space behind":               {plain + " ", plain, false},
		"octets that are no text":                 {"\xff\xfe", "\xff\xfe", true},
		"plain text that holds NUL":               {"a\x00b", "a\x00b", true},
		"plain text that ends earlier behind NUL": {"a\x00b", "a", false},
	} {
		if got := matchesStored(t, c.value, c.password); got != c.matches {
			t.Errorf("%s: %t", sentence, got)
		}
	}
}

func bcryptOf(password string) string {
	hash, err := bcrypt.GenerateFromPassword([]byte(password), bcrypt.MinCost)
	if err != nil {
		panic(err)
	}
	return string(hash)
}

// The twin: the digest is made by hand, in every way to write it down.
func TestRandomDigestsMatchTheirOwnPasswordOnly(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	octets := func(n int) []byte {
		b := make([]byte, n)
		for i := range b {
			b[i] = byte(random.Uint32())
		}
		return b
	}
	sums := map[string]func([]byte) []byte{
		"SHA":    func(b []byte) []byte { s := sha1.Sum(b); return s[:] },
		"SHA256": func(b []byte) []byte { s := sha256.Sum256(b); return s[:] },
		"SHA512": func(b []byte) []byte { s := sha512.Sum512(b); return s[:] },
	}
	encodings := []*base64.Encoding{base64.StdEncoding, base64.RawStdEncoding, base64.URLEncoding, base64.RawURLEncoding}
	for range 1000 {
		password, salt := octets(1+random.IntN(80)), octets(1+random.IntN(20))
		other := octets(1 + random.IntN(80))
		for scheme, sum := range sums {
			encoding := encodings[random.IntN(len(encodings))]
			plain := "{" + scheme + "}" + encoding.EncodeToString(sum(password))
			salted := "{S" + scheme + "}" + encoding.EncodeToString(append(sum(append(password[:len(password):len(password)], salt...)), salt...))
			for _, value := range []string{plain, salted} {
				if !matchesStored(t, value, string(password)) {
					t.Fatalf("%q does not match %s", password, value)
				}
				if string(other) != string(password) && matchesStored(t, value, string(other)) {
					t.Fatalf("%q matches %s", other, value)
				}
			}
			if matchesStored(t, salted, string(password)+string(salt)) {
				t.Fatalf("%q matches %s with its salt as part of it", password, salted)
			}
		}
	}
}

func FuzzAHashIsNeverItsOwnPassword(f *testing.F) {
	for _, v := range vectors {
		f.Add(v.value)
	}
	f.Add("{x")
	f.Add("$2b$")
	f.Add("{CLEARTEXT}{CLEARTEXT}")
	f.Fuzz(func(t *testing.T, value string) {
		if strings.Contains(value, "$2") && strings.Contains(value, "$1") {
			return // costs of 10 and more are tested above, and slow
		}
		scheme, rest, ok := cutScheme(value)
		plain := strings.EqualFold(scheme, "CLEARTEXT") || !ok && !crypted.MatchString(value)
		if ok && matchesStored(t, value, value) {
			t.Errorf("%q matches itself, scheme and all", value)
		}
		if !plain && matchesStored(t, value, rest) {
			t.Errorf("%q matches what stands behind its scheme", value)
		}
		if !ok && plain != matchesStored(t, value, value) && value != "" {
			t.Errorf("%q in the clear: %t", value, !plain)
		}
	})
}

// counting notes the work of bcrypt in rounds.
type counting struct{ rounds, wrongly int }

func (c *counting) compare(hash, password []byte) error {
	cost, err := bcrypt.Cost(hash)
	if err != nil {
		c.wrongly++
		return err
	}
	c.rounds += 1 << cost
	if cost > bcrypt.MinCost {
		return bcrypt.ErrMismatchedHashAndPassword // the cost is what is tested
	}
	err = bcrypt.CompareHashAndPassword(hash, password)
	if err != nil && err != bcrypt.ErrMismatchedHashAndPassword {
		c.wrongly++
	}
	return err
}

func TestEveryWrongAnswerCostsTheSame(t *testing.T) {
	random := rand.New(rand.NewPCG(7, 8))
	anyValue := func() []byte {
		switch random.IntN(4) {
		case 0:
			return []byte("plain")
		case 1:
			return []byte(vectors[random.IntN(7)].value)
		case 2:
			return []byte("{UNKNOWN}x")
		}
		hash := bcryptOf("x")
		return []byte("{CRYPT}" + strings.Replace(hash, "$04$", []string{"$04$", "$05$", "$07$", "$10$", "$16$"}[random.IntN(5)], 1))
	}
	for range 30 {
		values := map[string][][]byte{"cn=none": {}}
		for _, key := range []string{"cn=a", "cn=b", "cn=c"} {
			for range random.IntN(4) {
				values[key] = append(values[key], anyValue())
			}
		}
		c := NewCredentials()
		if _, err := c.SetCredentials(values); err != nil {
			t.Fatal(err)
		}
		want := c.current.Load().most
		for _, key := range []string{"cn=a", "cn=b", "cn=c", "cn=none", "cn=unknown"} {
			var work counting
			c.compare = work.compare
			v, err := c.Check(t.Context(), Question{Key: key, Password: []byte("wrong")})
			if err != nil || v.Code != wire.InvalidCredentials {
				t.Fatalf("%+v, %v", v, err)
			}
			rest := want.less(effortOf(c.current.Load().byKey[key]))
			if work.rounds != want.bcrypt || work.wrongly > 0 || min(rest.digests[0], rest.digests[1], rest.digests[2], rest.bcrypt) < 0 {
				t.Errorf("%s costs %+v of %+v, of %q", key, work, want, values)
			}
		}
	}
}

func TestCredentialsAreReplacedAtOnce(t *testing.T) {
	c := NewCredentials()
	q := Question{Key: "cn=a", Password: []byte("one")}
	if v, err := c.Check(t.Context(), q); err == nil || v.Code == wire.InvalidCredentials {
		t.Errorf("before there are any: %+v, %v", v, err)
	}
	for _, step := range []struct {
		values   map[string][][]byte
		unusable int
		code     wire.ResultCode
	}{
		{map[string][][]byte{"cn=a": {[]byte("{NO}x"), []byte("one")}}, 1, wire.Success},
		{map[string][][]byte{"cn=a": {[]byte("two"), []byte(""), []byte("{SHA}x")}}, 2, wire.InvalidCredentials},
		{nil, 0, wire.InvalidCredentials},
	} {
		unusable, err := c.SetCredentials(step.values)
		v, checkErr := c.Check(t.Context(), q)
		if err != nil || unusable != step.unusable || checkErr != nil || v.Code != step.code {
			t.Errorf("%d unusable, %v; %+v, %v", unusable, err, v, checkErr)
		}
	}
	q.Controls = []wire.Control{{OID: wire.ControlPasswordPolicy, Critical: true}}
	if v, err := c.Check(t.Context(), q); err != nil || v.Code != wire.UnavailableCriticalExtension {
		t.Errorf("a critical control: %+v, %v", v, err)
	}
}

func TestSlowHashesAreBoundedAndGiveUpWithTheirCaller(t *testing.T) {
	c := NewCredentials()
	if _, err := c.SetCredentials(map[string][][]byte{"cn=a": {[]byte(bcryptOf("x"))}}); err != nil {
		t.Fatal(err)
	}
	begun, free := make(chan struct{}), make(chan struct{})
	c.compare = func(hash, password []byte) error {
		begun <- struct{}{}
		<-free
		return bcrypt.CompareHashAndPassword(hash, password)
	}
	q := Question{Key: "cn=a", Password: []byte("x")}
	ended := make(chan wire.ResultCode, cap(c.turns))
	for range cap(c.turns) {
		go func() {
			v, _ := c.Check(context.WithoutCancel(t.Context()), q)
			ended <- v.Code
		}()
		<-begun
	}
	ctx, cancel := context.WithCancel(t.Context())
	waiting := make(chan error)
	go func() {
		_, err := c.Check(ctx, q)
		waiting <- err
	}()
	cancel()
	if err := <-waiting; err != context.Canceled {
		t.Errorf("a caller who has gone: %v", err)
	}
	close(free)
	for range cap(c.turns) {
		if code := <-ended; code != wire.Success {
			t.Errorf("in its turn: %v", code)
		}
	}
}

func TestACheckThatFindsNoCapacityIsBusyAndNotWrong(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := NewCredentials()
		if _, err := c.SetCredentials(map[string][][]byte{"cn=a": {[]byte(bcryptOf("x"))}}); err != nil {
			t.Fatal(err)
		}
		l, err := New(Settings{Sources: []Source{{Name: "people.ldif", Checker: c}}}, slog.New(slog.DiscardHandler), nil)
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		free := make(chan struct{})
		c.compare = func(hash, password []byte) error {
			<-free
			return bcrypt.CompareHashAndPassword(hash, password)
		}
		bind := func() wire.ResultCode {
			return l.Simple(t.Context(), Attempt{Name: "cn=a", Password: []byte("x")}).Result.Code
		}
		var busy sync.WaitGroup
		for range cap(c.turns) {
			busy.Go(func() {
				if code := bind(); code != wire.Success {
					t.Errorf("in its turn: %v", code)
				}
			})
		}
		synctest.Wait()
		if code := bind(); code != wire.Busy {
			t.Errorf("out of turn: %v", code)
		}
		close(free)
		busy.Wait()
	})
}

func TestCredentialsOfAnEntryAreItsPasswordsInEverySpelling(t *testing.T) {
	values := map[string][][]byte{}
	d := directory.Draft{DN: "CN=Jane Doe, O=Acme"}
	for attribute, value := range map[string]string{
		"USERPASSWORD": "1", "2.5.4.35": "2", "userPassword;x-old": "no", "userPasswordHint": "no", "HTTPPassword": "no", "cn": "no",
	} {
		d.AddText(attribute, value)
	}
	if err := AddCredentials(values, &d); err != nil {
		t.Fatal(err)
	}
	if got := values["cn=jane doe,o=acme"]; len(values) != 1 || len(got) != 2 {
		t.Errorf("%q", values)
	}
	if err := AddCredentials(values, &directory.Draft{DN: "jane"}); err == nil {
		t.Error("a name that is none is accepted")
	}
}

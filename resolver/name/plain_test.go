package name_test

import (
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/aclens/aclens/resolver/name"
)

func TestAPlainKeySaysWhatParsingSays(t *testing.T) {
	pieces := []string{"cn=", "CN=", "ou=", "o=", "uid=", "2.5.4.3=", ",", ", ", "+", "Jane", "Doe", " ", "*", "[x]", "[", "]", `\,`, `\2B`, "#0402", `\#a`, "ä", "=", "/", `\5b`, `\2a`, "@"}
	r, plain := rand.New(rand.NewPCG(3, 5)), 0
	for range 200_000 {
		var b strings.Builder
		b.WriteString("cn=")
		for range r.IntN(12) {
			b.WriteString(pieces[r.IntN(len(pieces))])
		}
		dn, err := name.ParseDN(b.String())
		if err != nil {
			continue
		}
		common, above, ok := name.Plain(dn.Key())
		if !ok {
			continue
		}
		plain++
		n := name.FromDN(dn)
		if common != n.CommonKey() {
			t.Fatalf("%q: common name %q, parsed %q", b.String(), common, n.CommonKey())
		}
		if n.Hierarchical() != (above != "") {
			t.Fatalf("%q: above is %q", b.String(), above)
		}
		wildcards := n.WildcardKeys()
		if above != "" && wildcards[0] != name.Key("cn=*,"+above) || above == "" && wildcards[0] != "cn=*" {
			t.Fatalf("%q: above is %q, wildcards %q", b.String(), above, wildcards)
		}
	}
	if plain < 1000 {
		t.Errorf("only %d names are plain: the test says little", plain)
	}
}

package name

import (
	"slices"
	"strings"
	"testing"
)

func TestDistinguishedNamesAreNormalised(t *testing.T) {
	tests := []struct{ title, text, key string }{
		{"plain", "CN=Jane Doe,OU=Sales,O=Acme", "cn=jane doe,ou=sales,o=acme"},
		{"spaces round separators", "  cn = Jane Doe , ou= Sales ,o =Acme ", "cn=jane doe,ou=sales,o=acme"},
		{"spaces round the plus sign", "uid = jd + cn = Jane , o=Acme", "cn=jane+uid=jd,o=acme"},
		{"runs of spaces inside", "cn=Jane    Doe", "cn=jane doe"},
		{"escaped spaces at the ends", `cn=\ Jane\20,o=Acme`, "cn=jane,o=acme"},
		{"only an escaped space", `cn=\ ,o=Acme`, "cn=,o=acme"},
		{"numeric types", "2.5.4.3=Jane,0.9.2342.19200300.100.1.25=com", "cn=jane,dc=com"},
		{"OID prefix", "oid.2.5.4.3=Jane,OID.1.2.3=x", "cn=jane,1.2.3=x"},
		{"long names", "commonName=a,surname=b,localityName=c,stateOrProvinceName=d,streetAddress=e,organizationalUnitName=f,organizationName=g,countryName=h,userid=i,domainComponent=j",
			"cn=a,sn=b,l=c,st=d,street=e,ou=f,o=g,c=h,uid=i,dc=j"},
		{"escapes of all kinds mean the same", `cn=a\,b\2cc\2Cd`, `cn=a\,b\,c\,d`},
		{"quoted value", `cn="a,b;c=d \"e\\" , o=Acme`, `cn=a\,b\;c=d \"e\\,o=acme`},
		{"empty quoted value", `cn="",o=Acme`, "cn=,o=acme"},
		{"spaces in quotes", `cn="  a  b  "`, "cn=a b"},
		{"number sign inside", "cn=c#,o=a#b", "cn=c#,o=a#b"},
		{"number sign escaped in front", `cn=\#c`, `cn=\#c`},
		{"number sign in front after spaces", `cn=\ \#c`, `cn=\#c`},
		{"equals sign inside", "cn=a=b", "cn=a=b"},
		{"equals sign as hex", `cn=a\3Db`, "cn=a=b"},
		{"text in BER", "cn=#0C044A616E65", "cn=jane"},
		{"octets in BER", "1.3.6.1.4.1.1466.0=#04024869", "1.3.6.1.4.1.1466.0=hi"},
		{"long length in BER", "cn=#0C81024869", "cn=hi"},
		{"other BER stays hex", "1.2.3=#0302FF00", "1.2.3=#0302ff00"},
		{"text of the wrong length stays hex", "cn=#0C054A616E65", "cn=#0c054a616e65"},
		{"UTF-8 as hex pairs", `cn=J\C3\9Crgen`, "cn=jürgen"},
		{"decomposed", "cn=JU\u0308RGEN", "cn=jürgen"},
		{"bytes that are no text", `cn=a\C3\28`, `cn=a\c3(`},
		{"control characters", `cn=a\00b\01`, `cn=a\00b\01`},
		{"line break is a space", `cn=a\0Ab`, "cn=a b"},
		{"root", "", ""},
		{"spaces only", "   ", ""},
		{"empty value at the end", "cn=", "cn="},
	}
	for _, tt := range tests {
		t.Run(tt.title, func(t *testing.T) {
			d := mustParseDN(t, tt.text)
			if d.Key() != tt.key {
				t.Errorf("key %q, want %q", d.Key(), tt.key)
			}
			if key, err := KeyOf(tt.text); err != nil || key != tt.key {
				t.Errorf("straight from the text %q, %v, want %q", key, err, tt.key)
			}
			if key, err := KeyOf(tt.key); err != nil || key != tt.key {
				t.Errorf("the key's key is %q, %v", key, err)
			}
		})
	}
}

func TestTextThatIsNoDistinguishedNameIsRefusedWithItsPlace(t *testing.T) {
	tests := []struct{ title, text, place string }{
		{"no equals sign", "Jane Doe", "byte 0"},
		{"no type", "=x", "byte 0"},
		{"empty component in front", ",o=Acme", "byte 0"},
		{"empty component", "cn=a,,o=b", "byte 5"},
		{"comma at the end", "cn=a,", "byte 5"},
		{"plus sign at the end", "cn=a+", "byte 5"},
		{"plus sign before a comma", "cn=a+,o=b", "byte 5"},
		{"semicolon", "cn=a;o=b", "byte 4"},
		{"bare quotation mark", `cn=a"b`, "byte 4"},
		{"angle bracket", "cn=a<b", "byte 4"},
		{"quote not closed", `cn="ab`, "byte 6"},
		{"text behind the quote", `cn="a"b`, "byte 6"},
		{"backslash at the end", `cn=a\`, "byte 4"},
		{"backslash before a letter", `cn=a\zb`, "byte 4"},
		{"half a hex pair", `cn=a\2`, "byte 4"},
		{"odd hex", "cn=#123", "byte 7"},
		{"no hex", "cn=#", "byte 4"},
		{"hex and more", "cn=#04xx", "byte 6"},
		{"bad type", "c_n=a", "byte 0"},
		{"type with an option", "cn;lang-en=a", "byte 0"},
		{"number with a leading zero", "2.05.4=a", "byte 0"},
		{"number of one arc", "2=a", "byte 0"},
		{"zero byte", "cn=a\x00", "byte 4"},
		{"zero byte in quotes", "cn=\"\x00\"", "byte 4"},
		{"bytes that are no UTF-8", "cn=a\xff", "byte 4"},
		{"too many components", strings.Repeat("a=,", maxParts) + "a=", "byte 3072"},
		{"too many values", strings.Repeat("a=+", maxParts) + "a=", "byte 3072"},
	}
	for _, tt := range tests {
		t.Run(tt.title, func(t *testing.T) {
			_, err := ParseDN(tt.text)
			if err == nil || !strings.Contains(err.Error(), tt.place+":") {
				t.Errorf("error %v, want one at %s", err, tt.place)
			}
			if _, fast := KeyOf(tt.text); fast == nil || fast.Error() != err.Error() {
				t.Errorf("straight from the text %v, want %v", fast, err)
			}
		})
	}
}

func TestComponentsOfADistinguishedName(t *testing.T) {
	d := mustParseDN(t, ` cn = Doe\, Jane + uid=jd , OU=Sales, o=Acme `)
	if d.Depth() != 3 || d.IsRoot() {
		t.Errorf("depth %d", d.Depth())
	}
	if want := []AVA{{Type: "cn", Value: "Doe, Jane"}, {Type: "uid", Value: "jd"}}; !slices.Equal(d.RDN(), want) {
		t.Errorf("first component %+v", d.RDN())
	}
	wants := []struct{ rdn, text, key string }{
		{`cn = Doe\, Jane + uid=jd`, `cn = Doe\, Jane + uid=jd , OU=Sales, o=Acme `, `cn=doe\, jane+uid=jd,ou=sales,o=acme`},
		{"OU=Sales", "OU=Sales, o=Acme ", "ou=sales,o=acme"},
		{"o=Acme", "o=Acme ", "o=acme"},
		{"", "", ""},
		{"", "", ""},
	}
	for i, want := range wants {
		if d.RDNString() != want.rdn || d.String() != want.text || d.Key() != want.key {
			t.Errorf("ancestor %d: %q of %q with %q", i, d.RDNString(), d.String(), d.Key())
		}
		if key, ok := ParentKey(d.Key()); key != d.Parent().Key() || ok == d.IsRoot() {
			t.Errorf("ancestor %d: parent key %q, %v, want %q", i, key, ok, d.Parent().Key())
		}
		if again := mustParseDN(t, d.String()); again.Key() != d.Key() || !slices.Equal(again.RDN(), d.RDN()) {
			t.Errorf("ancestor %d: %q reads back as %q", i, d.String(), again.Key())
		}
		d = d.Parent()
	}
	if !d.IsRoot() || d.RDN() != nil {
		t.Error("the root is not the last ancestor")
	}
}

func TestUnderGoesByComponents(t *testing.T) {
	tests := []struct {
		name, base string
		under      bool
	}{
		{"cn=Jane,ou=Sales,o=Acme", "OU=sales, O=ACME", true},
		{"o=Acme", "o=acme", true},
		{"o=Acme", "", true},
		{"", "", true},
		{"", "o=Acme", false},
		{"o=Acme", "cn=Jane,o=Acme", false},
		{"o=BigAcme", "o=Acme", false},
		{"cn=x,foo=Acme", "o=Acme", false},
		{`cn=Jane\,o=Acme`, "o=Acme", false},
		{`cn=Jane\\,o=Acme`, "o=Acme", true},
		{`cn=Jane\\\,o=Acme`, "o=Acme", false},
		{"cn=Jane+o=Acme", "o=Acme", false},
		{"uid=a+cn=b,o=Acme", "cn=b+uid=a,o=Acme", true},
	}
	for _, tt := range tests {
		if got := mustParseDN(t, tt.name).Under(mustParseDN(t, tt.base)); got != tt.under {
			t.Errorf("%q under %q: %v, want %v", tt.name, tt.base, got, tt.under)
		}
	}
}

func TestValuesAreEscaped(t *testing.T) {
	for value, want := range map[string]string{
		"Jane Doe":                   "Jane Doe",
		"":                           "",
		" a b ":                      `\ a b\ `,
		"#a#":                        `\#a#`,
		`"+,;<>\`:                    `\"\+\,\;\<\>\\`,
		"CN=Jane Doe/O=Acme":         `CN\3DJane Doe/O\3DAcme`,
		"apps/crm.nsf#[Buyer]":       "apps/crm.nsf#[Buyer]",
		"a\x00\n\x7f":                `a\00\0a\7f`,
		"ä\xff":                      `ä\ff`,
		"\u2028":                     "\u2028",
		strings.Repeat("ab,", 2)[:5]: `ab\,ab`,
	} {
		if got := EscapeValue(value); got != want {
			t.Errorf("%q: %q, want %q", value, got, want)
		}
		if d := mustParseDN(t, "cn="+want); d.RDN()[0].Value != value {
			t.Errorf("%q reads back as %q", want, d.RDN()[0].Value)
		}
	}
	text := string(AppendRDN(AppendRDN(nil, "cn", "a,b"), "o", "Acme"))
	if text != `cn=a\,b,o=Acme` {
		t.Errorf("appended components give %q", text)
	}
}

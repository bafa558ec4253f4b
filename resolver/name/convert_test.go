package name

import "testing"

func TestDistinguishedNamesBecomeNotesNamesAndBack(t *testing.T) {
	tests := []struct{ title, ldap, notes, back string }{
		{"plain", "cn=Jane Doe,ou=Sales,o=Acme", "CN=Jane Doe/OU=Sales/O=Acme", "CN=Jane Doe,OU=Sales,O=Acme"},
		{"escaped comma", `cn=Doe\, Jane,o=Acme`, "CN=Doe, Jane/O=Acme", `CN=Doe\, Jane,O=Acme`},
		{"comma as hex", `cn=Doe\2C Jane,o=Acme`, "CN=Doe, Jane/O=Acme", `CN=Doe\, Jane,O=Acme`},
		{"quoted value", `cn="Doe, Jane",o=Acme`, "CN=Doe, Jane/O=Acme", `CN=Doe\, Jane,O=Acme`},
		{"flat group", "cn=managers", "managers", "CN=managers"},
		{"other labels stay", "uid=Sandra Smith,o=Renovations,c=US", "uid=Sandra Smith/O=Renovations/C=US", "uid=Sandra Smith,O=Renovations,C=US"},
		{"a lone other label stays", "uid=jdoe", "uid=jdoe", "uid=jdoe"},
		{"domain components", "uid=jd,ou=People,dc=acme,dc=com", "uid=jd/OU=People/dc=acme/dc=com", "uid=jd,OU=People,dc=acme,dc=com"},
		{"every character that a directory escapes", `cn=a\,b\+c\\d\<e\>f\;g\#h\=i,o=Acme`, `CN=a,b+c\d<e>f;g#h=i/O=Acme`, `CN=a\,b\+c\\d\<e\>f\;g\#h\=i,O=Acme`},
		{"quotation mark", `cn=Jane \"JD\" Doe,o=Acme`, `CN=Jane """JD""" Doe/O=Acme`, `CN=Jane \"JD\" Doe,O=Acme`},
		{"at sign", "cn=jane@acme.example,o=Acme", `CN=jane"@"acme.example/O=Acme`, "CN=jane@acme.example,O=Acme"},
		{"slash", "cn=Jane Doe,ou=Sales/Marketing,o=Acme", `CN=Jane Doe/OU=Sales"/"Marketing/O=Acme`, "CN=Jane Doe,OU=Sales/Marketing,O=Acme"},
		{"slash in a flat group", "cn=Sales/Marketing", `Sales"/"Marketing`, "CN=Sales/Marketing"},
		{"wildcard", "CN=*,OU=Sales,O=Acme", "*/OU=Sales/O=Acme", "CN=*,OU=Sales,O=Acme"},
		{"wildcard alone", "cn=*", "*", "CN=*"},
		{"several values in one component", "cn=Jane Doe+uid=jdoe,o=Acme", "CN=Jane Doe+uid=jdoe/O=Acme", "CN=Jane Doe+uid=jdoe,O=Acme"},
		{"a plus sign that only looks like it", `cn=Jane Doe\+uid\=jdoe,o=Acme`, `CN=Jane Doe"+"uid=jdoe/O=Acme`, `CN=Jane Doe\+uid\=jdoe,O=Acme`},
		{"a flat name that looks labelled", `cn=uid\=jdoe`, "CN=uid=jdoe", `CN=uid\=jdoe`},
		{"a flat name with a plus sign", `cn=R\+cn\=D`, "R+cn=D", `CN=R\+cn\=D`},
		{"long and numeric types", "commonName=Jane Doe,OID.2.5.4.10=Acme", "CN=Jane Doe/O=Acme", "CN=Jane Doe,O=Acme"},
		{"empty value", "cn=,o=Acme", "CN=/O=Acme", "CN=,O=Acme"},
		{"empty flat value", "cn=", "CN=", "CN="},
		{"binary value", "1.2.3.4=#030203ff,o=Acme", "1.2.3.4=#030203ff/O=Acme", "1.2.3.4=#030203ff,O=Acme"},
		{"leading number sign", `cn=\#1,o=Acme`, "CN=#1/O=Acme", `CN=\#1,O=Acme`},
		{"zero byte and bytes that are no text", `cn=a\00\FF,o=Acme`, "CN=a\x00\xff/O=Acme", `CN=a\00\ff,O=Acme`},
		{"root", "", "", ""},
	}
	for _, tt := range tests {
		t.Run(tt.title, func(t *testing.T) {
			d := mustParseDN(t, tt.ldap)
			n := FromDN(d)
			if got := n.Canonical(); got != tt.notes {
				t.Errorf("notes name %q, want %q", got, tt.notes)
			}
			if got := n.DN(); got != tt.back {
				t.Errorf("distinguished name %q, want %q", got, tt.back)
			}
			if string(n.Key()) != d.Key() || mustParseDN(t, n.DN()).Key() != d.Key() {
				t.Errorf("the name's key is %q, the entry's %q", n.Key(), d.Key())
			}
		})
	}
}

func TestABinaryValueIsNotTheTextThatShowsIt(t *testing.T) {
	binary := FromDN(mustParseDN(t, "1.2.3.4=#030203ff,o=Acme"))
	text := FromDN(mustParseDN(t, `1.2.3.4=\#030203ff,o=Acme`))
	if binary.Key() == text.Key() {
		t.Errorf("both are %q", text.Key())
	}
}

func mustParseDN(t testing.TB, s string) DN {
	t.Helper()
	d, err := ParseDN(s)
	if err != nil {
		t.Fatalf("parsing %q: %v", s, err)
	}
	return d
}

package login

import (
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/pem"
	"testing"

	"github.com/aclens/aclens/resolver/name"
)

// fromOpenSSL was made with openssl req, for the subject that openssl x509
// -nameopt RFC2253 prints as subjectFromOpenSSL.
const (
	fromOpenSSL = `-----BEGIN CERTIFICATE-----
MIICOzCCAeGgAwIBAgIUaUx6pq98DsRwUcfN/O5A4874vGMwCgYIKoZIzj0EAwIw
cjEXMBUGCgmSJomT8ixkARkWB2V4YW1wbGUxFDASBgoJkiaJk/IsZAEZFgRhY21l
MRIwEAYDVQQLDAlWZXJrw6R1ZmUxLTASBgoJkiaJk/IsZAEBDARqZG9lMBcGA1UE
AwwQRG9lLCBKYW5lICJKIiAjMTAgFw0yNjExMjEyMjE0NDRaGA8yMTI2MTAyODIy
MTQ0NFowcjEXMBUGCgmSJomT8ixkARkWB2V4YW1wbGUxFDASBgoJkiaJk/IsZAEZ
FgRhY21lMRIwEAYDVQQLDAlWZXJrw6R1ZmUxLTASBgoJkiaJk/IsZAEBDARqZG9l
MBcGA1UEAwwQRG9lLCBKYW5lICJKIiAjMTBZMBMGByqGSM49AgEGCCqGSM49AwEH
A0IABCChhgWwrWf7t7Nq2O/6M281HIw03KxbCuHv33M4D2iRSCk5f8Ii3IEIFR1Y
qtMnB/ftjLSm0r1IF6WSE3tCh4+jUzBRMB0GA1UdDgQWBBR0Uy/j8NvUCeRyP+9m
04gT/IABmzAfBgNVHSMEGDAWgBR0Uy/j8NvUCeRyP+9m04gT/IABmzAPBgNVHRMB
Af8EBTADAQH/MAoGCCqGSM49BAMCA0gAMEUCIE4BZiPB+h5+6G/7P1ViggwpC1On
pGFYVAxhUlXMx1vMAiEAgX3sNGFxKIXrtauVhfrdUZdA3+2rlki+XZ9D8SpMYWw=
-----END CERTIFICATE-----`
	subjectFromOpenSSL = `CN=Doe\, Jane \"J\" #1+UID=jdoe,OU=Verk\C3\A4ufe,DC=acme,DC=example`
)

func TestASubjectIsTheNameThatOpenSSLPrints(t *testing.T) {
	block, _ := pem.Decode([]byte(fromOpenSSL))
	certificate, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	want, err := name.KeyOf(subjectFromOpenSSL)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := subjectKey(certificate.RawSubject); err != nil || got != want {
		t.Errorf("%q, %v instead of %q", got, err, want)
	}
}

var (
	commonName = asn1.ObjectIdentifier{2, 5, 4, 3}
	unheardOf  = asn1.ObjectIdentifier{1, 2, 3, 4}
)

func TestASubjectIsAsUnlikeAnotherAsItsEncoding(t *testing.T) {
	text := func(tag int, s string) asn1.RawValue { return asn1.RawValue{Tag: tag, Bytes: []byte(s)} }
	ava := func(oid asn1.ObjectIdentifier, value any) pkix.AttributeTypeAndValue {
		return pkix.AttributeTypeAndValue{Type: oid, Value: value}
	}
	for sentence, c := range map[string]struct {
		subject pkix.RDNSequence
		want    string // a name, or nothing if there is none to be had
	}{
		"the last component comes first":     {pkix.RDNSequence{{ava(unheardOf, "b")}, {ava(commonName, "a")}}, "cn=a,1.2.3.4=b"},
		"and the first one last":             {pkix.RDNSequence{{ava(commonName, "a")}, {ava(unheardOf, "b")}}, "1.2.3.4=b,cn=a"},
		"several values of one component":    {pkix.RDNSequence{{ava(commonName, "a"), ava(unheardOf, "b")}}, "cn=a+1.2.3.4=b"},
		"a value that looks like two":        {pkix.RDNSequence{{ava(commonName, "a,cn=b")}}, `cn=a\,cn\=b`},
		"a value that looks like hex":        {pkix.RDNSequence{{ava(commonName, "#0500")}}, `cn=\#0500`},
		"a value with NUL":                   {pkix.RDNSequence{{ava(commonName, "a\x00,cn=b")}}, `cn=a\00\,cn\=b`},
		"a value of sixteen bits":            {pkix.RDNSequence{{ava(commonName, text(asn1.TagBMPString, "\x00a\x00b"))}}, "cn=ab"},
		"a number is no text":                {pkix.RDNSequence{{ava(commonName, 7)}}, ""},
		"octets are no text":                 {pkix.RDNSequence{{ava(commonName, []byte("a"))}}, ""},
		"T.61, which is Latin-1 in practice": {pkix.RDNSequence{{ava(commonName, text(asn1.TagT61String, "M\xfcller"))}}, "cn=müller"},
		"a string type of another kind":      {pkix.RDNSequence{{ava(commonName, asn1.RawValue{Tag: asn1.TagGeneralString, Bytes: []byte("a")})}}, ""},
		"a subject without components":       {pkix.RDNSequence{}, ""},
		"a subject with an empty component":  {pkix.RDNSequence{{}}, ""},
	} {
		raw, err := asn1.Marshal(c.subject)
		if err != nil {
			t.Fatal(err)
		}
		got, err := subjectKey(raw)
		want, _ := name.KeyOf(c.want)
		if (err == nil) != (want != "") || got != want {
			t.Errorf("%s: %q, %v", sentence, got, err)
		}
		if got, err := subjectKey(append(raw, 0)); err == nil {
			t.Errorf("%s, with an octet behind: %q", sentence, got)
		}
	}
}

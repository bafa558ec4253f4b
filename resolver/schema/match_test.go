package schema_test

import (
	"bytes"
	"testing"

	"github.com/aclens/aclens/resolver/schema"
)

// typeOf is the built-in type of that name.
func typeOf(t testing.TB, name string) *schema.Type {
	t.Helper()
	id, ok := schema.Standard().Lookup(name)
	if !ok {
		t.Fatalf("%q is not known", name)
	}
	return schema.Standard().Type(id)
}

func TestEqualityMatching(t *testing.T) {
	const same, other, none = "same", "other", "none" // none: the second value is not allowed
	for _, c := range []struct{ name, attribute, a, b, want string }{
		{"text in another case", "cn", "Jane Doe", "JANE dOE", same},
		{"text with more spaces", "cn", "Jane Doe", "  Jane \t Doe ", same},
		{"text without the space", "cn", "Jane Doe", "JaneDoe", other},
		{"text with an umlaut in another case", "cn", "Jürgen", "JÜRGEN", same},
		{"text with a combining umlaut", "cn", "Jürgen", "Jürgen", same},
		{"text without the umlaut", "cn", "Jürgen", "Jurgen", other},
		{"sharp s and its fold", "cn", "Weiß", "WEISS", same},
		{"full-width letters", "cn", "Ａｃｍｅ", "acme", same},
		{"a ligature", "cn", "ﬁnance", "Finance", same},
		{"a no-break space", "cn", "Jane\u00a0Doe", "jane doe", same},
		{"a zero-width space is nothing", "cn", "Jane\u200bDoe", "janedoe", same},
		{"a soft hyphen is nothing", "cn", "Co\u00adop", "coop", same},
		{"a control character is nothing", "cn", "Jane\x01", "jane", same},
		{"only spaces", "cn", "   ", " ", same},
		{"no text", "cn", "Jane", "", none},
		{"bytes that are no UTF-8", "cn", "Jane", "Jan\xe9", none},
		{"the replacement character", "cn", "Jane", "Jan\ufffd", none},
		{"a private character", "cn", "Jane", "\ue000", none},
		{"a letter that looks alike", "cn", "Acme", "Асme", other},
		{"exact text", "labeledURI", "http://acme.example/A", "http://acme.example/A", same},
		{"exact text in another case", "labeledURI", "http://acme.example/A", "http://acme.example/a", other},
		{"exact text with more spaces", "labeledURI", "http://a label", " http://a  label", same},
		{"exact text composed", "vendorName", "Ünit", "Ünit", same},
		{"ASCII mail", "mail", "Jane@Acme.example", "jane@ACME.EXAMPLE", same},
		{"mail outside ASCII", "mail", "jane@acme.example", "jané@acme.example", none},
		{"exact ASCII", "memberUid", "jdoe", "JDoe", other},
		{"lines of an address", "postalAddress", "1 Main St$Acme Town", "1 main  st$ACME Town ", same},
		{"lines joined", "postalAddress", "1 Main St$Acme Town", "1 Main St Acme Town", other},
		{"a dollar sign in a line", "postalAddress", `5\24$Town`, `5\24$town`, same},
		{"a line with a bad escape", "postalAddress", "x", `5\2`, none},
		{"names with other spacing", "member", "cn=Jane Doe,o=Acme", "CN = jane  doe , O=ACME", same},
		{"names escaped in another way", "member", `cn=Doe\2C Jane,o=Acme`, `cn=Doe\, Jane,o=acme`, same},
		{"names with types in long", "member", "cn=a,o=b", "commonName=a,2.5.4.10=b", same},
		{"names with another part", "member", "cn=Jane Doe,o=Acme", "cn=Jane Doe,ou=Sales,o=Acme", other},
		{"text that is no name", "member", "cn=a", "Jane Doe", none},
		{"the empty name", "member", "cn=a", "", other},
		{"numbers with zeros before", "uidNumber", "1000", "001000", same},
		{"zero below zero", "uidNumber", "0", "-0", same},
		{"numbers of either sign", "uidNumber", "5", "-5", other},
		{"numbers beyond 64 bits", "uidNumber", "340282366920938463463374607431768211456", "340282366920938463463374607431768211457", other},
		{"a number with a plus sign", "uidNumber", "5", "+5", none},
		{"a number with a space", "uidNumber", "5", "5 ", none},
		{"a sign alone", "uidNumber", "5", "-", none},
		{"no number", "uidNumber", "5", "", none},
		{"truth in another case", "isDeleted", "TRUE", "true", same},
		{"truth and its opposite", "isDeleted", "TRUE", "FALSE", other},
		{"a number for truth", "isDeleted", "TRUE", "1", none},
		{"octets", "objectGUID", "\x00\xffA", "\x00\xffA", same},
		{"octets in another case", "objectGUID", "A", "a", other},
		{"octets, none of them", "objectGUID", "", "", same},
		{"a telephone number spelled otherwise", "telephoneNumber", "+49 (89) 123-45", "+49(89)12345", same},
		{"a telephone number with a typographic hyphen", "telephoneNumber", "+49 89‐123", "+4989123", same},
		{"another telephone number", "telephoneNumber", "+49 1", "+49 2", other},
		{"a numeric string with spaces", "x121Address", "12 34", "1234", same},
		{"a numeric string with letters", "x121Address", "1234", "12a4", none},
		{"a time in another zone", "whenChanged", "20261121081500Z", "20261121091500+0100", same},
		{"a time with zeros behind the point", "whenChanged", "20261121081500Z", "20261121081500.000Z", same},
		{"a time with a comma", "whenChanged", "20261121081500.5Z", "20261121081500,50Z", same},
		{"a time without seconds", "whenChanged", "20261121081500Z", "202611210815Z", same},
		{"a fraction of an hour", "whenChanged", "20261121083000Z", "2026112108.5Z", same},
		{"a fraction of a minute", "whenChanged", "20261121081515.6Z", "202611210815.26Z", same},
		{"a time over midnight", "whenChanged", "20261231233000-0100", "20270101003000Z", same},
		{"a leap second is not the next minute", "whenChanged", "20161231235960Z", "20170101000000Z", other},
		{"a leap day", "whenChanged", "20240229000000Z", "20240229000000Z", same},
		{"a leap day that is none", "whenChanged", "20240229000000Z", "20230229000000Z", none},
		{"a time without a zone", "whenChanged", "20261121081500Z", "20261121081500", none},
		{"a month that is none", "whenChanged", "20261121081500Z", "20261321081500Z", none},
		{"the 24th hour", "whenChanged", "20261121081500Z", "2026112124Z", none},
		{"a point without digits", "whenChanged", "20261121081500Z", "20261121081500.Z", none},
		{"a zone of one digit", "whenChanged", "20261121081500Z", "20261121081500+1", none},
		{"something behind the zone", "whenChanged", "20261121081500Z", "20261121081500ZZ", none},
		{"classes by name and OID", "objectClass", "person", "2.5.6.6", same},
		{"classes in another case", "objectClass", "groupOfNames", "GROUPOFNAMES", same},
		{"a class that nobody knows", "objectClass", "acmePerson", "ACMEperson", same},
		{"two classes", "objectClass", "person", "device", other},
		{"a class that is no word", "objectClass", "person", "a b", none},
		{"no class", "objectClass", "person", "", none},
		{"an extension by OID", "supportedExtension", "1.3.6.1.4.1.1466.20037", "1.3.6.1.4.1.1466.20037", same},
		{"a UUID in another case", "entryUUID", "597AE2F6-16A6-1027-98F4-D28B5365DC14", "597ae2f6-16a6-1027-98f4-d28b5365dc14", same},
		{"another UUID", "entryUUID", "597ae2f6-16a6-1027-98f4-d28b5365dc14", "597ae2f6-16a6-1027-98f4-d28b5365dc15", other},
		{"a UUID without hyphens", "entryUUID", "597ae2f6-16a6-1027-98f4-d28b5365dc14", "597ae2f616a6102798f4d28b5365dc14", none},
		{"a UUID that is cut", "entryUUID", "597ae2f6-16a6-1027-98f4-d28b5365dc14", "597ae2f6-16a6-1027-98f4-d28b5365dc1", none},
		{"a UUID with a wrong letter", "entryUUID", "597ae2f6-16a6-1027-98f4-d28b5365dc14", "597ae2f6-16a6-1027-98f4-d28b5365dcg4", none},
		{"bits", "x500UniqueIdentifier", "'0101'B", "'0101'B", same},
		{"bits with a zero more", "x500UniqueIdentifier", "'0101'B", "'01010'B", other},
		{"no bits", "x500UniqueIdentifier", "''B", "''B", same},
		{"bits that are none", "x500UniqueIdentifier", "'0101'B", "'012'B", none},
		{"a unique name", "uniqueMember", "cn=Jane Doe,o=Acme", "CN=jane doe, O=acme", same},
		{"a unique name with bits", "uniqueMember", "cn=a,o=b#'01'B", "cn=A,o=b#'01'B", same},
		{"a unique name with other bits", "uniqueMember", "cn=a,o=b#'01'B", "cn=a,o=b#'10'B", other},
		{"a unique name without the bits", "uniqueMember", "cn=a,o=b#'01'B", "cn=a,o=b", other},
		{"a unique name with text for bits", "uniqueMember", "cn=a,o=b#x", "cn=a,o=b", other},
		{"a definition by its OID", "attributeTypes", "( 2.5.4.3 NAME 'cn' SUP name )", "2.5.4.3", same},
		{"a definition by its name", "attributeTypes", "( 2.5.4.3 NAME 'cn' SUP name )", "commonName", same},
		{"two definitions of one OID", "attributeTypes", "( 1.2.3.4 NAME 'x' )", "( 1.2.3.4 NAME 'y' )", same},
		{"a class definition by its name", "objectClasses", "( 2.5.6.6 NAME 'person' )", "person", same},
		{"a rule definition by its name", "matchingRules", "( 2.5.13.2 NAME 'caseIgnoreMatch' )", "caseIgnoreMatch", same},
		{"a structure rule by its number", "dITStructureRules", "( 7 NAME 'x' )", "7", same},
		{"a change number of OpenLDAP", "entryCSN", "20261121081500.000000Z#000000#00a#000000", "20261121081500.000000Z#000000#00A#000000", same},
		{"no equality rule: the same octets", "jpegPhoto", "\xff\xd8", "\xff\xd8", same},
		{"no equality rule: other octets", "jpegPhoto", "a", "A", other},
	} {
		t.Run(c.name, func(t *testing.T) {
			typ := typeOf(t, c.attribute)
			a, ok := typ.AppendKey(nil, []byte(c.a))
			if !ok {
				t.Fatalf("%q is not allowed in %s", c.a, c.attribute)
			}
			got := none
			if b, ok := typ.AppendKey([]byte("kept"), []byte(c.b)); ok {
				got = other
				if bytes.Equal(append([]byte("kept"), a...), b) {
					got = same
				}
			} else if string(b) != "kept" {
				t.Errorf("a refused value leaves %q behind", b)
			}
			if got != c.want {
				t.Errorf("%s %q and %q: %s, want %s", c.attribute, c.a, c.b, got, c.want)
			}
		})
	}
}

func TestHasEqualityTellsRulesFromOctets(t *testing.T) {
	for name, want := range map[string]bool{"cn": true, "jpegPhoto": false, "userPassword": true, "userCertificate": false, "member": true} {
		if got := typeOf(t, name).HasEquality(); got != want {
			t.Errorf("%s has an equality rule: %v, want %v", name, got, want)
		}
	}
}

func TestGroupTypeIsANumberForEveryDirectory(t *testing.T) {
	typ := typeOf(t, "groupType")
	domino, _ := typ.AppendKey(nil, []byte("00"))
	zero, _ := typ.AppendKey(nil, []byte("0"))
	if !bytes.Equal(domino, zero) || typ.Equality != "integerMatch" || !typ.SingleValue {
		t.Errorf("groupType is %s", typ)
	}
}

func TestKeysOfPlainTextAllocateNothing(t *testing.T) {
	for _, c := range []struct{ attribute, value string }{
		{"cn", "  Jane   DOE "}, {"mail", "Jane.Doe@Acme.Example"}, {"uidNumber", "1000"}, {"objectClass", "inetOrgPerson"},
		{"entryUUID", "597ae2f6-16a6-1027-98f4-d28b5365dc14"}, {"modifyTimestamp", "20261121081500Z"}, {"telephoneNumber", "+49 89 123-45"},
		{"labeledURI", "http://acme.example"}, {"postalAddress", "1 Main St$Acme"}, {"hasSubordinates", "TRUE"}, {"objectGUID", "\x00\x01"},
	} {
		typ, value := typeOf(t, c.attribute), []byte(c.value)
		n := testing.AllocsPerRun(100, func() {
			var buf [128]byte
			if _, ok := typ.AppendKey(buf[:0], value); !ok {
				t.Fatalf("%q is not allowed", c.value)
			}
		})
		if n != 0 {
			t.Errorf("%s %q: %v allocations", c.attribute, c.value, n)
		}
	}
}

func BenchmarkAppendKey(b *testing.B) {
	for _, c := range []struct{ name, attribute, value string }{
		{"plain", "cn", "Jane Doe"}, {"umlaut", "cn", "Jürgen Müller"}, {"name", "member", "CN=Jane Doe,OU=Sales,O=Acme"},
		{"class", "objectClass", "inetOrgPerson"}, {"time", "modifyTimestamp", "20261121081500Z"},
	} {
		b.Run(c.name, func(b *testing.B) {
			typ, value := typeOf(b, c.attribute), []byte(c.value)
			var buf [128]byte
			b.ReportAllocs()
			for b.Loop() {
				typ.AppendKey(buf[:0], value)
			}
		})
	}
}

func BenchmarkLookup(b *testing.B) {
	s, desc := schema.Standard(), []byte("modifyTimestamp")
	b.ReportAllocs()
	for b.Loop() {
		s.LookupBytes(desc)
	}
}

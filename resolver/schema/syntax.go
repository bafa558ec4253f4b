package schema

import "unicode/utf8"

// kind groups syntaxes whose values are the same sort of thing.
type kind uint8

const (
	kindOpaque kind = iota // nothing is known about the values
	kindOctets
	kindString
	kindDN
	kindOID
	kindInteger
	kindBoolean
	kindTime
	kindUUID
	kindCSN
	kindBits
	kindDefinition
)

// overrides tells whether a directory may say that values which we take for
// the one kind are of the other. It may make text or octets more special; what
// is special stays so, because callers count on it (members are names, group
// types are numbers).
func (k kind) overrides(known kind) bool {
	return k == known || known == kindOpaque || known == kindOctets || known == kindString
}

// valueSet says which values a syntax allows, as far as normal forms do not.
type valueSet uint8

const (
	anyValue  valueSet = iota
	someValue          // not empty
	asciiText
)

func (v valueSet) allows(value []byte) bool {
	switch v {
	case someValue:
		return len(value) > 0
	case asciiText:
		for _, c := range value {
			if c >= utf8.RuneSelf {
				return false
			}
		}
	}
	return true
}

// syntax is one LDAP syntax (RFC 4517 section 3) with the rules that a type
// gets whose definition names none, as those of Active Directory do.
type syntax struct {
	OID, Name, Desc               string
	kind                          kind
	values                        valueSet
	equality, ordering, substring string
}

const (
	arc         = "1.3.6.1.4.1.1466.115.121.1."
	microsoft   = "1.2.840.113556.1.4."
	dirString   = arc + "15"
	dnSyntax    = arc + "12"
	oidSyntax   = arc + "38"
	intSyntax   = arc + "27"
	ia5Syntax   = arc + "26"
	octetSyntax = arc + "40"
	timeSyntax  = arc + "24"
	uuidSyntax  = "1.3.6.1.1.16.1"
	csnSyntax   = "1.3.6.1.4.1.4203.666.11.2.1"
	subSyntax   = arc + "58"
	firstOID    = "objectIdentifierFirstComponentMatch"
	ignore      = "caseIgnoreMatch"
	ignoreOrder = "caseIgnoreOrderingMatch"
	ignoreIn    = "caseIgnoreSubstringsMatch"
)

// syntaxes lists what RFC 4517, RFC 4523, RFC 4530, RFC 3672, RFC 2307,
// OpenLDAP and Active Directory define.
var syntaxes = []syntax{
	{arc + "1", "ACIItem", "ACI Item", kindOpaque, anyValue, "", "", ""},
	{arc + "3", "AttributeTypeDescription", "Attribute Type Description", kindDefinition, someValue, firstOID, "", ""},
	{arc + "4", "Audio", "Audio", kindOctets, anyValue, "", "", ""},
	{arc + "5", "Binary", "Binary", kindOctets, anyValue, "", "", ""},
	{arc + "6", "BitString", "Bit String", kindBits, anyValue, "bitStringMatch", "", ""},
	{arc + "7", "Boolean", "Boolean", kindBoolean, anyValue, "booleanMatch", "", ""},
	{arc + "8", "Certificate", "Certificate", kindOctets, anyValue, "", "", ""},
	{arc + "9", "CertificateList", "Certificate List", kindOctets, anyValue, "", "", ""},
	{arc + "10", "CertificatePair", "Certificate Pair", kindOctets, anyValue, "", "", ""},
	{arc + "11", "CountryString", "Country String", kindString, someValue, ignore, ignoreOrder, ignoreIn},
	{dnSyntax, "DN", "DN", kindDN, anyValue, "distinguishedNameMatch", "", ""},
	{arc + "13", "DataQuality", "Data Quality Syntax", kindString, someValue, "", "", ""},
	{arc + "14", "DeliveryMethod", "Delivery Method", kindString, someValue, "", "", ""},
	{dirString, "DirectoryString", "Directory String", kindString, someValue, ignore, ignoreOrder, ignoreIn},
	{arc + "16", "DITContentRuleDescription", "DIT Content Rule Description", kindDefinition, someValue, firstOID, "", ""},
	{arc + "17", "DITStructureRuleDescription", "DIT Structure Rule Description", kindDefinition, someValue, "integerFirstComponentMatch", "", ""},
	{arc + "19", "DSAQuality", "DSA Quality Syntax", kindString, someValue, "", "", ""},
	{arc + "21", "EnhancedGuide", "Enhanced Guide", kindString, someValue, "", "", ""},
	{arc + "22", "FacsimileTelephoneNumber", "Facsimile Telephone Number", kindString, someValue, "", "", ""},
	{arc + "23", "Fax", "Fax", kindOctets, anyValue, "", "", ""},
	{timeSyntax, "GeneralizedTime", "Generalized Time", kindTime, anyValue, "generalizedTimeMatch", "generalizedTimeOrderingMatch", ""},
	{arc + "25", "Guide", "Guide", kindString, someValue, "", "", ""},
	{ia5Syntax, "IA5String", "IA5 String", kindString, asciiText, "caseIgnoreIA5Match", ignoreOrder, "caseIgnoreIA5SubstringsMatch"},
	{intSyntax, "Integer", "INTEGER", kindInteger, anyValue, "integerMatch", "integerOrderingMatch", ""},
	{arc + "28", "JPEG", "JPEG", kindOctets, anyValue, "", "", ""},
	{arc + "30", "MatchingRuleDescription", "Matching Rule Description", kindDefinition, someValue, firstOID, "", ""},
	{arc + "31", "MatchingRuleUseDescription", "Matching Rule Use Description", kindDefinition, someValue, firstOID, "", ""},
	{arc + "32", "MailPreference", "Mail Preference", kindString, someValue, "", "", ""},
	{arc + "34", "NameAndOptionalUID", "Name And Optional UID", kindDN, anyValue, "uniqueMemberMatch", "", ""},
	{arc + "35", "NameFormDescription", "Name Form Description", kindDefinition, someValue, firstOID, "", ""},
	{arc + "36", "NumericString", "Numeric String", kindString, someValue, "numericStringMatch", "numericStringOrderingMatch", "numericStringSubstringsMatch"},
	{arc + "37", "ObjectClassDescription", "Object Class Description", kindDefinition, someValue, firstOID, "", ""},
	{oidSyntax, "OID", "OID", kindOID, anyValue, "objectIdentifierMatch", "", ""},
	{arc + "39", "OtherMailbox", "Other Mailbox", kindString, someValue, "", "", ""},
	{octetSyntax, "OctetString", "Octet String", kindOctets, anyValue, "octetStringMatch", "octetStringOrderingMatch", ""},
	{arc + "41", "PostalAddress", "Postal Address", kindString, someValue, "caseIgnoreListMatch", "", "caseIgnoreListSubstringsMatch"},
	{arc + "42", "ProtocolInformation", "Protocol Information", kindString, someValue, "", "", ""},
	{arc + "43", "PresentationAddress", "Presentation Address", kindString, someValue, "", "", ""},
	{arc + "44", "PrintableString", "Printable String", kindString, someValue, ignore, ignoreOrder, ignoreIn},
	{arc + "45", "SubtreeSpecification", "Subtree Specification", kindString, someValue, "", "", ""},
	{arc + "49", "SupportedAlgorithm", "Supported Algorithm", kindOctets, anyValue, "", "", ""},
	{arc + "50", "TelephoneNumber", "Telephone Number", kindString, someValue, "telephoneNumberMatch", "", "telephoneNumberSubstringsMatch"},
	{arc + "51", "TeletexTerminalIdentifier", "Teletex Terminal Identifier", kindString, someValue, "", "", ""},
	{arc + "52", "TelexNumber", "Telex Number", kindString, someValue, "", "", ""},
	{arc + "53", "UTCTime", "UTC Time", kindString, someValue, "caseExactMatch", "", ""},
	{arc + "54", "LDAPSyntaxDescription", "LDAP Syntax Description", kindDefinition, someValue, firstOID, "", ""},
	{subSyntax, "SubstringAssertion", "Substring Assertion", kindString, someValue, "", "", ""},
	{uuidSyntax, "UUID", "UUID", kindUUID, anyValue, "UUIDMatch", "UUIDOrderingMatch", ""},
	{csnSyntax, "CSN", "CSN", kindCSN, someValue, "CSNMatch", "CSNOrderingMatch", ""},
	{"1.3.6.1.1.1.0.0", "NISNetgroupTriple", "NIS Netgroup Triple", kindString, someValue, "", "", ""},
	{"1.3.6.1.1.1.0.1", "BootParameter", "Boot Parameter", kindString, someValue, "", "", ""},
	{microsoft + "903", "DNWithBinary", "DN With Binary", kindOpaque, anyValue, "", "", ""},
	{microsoft + "904", "DNWithString", "DN With String", kindOpaque, anyValue, "", "", ""},
	{microsoft + "905", "TeletexString", "Case Ignore String", kindString, someValue, ignore, ignoreOrder, ignoreIn},
	{microsoft + "906", "LargeInteger", "Large Integer", kindInteger, anyValue, "integerMatch", "integerOrderingMatch", ""},
	{microsoft + "907", "SecurityDescriptor", "Security Descriptor", kindOctets, anyValue, "octetStringMatch", "", ""},
	{microsoft + "1221", "ORName", "OR Name", kindOpaque, anyValue, "", "", ""},
	{microsoft + "1362", "CaseExactString", "Case Exact String", kindString, someValue, "caseExactMatch", "caseExactOrderingMatch", "caseExactSubstringsMatch"},
}

// syntaxByName finds a syntax by OID, or by the name that our own definitions
// use for it, in lower case.
var syntaxByName = func() map[string]*syntax {
	m := make(map[string]*syntax, 2*len(syntaxes))
	for i := range syntaxes {
		m[syntaxes[i].OID] = &syntaxes[i]
		m[lower(syntaxes[i].Name)] = &syntaxes[i]
	}
	return m
}()

// syntaxOID is the OID of a syntax given by OID or name, what was given if unknown.
func syntaxOID(nameOrOID string) string {
	if known := syntaxByName[lower(nameOrOID)]; known != nil {
		return known.OID
	}
	return nameOrOID
}

package schema

import "bytes"

// ruleUse is what a matching rule does with an assertion.
type ruleUse uint8

const (
	useEquality ruleUse = iota
	useOrdering
	useSubstrings
	useBitAnd
	useBitOr
	useChain
)

// Rule is one matching rule (RFC 4517 section 4). Name is empty for a rule that
// goes by its OID alone, Syntax is that of its assertions.
type Rule struct {
	OID, Name, Desc, Syntax string

	use   ruleUse
	form  form
	kinds []kind // of the values that it compares
	names nameSpace
}

// InChain is the OID of Active Directory's rule that follows links between
// entries. It needs entries, so only its name and syntax are known here.
const InChain = microsoft + "1941"

const (
	x500 = "2.5.13."
	ldap = "1.3.6.1.4.1.1466.109.114."
)

var (
	texts   = []kind{kindString}
	octets  = []kind{kindOctets, kindOpaque}
	dns     = []kind{kindDN}
	numbers = []kind{kindInteger}
	times   = []kind{kindTime}
	uuids   = []kind{kindUUID}
	csns    = []kind{kindCSN}
	oids    = []kind{kindOID}
	defs    = []kind{kindDefinition}
)

// rules lists the matching rules that this package carries out, and InChain.
var rules = []Rule{
	{OID: x500 + "0", Name: "objectIdentifierMatch", Syntax: oidSyntax, form: formOID, kinds: oids},
	{OID: x500 + "1", Name: "distinguishedNameMatch", Syntax: dnSyntax, form: formDN, kinds: dns},
	{OID: x500 + "2", Name: ignore, Syntax: dirString, form: formIgnoreCase, kinds: texts},
	{OID: x500 + "3", Name: ignoreOrder, Syntax: dirString, use: useOrdering, form: formIgnoreCase, kinds: texts},
	{OID: x500 + "4", Name: ignoreIn, Syntax: subSyntax, use: useSubstrings, form: formIgnoreCase, kinds: texts},
	{OID: x500 + "5", Name: "caseExactMatch", Syntax: dirString, form: formExactCase, kinds: texts},
	{OID: x500 + "6", Name: "caseExactOrderingMatch", Syntax: dirString, use: useOrdering, form: formExactCase, kinds: texts},
	{OID: x500 + "7", Name: "caseExactSubstringsMatch", Syntax: subSyntax, use: useSubstrings, form: formExactCase, kinds: texts},
	{OID: x500 + "8", Name: "numericStringMatch", Syntax: arc + "36", form: formNumeric, kinds: texts},
	{OID: x500 + "9", Name: "numericStringOrderingMatch", Syntax: arc + "36", use: useOrdering, form: formNumeric, kinds: texts},
	{OID: x500 + "10", Name: "numericStringSubstringsMatch", Syntax: subSyntax, use: useSubstrings, form: formNumeric, kinds: texts},
	{OID: x500 + "11", Name: "caseIgnoreListMatch", Syntax: arc + "41", form: formIgnoreCaseList, kinds: texts},
	{OID: x500 + "12", Name: "caseIgnoreListSubstringsMatch", Syntax: subSyntax, use: useSubstrings, form: formIgnoreCaseList, kinds: texts},
	{OID: x500 + "13", Name: "booleanMatch", Syntax: arc + "7", form: formBoolean, kinds: []kind{kindBoolean}},
	{OID: x500 + "14", Name: "integerMatch", Syntax: intSyntax, form: formInteger, kinds: numbers},
	{OID: x500 + "15", Name: "integerOrderingMatch", Syntax: intSyntax, use: useOrdering, form: formInteger, kinds: numbers},
	{OID: x500 + "16", Name: "bitStringMatch", Syntax: arc + "6", form: formBits, kinds: []kind{kindBits}},
	{OID: x500 + "17", Name: "octetStringMatch", Syntax: octetSyntax, form: formOctets, kinds: octets},
	{OID: x500 + "18", Name: "octetStringOrderingMatch", Syntax: octetSyntax, use: useOrdering, form: formOctets, kinds: octets},
	{OID: x500 + "19", Name: "octetStringSubstringsMatch", Syntax: octetSyntax, use: useSubstrings, form: formOctets, kinds: octets},
	{OID: x500 + "20", Name: "telephoneNumberMatch", Syntax: arc + "50", form: formTelephone, kinds: texts},
	{OID: x500 + "21", Name: "telephoneNumberSubstringsMatch", Syntax: subSyntax, use: useSubstrings, form: formTelephone, kinds: texts},
	{OID: x500 + "23", Name: "uniqueMemberMatch", Syntax: arc + "34", form: formUID, kinds: dns},
	{OID: x500 + "27", Name: "generalizedTimeMatch", Syntax: timeSyntax, form: formTime, kinds: times},
	{OID: x500 + "28", Name: "generalizedTimeOrderingMatch", Syntax: timeSyntax, use: useOrdering, form: formTime, kinds: times},
	{OID: x500 + "29", Name: "integerFirstComponentMatch", Syntax: intSyntax, form: formIntegerFirst, kinds: defs},
	{OID: x500 + "30", Name: firstOID, Syntax: oidSyntax, form: formOIDFirst, kinds: defs},
	{OID: ldap + "1", Name: "caseExactIA5Match", Syntax: ia5Syntax, form: formExactCase, kinds: texts},
	{OID: ldap + "2", Name: "caseIgnoreIA5Match", Syntax: ia5Syntax, form: formIgnoreCase, kinds: texts},
	{OID: ldap + "3", Name: "caseIgnoreIA5SubstringsMatch", Syntax: subSyntax, use: useSubstrings, form: formIgnoreCase, kinds: texts},
	{OID: "1.3.6.1.4.1.4203.1.2.1", Name: "caseExactIA5SubstringsMatch", Syntax: subSyntax, use: useSubstrings, form: formExactCase, kinds: texts},
	{OID: "1.3.6.1.1.16.2", Name: "UUIDMatch", Syntax: uuidSyntax, form: formUUID, kinds: uuids},
	{OID: "1.3.6.1.1.16.3", Name: "UUIDOrderingMatch", Syntax: uuidSyntax, use: useOrdering, form: formUUID, kinds: uuids},
	{OID: "1.3.6.1.4.1.4203.666.11.2.2", Name: "CSNMatch", Syntax: csnSyntax, form: formIgnoreCase, kinds: csns},
	{OID: "1.3.6.1.4.1.4203.666.11.2.3", Name: "CSNOrderingMatch", Syntax: csnSyntax, use: useOrdering, form: formIgnoreCase, kinds: csns},
	{OID: microsoft + "803", Name: "integerBitAndMatch", Syntax: intSyntax, use: useBitAnd, form: formNone, kinds: numbers},
	{OID: microsoft + "804", Name: "integerBitOrMatch", Syntax: intSyntax, use: useBitOr, form: formNone, kinds: numbers},
	{OID: InChain, Desc: "LDAP_MATCHING_RULE_IN_CHAIN", Syntax: dnSyntax, use: useChain, form: formNone, kinds: dns},
}

// ruleByName finds a rule by name in lower case or OID.
var ruleByName = func() map[string]*Rule {
	m := make(map[string]*Rule, 2*len(rules))
	for i := range rules {
		m[rules[i].OID] = &rules[i]
		if rules[i].Name != "" {
			m[lower(rules[i].Name)] = &rules[i]
		}
	}
	return m
}()

// Rule is the matching rule of that name or OID, nil if unknown.
func (s *Schema) Rule(nameOrOID string) *Rule {
	known := ruleByName[lower(nameOrOID)]
	if known == nil {
		return nil
	}
	r := *known
	r.names = nameSpace{schema: s}
	return &r
}

// RuleKey appends the normal form of a value by a matching rule given by name
// or OID; false when the rule is unknown, has no normal form, or does not allow
// the value.
func (s *Schema) RuleKey(rule string, dst, value []byte) ([]byte, bool) {
	r := s.Rule(rule)
	if r == nil || !r.values().allows(value) {
		return dst, false
	}
	return appendForm(dst, value, r.form, r.names)
}

// IsInChain tells whether this is the rule that follows links between entries.
func (r *Rule) IsInChain() bool { return r.use == useChain }

// Applies tells whether the rule may be used on values of the type (RFC 4512
// section 4.1.4).
func (r *Rule) Applies(t *Type) bool {
	for _, k := range r.kinds {
		if k == t.kind {
			return true
		}
	}
	return false
}

// values is what the rule's own assertion syntax leaves of them.
func (r *Rule) values() valueSet {
	if known := syntaxByName[r.Syntax]; known != nil {
		return known.values
	}
	return anyValue
}

// Compile prepares an assertion of an extensible match item: match tells
// whether a value matches it, and is safe for concurrent use. An ordering rule
// matches values that are less (RFC 4517 section 4.2). False means that the
// rule does not allow the assertion, or is InChain: the item is Undefined.
func (r *Rule) Compile(assertion []byte) (match func(value []byte) bool, ok bool) {
	switch r.use {
	case useSubstrings:
		return r.compileSubstrings(assertion)
	case useBitAnd, useBitOr:
		return compileBits(r.use, assertion)
	case useChain:
		return nil, false
	}
	if !r.values().allows(assertion) {
		return nil, false
	}
	wanted, ok := appendForm(nil, assertion, r.form, r.names)
	if !ok {
		return nil, false
	}
	return func(value []byte) bool {
		var buf [128]byte
		key, ok := appendForm(buf[:0], value, r.form, r.names)
		if !ok {
			return false
		}
		if r.use == useOrdering {
			return bytes.Compare(key, wanted) < 0
		}
		return bytes.Equal(key, wanted)
	}, true
}

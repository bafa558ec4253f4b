package name

import "strings"

// maxKeywordUnits is the number of organisational units a Notes name may have
// (rule 9.2).
const maxKeywordUnits = 4

// Canonical returns the fully labelled text, most specific part first (rule
// 9.1): CN=Jane Doe/OU=Sales/O=Acme, */OU=Sales/O=Acme, or a flat name as it
// is. Parse reads it back to the same Key, unless the name came from a
// distinguished name with a binary (#hex) value.
func (n Name) Canonical() string { return string(n.AppendCanonical(nil)) }

// AppendCanonical appends what Canonical returns.
func (n Name) AppendCanonical(dst []byte) []byte {
	if n.isFlat() && !n.IsWildcard() {
		return appendFlat(dst, n.parts[0].value)
	}
	return n.appendTail(dst, 0)
}

// appendTail writes the canonical text of the parts from the given one on.
func (n Name) appendTail(dst []byte, from int) []byte {
	for i := from; i < len(n.parts); i++ {
		if i > from {
			dst = append(dst, n.joint(i))
		}
		if i == 0 && n.IsWildcard() {
			dst = append(dst, '*')
			continue
		}
		dst = append(dst, n.parts[i].label...)
		dst = append(dst, '=')
		dst = appendQuoted(dst, n.parts[i].value)
	}
	return dst
}

// appendFlat writes a flat name as it is, or with its label where the bare text
// would be read as something else.
func appendFlat(dst []byte, value string) []byte {
	if bracketed(value) {
		return append(dst, value...)
	}
	if _, _, labelled := scanLabel(value, 0); labelled || value == "" {
		dst = append(dst, labelCommon+"="...)
		return appendQuoted(dst, value)
	}
	return appendBareQuoted(dst, value, "@")
}

// Abbreviated returns the text without labels (rule 9.1). A label stays where
// its place does not say it, uid= for instance or an organisation of two
// characters, so that Parse always reads the text back to the same Key.
func (n Name) Abbreviated() string {
	if !n.Hierarchical() {
		return n.Canonical()
	}
	guess := make([]part, len(n.parts))
	for i, p := range n.parts {
		guess[i].value = p.value
	}
	labelParts(guess)
	var dst []byte
	for i, p := range n.parts {
		if i > 0 {
			dst = append(dst, n.joint(i))
		}
		if p.label == guess[i].label && n.bareIsClear(i) {
			dst = appendBareQuoted(dst, p.value, "")
			continue
		}
		dst = append(dst, p.label...)
		dst = append(dst, '=')
		dst = appendQuoted(dst, p.value)
	}
	short := string(dst)
	if Parse(short).key != n.key {
		return n.Canonical()
	}
	return short
}

// bareIsClear reports whether part i can stand without its label.
func (n Name) bareIsClear(i int) bool {
	if n.parts[i].joined || (i+1 < len(n.parts) && n.parts[i+1].joined) {
		return false
	}
	_, _, labelled := scanLabel(n.parts[i].value, 0)
	return !labelled
}

// Keyword returns country, organisation and up to four units from the top
// down, separated by backslashes (rule 9.2): US\Acme\East\Sales. It is empty
// for a flat name.
func (n Name) Keyword() string {
	words := make([]string, 0, 2+maxKeywordUnits)
	for _, word := range []string{n.Country(), n.Organization()} {
		if word != "" {
			words = append(words, word)
		}
	}
	for i := 1; i <= maxKeywordUnits; i++ {
		if unit := n.OrgUnit(i); unit != "" {
			words = append(words, unit)
		}
	}
	return strings.Join(words, `\`)
}

// DN returns the distinguished name as RFC 4514 text, the reverse of FromDN
// (rules 9.5 and 9.6): a flat name gets cn=, '*' is written CN=*.
func (n Name) DN() string { return string(n.AppendDN(nil)) }

// AppendDN appends what DN returns.
func (n Name) AppendDN(dst []byte) []byte {
	for i, p := range n.parts {
		if i > 0 {
			dst = append(dst, dnJoint(p.joined))
		}
		dst = append(dst, p.label...)
		dst = append(dst, '=')
		if p.opaque {
			dst = append(dst, p.value...)
			continue
		}
		dst = appendEscaped(dst, p.value, notesSpecials)
	}
	return dst
}

func (n Name) joint(i int) byte {
	if n.parts[i].joined {
		return '+'
	}
	return '/'
}

func dnJoint(joined bool) byte {
	if joined {
		return '+'
	}
	return ','
}

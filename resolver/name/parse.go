package name

import (
	"strings"
	"unicode/utf8"
)

// Parse reads a Notes name in any of its forms: canonical, abbreviated, flat,
// wildcard, partly labelled, or an LDAP name written with slashes (rules 9.1 to
// 9.6, 2.7, 2.8). Spaces round parts and labels do not count. Text of more than
// 1024 parts is no hierarchical name and is kept as one flat one.
func Parse(s string) Name {
	s = strings.TrimSpace(s)
	if s == "" {
		return Name{}
	}
	if bracketed(s) {
		return flat(s)
	}
	parts, ok := splitParts(s)
	if !ok {
		return flat(s)
	}
	labelParts(parts)
	return fromParts(parts)
}

// FromDN turns a distinguished name into the Notes name of the same entry: the
// order stays, known labels become upper case, a lone cn= loses its label in
// the text forms, other labels stay as written (rule 9.5).
func FromDN(d DN) Name {
	if d.IsRoot() {
		return Name{}
	}
	parts := make([]part, 0, len(d.avas))
	for i := range d.rdns {
		for j, a := range d.rdnAVAs(i) {
			parts = append(parts, part{
				label:  notesLabel(a.Type),
				value:  strings.TrimSpace(a.Value),
				joined: j > 0,
				opaque: a.opaque,
			})
		}
	}
	return Name{parts: parts, key: Key(d.key)}
}

func flat(value string) Name {
	return fromParts([]part{{label: labelCommon, value: value}})
}

func fromParts(parts []part) Name {
	return Name{parts: parts, key: keyOfParts(parts)}
}

// splitParts cuts at every '/' that is not quoted. It leaves the label of an
// unlabelled part empty, and gives up past maxParts.
func splitParts(s string) ([]part, bool) {
	parts := make([]part, 0, 4)
	start := 0
	for i := 0; i <= len(s); {
		if i < len(s) && s[i] != '/' {
			i += stepOver(s, i)
			continue
		}
		parts = appendComponent(parts, s[start:i])
		if len(parts) > maxParts {
			return nil, false
		}
		i++
		start = i
	}
	return parts, true
}

// appendComponent reads one component: a bare value, or a labelled value and
// further ones joined by '+'. In a bare value '+' is a character like others,
// and so it is where no label follows it (rule 9.6).
func appendComponent(parts []part, text string) []part {
	text = strings.TrimSpace(text)
	label, at, ok := scanLabel(text, 0)
	if !ok {
		return append(parts, part{value: unquote(text)})
	}
	joined := false
	start := at
	for i := at; i < len(text); {
		next, after, found := "", 0, false
		if text[i] == '+' {
			next, after, found = scanLabel(text, i+1)
		}
		if !found {
			i += stepOver(text, i)
			continue
		}
		parts = append(parts, part{label: notesLabel(label), value: unquote(text[start:i]), joined: joined})
		if len(parts) > maxParts {
			return parts
		}
		label, start, i, joined = next, after, after, true
	}
	return append(parts, part{label: notesLabel(label), value: unquote(text[start:]), joined: joined})
}

// labelParts gives every bare part the label that its place means (rules 9.3
// and 9.4): CN first, then OU, then O, and C last if it has two characters.
func labelParts(parts []part) {
	last := len(parts) - 1
	if parts[0].label == "" {
		parts[0].label = labelCommon
	}
	hasOrg := false
	for _, p := range parts {
		hasOrg = hasOrg || p.label == labelOrg
	}
	if parts[last].label == "" {
		parts[last].label = lastLabel(parts[last].value, hasOrg)
	}
	hasOrg = hasOrg || parts[last].label == labelOrg
	beforeCountry := last - 1
	if !hasOrg && parts[last].label == labelCountry && beforeCountry > 0 && parts[beforeCountry].label == "" {
		parts[beforeCountry].label = labelOrg
	}
	for i := range parts {
		if parts[i].label == "" {
			parts[i].label = labelUnit
		}
	}
}

// lastLabel is the label of a bare last part: an organisation has at least
// three characters, so two are a country (rule 9.4).
func lastLabel(value string, hasOrg bool) string {
	switch {
	case utf8.RuneCountInString(value) == 2:
		return labelCountry
	case hasOrg:
		return labelUnit
	default:
		return labelOrg
	}
}

// notesLabel is the spelling of an attribute type in a Notes name.
func notesLabel(typ string) string {
	var buf [32]byte
	switch string(appendType(buf[:0], typ)) {
	case "cn":
		return labelCommon
	case "ou":
		return labelUnit
	case "o":
		return labelOrg
	case "c":
		return labelCountry
	case "g":
		return labelGiven
	case "i":
		return labelInitials
	case "s":
		return labelSurname
	case "q":
		return labelGeneration
	case "a":
		return labelADMD
	case "p":
		return labelPRMD
	}
	return typ
}

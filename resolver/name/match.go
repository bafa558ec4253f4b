package name

import "strings"

// anyone is the Key of the wildcard '*' alone; a longer wildcard is anyone,
// a comma, and the branch.
const anyone = "cn=*"

// maxWildcardDepth bounds the components of a wildcard's branch. A name may
// have four units; without a bound the wildcards of a hostile name would take
// space that is the square of its length.
const maxWildcardDepth = 64

// OrganizationKey returns the normalised organisation, with the country if
// there is one: what two names share that are in one organisation (rule 2.10).
// It is empty, and equal to nothing, for a name without an organisation.
func (n Name) OrganizationKey() string {
	org := n.Organization()
	if org == "" {
		return ""
	}
	key := appendKeyValue([]byte("o="), org)
	if country := n.Country(); country != "" {
		key = appendKeyValue(append(key, ",c="...), country)
	}
	return string(key)
}

// CommonKey returns the Key that the bare common name has as a flat name (rule
// 2.10); empty if there is no common name, or if alone it would read as a role
// or a template entry.
func (n Name) CommonKey() Key {
	common := n.Common()
	if common == "" || bracketed(common) {
		return ""
	}
	return Key(appendKeyValue([]byte("cn="), common))
}

// WildcardKeys returns the Keys of every wildcard that covers the name, the
// narrowest first and '*' alone last (rules 2.7 and 8.2). Wildcards, template
// entries and the empty name are covered by none.
func (n Name) WildcardKeys() []Key {
	if !n.canBeCovered() {
		return nil
	}
	tails := n.coveredTails()
	keys := make([]Key, 0, len(tails)+1)
	for _, tail := range tails {
		keys = append(keys, Key(anyone+","+tail))
	}
	return append(keys, anyone)
}

// canBeCovered reports whether the name can be somebody's.
func (n Name) canBeCovered() bool { return !n.IsZero() && !n.IsWildcard() && !n.IsTemplate() }

// coveredTails lists the normalised branches above the name, narrowest first,
// without those deeper than a wildcard may be.
func (n Name) coveredTails() []string {
	above := n.components() - 1
	tail := string(n.key)
	for ; above > maxWildcardDepth; above-- {
		tail, _ = ParentKey(tail)
	}
	tails := make([]string, 0, max(above, 0))
	for ; above > 0; above-- {
		tail, _ = ParentKey(tail)
		tails = append(tails, tail)
	}
	return tails
}

// Covers reports whether n is a wildcard that covers m: m is under n's branch,
// and not that branch itself (rule 2.7). '*' alone covers every name. No
// wildcard covers another, a template entry, or the empty name.
func (n Name) Covers(m Name) bool {
	if !n.IsWildcard() || !m.canBeCovered() {
		return false
	}
	if n.key == anyone {
		return true
	}
	if n.components()-1 > maxWildcardDepth {
		return false
	}
	branch := strings.TrimPrefix(string(n.key), anyone+",")
	return branch != string(m.key) && KeyUnder(string(m.key), branch)
}

// components counts the parts that '/' separates.
func (n Name) components() int {
	count := 0
	for _, p := range n.parts {
		if !p.joined {
			count++
		}
	}
	return count
}

// NamesList returns what Readers and Authors items are compared with (rule
// 8.2): the canonical name first, then the common name, the wildcards that
// cover it, the groups, and for formulas the roles, each text once. A group or
// common name that reads as a role or a wildcard is left out, since it would
// grant what it only names.
func NamesList(n Name, groups, roles []string) []string {
	if n.IsZero() || n.IsTemplate() {
		return nil
	}
	list := make([]string, 0, 3+n.components()+len(groups)+len(roles))
	seen := make(map[string]bool, cap(list))
	add := func(s string) {
		if folded := Fold(s); folded != "" && !seen[folded] {
			seen[folded] = true
			list = append(list, s)
		}
	}
	add(n.Canonical())
	if common := n.Common(); common != "" && !bracketed(common) {
		add(string(appendFlat(nil, common)))
	}
	for _, wildcard := range n.wildcardTexts() {
		add(wildcard)
	}
	for _, group := range groups {
		if g := Parse(group); !g.IsTemplate() && !g.IsWildcard() {
			add(group)
		}
	}
	for _, role := range roles {
		add(role)
	}
	return list
}

// wildcardTexts writes in canonical form what WildcardKeys says in Keys.
func (n Name) wildcardTexts() []string {
	if n.IsWildcard() {
		return nil
	}
	texts := make([]string, 0, len(n.parts))
	above := n.components()
	for i, p := range n.parts {
		if p.joined {
			continue
		}
		if above--; i == 0 || above+1 > maxWildcardDepth {
			continue
		}
		texts = append(texts, string(n.appendTail([]byte("*/"), i)))
	}
	return append(texts, "*")
}

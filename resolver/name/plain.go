package name

// Plain reads off the Key of a distinguished name what FromDN and CommonKey say
// of it, without parsing: the Key of its bare common name, and the Key of the
// name above, which is empty for a flat name. It is false where that takes more
// than looking: a name that does not begin with a common name, a value that is
// escaped, encoded, a wildcard or bracketed, a component of several values, and
// more components than a wildcard may have.
func Plain(key string) (common Key, above string, ok bool) {
	const label = "cn="
	if len(key) <= len(label) || key[:len(label)] != label {
		return "", "", false
	}
	switch key[len(label)] {
	case '*', '[', '#', ',':
		return "", "", false
	}
	end, components := len(key), 1
	for i := len(label); i < len(key); i++ {
		switch key[i] {
		case '\\', '+':
			return "", "", false
		case ',':
			if components++; components == 2 {
				end = i
			}
		}
	}
	if components > maxWildcardDepth {
		return "", "", false
	}
	if end == len(key) {
		return Key(key), "", true
	}
	return Key(key[:end]), key[end+1:], true
}

package name

import "slices"

// plainBytes are the bytes of values that normalising leaves alone but for
// their case, as they become; 0 for those that take more than looking.
var plainBytes = func() (table [256]byte) {
	for c := byte(' '); c < 0x7f; c++ {
		if c != '=' && c != '#' && !keyEscapes(c) {
			table[c] = lowerASCII(c)
		}
	}
	return table
}()

// appendPlainKey is AppendKey for names as nearly all are: ASCII, the usual
// types, nothing escaped, one value a component, single spaces within values. It
// is false, with dst as it was, for every other text.
func appendPlainKey(dst []byte, s string) ([]byte, bool) {
	key := slices.Grow(dst, len(s))[:len(dst)+len(s)]
	n, i := len(dst), 0
	for range maxParts {
		start := n
		for i < len(s) && isLetter(s[i]) {
			key[n] = s[i] | 0x20
			n, i = n+1, i+1
		}
		if i == len(s) || s[i] != '=' || !isShortType(key[start:n]) {
			return dst, false
		}
		key[n] = '='
		n, i = n+1, i+1
		last := byte(' ') // none may come first
		for i < len(s) && s[i] != ',' {
			c := plainBytes[s[i]]
			if c == 0 || c == ' ' && last == ' ' {
				return dst, false
			}
			key[n], last = c, c
			n, i = n+1, i+1
		}
		if last == ' ' {
			return dst, false
		}
		if i == len(s) {
			return key[:n], true
		}
		key[n] = ','
		n, i = n+1, skipSpaces(s, i+1)
	}
	return dst, false
}

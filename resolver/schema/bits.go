package schema

import "strconv"

// compileBits prepares one of Active Directory's bit rules: "and" wants all
// bits of the assertion, "or" wants any of them. Numbers are taken as 64 bits
// of two's complement, since AD writes flags with the highest of 32 bits set as
// negative numbers. A number that needs more bits matches nothing.
func compileBits(use ruleUse, assertion []byte) (func(value []byte) bool, bool) {
	wanted, err := strconv.ParseInt(string(assertion), 10, 64)
	if err != nil || assertion[0] == '+' {
		return nil, false
	}
	return func(value []byte) bool {
		bits, err := strconv.ParseInt(string(value), 10, 64)
		if err != nil || value[0] == '+' {
			return false
		}
		if use == useBitAnd {
			return bits&wanted == wanted
		}
		return bits&wanted != 0
	}, true
}

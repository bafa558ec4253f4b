package wire

// ParseAssertion decodes the value of an assertion control (RFC 4528 section
// 3), which is one filter. It points into value. Errors match ErrMalformed or ErrLimit.
func ParseAssertion(value []byte, limits FilterLimits) (Filter, error) {
	return ParseFilter(value, limits)
}

// AppendAssertion appends the value of an assertion control, or returns an
// error, and dst as it was, if f is not a filter.
func AppendAssertion(dst []byte, f *Filter) ([]byte, error) { return AppendFilter(dst, f) }

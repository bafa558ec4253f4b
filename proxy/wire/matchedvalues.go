package wire

// ParseMatchedValues decodes the value of a matched values control (RFC 3876
// section 2): a list of one item at least. An item is a Filter of a kind that
// asserts something, never And, Or or Not, and never looks at the name of the
// entry. Items point into the decoded octets. Errors match ErrMalformed or ErrLimit.
func ParseMatchedValues(value []byte, limits FilterLimits) ([]Filter, error) {
	outer := cursor{value}
	list, err := outer.sequence("values return filter")
	if err != nil {
		return nil, err
	}
	if err := outer.end("octets after the values return filter"); err != nil {
		return nil, err
	}
	n, ok := countElements(list.rest)
	if !ok || n == 0 {
		return nil, malformed("values return filter")
	}
	if n > limits.orDefault().Terms {
		return nil, ErrFilterTooBig
	}
	items := make([]Filter, n)
	left := limits.orDefault().Terms
	for i := range items {
		if left, err = parseValueItem(&items[i], &list, left); err != nil {
			return nil, err
		}
	}
	return items, nil
}

// parseValueItem decodes one item and returns how many terms may still come.
func parseValueItem(item *Filter, list *cursor, left int) (int, error) {
	tag, content, ok := list.next()
	if !ok || tag == tagAnd || tag == tagOr || tag == tagNot {
		return 0, malformed("values return filter item")
	}
	m := filterMeter{limits: FilterLimits{Depth: 1, Terms: left}}
	if err := m.measure(tag, content, 1); err != nil {
		return 0, err
	}
	d := filterDecoder{pieces: make([][]byte, m.pieces)}
	if err := d.fill(item, tag, content); err != nil {
		return 0, err
	}
	if item.DNAttributes {
		return 0, malformed("values return filter item on the name of the entry")
	}
	return left - m.nodes - m.pieces, nil
}

// AppendMatchedValues appends the value of a matched values control, or returns
// an error, and dst as it was, if an item is no such item.
func AppendMatchedValues(dst []byte, items ...Filter) ([]byte, error) {
	start := len(dst)
	dst, mark := open(dst, tagSequence)
	for i := range items {
		f := &items[i]
		if f.Kind == And || f.Kind == Or || f.Kind == Not || f.DNAttributes {
			return dst[:start], errBadFilter
		}
		var err error
		if dst, err = AppendFilter(dst, f); err != nil {
			return dst[:start], err
		}
	}
	return seal(dst, mark), nil
}

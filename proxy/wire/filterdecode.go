package wire

// filterScratch holds the nodes and substrings of one decoded filter. A filter
// is walked twice: first it is measured, so that the limits are known to hold
// and the memory needed is known; then it is filled in, without allocation if
// the memory of an earlier filter suffices.
type filterScratch struct {
	nodes  []Filter
	pieces [][]byte
}

// reset drops what points into a message, and memory of unusual size.
func (s *filterScratch) reset() {
	clear(s.nodes)
	clear(s.pieces)
	if cap(s.nodes) > keptTerms {
		s.nodes = nil
	}
	if cap(s.pieces) > keptTerms {
		s.pieces = nil
	}
	s.nodes, s.pieces = s.nodes[:0], s.pieces[:0]
}

// decode fills root, and s with all below it, from the filter choice of the given tag and content.
func (s *filterScratch) decode(root *Filter, tag byte, content []byte, limits FilterLimits) error {
	m := filterMeter{limits: limits}
	if err := m.measure(tag, content, 1); err != nil {
		return err
	}
	s.nodes = resize(s.nodes, m.nodes-1) // the root lies elsewhere
	s.pieces = resize(s.pieces, m.pieces)
	d := filterDecoder{nodes: s.nodes, pieces: s.pieces}
	return d.fill(root, tag, content)
}

func resize[T any](s []T, n int) []T {
	if n <= cap(s) {
		return s[:n]
	}
	return make([]T, n)
}

// filterMeter counts, and stops at the first excess.
type filterMeter struct {
	limits        FilterLimits
	nodes, pieces int
}

func (m *filterMeter) measure(tag byte, content []byte, depth int) error {
	if depth > m.limits.Depth {
		return ErrFilterTooDeep
	}
	m.nodes++
	if tag == tagSubstrings {
		m.pieces += countPieces(content)
	}
	if m.nodes+m.pieces > m.limits.Terms {
		return ErrFilterTooBig
	}
	if tag != tagAnd && tag != tagOr && tag != tagNot {
		return nil
	}
	for c := (cursor{content}); !c.empty(); {
		tag, content, ok := c.next()
		if !ok {
			return malformed("filter set")
		}
		if err := m.measure(tag, content, depth+1); err != nil {
			return err
		}
	}
	return nil
}

// countPieces returns how many substrings a substring filter has; a malformed
// one has none here and is refused when it is filled in.
func countPieces(content []byte) int {
	c := cursor{content}
	c.next()
	_, list, _ := c.next()
	n, _ := countElements(list)
	return n
}

// filterDecoder hands out the measured memory from its front.
type filterDecoder struct {
	nodes  []Filter
	pieces [][]byte
}

func (d *filterDecoder) fill(f *Filter, tag byte, content []byte) error {
	*f = Filter{}
	switch tag {
	case tagAnd:
		return d.fillSet(f, And, content)
	case tagOr:
		return d.fillSet(f, Or, content)
	case tagNot:
		if err := d.fillSet(f, Not, content); err != nil {
			return err
		}
		if len(f.Children) != 1 {
			return malformed("not filter")
		}
		return nil
	case tagEquality:
		return f.fillAssertion(Equality, content)
	case tagGreaterEqual:
		return f.fillAssertion(GreaterOrEqual, content)
	case tagLessEqual:
		return f.fillAssertion(LessOrEqual, content)
	case tagApprox:
		return f.fillAssertion(Approx, content)
	case tagPresent:
		f.Kind, f.Attr = Present, content
		return nil
	case tagSubstrings:
		return d.fillSubstrings(f, content)
	case tagExtensible:
		return f.fillExtensible(content)
	}
	return malformed("filter choice")
}

func (d *filterDecoder) fillSet(f *Filter, kind FilterKind, content []byte) error {
	n, ok := countElements(content)
	if !ok || n > len(d.nodes) {
		return malformed("filter set")
	}
	f.Kind = kind
	f.Children, d.nodes = d.nodes[:n:n], d.nodes[n:]
	c := cursor{content}
	for i := range f.Children {
		tag, content, _ := c.next()
		if err := d.fill(&f.Children[i], tag, content); err != nil {
			return err
		}
	}
	return nil
}

func (f *Filter) fillAssertion(kind FilterKind, content []byte) error {
	f.Kind = kind
	c := cursor{content}
	var err error
	if f.Attr, err = c.octets("filter attribute"); err != nil {
		return err
	}
	if f.Value, err = c.octets("filter assertion value"); err != nil {
		return err
	}
	return c.end("octets after the filter assertion value")
}

// fillSubstrings holds to RFC 4511 section 4.5.1.7.2: at least one substring,
// an initial one only first and a final one only last.
func (d *filterDecoder) fillSubstrings(f *Filter, content []byte) error {
	f.Kind = Substrings
	c := cursor{content}
	var err error
	if f.Attr, err = c.octets("substring filter attribute"); err != nil {
		return err
	}
	list, err := c.sequence("substrings")
	if err != nil {
		return err
	}
	if err := c.end("octets after the substrings"); err != nil {
		return err
	}
	if list.empty() {
		return malformed("substrings")
	}
	middle := d.pieces[:0:len(d.pieces)]
	for first := true; !list.empty(); first = false {
		tag, piece, ok := list.next()
		switch {
		case !ok || len(piece) == 0:
			return malformed("substring")
		case tag == tagInitial && first:
			f.Initial = piece
		case tag == tagAny:
			middle = append(middle, piece)
		case tag == tagFinal && list.empty():
			f.Final = piece
		default:
			return malformed("order of the substrings")
		}
	}
	d.pieces = d.pieces[len(middle):]
	if len(middle) > 0 {
		f.Any = middle[:len(middle):len(middle)]
	}
	return nil
}

// fillExtensible holds to RFC 4511 section 4.5.1.7.7: without a rule there must be an attribute.
func (f *Filter) fillExtensible(content []byte) error {
	f.Kind = Extensible
	c := cursor{content}
	var err error
	if c.at(tagRule) {
		if f.Rule, err = c.take(tagRule, "matching rule"); err != nil {
			return err
		}
	}
	if c.at(tagType) {
		if f.Attr, err = c.take(tagType, "extensible match attribute"); err != nil {
			return err
		}
	}
	if len(f.Rule) == 0 && len(f.Attr) == 0 {
		return malformed("extensible match without attribute and rule")
	}
	if f.Value, err = c.take(tagMatchValue, "extensible match value"); err != nil {
		return err
	}
	if c.at(tagDNAttributes) {
		if f.DNAttributes, err = c.boolean(tagDNAttributes, "extensible match DN attributes"); err != nil {
			return err
		}
	}
	return c.end("octets after the extensible match")
}

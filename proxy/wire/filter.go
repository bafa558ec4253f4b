package wire

import "errors"

// FilterKind says what a filter node asserts (RFC 4511 section 4.5.1.7).
type FilterKind byte

// The kinds of filter nodes. The zero value is none of them, so that a filter
// that was never filled in is not taken for the And of nothing, which is true.
const (
	And            FilterKind = iota + 1 // Children; without any it is true (RFC 4526)
	Or                                   // Children; without any it is false (RFC 4526)
	Not                                  // Children[0]
	Equality                             // Attr, Value
	Substrings                           // Attr, Initial, Any, Final
	GreaterOrEqual                       // Attr, Value
	LessOrEqual                          // Attr, Value
	Present                              // Attr
	Approx                               // Attr, Value
	Extensible                           // Attr or Rule or both, Value, DNAttributes
)

// The tags of the filter choices.
const (
	tagAnd          = 0xa0
	tagOr           = 0xa1
	tagNot          = 0xa2
	tagEquality     = 0xa3
	tagSubstrings   = 0xa4
	tagGreaterEqual = 0xa5
	tagLessEqual    = 0xa6
	tagPresent      = 0x87
	tagApprox       = 0xa8
	tagExtensible   = 0xa9

	tagInitial = 0x80
	tagAny     = 0x81
	tagFinal   = 0x82

	tagRule         = 0x81
	tagType         = 0x82
	tagMatchValue   = 0x83
	tagDNAttributes = 0x84
)

// Filter is a node of a filter tree. Attribute descriptions and values are as
// they were sent: nothing is checked against a schema here.
type Filter struct {
	Kind           FilterKind
	Attr, Value    []byte
	Children       []Filter
	Initial, Final []byte // empty when absent; RFC 4517 section 3.3.30 allows no empty substring
	Any            [][]byte
	Rule           []byte // empty when absent
	DNAttributes   bool
}

// FilterLimits bounds what a filter may cost. Zero or less stands for the
// value of DefaultFilterLimits.
type FilterLimits struct {
	Depth int // nesting; a filter without And, Or and Not has depth 1
	Terms int // nodes and substrings together; also the number of attributes in a search
}

// DefaultFilterLimits are the limits for filters of unknown origin.
var DefaultFilterLimits = FilterLimits{Depth: 64, Terms: 10000}

func (l FilterLimits) orDefault() FilterLimits {
	if l.Depth <= 0 {
		l.Depth = DefaultFilterLimits.Depth
	}
	if l.Terms <= 0 {
		l.Terms = DefaultFilterLimits.Terms
	}
	return l
}

// ParseFilter decodes one filter with its tag and nothing but it, as the
// values of some controls hold it (RFC 4528, RFC 3876). It points into encoded.
func ParseFilter(encoded []byte, limits FilterLimits) (Filter, error) {
	c := cursor{encoded}
	tag, content, ok := c.next()
	if !ok {
		return Filter{}, malformed("filter")
	}
	if err := c.end("octets after the filter"); err != nil {
		return Filter{}, err
	}
	var s filterScratch
	var f Filter
	if err := s.decode(&f, tag, content, limits.orDefault()); err != nil {
		return Filter{}, err
	}
	return f, nil
}

var errBadFilter = errors.New("filter tree is not a filter")

// AppendFilter appends the BER form of f, or returns an error, and dst as it
// was, if f is not a filter: an unknown kind, a Not without exactly one child,
// substrings that are missing or empty, an extensible match without attribute and rule.
func AppendFilter(dst []byte, f *Filter) ([]byte, error) {
	start := len(dst)
	out, err := appendFilter(dst, f)
	if err != nil {
		return dst[:start], err
	}
	return out, nil
}

func appendFilter(dst []byte, f *Filter) ([]byte, error) {
	switch f.Kind {
	case And:
		return appendChildren(dst, tagAnd, f.Children)
	case Or:
		return appendChildren(dst, tagOr, f.Children)
	case Not:
		if len(f.Children) != 1 {
			return nil, errBadFilter
		}
		return appendChildren(dst, tagNot, f.Children)
	case Equality:
		return appendAssertion(dst, tagEquality, f), nil
	case GreaterOrEqual:
		return appendAssertion(dst, tagGreaterEqual, f), nil
	case LessOrEqual:
		return appendAssertion(dst, tagLessEqual, f), nil
	case Approx:
		return appendAssertion(dst, tagApprox, f), nil
	case Present:
		return appendElement(dst, tagPresent, f.Attr), nil
	case Substrings:
		return appendSubstrings(dst, f)
	case Extensible:
		return appendExtensible(dst, f)
	}
	return nil, errBadFilter
}

func appendChildren(dst []byte, tag byte, children []Filter) ([]byte, error) {
	dst, mark := open(dst, tag)
	for i := range children {
		var err error
		if dst, err = appendFilter(dst, &children[i]); err != nil {
			return nil, err
		}
	}
	return seal(dst, mark), nil
}

func appendAssertion(dst []byte, tag byte, f *Filter) []byte {
	dst, mark := open(dst, tag)
	dst = appendElement(dst, tagOctetString, f.Attr)
	dst = appendElement(dst, tagOctetString, f.Value)
	return seal(dst, mark)
}

func appendSubstrings(dst []byte, f *Filter) ([]byte, error) {
	if len(f.Initial) == 0 && len(f.Any) == 0 && len(f.Final) == 0 {
		return nil, errBadFilter
	}
	dst, mark := open(dst, tagSubstrings)
	dst = appendElement(dst, tagOctetString, f.Attr)
	dst, list := open(dst, tagSequence)
	if len(f.Initial) > 0 {
		dst = appendElement(dst, tagInitial, f.Initial)
	}
	for _, piece := range f.Any {
		if len(piece) == 0 {
			return nil, errBadFilter
		}
		dst = appendElement(dst, tagAny, piece)
	}
	if len(f.Final) > 0 {
		dst = appendElement(dst, tagFinal, f.Final)
	}
	return seal(seal(dst, list), mark), nil
}

func appendExtensible(dst []byte, f *Filter) ([]byte, error) {
	if len(f.Rule) == 0 && len(f.Attr) == 0 {
		return nil, errBadFilter
	}
	dst, mark := open(dst, tagExtensible)
	if len(f.Rule) > 0 {
		dst = appendElement(dst, tagRule, f.Rule)
	}
	if len(f.Attr) > 0 {
		dst = appendElement(dst, tagType, f.Attr)
	}
	dst = appendElement(dst, tagMatchValue, f.Value)
	if f.DNAttributes {
		dst = appendBoolean(dst, tagDNAttributes, true)
	}
	return seal(dst, mark), nil
}

package wire

// Scope says how far below its base a search reaches (RFC 4511 section 4.5.1.2).
type Scope byte

// The scopes. ScopeChildren is the whole subtree without its base; it is not
// in RFC 4511 but sent by the tools of OpenLDAP and UnboundID (-s children, -s subordinates).
const (
	ScopeBase Scope = iota
	ScopeOne
	ScopeSubtree
	ScopeChildren
)

// Deref says where aliases are to be followed (RFC 4511 section 4.5.1.3).
type Deref byte

// The ways to treat aliases.
const (
	DerefNever Deref = iota
	DerefInSearching
	DerefFindingBase
	DerefAlways
)

// keptTerms is the number of filter nodes and attributes whose memory a
// SearchRequest keeps for the next request.
const keptTerms = 256

// SearchRequest is a search (RFC 4511 section 4.5.1). Its slices point into
// the decoded body and into memory that it keeps for its next decoding: copying
// the struct does not make a second request.
type SearchRequest struct {
	Base       []byte
	Scope      Scope
	Deref      Deref
	SizeLimit  int // entries; 0 is no limit
	TimeLimit  int // seconds; 0 is no limit
	TypesOnly  bool
	Filter     Filter
	Attributes [][]byte // as the client wrote them, duplicates included

	scratch filterScratch
}

// ParseSearch decodes the body of an OpSearchRequest. Errors match ErrMalformed or ErrLimit.
func ParseSearch(body []byte, limits FilterLimits) (SearchRequest, error) {
	var r SearchRequest
	err := ParseSearchInto(&r, body, limits)
	return r, err
}

// ParseSearchInto is ParseSearch into the memory of an earlier request, whose
// filter and attributes become invalid. A usual request allocates nothing. On
// an error r is empty.
func ParseSearchInto(r *SearchRequest, body []byte, limits FilterLimits) error {
	r.Reset()
	limits = limits.orDefault()
	c := cursor{body}
	if err := r.parse(&c, limits); err != nil {
		r.Reset()
		return err
	}
	return nil
}

// Reset forgets the request, but keeps a modest amount of memory for the next
// one. To be called when a request is done, since its slices hold on to the message.
func (r *SearchRequest) Reset() {
	attributes := r.Attributes
	clear(attributes)
	if cap(attributes) > keptTerms {
		attributes = nil
	}
	r.scratch.reset()
	*r = SearchRequest{Attributes: attributes[:0], scratch: r.scratch}
}

func (r *SearchRequest) parse(c *cursor, limits FilterLimits) error {
	if err := r.parseParameters(c); err != nil {
		return err
	}
	tag, content, ok := c.next()
	if !ok {
		return malformed("search request filter")
	}
	if err := r.scratch.decode(&r.Filter, tag, content, limits); err != nil {
		return err
	}
	if err := r.parseAttributes(c, limits.Terms); err != nil {
		return err
	}
	return c.endExtensible("octets after the search request")
}

func (r *SearchRequest) parseParameters(c *cursor) error {
	var err error
	if r.Base, err = c.octets("search request base"); err != nil {
		return err
	}
	scope, err := c.number(tagEnumerated, int(ScopeChildren), "search request scope")
	if err != nil {
		return err
	}
	deref, err := c.number(tagEnumerated, int(DerefAlways), "search request alias dereferencing")
	if err != nil {
		return err
	}
	r.Scope, r.Deref = Scope(scope), Deref(deref)
	if r.SizeLimit, err = c.number(tagInteger, maxInt, "search request size limit"); err != nil {
		return err
	}
	if r.TimeLimit, err = c.number(tagInteger, maxInt, "search request time limit"); err != nil {
		return err
	}
	r.TypesOnly, err = c.boolean(tagBoolean, "search request types only")
	return err
}

// parseAttributes reads the selection, bounded like the terms of the filter:
// two octets on the wire become a slice header of 24.
func (r *SearchRequest) parseAttributes(c *cursor, limit int) error {
	list, err := c.sequence("search request attributes")
	if err != nil {
		return err
	}
	for !list.empty() {
		name, err := list.octets("search request attributes")
		if err != nil {
			return err
		}
		if len(r.Attributes) == limit {
			return ErrTooManyAttributes
		}
		r.Attributes = append(r.Attributes, name)
	}
	return nil
}

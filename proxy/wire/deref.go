package wire

const tagDerefAttributes = 0xa0

// DerefSpec asks for attributes of the entries that an attribute names
// (draft-masarati-ldap-deref section 2.2). Its slices point into the decoded octets.
type DerefSpec struct {
	Attr       []byte   // attribute description; its values are names of entries
	Attributes [][]byte // of those entries
}

// ParseDerefRequest decodes the value of a dereference control: one
// specification at least, each with one attribute at least. Errors match
// ErrMalformed, or ErrLimit if more than limit attributes are named; zero or
// less stands for the terms of DefaultFilterLimits.
func ParseDerefRequest(value []byte, limit int) ([]DerefSpec, error) {
	outer := cursor{value}
	list, err := outer.sequence("dereference request")
	if err != nil {
		return nil, err
	}
	if err := outer.end("octets after the dereference request"); err != nil {
		return nil, err
	}
	if list.empty() {
		return nil, malformed("dereference request")
	}
	left := FilterLimits{Terms: limit}.orDefault().Terms
	var specs []DerefSpec
	for !list.empty() {
		spec, err := parseDerefSpec(&list, left)
		if err != nil {
			return nil, err
		}
		if left -= len(spec.Attributes) + 1; left < 0 {
			return nil, ErrTooManyAttributes
		}
		specs = append(specs, spec)
	}
	return specs, nil
}

func parseDerefSpec(list *cursor, limit int) (DerefSpec, error) {
	var s DerefSpec
	c, err := list.sequence("dereference specification")
	if err != nil {
		return s, err
	}
	if s.Attr, err = c.octets("dereferenced attribute"); err != nil {
		return s, err
	}
	names, err := c.sequence("attributes to dereference")
	if err != nil {
		return s, err
	}
	if len(s.Attr) == 0 || names.empty() {
		return s, malformed("dereference specification")
	}
	for !names.empty() {
		if len(s.Attributes) == limit {
			return s, ErrTooManyAttributes
		}
		name, err := names.octets("attributes to dereference")
		if err != nil {
			return s, err
		}
		s.Attributes = append(s.Attributes, name)
	}
	return s, c.end("octets after the dereference specification")
}

// AppendDerefRequest appends the value of a dereference request.
func AppendDerefRequest(dst []byte, specs ...DerefSpec) []byte {
	dst, list := open(dst, tagSequence)
	for i := range specs {
		var spec, names int
		dst, spec = open(dst, tagSequence)
		dst = appendElement(dst, tagOctetString, specs[i].Attr)
		dst, names = open(dst, tagSequence)
		for _, a := range specs[i].Attributes {
			dst = appendElement(dst, tagOctetString, a)
		}
		dst = seal(seal(dst, names), spec)
	}
	return seal(dst, list)
}

// DerefWriter appends the value of a dereference response (draft-masarati-
// ldap-deref section 2.3), name by name. Name, Raw any number of times and Done
// go together; End completes the value.
type DerefWriter struct {
	dst                      []byte
	start                    int
	list, result, attributes int  // marks, see open
	some                     bool // the name at hand has attributes
}

// BeginDeref begins a response behind dst.
func BeginDeref(dst []byte) DerefWriter {
	w := DerefWriter{start: len(dst)}
	w.dst, w.list = open(dst, tagSequence)
	return w
}

// Name begins what one value of an attribute leads to.
func (w *DerefWriter) Name(attr string, dn []byte) {
	w.dst, w.result = open(w.dst, tagSequence)
	w.dst = appendElement(w.dst, tagOctetString, attr)
	w.dst = appendElement(w.dst, tagOctetString, dn)
	w.some = false
}

// Raw appends a whole attribute of the entry, as EntryCursor.Raw gives it.
func (w *DerefWriter) Raw(attribute []byte) {
	if !w.some {
		w.dst, w.attributes = open(w.dst, tagDerefAttributes)
		w.some = true
	}
	w.dst = append(w.dst, attribute...)
}

// Done ends what Name began. Without attributes their list is left out.
func (w *DerefWriter) Done() {
	if w.some {
		w.dst = seal(w.dst, w.attributes)
	}
	w.dst = seal(w.dst, w.result)
}

// Len returns the octets written so far, lengths not yet settled.
func (w *DerefWriter) Len() int { return len(w.dst) - w.start }

// End completes the value and returns the buffer.
func (w *DerefWriter) End() []byte { return seal(w.dst, w.list) }

// DerefResult is what one value of an attribute leads to, owned.
type DerefResult struct {
	Attr, DN   string
	Attributes []Attribute // nil where the entry is not there, may not be read, or has none
}

// ParseDerefResponse decodes the value of a dereference response.
func ParseDerefResponse(value []byte) ([]DerefResult, error) {
	outer := cursor{value}
	list, err := outer.sequence("dereference response")
	if err != nil {
		return nil, err
	}
	if err := outer.end("octets after the dereference response"); err != nil {
		return nil, err
	}
	var results []DerefResult
	for !list.empty() {
		r, err := parseDerefResult(&list)
		if err != nil {
			return nil, err
		}
		results = append(results, r)
	}
	return results, nil
}

func parseDerefResult(list *cursor) (DerefResult, error) {
	c, err := list.sequence("dereference result")
	if err != nil {
		return DerefResult{}, err
	}
	attr, err := c.octets("dereferenced attribute")
	if err != nil {
		return DerefResult{}, err
	}
	dn, err := c.octets("dereferenced name")
	if err != nil {
		return DerefResult{}, err
	}
	r := DerefResult{Attr: string(attr), DN: string(dn)}
	if !c.empty() {
		content, err := c.take(tagDerefAttributes, "dereferenced attributes")
		if err != nil {
			return DerefResult{}, err
		}
		for attributes := (cursor{content}); !attributes.empty(); {
			a, err := parseAttribute(&attributes, "dereferenced attribute")
			if err != nil {
				return DerefResult{}, err
			}
			r.Attributes = append(r.Attributes, a)
		}
	}
	return r, c.end("octets after the dereference result")
}

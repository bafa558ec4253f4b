package wire

const (
	tagSortRule    = 0x80
	tagSortReverse = 0x81
	tagSortAttr    = 0x80 // of the response

	// maxSortKeys bounds the keys of one sort request.
	maxSortKeys = 16
)

// SortKey is one key of a server-side sort request (RFC 2891 section 1.1). Its
// slices point into the decoded octets.
type SortKey struct {
	Attr    []byte // attribute description
	Rule    []byte // matching rule, name or OID; empty: the attribute's own
	Reverse bool
}

// ParseSortRequest decodes the value of a server-side sort request: one key at
// least. Errors match ErrMalformed, or ErrLimit if there are more than 16.
func ParseSortRequest(value []byte) ([]SortKey, error) {
	outer := cursor{value}
	list, err := outer.sequence("sort keys")
	if err != nil {
		return nil, err
	}
	if err := outer.end("octets after the sort keys"); err != nil {
		return nil, err
	}
	if list.empty() {
		return nil, malformed("sort keys")
	}
	var keys []SortKey
	for !list.empty() {
		if len(keys) == maxSortKeys {
			return nil, ErrTooManySortKeys
		}
		key, err := parseSortKey(&list)
		if err != nil {
			return nil, err
		}
		keys = append(keys, key)
	}
	return keys, nil
}

func parseSortKey(list *cursor) (SortKey, error) {
	var k SortKey
	c, err := list.sequence("sort key")
	if err != nil {
		return k, err
	}
	if k.Attr, err = c.octets("sort key attribute"); err != nil {
		return k, err
	}
	if len(k.Attr) == 0 {
		return k, malformed("sort key attribute")
	}
	if c.at(tagSortRule) {
		if k.Rule, err = c.take(tagSortRule, "sort key rule"); err != nil {
			return k, err
		}
		if len(k.Rule) == 0 {
			return k, malformed("sort key rule")
		}
	}
	if c.at(tagSortReverse) {
		if k.Reverse, err = c.boolean(tagSortReverse, "sort key order"); err != nil {
			return k, err
		}
	}
	return k, c.end("octets after the sort key")
}

// AppendSortRequest appends the value of a server-side sort request.
func AppendSortRequest(dst []byte, keys ...SortKey) []byte {
	dst, list := open(dst, tagSequence)
	for i := range keys {
		var mark int
		dst, mark = open(dst, tagSequence)
		dst = appendElement(dst, tagOctetString, keys[i].Attr)
		if len(keys[i].Rule) > 0 {
			dst = appendElement(dst, tagSortRule, keys[i].Rule)
		}
		if keys[i].Reverse {
			dst = appendBoolean(dst, tagSortReverse, true)
		}
		dst = seal(dst, mark)
	}
	return seal(dst, list)
}

// SortResult is the value of a sort response (RFC 2891 section 1.2).
type SortResult struct {
	Code ResultCode
	Attr string // the key that was at fault; empty is none
}

// ParseSortResult decodes the value of a sort response.
func ParseSortResult(value []byte) (SortResult, error) {
	outer := cursor{value}
	c, err := outer.sequence("sort result")
	if err != nil {
		return SortResult{}, err
	}
	if err := outer.end("octets after the sort result"); err != nil {
		return SortResult{}, err
	}
	code, err := c.number(tagEnumerated, maxInt, "sort result code")
	if err != nil {
		return SortResult{}, err
	}
	r := SortResult{Code: ResultCode(code)}
	if c.at(tagSortAttr) {
		attr, err := c.take(tagSortAttr, "sort result attribute")
		if err != nil {
			return SortResult{}, err
		}
		r.Attr = string(attr)
	}
	return r, c.end("octets after the sort result attribute")
}

// AppendSortResult appends the value of a sort response.
func AppendSortResult(dst []byte, r SortResult) []byte {
	dst, mark := open(dst, tagSequence)
	dst = appendNumber(dst, tagEnumerated, int(r.Code))
	if r.Attr != "" {
		dst = appendElement(dst, tagSortAttr, r.Attr)
	}
	return seal(dst, mark)
}

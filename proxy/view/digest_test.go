package view

import (
	"bytes"
	"testing"

	"github.com/aclens/aclens/proxy/wire"
)

// Two requests that differ share neither cookies nor kept orders, even where
// their filters read alike.
func TestFiltersThatReadAlikeAreDifferentRequests(t *testing.T) {
	with := func(f wire.Filter, attributes ...string) *Request {
		s := &wire.SearchRequest{Filter: f}
		for _, a := range attributes {
			s.Attributes = append(s.Attributes, []byte(a))
		}
		return &Request{Search: s}
	}
	present := wire.Filter{Kind: wire.Present, Attr: []byte("a=b")}
	begins := wire.Filter{Kind: wire.Substrings, Attr: []byte("a"), Initial: []byte("b=")}
	for name, pair := range map[string][2]*Request{
		"a name with a sign in it": {with(present), with(begins)},
		"an attribute more":        {with(present), with(present, "\x00\x00\x00\x00\x00")},
	} {
		if bytes.Equal(pair[0].digest(), pair[1].digest()) {
			t.Errorf("%s: two requests have one digest", name)
		}
	}
	if a, b := wire.FilterString(present), wire.FilterString(begins); a != b {
		t.Errorf("%s and %s no longer read alike", a, b)
	}
}

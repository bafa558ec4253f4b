package front

import (
	"fmt"
	"strings"
	"testing"

	"github.com/aclens/aclens/proxy/wire"
)

// TestNothingHiddenShowsThroughControls asks as Jane, who reads her own entry
// alone, for what is there and for what is not with every control: the answers
// are the same, octet by octet, but for the context of a list view, which stands
// for the request.
func TestNothingHiddenShowsThroughControls(t *testing.T) {
	b := sampleBench(t)
	c := b.dial(t)
	c.bind(janeD)
	answer := func(controls ...wire.Control) string {
		l := &listing{base: "o=Acme", filter: "(objectClass=*)"}
		c.send(l.request(t, 9, controls...))
		return c.transcript()
	}
	filter := func(text string) wire.Filter {
		f, err := wire.ParseFilterString(text)
		check(t, err)
		return f
	}
	sorted := func(attr string) wire.Control {
		return wire.Control{OID: wire.ControlSortRequest, Critical: true, Value: wire.AppendSortRequest(nil, wire.SortKey{Attr: []byte(attr)})}
	}
	for name, pair := range map[string][2][]wire.Control{
		"sort":           {{sorted("userPassword")}, {sorted("pager")}},
		"list view":      {{sorted("userPassword"), viewOf("a")}, {sorted("pager"), viewOf("a")}},
		"matched values": {{valuesOf(t, filter("(userPassword=*)"))}, {valuesOf(t, filter("(pager=*)"))}},
		"assertion":      {{assertionOf(t, filter("(userPassword=jdoe)"))}, {assertionOf(t, filter("(pager=1)"))}},
		"dereference":    {{linksOf("userPassword", "mail")}, {linksOf("pager", "cn")}},
	} {
		if there, none := answer(pair[0]...), answer(pair[1]...); there != none {
			t.Errorf("%s:\n%s\n%s", name, there, none)
		}
	}
}

// transcript is everything that one search is answered with.
func (c *client) transcript() string {
	c.t.Helper()
	var out strings.Builder
	for {
		m := c.receive()
		controls, err := wire.ParseControls(m.Controls)
		check(c.t, err)
		fmt.Fprintf(&out, "%v %x", m.Op, m.Body)
		for _, each := range controls {
			value := each.Value
			if each.OID == wire.ControlVLVResponse {
				seen, err := wire.ParseVLVResponse(value)
				check(c.t, err)
				seen.ContextID = nil
				value = wire.AppendVLVResponse(nil, seen)
			}
			fmt.Fprintf(&out, " %s %x", each.OID, value)
		}
		out.WriteString("\n")
		if m.Op != wire.OpSearchEntry {
			return out.String()
		}
	}
}

func viewOf(value string) wire.Control {
	return wire.Control{OID: wire.ControlVLVRequest, Critical: true, Value: wire.AppendVLVRequest(nil, wire.VLVRequest{After: 9, ByValue: true, Value: []byte(value)})}
}

func valuesOf(t *testing.T, f wire.Filter) wire.Control {
	t.Helper()
	value, err := wire.AppendMatchedValues(nil, f)
	check(t, err)
	return wire.Control{OID: wire.ControlMatchedValues, Critical: true, Value: value}
}

func assertionOf(t *testing.T, f wire.Filter) wire.Control {
	t.Helper()
	return wire.Control{OID: wire.ControlAssertion, Critical: true, Value: must(wire.AppendAssertion(nil, &f))}
}

func linksOf(attributes ...string) wire.Control {
	spec := wire.DerefSpec{Attr: []byte("isMemberOf")}
	for _, a := range attributes {
		spec.Attributes = append(spec.Attributes, []byte(a))
	}
	return wire.Control{OID: wire.ControlDeref, Critical: true, Value: wire.AppendDerefRequest(nil, spec)}
}

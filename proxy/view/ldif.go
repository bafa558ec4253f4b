package view

import (
	"encoding/base64"
	"strings"

	"github.com/aclens/aclens/proxy/wire"
	"github.com/aclens/aclens/resolver/name"
)

// ldif is what a change made of an entry, as the lines of RFC 2849 that stand
// behind its changetype: all attributes of one that came, and of one that was
// modified those that differ, with the values of now, as far as they may be read.
func (t *teller) ldif(c *Change) string {
	at, there := t.now(c)
	if !there {
		return ""
	}
	values := t.valuesOf(&at, c)
	var b strings.Builder
	if c.Kind == Added {
		for _, a := range values {
			writeValues(&b, a.name, a.values)
		}
		return b.String()
	}
	for _, n := range t.readable(at.place, at.id, c.Attributes) {
		b.WriteString("replace: " + n + "\n")
		for _, a := range values {
			if strings.EqualFold(a.name, n) {
				writeValues(&b, n, a.values)
			}
		}
		b.WriteString("-\n")
	}
	return b.String()
}

// valued is an attribute with its values.
type valued struct {
	name   string
	values []string
}

// now is the entry that changed, a decision record too, as the identity sees it.
func (t *teller) now(c *Change) (target, bool) {
	if c.Access != nil {
		dn, err := name.ParseDN(c.DN)
		if err != nil {
			return target{}, false
		}
		at, r := t.state.findVirtual(dn, t.rights)
		return at, r.Code == wire.Success
	}
	p, id, there := t.find(c)
	if p == place(t.tree) {
		return target{place: p, store: t.tree.store, id: id, virtual: true}, there
	}
	return target{place: p, store: t.state.Snapshot.Store(), id: id}, there
}

// valuesOf is what the identity is shown of an entry.
func (t *teller) valuesOf(at *target, c *Change) []valued {
	ask := [][]byte{[]byte("*")}
	for _, n := range c.Attributes {
		ask = append(ask, []byte(n))
	}
	if c.Kind == Added {
		for _, a := range attributes {
			if !uncounted[a.name] && a.name != reasonName && a.values != nil {
				ask = append(ask, []byte(a.name))
			}
		}
	}
	q := &Query{view: t.state.view, state: t.state, rights: t.rights, pace: &pace{}}
	q.sel = t.state.selectionOf(ask, selecting{})
	w := q.writerFor(&stage{place: at.place, store: at.store, virtual: at.virtual}, q.sel)
	e, ok := shownIn(w.append(nil, 1, at.id))
	if !ok {
		return nil
	}
	return read(&e)
}

func read(e *wire.EntryCursor) []valued {
	var out []valued
	for e.NextAttribute() {
		a := valued{name: string(e.Name())}
		for e.NextValue() {
			a.values = append(a.values, string(e.Value()))
		}
		out = append(out, a)
	}
	return out
}

func writeValues(b *strings.Builder, attribute string, values []string) {
	for _, v := range values {
		b.WriteString(attribute)
		if safe(v) {
			b.WriteString(": " + v + "\n")
			continue
		}
		b.WriteString(":: " + base64.StdEncoding.EncodeToString([]byte(v)) + "\n")
	}
}

// safe tells whether a value may stand as it is (RFC 2849, SAFE-STRING).
func safe(v string) bool {
	for i := range len(v) {
		if c := v[i]; c == 0 || c == '\n' || c == '\r' || c >= 0x80 || i == 0 && (c == ' ' || c == ':' || c == '<') {
			return false
		}
	}
	return !strings.HasSuffix(v, " ")
}

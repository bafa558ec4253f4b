package view

import (
	"encoding/base64"
	"slices"
	"strings"

	"github.com/aclens/aclens/proxy/wire"
	"github.com/aclens/aclens/resolver/directory"
)

// ldif is what a change made of an entry, as the lines of RFC 2849 that stand
// behind its changetype: all attributes of one that came, and of one that was
// modified those that differ, with the values of now, as far as they may be read.
func (t *teller) ldif(c *Change) string {
	if c.Access != nil {
		return accessLDIF(c)
	}
	p, id, there := t.find(c)
	if !there {
		return ""
	}
	values := t.valuesOf(p, id, c)
	var b strings.Builder
	if c.Kind == Added {
		for _, a := range values {
			writeValues(&b, a.name, a.values)
		}
		return b.String()
	}
	for _, n := range c.Attributes {
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

// valuesOf is what the identity is shown of an entry.
func (t *teller) valuesOf(p place, id directory.ID, c *Change) []valued {
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
	st, virtual := t.state.Snapshot.Store(), false
	if p == place(t.tree) {
		st, virtual = t.tree.store, true
	}
	w := q.writerFor(&stage{place: p, store: st, virtual: virtual}, q.sel)
	e, ok := shownIn(w.append(nil, 1, id))
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

// accessLDIF is a decision record's change in its most important attributes.
func accessLDIF(c *Change) string {
	var b strings.Builder
	to := &c.Access.To
	for _, a := range []valued{
		{"databaseKey", []string{c.Access.Database}}, {"accessSubject", []string{c.Access.User}},
		{attrAccessLevel, []string{to.Level}}, {"accessWebLevel", nonEmpty(to.WebLevel)}, {attrAccessRole, to.Roles},
		{"accessSource", nonEmpty(to.Source)}, {"winningEntry", to.Winning},
	} {
		switch {
		case c.Kind == Added:
			writeValues(&b, a.name, a.values)
		case slices.Contains(c.Attributes, a.name):
			b.WriteString("replace: " + a.name + "\n")
			writeValues(&b, a.name, a.values)
			b.WriteString("-\n")
		}
	}
	return b.String()
}

func nonEmpty(text string) []string {
	if text == "" {
		return nil
	}
	return []string{text}
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

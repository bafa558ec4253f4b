package name

// usualDepth is how many components room is made for at once.
const usualDepth = 4

// DN is a parsed LDAP distinguished name. The zero value is the root. DNs are
// immutable and safe for concurrent use.
type DN struct {
	text string
	key  string
	rdns []rdn
	avas []AVA
}

// rdn says where one component is: its values in DN.avas, its text in DN.text
// and its key in DN.key. Offsets count from the start of the name as parsed, of
// which a DN may be the tail: subtract those of its own first component.
type rdn struct {
	first, past    int
	text, textPast int
	key            int
}

// AVA is one attribute type and value of a relative distinguished name; Type is
// as written, Value without escapes. A binary value that no text can be decoded
// from is kept as '#' and hex digits.
type AVA struct {
	Type, Value string
	opaque      bool
}

// ParseDN reads a distinguished name (RFC 4514). It tolerates what older
// standards allowed and clients still send: spaces round separators, quoted
// values, the OID. prefix. A semicolon does not separate. Errors say at which
// byte, counted from 0, the text is no distinguished name; more than 1024
// values are refused.
func ParseDN(s string) (DN, error) {
	in, err := newScanner(s)
	if err != nil {
		return DN{}, err
	}
	if in.atEnd() {
		return DN{}, nil
	}
	d := DN{text: s[skipSpaces(s, 0):], rdns: make([]rdn, 0, usualDepth), avas: make([]AVA, 0, usualDepth)}
	for more := true; more; {
		if more, err = d.scanRDN(&in); err != nil {
			return DN{}, err
		}
	}
	d.setKey()
	return d, nil
}

// scanRDN reads one component and reports whether another follows.
func (d *DN) scanRDN(in *scanner) (bool, error) {
	r := rdn{first: len(d.avas), text: skipSpaces(in.text, in.at)}
	for {
		typ, err := in.attributeType()
		if err != nil {
			return false, err
		}
		value, err := in.value()
		if err != nil {
			return false, err
		}
		d.avas = append(d.avas, value.ava(typ))
		r.textPast = in.at
		separator, err := in.separator()
		if err != nil {
			return false, err
		}
		if separator != '+' {
			r.past = len(d.avas)
			d.rdns = append(d.rdns, r)
			return separator == ',', nil
		}
	}
}

// setKey writes the normalised form and notes where each component starts in it.
func (d *DN) setKey() {
	var buf [256]byte
	key := buf[:0]
	var room [4]int
	for i := range d.rdns {
		if i > 0 {
			key = append(key, ',')
		}
		d.rdns[i].key = len(key)
		starts := room[:0]
		for j, a := range d.rdnAVAs(i) {
			if j > 0 {
				key = append(key, '+')
			}
			starts = append(starts, len(key))
			key = appendAVAKey(key, a)
		}
		sortValues(key, starts)
	}
	d.key = string(key)
	if d.key == d.text {
		d.key = d.text
	}
}

func (d DN) rdnAVAs(i int) []AVA {
	r, from := d.rdns[i], d.rdns[0].first
	return d.avas[r.first-from : r.past-from : r.past-from]
}

// String returns the text as written, from the first type on.
func (d DN) String() string { return d.text }

// Key returns the normalised text: short lower-case types, values as Fold has
// them, one way of escaping, the values of a component sorted. It is empty for
// the root, is a distinguished name itself, and is its own Key.
func (d DN) Key() string { return d.key }

// IsRoot reports whether the name has no components.
func (d DN) IsRoot() bool { return len(d.rdns) == 0 }

// Depth is the number of components.
func (d DN) Depth() int { return len(d.rdns) }

// RDN returns the values of the leftmost component, in the order written; nil
// for the root. The caller must not change them.
func (d DN) RDN() []AVA {
	if d.IsRoot() {
		return nil
	}
	return d.rdnAVAs(0)
}

// RDNString returns the leftmost component as written, empty for the root.
func (d DN) RDNString() string {
	if d.IsRoot() {
		return ""
	}
	return d.text[:d.rdns[0].textPast-d.rdns[0].text]
}

// Parent returns the name without its leftmost component; the root is its own
// parent.
func (d DN) Parent() DN {
	if len(d.rdns) < 2 {
		return DN{}
	}
	from, next := d.rdns[0], d.rdns[1]
	return DN{
		text: d.text[next.text-from.text:],
		key:  d.key[next.key-from.key:],
		rdns: d.rdns[1:],
		avas: d.avas[next.first-from.first:],
	}
}

// Under reports whether d is base or lies below it; every name is under the root.
func (d DN) Under(base DN) bool { return KeyUnder(d.key, base.key) }

package directory

// Draft is an entry as a source hands it over: text as the source has it, in
// its order, not yet checked against a schema.
type Draft struct {
	DN         string
	Source     uint8 // which directory it comes from: 0 is the primary one, below MaxSources
	Attributes []Attribute
}

// Attribute is one attribute of a Draft; Name may carry options
// ("cn;lang-de").
type Attribute struct {
	Name   string
	Values [][]byte
}

// Clone is a copy that shares no value with the draft.
func (d *Draft) Clone() Draft {
	out := Draft{DN: d.DN, Source: d.Source, Attributes: make([]Attribute, len(d.Attributes))}
	values, octets := 0, 0
	for i := range d.Attributes {
		values += len(d.Attributes[i].Values)
		for _, v := range d.Attributes[i].Values {
			octets += len(v)
		}
	}
	all, text := make([][]byte, 0, values), make([]byte, 0, octets)
	for i, a := range d.Attributes {
		from := len(all)
		for _, v := range a.Values {
			text = append(text, v...)
			all = append(all, text[len(text)-len(v):len(text):len(text)])
		}
		out.Attributes[i] = Attribute{Name: a.Name, Values: all[from:len(all):len(all)]}
	}
	return out
}

// Add appends one value to the attribute of that name, in the spelling that
// was used first.
func (d *Draft) Add(attribute string, values ...[]byte) {
	for i := range d.Attributes {
		if equalFold(d.Attributes[i].Name, attribute) {
			d.Attributes[i].Values = append(d.Attributes[i].Values, values...)
			return
		}
	}
	d.Attributes = append(d.Attributes, Attribute{Name: attribute, Values: values})
}

// AddText is Add for text values.
func (d *Draft) AddText(attribute string, values ...string) {
	for _, v := range values {
		d.Add(attribute, []byte(v))
	}
}

// Values returns the values of an attribute, nil when it is absent.
func (d *Draft) Values(attribute string) [][]byte {
	for i := range d.Attributes {
		if equalFold(d.Attributes[i].Name, attribute) {
			return d.Attributes[i].Values
		}
	}
	return nil
}

// equalFold compares attribute names, which are ASCII (RFC 4512, 1.4).
func equalFold(a, b string) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range len(a) {
		if lower(a[i]) != lower(b[i]) {
			return false
		}
	}
	return true
}

func lower(c byte) byte {
	if 'A' <= c && c <= 'Z' {
		return c + 'a' - 'A'
	}
	return c
}

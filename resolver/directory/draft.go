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

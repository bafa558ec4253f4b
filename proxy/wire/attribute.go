package wire

// Attribute is an attribute with its values, owned: it shares no memory with a
// message. Values may be binary.
type Attribute struct {
	Name   string // attribute description
	Values []string
}

// parseAttribute reads a PartialAttribute (RFC 4511 section 4.1.7).
func parseAttribute(c *cursor, element string) (Attribute, error) {
	seq, err := c.sequence(element)
	if err != nil {
		return Attribute{}, err
	}
	name, err := seq.octets(element)
	if err != nil {
		return Attribute{}, err
	}
	set, err := seq.take(tagSet, element)
	if err != nil {
		return Attribute{}, err
	}
	values, err := parseValues(set, element)
	if err != nil {
		return Attribute{}, err
	}
	return Attribute{Name: string(name), Values: values}, seq.end(element)
}

func parseValues(set []byte, element string) ([]string, error) {
	n, ok := countElements(set)
	if !ok {
		return nil, malformed(element)
	}
	if n == 0 {
		return nil, nil
	}
	values := make([]string, n)
	c := cursor{set}
	for i := range values {
		v, err := c.octets(element)
		if err != nil {
			return nil, err
		}
		values[i] = string(v)
	}
	return values, nil
}

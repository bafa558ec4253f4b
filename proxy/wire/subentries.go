package wire

// ParseSubentries decodes the value of a subentries control (RFC 3672 section
// 3): whether subentries are to be seen and nothing else, or everything else.
func ParseSubentries(value []byte) (visible bool, err error) {
	c := cursor{value}
	if visible, err = c.boolean(tagBoolean, "subentries visibility"); err != nil {
		return false, err
	}
	return visible, c.end("octets after the subentries visibility")
}

// AppendSubentries appends the value of a subentries control.
func AppendSubentries(dst []byte, visible bool) []byte {
	return appendBoolean(dst, tagBoolean, visible)
}

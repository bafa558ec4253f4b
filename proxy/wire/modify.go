package wire

// ChangeKind says what a change does with its values (RFC 4511 section 4.6, RFC 4525 for increment).
type ChangeKind byte

// The kinds of changes.
const (
	ChangeAdd ChangeKind = iota
	ChangeDelete
	ChangeReplace
	ChangeIncrement
)

// Change is one change of a modify request.
type Change struct {
	Kind ChangeKind
	Attribute
}

// ModifyRequest is a modify (RFC 4511 section 4.6), owned.
type ModifyRequest struct {
	DN      string
	Changes []Change
}

// ParseModify decodes the body of an OpModifyRequest.
func ParseModify(body []byte) (ModifyRequest, error) {
	c := cursor{body}
	dn, err := c.octets("modify request entry")
	if err != nil {
		return ModifyRequest{}, err
	}
	list, err := c.sequence("modify request changes")
	if err != nil {
		return ModifyRequest{}, err
	}
	if err := c.endExtensible("octets after the modify request"); err != nil {
		return ModifyRequest{}, err
	}
	r := ModifyRequest{DN: string(dn)}
	for !list.empty() {
		change, err := parseChange(&list)
		if err != nil {
			return ModifyRequest{}, err
		}
		r.Changes = append(r.Changes, change)
	}
	return r, nil
}

func parseChange(list *cursor) (Change, error) {
	seq, err := list.sequence("modify request change")
	if err != nil {
		return Change{}, err
	}
	kind, err := seq.number(tagEnumerated, int(ChangeIncrement), "modify request operation")
	if err != nil {
		return Change{}, err
	}
	attr, err := parseAttribute(&seq, "modify request attribute")
	if err != nil {
		return Change{}, err
	}
	return Change{Kind: ChangeKind(kind), Attribute: attr}, seq.end("octets after the modification")
}

package wire

// maxControls bounds the controls of one message. No client sends ten; four
// octets on the wire become a struct of 56.
const maxControls = 128

// Control is a control of a request or an answer (RFC 4511 section 4.1.11).
// Value points into the decoded octets.
type Control struct {
	OID      string
	Critical bool
	Value    []byte
	HasValue bool // distinguishes an empty value from none; a non-empty Value is sent without it, too
}

// ParseControls decodes Message.Controls, in the order sent. Errors match
// ErrMalformed, or ErrLimit if there are more than 128.
func ParseControls(raw []byte) ([]Control, error) { return ParseControlsInto(nil, raw) }

// ParseControlsInto is ParseControls into the memory of dst, whose controls are
// overwritten. Controls whose OIDs are constants of this package then cost no allocation.
func ParseControlsInto(dst []Control, raw []byte) ([]Control, error) {
	dst = dst[:0]
	for c := (cursor{raw}); !c.empty(); {
		if len(dst) == maxControls {
			return nil, ErrTooManyControls
		}
		control, err := parseControl(&c)
		if err != nil {
			return nil, err
		}
		dst = append(dst, control)
	}
	return dst, nil
}

func parseControl(c *cursor) (Control, error) {
	seq, err := c.sequence("control")
	if err != nil {
		return Control{}, err
	}
	oid, err := seq.octets("control type")
	if err != nil {
		return Control{}, err
	}
	if len(oid) == 0 {
		return Control{}, malformed("control type")
	}
	control := Control{OID: internOID(oid)}
	if seq.at(tagBoolean) {
		if control.Critical, err = seq.boolean(tagBoolean, "control criticality"); err != nil {
			return Control{}, err
		}
	}
	if seq.at(tagOctetString) {
		if control.Value, err = seq.octets("control value"); err != nil {
			return Control{}, err
		}
		control.HasValue = true
	}
	return control, seq.end("octets after the control")
}

func appendControl(dst []byte, c *Control) []byte {
	dst, mark := open(dst, tagSequence)
	dst = appendElement(dst, tagOctetString, c.OID)
	if c.Critical {
		dst = appendBoolean(dst, tagBoolean, true)
	}
	if c.HasValue || len(c.Value) > 0 {
		dst = appendElement(dst, tagOctetString, c.Value)
	}
	return seal(dst, mark)
}

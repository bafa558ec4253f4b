package wire

import "fmt"

const tagControls = 0xa0

// Op is the application tag of a protocol operation (RFC 4511 section 4.2 and after).
type Op byte

// The protocol operations.
const (
	OpBindRequest          Op = 0x60
	OpBindResponse         Op = 0x61
	OpUnbindRequest        Op = 0x42
	OpSearchRequest        Op = 0x63
	OpSearchEntry          Op = 0x64
	OpSearchDone           Op = 0x65
	OpSearchReference      Op = 0x73
	OpModifyRequest        Op = 0x66
	OpModifyResponse       Op = 0x67
	OpAddRequest           Op = 0x68
	OpAddResponse          Op = 0x69
	OpDelRequest           Op = 0x4a
	OpDelResponse          Op = 0x6b
	OpModifyDNRequest      Op = 0x6c
	OpModifyDNResponse     Op = 0x6d
	OpCompareRequest       Op = 0x6e
	OpCompareResponse      Op = 0x6f
	OpAbandonRequest       Op = 0x50
	OpExtendedRequest      Op = 0x77
	OpExtendedResponse     Op = 0x78
	OpIntermediateResponse Op = 0x79
)

var opNames = map[Op]string{
	OpBindRequest: "bindRequest", OpBindResponse: "bindResponse", OpUnbindRequest: "unbindRequest",
	OpSearchRequest: "searchRequest", OpSearchEntry: "searchResEntry", OpSearchDone: "searchResDone",
	OpSearchReference: "searchResRef", OpModifyRequest: "modifyRequest", OpModifyResponse: "modifyResponse",
	OpAddRequest: "addRequest", OpAddResponse: "addResponse", OpDelRequest: "delRequest",
	OpDelResponse: "delResponse", OpModifyDNRequest: "modDNRequest", OpModifyDNResponse: "modDNResponse",
	OpCompareRequest: "compareRequest", OpCompareResponse: "compareResponse", OpAbandonRequest: "abandonRequest",
	OpExtendedRequest: "extendedReq", OpExtendedResponse: "extendedResp", OpIntermediateResponse: "intermediateResponse",
}

// String returns the name that RFC 4511 section 4.1.1 gives the operation.
func (op Op) String() string {
	if name, ok := opNames[op]; ok {
		return name
	}
	return fmt.Sprintf("protocolOp(0x%02x)", byte(op))
}

// Response returns the operation that carries the result of a request, or
// false for what is never answered (unbind, abandon) and what is no request.
func (op Op) Response() (Op, bool) {
	switch op {
	case OpBindRequest, OpModifyRequest, OpAddRequest, OpModifyDNRequest, OpCompareRequest, OpExtendedRequest:
		return op + 1, true
	case OpSearchRequest:
		return OpSearchDone, true
	case OpDelRequest:
		return OpDelResponse, true
	}
	return 0, false
}

// Message is one LDAPMessage (RFC 4511 section 4.1.1), not yet decoded further.
// Its operation may be one that this package has no name for.
type Message struct {
	ID       int32  // 0 to 2^31-1; 0 is legal only for what a server sends unasked
	Op       Op     // the application tag
	Body     []byte // content octets of the operation
	Controls []byte // content octets of the controls, nil if there are none; see ParseControls
}

// Clone returns a copy that shares no memory with the Reader.
func (m Message) Clone() Message {
	owned := make([]byte, 0, len(m.Body)+len(m.Controls))
	owned = append(owned, m.Body...)
	split := len(owned)
	owned = append(owned, m.Controls...)
	m.Body = owned[:split:split]
	if m.Controls != nil {
		m.Controls = owned[split:]
	}
	return m
}

// ParseMessage decodes the envelope of one whole LDAPMessage and nothing but
// it. The message points into pdu.
func ParseMessage(pdu []byte) (Message, error) {
	outer := cursor{pdu}
	c, err := outer.sequence("message envelope")
	if err != nil {
		return Message{}, err
	}
	if err := outer.end("octets after the message"); err != nil {
		return Message{}, err
	}
	id, err := messageID(&c)
	if err != nil {
		return Message{}, err
	}
	tag, body, ok := c.next()
	if !ok || tag&0xc0 != 0x40 {
		return Message{}, malformed("protocol operation")
	}
	m := Message{ID: id, Op: Op(tag), Body: body}
	if c.at(tagControls) {
		if m.Controls, err = c.take(tagControls, "controls"); err != nil {
			return Message{}, err
		}
	}
	if err := c.endExtensible("octets after the protocol operation", tagControls); err != nil {
		return Message{}, err
	}
	return m, nil
}

// messageID reads the id, which must be minimal: two spellings of one id would
// let a request and the abandon of it look different to whoever compares octets.
func messageID(c *cursor) (int32, error) {
	content, err := c.take(tagInteger, "message id")
	if err != nil {
		return 0, err
	}
	id, ok := parseNumber(content)
	if !ok || len(content) > 1 && content[0] == 0 && content[1] < 0x80 {
		return 0, malformed("message id")
	}
	return int32(id), nil
}

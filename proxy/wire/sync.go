package wire

// SyncMode says whether a content synchronization ends (RFC 4533 section 2.2).
type SyncMode int

// The modes.
const (
	SyncRefreshOnly       SyncMode = 1
	SyncRefreshAndPersist SyncMode = 3
)

// SyncRequest is the value of a sync request control (RFC 4533 section 2.2).
type SyncRequest struct {
	Mode       SyncMode
	Cookie     []byte // nil if the client has none; points into the decoded octets
	ReloadHint bool
}

// ParseSyncRequest decodes the value of a sync request control.
func ParseSyncRequest(value []byte) (SyncRequest, error) {
	c, err := onlySequence(value, "sync request")
	if err != nil {
		return SyncRequest{}, err
	}
	mode, err := c.number(tagEnumerated, int(SyncRefreshAndPersist), "sync mode")
	if err != nil {
		return SyncRequest{}, err
	}
	r := SyncRequest{Mode: SyncMode(mode)}
	if r.Mode != SyncRefreshOnly && r.Mode != SyncRefreshAndPersist {
		return SyncRequest{}, malformed("sync mode")
	}
	if r.Cookie, err = c.cookie(); err != nil {
		return SyncRequest{}, err
	}
	if r.ReloadHint, err = c.flag(false, "reload hint"); err != nil {
		return SyncRequest{}, err
	}
	return r, c.end("octets after the sync request")
}

// AppendSyncRequest appends the value of a sync request control.
func AppendSyncRequest(dst []byte, r SyncRequest) []byte {
	dst, mark := open(dst, tagSequence)
	dst = appendNumber(dst, tagEnumerated, int(r.Mode))
	dst = appendCookie(dst, r.Cookie)
	if r.ReloadHint {
		dst = appendBoolean(dst, tagBoolean, true)
	}
	return seal(dst, mark)
}

// SyncKind says what an entry of a content synchronization is (RFC 4533 section 2.3).
type SyncKind int

// The kinds.
const (
	SyncPresent SyncKind = iota
	SyncAdd
	SyncModify
	SyncDelete
)

// UUIDLength is how many octets an entryUUID has on the wire.
const UUIDLength = 16

// SyncState is the value of a sync state control (RFC 4533 section 2.3). Its
// slices point into the decoded octets.
type SyncState struct {
	Kind   SyncKind
	UUID   []byte // 16 octets
	Cookie []byte // nil if there is none
}

// ParseSyncState decodes the value of a sync state control.
func ParseSyncState(value []byte) (SyncState, error) {
	c, err := onlySequence(value, "sync state")
	if err != nil {
		return SyncState{}, err
	}
	kind, err := c.number(tagEnumerated, int(SyncDelete), "sync state kind")
	if err != nil {
		return SyncState{}, err
	}
	s := SyncState{Kind: SyncKind(kind)}
	if s.UUID, err = c.uuid(); err != nil {
		return SyncState{}, err
	}
	if s.Cookie, err = c.cookie(); err != nil {
		return SyncState{}, err
	}
	return s, c.end("octets after the sync state")
}

// AppendSyncState appends the value of a sync state control.
func AppendSyncState(dst []byte, s SyncState) []byte {
	dst, mark := open(dst, tagSequence)
	dst = appendNumber(dst, tagEnumerated, int(s.Kind))
	dst = appendElement(dst, tagOctetString, s.UUID)
	dst = appendCookie(dst, s.Cookie)
	return seal(dst, mark)
}

// SyncDone is the value of a sync done control (RFC 4533 section 2.4).
type SyncDone struct {
	Cookie         []byte // nil if there is none; points into the decoded octets
	RefreshDeletes bool
}

// ParseSyncDone decodes the value of a sync done control.
func ParseSyncDone(value []byte) (SyncDone, error) {
	c, err := onlySequence(value, "sync done")
	if err != nil {
		return SyncDone{}, err
	}
	var d SyncDone
	if d.Cookie, err = c.cookie(); err != nil {
		return SyncDone{}, err
	}
	if d.RefreshDeletes, err = c.flag(false, "refresh deletes"); err != nil {
		return SyncDone{}, err
	}
	return d, c.end("octets after the sync done")
}

// AppendSyncDone appends the value of a sync done control.
func AppendSyncDone(dst []byte, d SyncDone) []byte {
	dst, mark := open(dst, tagSequence)
	dst = appendCookie(dst, d.Cookie)
	if d.RefreshDeletes {
		dst = appendBoolean(dst, tagBoolean, true)
	}
	return seal(dst, mark)
}

// onlySequence is the content of a value that is one sequence.
func onlySequence(value []byte, element string) (cursor, error) {
	outer := cursor{value}
	c, err := outer.sequence(element)
	if err != nil {
		return cursor{}, err
	}
	return c, outer.end("octets after the " + element)
}

// cookie reads an OCTET STRING OPTIONAL: nil if there is none.
func (c *cursor) cookie() ([]byte, error) {
	if !c.at(tagOctetString) {
		return nil, nil
	}
	return c.octets("sync cookie")
}

func appendCookie(dst, cookie []byte) []byte {
	if cookie == nil {
		return dst
	}
	return appendElement(dst, tagOctetString, cookie)
}

func (c *cursor) uuid() ([]byte, error) {
	uuid, err := c.octets("entryUUID")
	if err == nil && len(uuid) != UUIDLength {
		err = malformed("entryUUID")
	}
	return uuid, err
}

// flag reads a BOOLEAN with a default.
func (c *cursor) flag(otherwise bool, element string) (bool, error) {
	if !c.at(tagBoolean) {
		return otherwise, nil
	}
	return c.boolean(tagBoolean, element)
}

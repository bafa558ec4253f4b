package wire

// SyncInfoKind says which choice a sync info message makes (RFC 4533 section 2.5).
type SyncInfoKind byte

// The choices; their values are those of their tags.
const (
	SyncNewCookie      SyncInfoKind = 0x80
	SyncRefreshDelete  SyncInfoKind = 0xa1
	SyncRefreshPresent SyncInfoKind = 0xa2
	SyncIDSet          SyncInfoKind = 0xa3
)

// SyncInfo is the value of an intermediate response IntermediateSyncInfo (RFC
// 4533 section 2.5). Its slices point into the decoded octets.
type SyncInfo struct {
	Kind           SyncInfoKind
	Cookie         []byte   // nil if there is none
	RefreshDone    bool     // SyncRefreshDelete, SyncRefreshPresent: the refresh stage is over
	RefreshDeletes bool     // SyncIDSet: the entries are gone; else they are present
	UUIDs          [][]byte // SyncIDSet: 16 octets each
}

// ParseSyncInfo decodes the value of a sync info message.
func ParseSyncInfo(value []byte) (SyncInfo, error) {
	outer := cursor{value}
	tag, content, ok := outer.next()
	if !ok {
		return SyncInfo{}, malformed("sync info")
	}
	if err := outer.end("octets after the sync info"); err != nil {
		return SyncInfo{}, err
	}
	info, c := SyncInfo{Kind: SyncInfoKind(tag)}, cursor{content}
	switch info.Kind {
	case SyncNewCookie:
		info.Cookie = content
		return info, nil
	case SyncRefreshDelete, SyncRefreshPresent:
		return info, info.parseRefresh(&c)
	case SyncIDSet:
		return info, info.parseIDs(&c)
	}
	return SyncInfo{}, malformed("sync info")
}

func (s *SyncInfo) parseRefresh(c *cursor) (err error) {
	if s.Cookie, err = c.cookie(); err != nil {
		return err
	}
	if s.RefreshDone, err = c.flag(true, "refresh done"); err != nil {
		return err
	}
	return c.end("octets after the sync info")
}

func (s *SyncInfo) parseIDs(c *cursor) (err error) {
	if s.Cookie, err = c.cookie(); err != nil {
		return err
	}
	if s.RefreshDeletes, err = c.flag(false, "refresh deletes"); err != nil {
		return err
	}
	set, err := c.take(tagSet, "set of entryUUIDs")
	if err != nil {
		return err
	}
	s.UUIDs = make([][]byte, 0, len(set)/(UUIDLength+2))
	for ids := (cursor{set}); !ids.empty(); {
		uuid, err := ids.uuid()
		if err != nil {
			return err
		}
		s.UUIDs = append(s.UUIDs, uuid)
	}
	return c.end("octets after the set of entryUUIDs")
}

// AppendSyncInfo appends the value of a sync info message.
func AppendSyncInfo(dst []byte, s SyncInfo) []byte {
	if s.Kind == SyncNewCookie {
		return appendElement(dst, byte(s.Kind), s.Cookie)
	}
	dst, mark := open(dst, byte(s.Kind))
	dst = appendCookie(dst, s.Cookie)
	if s.Kind != SyncIDSet {
		if !s.RefreshDone {
			dst = appendBoolean(dst, tagBoolean, false)
		}
		return seal(dst, mark)
	}
	if s.RefreshDeletes {
		dst = appendBoolean(dst, tagBoolean, true)
	}
	dst, set := open(dst, tagSet)
	for _, uuid := range s.UUIDs {
		dst = appendElement(dst, tagOctetString, uuid)
	}
	return seal(seal(dst, set), mark)
}

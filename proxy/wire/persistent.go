package wire

// ChangeTypes is a set of changes (draft-ietf-ldapext-psearch section 2.2).
type ChangeTypes int

// The kinds of changes; of an entry change notification exactly one.
const (
	EntryAdded    ChangeTypes = 1
	EntryDeleted  ChangeTypes = 2
	EntryModified ChangeTypes = 4
	EntryRenamed  ChangeTypes = 8
	AnyChange                 = EntryAdded | EntryDeleted | EntryModified | EntryRenamed
)

// PersistentSearch is the value of a persistent search control.
type PersistentSearch struct {
	Types       ChangeTypes
	ChangesOnly bool
	ReturnECs   bool // with each changed entry goes an entry change notification
}

// ParsePersistentSearch decodes the value of a persistent search control.
func ParsePersistentSearch(value []byte) (PersistentSearch, error) {
	c, err := onlySequence(value, "persistent search")
	if err != nil {
		return PersistentSearch{}, err
	}
	types, err := c.number(tagInteger, int(AnyChange), "change types")
	if err != nil {
		return PersistentSearch{}, err
	}
	p := PersistentSearch{Types: ChangeTypes(types)}
	if p.ChangesOnly, err = c.boolean(tagBoolean, "changes only"); err != nil {
		return PersistentSearch{}, err
	}
	if p.ReturnECs, err = c.boolean(tagBoolean, "return notifications"); err != nil {
		return PersistentSearch{}, err
	}
	return p, c.end("octets after the persistent search")
}

// AppendPersistentSearch appends the value of a persistent search control.
func AppendPersistentSearch(dst []byte, p PersistentSearch) []byte {
	dst, mark := open(dst, tagSequence)
	dst = appendNumber(dst, tagInteger, int(p.Types))
	dst = appendBoolean(dst, tagBoolean, p.ChangesOnly)
	dst = appendBoolean(dst, tagBoolean, p.ReturnECs)
	return seal(dst, mark)
}

// EntryChange is the value of an entry change notification. PreviousDN points
// into the decoded octets.
type EntryChange struct {
	Type       ChangeTypes // exactly one
	PreviousDN []byte      // EntryRenamed; nil if there is none
	Number     int64       // -1 if there is none
}

// ParseEntryChange decodes the value of an entry change notification.
func ParseEntryChange(value []byte) (EntryChange, error) {
	c, err := onlySequence(value, "entry change")
	if err != nil {
		return EntryChange{}, err
	}
	kind, err := c.number(tagEnumerated, int(EntryRenamed), "change type")
	if err != nil {
		return EntryChange{}, err
	}
	e := EntryChange{Type: ChangeTypes(kind), Number: -1}
	if kind == 0 || kind&(kind-1) != 0 {
		return EntryChange{}, malformed("change type")
	}
	if e.PreviousDN, err = c.cookie(); err != nil {
		return EntryChange{}, err
	}
	if c.at(tagInteger) {
		content, err := c.take(tagInteger, "change number")
		if err != nil {
			return EntryChange{}, err
		}
		if e.Number, err = longNumber(content); err != nil {
			return EntryChange{}, err
		}
	}
	return e, c.end("octets after the entry change")
}

// longNumber decodes an integer of 0 to 2^63-1: change numbers are not bounded.
func longNumber(content []byte) (int64, error) {
	if len(content) == 0 || len(content) > 8 || content[0] >= 0x80 {
		return 0, malformed("change number")
	}
	var n int64
	for _, octet := range content {
		n = n<<8 | int64(octet)
	}
	return n, nil
}

// AppendEntryChange appends the value of an entry change notification.
func AppendEntryChange(dst []byte, e EntryChange) []byte {
	dst, mark := open(dst, tagSequence)
	dst = appendNumber(dst, tagEnumerated, int(e.Type))
	dst = appendCookie(dst, e.PreviousDN)
	if e.Number >= 0 {
		dst = appendNumber(dst, tagInteger, int(e.Number))
	}
	return seal(dst, mark)
}

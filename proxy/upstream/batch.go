package upstream

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/aclens/aclens/proxy/wire"
	"github.com/aclens/aclens/resolver/directory"
)

// ID is the identity of an entry, which a new name does not change: entryUUID,
// nsUniqueId or objectGUID. The zero ID stands for none.
type ID [wire.UUIDLength]byte

// Batch is what a feed tells at once. It counts as a whole or not at all, and
// what it says is complete up to its State.
type Batch struct {
	Changes []Change // in order
	// Absence says that the feed told what is there and not what is gone: below
	// Base whatever is neither in Changes nor in Present is gone, by inference.
	Absence bool
	Base    string
	Present []ID
	// CatchUp says that the feed hears changes from here on and knows none of
	// before: read what changed since the last reading now.
	CatchUp bool
	State   State     // to follow on from once the batch is taken over
	At      time.Time // the directory was heard then
}

// Change is one change of an entry.
type Change struct {
	ID       ID     // zero where the feed knows names only
	Deleted  bool   // the directory said that it is gone
	Modified bool   // the directory said that it was there before, under this ID
	DN       string // of a deleted entry, or of one that had another name before; "" if only the ID is told
	Within   string // of a deleted entry: the base below which it is no more; it may have moved elsewhere
	Draft    directory.Draft
}

var errGaveTooMuch = fmt.Errorf("%w: more changed than is worth telling one by one", ErrFullRead)

// Identity is the ID that an entry of a server has in a mode; zero if the mode
// knows none, or the entry does not show it.
func Identity(m Mode, d *directory.Draft) ID {
	var id ID
	value := func(attribute string) []byte {
		if values := d.Values(attribute); len(values) == 1 {
			return values[0]
		}
		return nil
	}
	switch m {
	case ModeDirSync:
		if guid := value("objectGUID"); len(guid) == len(id) {
			copy(id[:], guid)
		}
	case ModeSyncrepl:
		text := value("entryUUID")
		if text == nil {
			text = value("nsUniqueId")
		}
		octets, err := hex.DecodeString(strings.ReplaceAll(string(text), "-", ""))
		if err == nil && len(octets) == len(id) {
			copy(id[:], octets)
		}
	}
	return id
}

// cookies are those of one feed, by base.
type cookies map[string][]byte

// text is the cookies as a State keeps them.
func (c cookies) text() (string, error) {
	plain := make(map[string]string, len(c))
	for base, cookie := range c {
		plain[base] = base64.StdEncoding.EncodeToString(cookie)
	}
	b, err := json.Marshal(plain)
	return string(b), err
}

var errCookie = errors.New("the cookie is damaged")

// parseCookies reads the cookies of a State; one without any gives none.
func parseCookies(text string) (cookies, error) {
	c := cookies{}
	if text == "" {
		return c, nil
	}
	var plain map[string]string
	if err := json.Unmarshal([]byte(text), &plain); err != nil {
		return nil, errCookie
	}
	for base, encoded := range plain {
		cookie, err := base64.StdEncoding.DecodeString(encoded)
		if err != nil {
			return nil, errCookie
		}
		c[base] = cookie
	}
	return c, nil
}

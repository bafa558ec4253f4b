package proctest

import (
	"context"

	"github.com/go-ldap/ldap/v3"
)

// Copy is what a consumer keeps of a feed, as go-ldap's client tells it (RFC
// 4533). The zero value holds nothing and begins with everything.
type Copy struct {
	Entries map[string]*ldap.Entry // by the 16 octets of entryUUID
	Cookie  []byte
	Whole   int // times that it began with everything

	present map[string]bool // told in the refresh stage
}

// Endless is for Follow: messages without a bound.
const Endless = -1

// Follow goes on from the cookie until the feed has told all that there is in a
// mode which ends then, the connection breaks, ctx ends, or so many messages came.
func (c *Copy) Follow(ctx context.Context, conn *ldap.Conn, search *ldap.SearchRequest, mode ldap.ControlSyncRequestMode, messages int) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	if c.Entries == nil {
		c.Entries = map[string]*ldap.Entry{}
	}
	if c.Cookie == nil {
		c.Whole++
	}
	c.present = map[string]bool{}
	r := conn.Syncrepl(ctx, search, 1, mode, c.Cookie, false)
	for n := 0; n != messages && r.Next(); n++ {
		for _, control := range r.Controls() {
			c.take(r.Entry(), control)
		}
	}
	return r.Err()
}

func (c *Copy) take(e *ldap.Entry, control ldap.Control) {
	switch x := control.(type) {
	case *ldap.ControlSyncState:
		id := string(x.EntryUUID[:])
		if delete(c.Entries, id); x.State != ldap.SyncStateDelete {
			c.Entries[id], c.present[id] = e, true
		}
	case *ldap.ControlSyncInfo:
		c.inform(x)
	case *ldap.ControlSyncDone:
		if c.Cookie = x.Cookie; !x.RefreshDeletes {
			c.forget()
		}
	}
}

func (c *Copy) inform(x *ldap.ControlSyncInfo) {
	switch {
	case x.NewCookie != nil: // go-ldap drops what is in it, so the one before stays, which tells more than is needed
	case x.RefreshDelete != nil:
		c.Cookie = x.RefreshDelete.Cookie
	case x.RefreshPresent != nil:
		c.Cookie = x.RefreshPresent.Cookie
		c.forget()
	case x.SyncIdSet != nil:
		for _, id := range x.SyncIdSet.SyncUUIDs {
			if x.SyncIdSet.RefreshDeletes {
				delete(c.Entries, string(id[:]))
			} else {
				c.present[string(id[:])] = true
			}
		}
	}
}

// forget drops what the refresh did not tell.
func (c *Copy) forget() {
	for id := range c.Entries {
		if !c.present[id] {
			delete(c.Entries, id)
		}
	}
}

package view

import (
	"encoding/json"
	"sync"

	"github.com/RoaringBitmap/roaring/v2"

	"github.com/aclens/aclens/proxy/policy"
	"github.com/aclens/aclens/resolver"
	"github.com/aclens/aclens/resolver/acl"
	"github.com/aclens/aclens/resolver/database"
	"github.com/aclens/aclens/resolver/directory"
	"github.com/aclens/aclens/resolver/group"
	"github.com/aclens/aclens/resolver/name"
	"github.com/aclens/aclens/resolver/server"
)

// computed computes virtual attributes of one real entry after another, for one
// identity; what two attributes of an entry share is found once.
type computed struct {
	state  *State
	rights *policy.Rights
	place  place
	store  *directory.Store // of the entry: the directory's, or that of the virtual subtree
	id     directory.ID
	entry  directory.Entry

	pace      *pace
	presence  bool   // only whether there is a value is asked
	attribute string // folded name of the attribute whose values are wanted
	subject   *resolver.Subject
	looked    bool // subject is looked up
	walker    resolver.Walker
	decisions [acl.Local + 1]rows
	matches   [acl.Local + 1]matches
	only      []*database.Database // nil: all; only for those who may read everything
	veiled    bool                 // without deny lists, whatever the rights
}

// computeds are those of searches that are over, for the room in them.
var computeds = sync.Pool{New: func() any { return new(computed) }}

// takeComputed is for the one search that takes it, with nothing set.
func takeComputed() *computed { return computeds.Get().(*computed) }

// mostKept bounds the decisions that room is kept for.
const mostKept = 1024

// giveComputed takes back, from the one who took it and does not use it any more,
// what computes; nil is nothing.
func giveComputed(c *computed) {
	if c == nil {
		return
	}
	c.walker.Clear()
	kept := computed{walker: c.walker}
	for i := range c.matches {
		if cap(c.matches[i].list) <= mostKept {
			kept.matches[i].list = c.matches[i].list[:0]
		}
		if cap(c.decisions[i].list) <= mostKept {
			kept.decisions[i].list = c.decisions[i].list[:0]
		}
	}
	*c = kept
	computeds.Put(c)
}

// rows are the decisions on one channel; their room serves one entry after another.
type rows struct {
	known bool
	list  []standing
}

// standing is as much of a decision as values are made of.
type standing struct {
	level      acl.Level
	privileges acl.Privileges
	roles      acl.RoleSet
}

// at moves on to another entry.
func (c *computed) at(id directory.ID, e directory.Entry) {
	if c.looked && id == c.id {
		return
	}
	c.id, c.entry, c.subject, c.looked = id, e, nil, false
	for i := range c.decisions {
		c.decisions[i].known, c.matches[i].known = false, false
	}
}

func (c *computed) sub() *resolver.Subject {
	if !c.looked {
		c.subject, _ = c.state.Snapshot.Subject(c.id)
		c.looked = true
	}
	return c.subject
}

// rows are the decisions for every database, in the order of their keys.
func (c *computed) rows(channel acl.Channel) []standing {
	r := &c.decisions[channel]
	if r.known {
		return r.list
	}
	if !c.walker.At(c.state.Snapshot, c.id) {
		return nil
	}
	r.known, r.list = true, r.list[:0]
	c.walker.EachDecision(channel, func(_ int, d *resolver.Decision) {
		r.list = append(r.list, readStanding(d))
	})
	return r.list
}

// few are the decisions for the databases of only.
func (c *computed) few(channel acl.Channel) []standing {
	r := &c.decisions[channel]
	if r.known {
		return r.list
	}
	r.known, r.list = true, r.list[:0]
	for _, db := range c.only {
		var d resolver.Decision
		if sub := c.sub(); sub != nil {
			d = c.state.Snapshot.Decide(sub, db.Primary, resolver.Query{Channel: channel})
		}
		r.list = append(r.list, readStanding(&d))
	}
	return r.list
}

// each calls f for every database whose values may be read of the entry. Of the
// own entry only databases above no access are, unless a rule says more.
func (c *computed) each(channel acl.Channel, f func(db *database.Database, d *standing)) {
	if !c.pace.spend(c.state.Snapshot.Databases().Len() / termsAtOnce) {
		return
	}
	if c.only != nil {
		for i, db := range c.only {
			f(db, &c.few(channel)[i])
		}
		return
	}
	rows := c.rows(channel)
	if rows == nil {
		return
	}
	granted, all := c.granted()
	self := c.rights == nil || c.rights.OwnValues(c.id, c.attribute)
	for i, db := range c.state.Snapshot.Databases().All() {
		d := &rows[i]
		if all || granted != nil && granted.Contains(uint32(i)) || self && d.level > acl.NoAccess {
			f(db, d)
		}
	}
}

// granted are the databases that rules let the identity read of this entry.
func (c *computed) granted() (*roaring.Bitmap, bool) {
	if c.rights == nil {
		return nil, true
	}
	return c.rights.Databases(c.attribute)
}

// onlyOwn tells whether the values are read by right of the own entry alone,
// which shows no other people's names and no entries that lost.
func (c *computed) onlyOwn(index int) bool {
	granted, all := c.granted()
	return !all && !granted.Contains(uint32(index))
}

func (c *computed) denyLists() bool { return !c.veiled && (c.rights == nil || c.rights.DenyLists()) }

// subordinates counts the entries right below that may be read, up to enough.
func (c *computed) subordinates(enough int) int {
	children, n := c.store.Children(c.id), 0
	for i := range children.Len() {
		if n >= enough {
			return n
		}
		if id := children.At(i); c.store.Exists(id) && c.place.visible(id) {
			n++
		}
	}
	if p, ok := c.place.(*virtualPlace); ok && p.node(c.id).kind == subjectsOf {
		n += c.state.recordCount()
	}
	return n
}

// inDatabases is an attribute that puts its values database by database, by the
// decision there.
type inDatabases struct {
	channel func(*State) acl.Channel
	put     func(w *words, d *standing, put func(string))
}

func over(channel acl.Channel) func(*State) acl.Channel {
	return func(*State) acl.Channel { return channel }
}

func overGroupChannel(s *State) acl.Channel { return s.view.groupChannel }

// values are the values for the entry at hand.
func (a *inDatabases) values(c *computed, put func(string)) {
	c.each(a.channel(c.state), func(db *database.Database, d *standing) {
		a.put(c.state.wordsOf(db), d, put)
	})
}

func levels(channel acl.Channel, r reached) *inDatabases {
	return &inDatabases{over(channel), func(w *words, d *standing, put func(string)) {
		for l, highest := r(d.level); l <= highest; l++ {
			put(w.levels[l])
		}
	}}
}

func roles(channel acl.Channel) *inDatabases {
	return &inDatabases{over(channel), func(w *words, d *standing, put func(string)) {
		if d.level > acl.NoAccess {
			putRoles(w.roles, d, put)
		}
	}}
}

// putRoles puts those of the words by role that a decision has.
func putRoles(words []string, d *standing, put func(string)) {
	for i, w := range words {
		if d.roles.Has(i) {
			put(w)
		}
	}
}

var privileges = &inDatabases{over(acl.Notes), func(w *words, d *standing, put func(string)) {
	for i, word := range w.privileges {
		if d.privileges.Has(1 << i) {
			put(word)
		}
	}
}}

// accessGroups lists the level and role groups of the virtual subtree that hold
// the entry.
var accessGroups = &inDatabases{overGroupChannel, func(w *words, d *standing, put func(string)) {
	for l := acl.Reader; l <= d.level; l++ {
		put(w.levelGroups[l])
	}
	if d.level > acl.NoAccess {
		putRoles(w.roleGroups, d, put)
	}
}}

func highest(c *computed, put func(string)) {
	if best, ok := c.highestAtOnce(acl.Notes); ok {
		put(best.String())
		return
	}
	best, any := acl.NoAccess, false
	c.each(acl.Notes, func(_ *database.Database, d *standing) {
		best, any = max(best, d.level), true
	})
	if any {
		put(best.String())
	}
}

func reasons(c *computed, put func(string)) {
	c.each(acl.Notes, func(db *database.Database, _ *standing) {
		if c.presence {
			put("")
			return
		}
		if !c.pace.spend(explainCost) {
			return
		}
		e := c.state.Snapshot.Explain(c.sub(), db, db.Primary, resolver.Query{Channel: acl.Notes})
		if c.onlyOwn(db.Index) {
			e.OnlyOwn()
		}
		if !c.denyLists() {
			c.state.Snapshot.HideDenyLists(e)
		}
		if text, err := json.Marshal(e); err == nil {
			put(string(text))
		}
	})
}

func namesList(c *computed, put func(string)) {
	sub := c.sub()
	if sub == nil {
		return
	}
	shown := func(g *resolver.Group) bool { return !g.DenyList() || c.denyLists() }
	for _, n := range c.state.Snapshot.NamesList(sub, shown, nil) {
		put(n)
	}
}

func serverAccess(c *computed, put func(string)) {
	if c.sub() == nil {
		return
	}
	for _, s := range c.state.Snapshot.ServerAccess(c.sub(), resolver.Query{Channel: acl.Notes}) {
		put(s.Server.Abbreviated() + "#" + s.Access.String())
	}
}

func agentRights(c *computed, put func(string)) {
	if c.sub() == nil {
		return
	}
	c.state.Snapshot.AgentRights(c.sub(), func(srv name.Name, r server.Right) { put(srv.Abbreviated() + "#" + r.String()) })
}

func notesName(c *computed, put func(string)) {
	if sub := c.sub(); sub != nil {
		put(sub.Name.Canonical())
	}
}

// which says which groups a membership attribute lists.
type which func(*resolver.Snapshot, directory.ID) []group.ID

func everyGroup(s *resolver.Snapshot, id directory.ID) []group.ID   { return s.MemberOf(id) }
func aclGroups(s *resolver.Snapshot, id directory.ID) []group.ID    { return s.ACLGroups(id) }
func directGroups(s *resolver.Snapshot, id directory.ID) []group.ID { return s.DirectMemberOf(id) }

// everyGroupOf is everyGroup for the entry at hand, in room that serves one
// entry after another.
func everyGroupOf(c *computed) []group.ID {
	if c.walker.At(c.state.Snapshot, c.id) {
		return c.walker.MemberOf()
	}
	return everyGroup(c.state.Snapshot, c.id)
}

// groupsOf finds groups of the entry at hand.
func groupsOf(w which) func(*computed) []group.ID {
	return func(c *computed) []group.ID { return w(c.state.Snapshot, c.id) }
}

func memberOf(groups func(*computed) []group.ID) func(*computed, func(string)) {
	return func(c *computed, put func(string)) {
		s := c.state.Snapshot
		for _, g := range groups(c) {
			info := s.Group(g)
			if !info.Alive() || info.DenyList() && !c.denyLists() {
				continue
			}
			if c.presence {
				put("")
				return
			}
			put(c.state.groupDN(g, info.Entry))
		}
	}
}

// perDatabase computes accessLevel;x-db-ALIAS and its like.
func perDatabase(base string, db *database.Database) func(*computed, func(string)) {
	return func(c *computed, put func(string)) {
		c.each(c.state.view.groupChannel, func(each *database.Database, d *standing) {
			if each.Index != db.Index {
				return
			}
			switch {
			case base == attrAccessLevel && d.level > acl.NoAccess:
				put(d.level.String())
			case base == attrAccessRole && d.level > acl.NoAccess:
				for _, r := range db.Primary.List.RoleNames(d.roles) {
					put(r)
				}
			case base == attrAccessPriv:
				for _, p := range d.privileges.Names() {
					put(p)
				}
			}
		})
	}
}

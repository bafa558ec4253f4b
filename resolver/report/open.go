package report

import (
	"slices"
	"strings"

	"github.com/aclens/aclens/resolver"
	"github.com/aclens/aclens/resolver/acl"
	"github.com/aclens/aclens/resolver/name"
	"github.com/aclens/aclens/resolver/server"
)

// findOpen asks for whoever is not known: -Default-, Anonymous, and a stranger
// below every wildcard that the ACL or a group in it holds.
func (a *Answer) findOpen() {
	if a.q.Channel != acl.WebAnonymous {
		a.noteOpen(acl.DefaultName, resolver.DefaultSubject())
	}
	a.noteOpen(acl.AnonymousName, resolver.AnonymousSubject())
	if a.q.Channel == acl.WebAnonymous {
		return // nobody has a name there
	}
	for _, w := range a.wildcards() {
		stranger := a.stranger(w)
		if !a.noteOpen(w.Canonical(), a.s.NamedSubject(stranger, acl.Person)) {
			a.noteOpen(w.Canonical(), a.s.NamedSubject(stranger, acl.Server))
		}
	}
}

// noteOpen adds what somebody unknown has, if that is what is asked for. A
// stranger who has no more than -Default- gives is no door of its own.
func (a *Answer) noteOpen(admits string, sub *resolver.Subject) bool {
	channel := a.q.Channel
	if sub.Kind == acl.Anonymous && channel.IsWeb() {
		channel = acl.WebAnonymous
	}
	d, through, ok := a.decide(sub, channel)
	isWildcard := sub.Kind == acl.Person || sub.Kind == acl.Server
	if !ok || isWildcard && d.Source != acl.FromGroup && d.Source != acl.FromWildcard {
		return false
	}
	row := a.s.Row(sub, a.q.Database, a.q.Instance, &d)
	a.Open = append(a.Open, Open{
		Admits: admits, Level: row.Level, LevelNum: row.LevelNum, Roles: row.Roles, Privileges: row.Privileges,
		Source: row.Source, Winning: row.Winning, Through: through,
	})
	return true
}

// wildcards are those of the ACL, of the server's lists, since they may let in
// only some of whom a wider wildcard covers, and of the groups that either
// names; by Key.
func (a *Answer) wildcards() []name.Name {
	x := a.s.Inspect()
	found := map[name.Key]name.Name{}
	note := func(n name.Name) {
		if n.IsWildcard() {
			found[n.Key()] = n
		}
	}
	for _, n := range a.mentioned() {
		note(n)
		if id, isGroup, _ := x.GroupNamed(n.Key()); isGroup {
			for _, k := range x.Inside(id).Names {
				note(nameOf(k))
			}
		}
	}
	return sortedNames(found)
}

// mentioned are the names in the ACL and in what the server asks before it.
func (a *Answer) mentioned() []name.Name {
	var names []name.Name
	for i := range a.q.Instance.List.Entries {
		if e := &a.q.Instance.List.Entries[i]; e.Kind == acl.KindName || e.Kind == acl.KindWildcard {
			names = append(names, e.Name)
		}
	}
	srv := a.s.Server(a.q.Instance.Server)
	var lists [][]string
	if srv.Document != nil {
		lists = append(lists, srv.Document.Lists[server.AllowAccess], srv.Document.Lists[server.DenyAccess])
	}
	for _, folder := range srv.Settings.Folders {
		lists = append(lists, folder.Entries)
	}
	for _, text := range slices.Concat(lists...) {
		names = append(names, name.Parse(text))
	}
	return names
}

// nameOf reads a Key as the name that it may be; zero for what is none.
func nameOf(k name.Key) name.Name {
	dn, err := name.ParseDN(string(k))
	if err != nil || dn.IsRoot() {
		return name.Name{}
	}
	return name.FromDN(dn)
}

// stranger is a name below a wildcard that nobody and nothing has.
func (a *Answer) stranger(wildcard name.Name) name.Name {
	x := a.s.Inspect()
	for common := "?"; ; common += "?" {
		n := name.Parse("CN=" + common + strings.TrimPrefix(wildcard.Canonical(), "*"))
		if _, isGroup, several := x.GroupNamed(n.Key()); isGroup || several || len(x.Holders(n.Key())) > 0 || len(x.Graph().OfName(n.Key())) > 0 {
			continue
		}
		if !slices.ContainsFunc(a.q.Instance.List.Entries, func(e acl.Entry) bool { return e.Key() == n.Key() }) {
			return n
		}
	}
}

package database

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/aclens/aclens/resolver/acl"
	"github.com/aclens/aclens/resolver/name"
)

// Difference is an instance whose ACL is not that of the database's primary
// one, with what Compare says about the two.
type Difference struct {
	Instance *Instance
	Words    []string
}

// Compare says in words in what the ACLs of two instances differ (rule 6.5):
// maximum, consistent flag, administration server and role list, then by entry
// its presence, level, type, privileges and roles. The order is settled. What a
// source cannot tell is no difference, nor are privilege bits that the level
// does not have (rule 1.5), nor the order and case of names.
func Compare(a, b *Instance) []string {
	if a.List == b.List {
		return nil
	}
	c := comparison{}
	c.here, c.there = whereabouts(a, b)
	la, lb := listOf(a), listOf(b)
	c.settings(la, lb)
	c.roleLists(la, lb)
	c.entries(la, lb)
	return c.words
}

// comparison gathers the words; here and there are what the two are called.
type comparison struct {
	here, there string
	words       []string
}

// whereabouts are the shortest texts that tell two instances apart.
func whereabouts(a, b *Instance) (here, there string) {
	switch {
	case a.Server.Key() != b.Server.Key() && !a.Server.IsZero() && !b.Server.IsZero():
		return a.Server.Abbreviated(), b.Server.Abbreviated()
	case LongForm(a) != LongForm(b):
		return LongForm(a), LongForm(b)
	default:
		return a.Origin, b.Origin
	}
}

func listOf(i *Instance) *acl.List {
	if i.List == nil {
		return &acl.List{}
	}
	return i.List
}

func (c *comparison) differ(what, here, there string) {
	if here != there {
		c.words = append(c.words, fmt.Sprintf("%s: %s on %s, %s on %s", what, here, c.here, there, c.there))
	}
}

func (c *comparison) settings(a, b *acl.List) {
	if a.MaxKnown && b.MaxKnown {
		c.differ("maximum Internet access", a.MaxLevel.String(), b.MaxLevel.String())
	}
	if a.Consistent != acl.Unknown && b.Consistent != acl.Unknown {
		c.differ("consistent ACL", onOff(a.Consistent), onOff(b.Consistent))
	}
	sameServer := name.Parse(a.AdminServer).Key() == name.Parse(b.AdminServer).Key()
	if !sameServer && adminServerKnown(a) && adminServerKnown(b) {
		c.differ("administration server", orNone(a.AdminServer), orNone(b.AdminServer))
	}
}

// adminServerKnown is false for a list whose source carries no settings at all,
// as the Domino REST API does not (rule 11.9).
func adminServerKnown(l *acl.List) bool {
	return l.AdminServer != "" || l.MaxKnown || l.Consistent != acl.Unknown
}

func onOff(t acl.Tri) string {
	if t == acl.Yes {
		return "on"
	}
	return "off"
}

func orNone(s string) string {
	if s == "" {
		return "none"
	}
	return s
}

func (c *comparison) roleLists(a, b *acl.List) {
	c.onlyOn("role", a.Roles, b.Roles, c.here)
	c.onlyOn("role", b.Roles, a.Roles, c.there)
}

// onlyOn names what the one side has and the other has not.
func (c *comparison) onlyOn(what string, have, lack []string, where string) {
	for _, s := range without(have, lack) {
		c.words = append(c.words, fmt.Sprintf("%s %s: only on %s", what, s, where))
	}
}

// without are the texts of have, in folded order, that lack does not hold.
func without(have, lack []string) []string {
	if slices.Equal(have, lack) {
		return nil
	}
	missing := map[string]string{}
	for _, s := range have {
		missing[name.Fold(s)] = s
	}
	for _, s := range lack {
		delete(missing, name.Fold(s))
	}
	rest := make([]string, 0, len(missing))
	for _, folded := range slices.Sorted(maps.Keys(missing)) {
		rest = append(rest, missing[folded])
	}
	return rest
}

func (c *comparison) entries(a, b *acl.List) {
	if alike(a, b) {
		return
	}
	byKeyA, byKeyB := entriesByKey(a), entriesByKey(b)
	keys := slices.Collect(maps.Keys(byKeyA))
	for k := range byKeyB {
		if byKeyA[k] == nil {
			keys = append(keys, k)
		}
	}
	slices.Sort(keys)
	for _, k := range keys {
		x, y := byKeyA[k], byKeyB[k]
		switch {
		case y == nil:
			c.lone(x, c.here)
		case x == nil:
			c.lone(y, c.there)
		default:
			c.entry(a, b, x, y)
		}
	}
}

// alike sees quickly what holds of nearly all replicas: the same entries in the
// same order. False says nothing.
func alike(a, b *acl.List) bool {
	if len(a.Entries) != len(b.Entries) {
		return false
	}
	var c comparison
	for i := range a.Entries {
		x, y := &a.Entries[i], &b.Entries[i]
		if x.Key() != y.Key() {
			return false
		}
		if c.entry(a, b, x, y); len(c.words) > 0 {
			return false
		}
	}
	return true
}

func entriesByKey(l *acl.List) map[name.Key]*acl.Entry {
	m := make(map[name.Key]*acl.Entry, len(l.Entries))
	for i := range l.Entries {
		m[l.Entries[i].Key()] = &l.Entries[i]
	}
	return m
}

func (c *comparison) lone(e *acl.Entry, where string) {
	c.words = append(c.words, fmt.Sprintf("%s: only on %s, with level %s", entryCalled(e), where, e.Level))
}

// entryCalled names an entry; -Default- has another spelling in every language.
func entryCalled(e *acl.Entry) string {
	if e.Kind == acl.KindDefault {
		return "entry " + acl.DefaultName
	}
	return fmt.Sprintf("entry %q", e.Label)
}

func (c *comparison) entry(a, b *acl.List, x, y *acl.Entry) {
	mask := telling(x, y)
	px, py := x.Privileges.Cut(x.Level)&mask, y.Privileges.Cut(y.Level)&mask
	rx, ry := a.RoleNames(x.Roles), b.RoleNames(y.Roles)
	if x.Level == y.Level && x.Type == y.Type && px == py && slices.Equal(rx, ry) {
		return
	}
	called := entryCalled(x)
	c.differ(called+": level", x.Level.String(), y.Level.String())
	c.differ(called+": type", x.Type.String(), y.Type.String())
	c.onlyOn(called+": privilege", (px &^ py).Names(), nil, c.here)
	c.onlyOn(called+": privilege", (py &^ px).Names(), nil, c.there)
	if len(without(rx, ry))+len(without(ry, rx)) > 0 {
		c.differ(called+": roles", orNone(strings.Join(rx, " ")), orNone(strings.Join(ry, " ")))
	}
}

// telling are the privileges that both sources tell and that are a choice of
// whoever wrote the entries: at different levels the implied ones are not.
func telling(x, y *acl.Entry) acl.Privileges {
	known := acl.AllPrivileges &^ (untold(x) | untold(y))
	if x.Level != y.Level {
		known &= x.Level.Optional() & y.Level.Optional()
	}
	return known
}

// untold adds what depends on an unknown privilege (rule 1.4).
func untold(e *acl.Entry) acl.Privileges {
	if e.Level <= acl.Depositor && e.Unknown.Has(acl.ReadPublicDocs) {
		return e.Unknown | acl.ReplicateOrCopy
	}
	return e.Unknown
}

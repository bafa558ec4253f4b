package resolver

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/aclens/aclens/resolver/acl"
	"github.com/aclens/aclens/resolver/directory"
	"github.com/aclens/aclens/resolver/name"
)

// ErrUnknownSubject is returned for a name that nobody has, and
// ErrAmbiguousSubject for one that several have.
var (
	ErrUnknownSubject   = errors.New("no such person or server")
	ErrAmbiguousSubject = errors.New("more than one person or server")
)

// NameMode says what FindSubject does with a name that no entry has.
type NameMode uint8

// The modes of FindSubject.
const (
	OnlyHierarchicalNames NameMode = iota // evaluated as a name alone when it is a hierarchical Notes name: holds '/'
	AnyName                               // evaluated as a name alone whatever it is (--as-name)
)

// FindSubject finds whom a text means: an LDAP DN, a canonical or abbreviated
// Notes name, a unique common name, uid or mail, Anonymous or -Default-, or the
// replica ID of a database. The warnings say what was assumed.
func (s *Snapshot) FindSubject(text string, mode NameMode) (*Subject, []string, error) {
	return s.findSubject(text, mode, func(string, directory.ID) bool { return true })
}

// FindShown is FindSubject for somebody who may not read everything: a uid, a
// mail address or an alternate name finds nobody whose attribute is not shown,
// else finding somebody would tell a hidden value. Attributes are folded names.
// Where somebody has an alternate name that is not shown, a name without an entry
// is not known: evaluated alone, an alternate name may have access that is refused
// to its owner, and to refuse those alone would tell which names they are.
func (s *Snapshot) FindShown(text string, shown func(attribute string, id directory.ID) bool) (*Subject, []string, error) {
	sub, warnings, err := s.findSubject(text, OnlyHierarchicalNames, shown)
	if err == nil && sub.Entry == directory.None && sub.Kind == acl.Person && s.hidesAlternates(shown) {
		return nil, nil, fmt.Errorf("%q: %w", text, ErrUnknownSubject)
	}
	return sub, warnings, err
}

// hidesAlternates tells whether there are alternate names that are not shown.
func (s *Snapshot) hidesAlternates(shown func(string, directory.ID) bool) bool {
	if !s.namer.hasAlterns {
		return false
	}
	attribute, hidden := strings.ToLower(s.settings.AlternateName), false
	f := directory.Filter{Op: directory.Present, Attrs: s.store.Schema().Expand(s.namer.alternate)}
	s.store.Plan(&f).Each(0, s.store.Cap(), func(id directory.ID) bool {
		_, subject := s.people.Kind(id)
		hidden = subject && !shown(attribute, id)
		return !hidden
	})
	return hidden
}

func (s *Snapshot) findSubject(text string, mode NameMode, shown func(string, directory.ID) bool) (*Subject, []string, error) {
	text = strings.TrimSpace(text)
	switch {
	case text == "":
		return nil, nil, fmt.Errorf("empty name: %w", ErrUnknownSubject)
	case strings.EqualFold(text, acl.AnonymousName):
		return AnonymousSubject(), nil, nil
	case strings.EqualFold(text, acl.DefaultName):
		return DefaultSubject(), nil, nil
	}
	n := parseEither(text)
	for _, look := range []func() []directory.ID{
		func() []directory.ID { return s.byDN(text) },
		func() []directory.ID { return s.byWholeName(n, shown) },
		func() []directory.ID { return s.byShortName(text, n, shown) },
	} {
		if ids := look(); len(ids) > 0 {
			return s.only(text, ids)
		}
	}
	return s.nameAlone(text, n, mode)
}

func (s *Snapshot) only(text string, ids []directory.ID) (*Subject, []string, error) {
	if len(ids) > 1 {
		dns := make([]string, 0, 3)
		for _, id := range ids[:min(3, len(ids))] {
			dns = append(dns, s.store.Entry(id).DN())
		}
		return nil, nil, fmt.Errorf("%q: %w: %s", text, ErrAmbiguousSubject, strings.Join(dns, "; "))
	}
	sub, ok := s.Subject(ids[0])
	if !ok {
		return nil, nil, fmt.Errorf("%q is neither a person nor a server: %w", text, ErrUnknownSubject)
	}
	return sub, nil, nil
}

// byDN finds a person or server by its DN, which a mapped Notes name may hide.
func (s *Snapshot) byDN(text string) []directory.ID {
	key, err := name.KeyOf(text)
	if err != nil {
		return nil
	}
	if id, ok := s.store.Find(key); ok {
		if _, subject := s.people.Kind(id); subject {
			return []directory.ID{id}
		}
	}
	return nil
}

// byWholeName finds everybody who has a name as own or as alternate name.
func (s *Snapshot) byWholeName(n name.Name, shown func(string, directory.ID) bool) []directory.ID {
	alternate := strings.ToLower(s.settings.AlternateName)
	return slices.DeleteFunc(s.names.holders(n.Key(), &s.namer), func(id directory.ID) bool {
		sub, ok := s.Subject(id)
		return ok && sub.Name.Key() != n.Key() && !shown(alternate, id)
	})
}

// byShortName finds everybody who may be meant by a bare common name, a uid or
// a mail address. What is one's uid and another's common name means neither.
func (s *Snapshot) byShortName(text string, n name.Name, shown func(string, directory.ID) bool) []directory.ID {
	found := append(s.names.commonHolders(n.Key(), &s.namer), s.serversCalled(n.Key())...)
	for _, attribute := range []string{"uid", "mail"} {
		for _, id := range s.byValue(attribute, text) {
			if shown(attribute, id) {
				found = append(found, id)
			}
		}
	}
	slices.Sort(found)
	return slices.Compact(found)
}

// serversCalled are the servers of a bare common name, which rule 2.10 is not
// about: they are few, and found one by one.
func (s *Snapshot) serversCalled(k name.Key) []directory.ID {
	var found []directory.ID
	for at := s.people.Servers.Iterator(); at.HasNext(); {
		id := directory.ID(at.Next())
		if s.namer.common(id) == k {
			found = append(found, id)
		}
	}
	return found
}

// byValue finds the people and servers with a value of an attribute.
func (s *Snapshot) byValue(attribute, value string) []directory.ID {
	sc := s.store.Schema()
	id, ok := sc.Lookup(attribute)
	if !ok {
		return nil
	}
	f := directory.Filter{Op: directory.Equal, Attrs: sc.Expand(id), Type: sc.Type(id)}
	if f.Key, ok = f.Type.AppendKey(nil, []byte(value)); !ok {
		return nil
	}
	var found []directory.ID
	eval := directory.NewEvaluator(s.store)
	s.store.Plan(&f).Each(0, s.store.Cap(), func(id directory.ID) bool {
		if _, subject := s.people.Kind(id); subject && eval.Eval(&f, id) == directory.True {
			found = append(found, id)
		}
		return true
	})
	return found
}

// NamesGroup tells whether a text is the name by which ACLs know a group, or
// several groups: about a group nothing is decided.
func (s *Snapshot) NamesGroup(text string) bool {
	_, known := s.members.named[parseEither(strings.TrimSpace(text)).Key()]
	return known
}

func (s *Snapshot) nameAlone(text string, n name.Name, mode NameMode) (*Subject, []string, error) {
	if id, ok := name.ReplicaID(text); ok {
		return s.NamedSubject(name.Parse(id), acl.Database), nil, nil
	}
	if !usable(n) || mode != AnyName && !name.Parse(text).Hierarchical() {
		// a DN without an entry is more often mistyped than meant: only a Notes name says of itself that it is one
		return nil, nil, fmt.Errorf("%q: %w", text, ErrUnknownSubject)
	}
	warning := fmt.Sprintf("%s has no entry in the directory: evaluated as a name alone", n.Abbreviated())
	return s.NamedSubject(n, acl.Person), []string{warning}, nil
}

// FindEntry finds the entry of a DN, glue not counted.
func (s *Snapshot) FindEntry(dn string) (directory.ID, bool) {
	key, err := name.KeyOf(dn)
	if err != nil {
		return directory.None, false
	}
	id, ok := s.store.Find(key)
	return id, ok && s.store.Exists(id)
}

package resolver

import (
	"errors"
	"fmt"
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
		func() []directory.ID { return s.names.holders(n.Key(), &s.namer) },
		func() []directory.ID { return s.names.commonHolders(n.Key(), &s.namer) },
		func() []directory.ID { return s.byValue("uid", text) },
		func() []directory.ID { return s.byValue("mail", text) },
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

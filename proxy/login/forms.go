package login

import (
	"slices"

	"github.com/aclens/aclens/resolver"
	"github.com/aclens/aclens/resolver/directory"
	"github.com/aclens/aclens/resolver/name"
)

// holders lists the entries that a text names in any of the accepted forms, in
// ascending order. All forms count together: were one tried after the other,
// whoever can write the own mail address could stand in for another's uid.
// Groups cannot log in and are left out.
func (f *inForce) holders(snap *resolver.Snapshot, text string) []directory.ID {
	l := lookUp{snap: snap, eval: directory.NewEvaluator(snap.Store())}
	for _, form := range f.forms {
		switch form {
		case ByUID:
			l.byValue("uid", text)
			l.inActiveDirectory("sAMAccountName", text)
		case ByMail:
			l.byValue("mail", text)
			l.inActiveDirectory("userPrincipalName", text)
		case ByFullName:
			l.byFullName(text)
		}
	}
	slices.Sort(l.found)
	return slices.Compact(l.found)
}

type lookUp struct {
	snap  *resolver.Snapshot
	eval  *directory.Evaluator
	found []directory.ID
}

func (l *lookUp) inActiveDirectory(attribute, text string) {
	if l.snap.Settings().ActiveDirectory {
		l.byValue(attribute, text)
	}
}

// byFullName looks for a Notes name in both its forms, as the DN that it is
// (rule 9.5) and as a value; and for any other text as a value.
func (l *lookUp) byFullName(text string) {
	texts := []string{text}
	if n := name.Parse(text); n.Hierarchical() && !n.IsWildcard() && !n.IsTemplate() {
		texts = append(texts, n.Canonical(), n.Abbreviated(), n.DN())
		if id, ok := entryOf(l.snap, string(n.Key())); ok {
			l.add(id)
		}
	}
	s := l.snap.Settings()
	for _, attribute := range []string{"fullName", "cn", s.NotesName, s.AlternateName} {
		for _, t := range texts {
			l.byValue(attribute, t)
		}
	}
}

// byValue finds the entries with a value of an attribute.
func (l *lookUp) byValue(attribute, value string) {
	store := l.snap.Store()
	sc := store.Schema()
	id, ok := sc.Lookup(attribute)
	if !ok {
		return
	}
	f := directory.Filter{Op: directory.Equal, Attrs: sc.Expand(id), Type: sc.Type(id)}
	if f.Key, ok = f.Type.AppendKey(nil, []byte(value)); !ok || len(f.Key) == 0 {
		return
	}
	store.Plan(&f).Each(0, store.Cap(), func(id directory.ID) bool {
		if l.eval.Eval(&f, id) == directory.True {
			l.add(id)
		}
		return true
	})
}

func (l *lookUp) add(id directory.ID) {
	if l.snap.Store().Exists(id) && !l.snap.Population().Groups.Contains(uint32(id)) {
		l.found = append(l.found, id)
	}
}

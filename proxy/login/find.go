package login

import (
	"slices"

	"github.com/aclens/aclens/proxy/policy"
	"github.com/aclens/aclens/proxy/wire"
	"github.com/aclens/aclens/resolver"
	"github.com/aclens/aclens/resolver/directory"
	"github.com/aclens/aclens/resolver/name"
)

// target is whose password is to be checked, and where.
type target struct {
	dn     string // to be sent
	who    policy.Identity
	source *source
}

// find finds whom the name of a bind means. Unless the code of the result is
// Success there is no target; a name that nobody or several have leads to the decoy.
func (f *inForce) find(text string) (target, wire.Result) {
	snap := f.snapshot()
	dn, err := name.ParseDN(text)
	isDN := err == nil && !dn.IsRoot()
	switch {
	case isDN && f.byDN && !f.mayBeNotesName(snap, text, dn):
		return f.named(snap, dn), wire.Result{}
	case len(f.forms) == 0:
		return target{}, wire.Result{Code: wire.InvalidDNSyntax, Message: "name is no distinguished name"}
	case snap == nil:
		return target{}, wire.Result{Code: wire.Unavailable, Message: "names cannot be looked up yet"}
	}
	ids := f.holders(snap, text)
	switch {
	case len(ids) == 1:
		return f.entry(snap, ids[0]), wire.Result{}
	case len(ids) == 0 && isDN && f.byDN:
		return f.named(snap, dn), wire.Result{}
	}
	return f.decoy, wire.Result{}
}

// mayBeNotesName tells whether a text that is a distinguished name could as well
// be a canonical Notes name: CN=Jane Doe/O=Acme is both. An entry of that
// distinguished name has precedence.
func (f *inForce) mayBeNotesName(snap *resolver.Snapshot, text string, dn name.DN) bool {
	if snap == nil || !slices.Contains(f.forms, ByFullName) || dn.Depth() > 1 || !name.Parse(text).Hierarchical() {
		return false
	}
	_, known := entryOf(snap, dn.Key())
	return !known
}

// named is the target of a distinguished name, whether an entry has it or not.
func (f *inForce) named(snap *resolver.Snapshot, dn name.DN) target {
	if id, ok := entryOf(snap, dn.Key()); ok {
		return f.entry(snap, id)
	}
	return target{
		dn:     plainSpelling(dn),
		who:    policy.Identity{DN: dn.String(), Key: dn.Key()},
		source: f.owner(dn.Key(), unknownSource),
	}
}

const unknownSource = -1

// entry is the target that an entry is. The directory is asked for the very name
// that it gave, so that it cannot mean another entry than the snapshot does.
func (f *inForce) entry(snap *resolver.Snapshot, id directory.ID) target {
	e := snap.Store().Entry(id)
	return target{
		dn:     e.DN(),
		who:    policy.Identity{DN: e.DN(), Key: e.Key()},
		source: f.owner(e.Key(), int(e.Source())),
	}
}

func entryOf(snap *resolver.Snapshot, key string) (directory.ID, bool) {
	if snap == nil {
		return directory.None, false
	}
	id, ok := snap.Store().Find(key)
	return id, ok && snap.Store().Exists(id)
}

// plainSpelling writes a distinguished name with every doubtful character
// escaped. Some servers cut at semicolons or read quotes otherwise than name
// does; they must not bind another entry than the one that is let in. Binary
// values have one form only and leave the name as written.
func plainSpelling(dn name.DN) string {
	var out []byte
	for rest := dn; !rest.IsRoot(); rest = rest.Parent() {
		for i, a := range rest.RDN() {
			if i == 0 {
				out = name.AppendRDN(out, a.Type, a.Value)
				continue
			}
			out = append(append(append(out, '+'), a.Type...), '=')
			out = append(out, name.EscapeValue(a.Value)...)
		}
	}
	if key, err := name.KeyOf(string(out)); err != nil || key != dn.Key() {
		return dn.String()
	}
	return string(out)
}

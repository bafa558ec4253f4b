package view

import (
	"slices"
	"strings"
	"testing"

	"github.com/aclens/aclens/proxy/policy"
	"github.com/aclens/aclens/proxy/wire"
	"github.com/aclens/aclens/resolver"
	"github.com/aclens/aclens/resolver/acl"
	"github.com/aclens/aclens/resolver/database"
	"github.com/aclens/aclens/resolver/directory"
	"github.com/aclens/aclens/resolver/finding"
	"github.com/aclens/aclens/resolver/name"
)

// oracle knows every value that there is, and says by docs/contract.md, section
// 6, who may see which. It is slow, and knows nothing of package policy but the
// rules that it is given.
type oracle struct {
	snap    *resolver.Snapshot
	entries map[string]*thing // by normalised DN
	real    []*thing
}

// thing is one entry, real or virtual, with all its values.
type thing struct {
	dn, key string
	kind    string // person, server, group, other; container, copy, database, finding
	deny    bool   // a deny list, a copy of one, or a finding about one
	db      string // key of the database that a virtual entry belongs to
	names   bool   // a finding that names people
	branch  bool   // one of the containers that are always there
	stored  []string
	facts   map[string][]fact // by folded attribute name
}

// fact is one value.
type fact struct {
	text    string
	db      string // the database whose access it tells of
	above   bool   // the level there is above no access
	deny    bool   // it names a deny list
	instead string // what stands there without the right denylists
}

// who is one client with the rules that are configured.
type who struct {
	name  string
	dn    string
	rules []policy.Rule
	self  []string // nil: everything
	hide  []string

	granted []policy.Rule // what grants found
	asked   bool
	seen    map[*thing]bool // what visible found
}

func keyOf(t testing.TB, dn string) string {
	k, err := name.KeyOf(dn)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func newOracle(t testing.TB, snap *resolver.Snapshot, drafts []directory.Draft) *oracle {
	o := &oracle{snap: snap, entries: map[string]*thing{}}
	for i := range drafts {
		o.addReal(t, &drafts[i])
	}
	for _, e := range o.real {
		o.addMemberships(t, e)
		o.addAccess(t, e)
	}
	return o
}

func (o *oracle) addReal(t testing.TB, d *directory.Draft) {
	e := &thing{dn: d.DN, key: keyOf(t, d.DN), kind: "other", facts: map[string][]fact{}}
	for _, v := range d.Values("objectClass") {
		switch strings.ToLower(string(v)) {
		case "dominoperson":
			e.kind = "person"
		case "dominoserver":
			e.kind = "server"
		case "dominogroup":
			e.kind = "group"
		}
	}
	for _, a := range d.Attributes {
		e.stored = append(e.stored, strings.ToLower(a.Name))
		for _, v := range a.Values {
			e.put(strings.ToLower(a.Name), fact{text: string(v)})
		}
	}
	for _, v := range d.Values("groupType") {
		e.deny = string(v) == "3"
	}
	e.put("entrydn", fact{text: d.DN})
	e.put("accesssnapshot", fact{text: "test"})
	o.entries[e.key] = e
	o.real = append(o.real, e)
}

func (e *thing) put(attribute string, f fact) { e.facts[attribute] = append(e.facts[attribute], f) }

// holds tells whether a group lists an entry, by its DN or by a wildcard.
func holds(t testing.TB, group, e *thing) bool {
	for _, m := range group.facts["member"] {
		k := keyOf(t, m.text)
		if k == e.key {
			return true
		}
		if rest, wild := strings.CutPrefix(k, "cn=*"); wild && (e.kind == "person" || e.kind == "server") && strings.HasSuffix(e.key, rest) {
			return true
		}
	}
	return false
}

// groupsOf are the groups that hold an entry at any depth, through groups that pass.
func (o *oracle) groupsOf(t testing.TB, e *thing, pass func(*thing) bool) []*thing {
	var found []*thing
	todo := []*thing{e}
	for len(todo) > 0 {
		next := todo[0]
		todo = todo[1:]
		for _, g := range o.real {
			if g.kind == "group" && pass(g) && holds(t, g, next) && !slices.Contains(found, g) {
				found = append(found, g)
				todo = append(todo, g)
			}
		}
	}
	return found
}

func mailOnly(g *thing) bool {
	return len(g.facts["grouptype"]) > 0 && g.facts["grouptype"][0].text == "1"
}

func (o *oracle) addMemberships(t testing.TB, e *thing) {
	if e.kind == "other" {
		return
	}
	for _, g := range o.groupsOf(t, e, func(*thing) bool { return true }) {
		for _, a := range []string{"ismemberof", "memberof", "ibm-allgroups"} {
			e.put(a, fact{text: g.dn, deny: g.deny})
		}
		if holds(t, g, e) {
			e.put("isdirectmemberof", fact{text: g.dn, deny: g.deny})
		}
	}
	for _, g := range o.groupsOf(t, e, func(g *thing) bool { return !mailOnly(g) }) {
		e.put("dominoaccessgroups", fact{text: g.dn, deny: g.deny})
	}
}

// addAccess takes every access value from the explanations.
func (o *oracle) addAccess(t testing.TB, e *thing) {
	id, ok := o.snap.FindEntry(e.dn)
	if !ok {
		t.Fatalf("%s is not there", e.dn)
	}
	sub, ok := o.snap.Subject(id)
	if !ok {
		return
	}
	e.put("notesname", fact{text: sub.Name.Canonical()})
	e.put("effectivenameslist", fact{text: sub.Name.Canonical(), above: true})
	for _, db := range o.snap.Databases().All() {
		put := func(attribute, text string, above bool) { e.put(attribute, fact{text: text, db: db.Key, above: above}) }
		x := o.snap.Explain(sub, db, db.Primary, resolver.Query{Channel: acl.Notes})
		above := x.LevelNum > 0
		put("effectiveaccessreason", db.Key, above)
		for _, p := range x.Privileges {
			put("effectiveprivilege", db.Key+"#"+p, above)
		}
		if above {
			put("effectiveaccess", db.Key+"#"+x.Level, true)
			for _, r := range x.Roles {
				put("effectiverole", db.Key+"#"+r, true)
			}
		}
		o.addGroupChannel(sub, db, put)
	}
}

func (o *oracle) addGroupChannel(sub *resolver.Subject, db *database.Database, put func(attribute, text string, above bool)) {
	x := o.snap.Explain(sub, db, db.Primary, resolver.Query{Channel: acl.WebSession})
	for _, alias := range db.Alias {
		for _, p := range x.Privileges {
			put("accessprivilege", p, x.LevelNum > 0)
			put("accessprivilege;x-db-"+alias, p, x.LevelNum > 0)
		}
	}
	if x.LevelNum == 0 {
		return
	}
	below := func(what string) string {
		return "cn=" + strings.ReplaceAll(db.Key+"#"+what, "=", `\3D`) + ",cn=" + db.Key + ",ou=databases,cn=access"
	}
	for l := acl.Reader; int(l) <= x.LevelNum; l++ {
		put("effectiveaccessgroup", below(l.String()), true)
	}
	for _, r := range x.Roles {
		put("effectiveaccessgroup", below(r), true)
	}
	for _, alias := range db.Alias {
		put("accesslevel", x.Level, true)
		put("accesslevel;x-db-"+alias, x.Level, true)
		for _, r := range x.Roles {
			put("accessrole", r, true)
			put("accessrole;x-db-"+alias, r, true)
		}
	}
}

// addVirtual takes the virtual subtree as somebody who may read all sees it.
func (o *oracle) addVirtual(t testing.TB, v *View) {
	es, a := search(t, v, reader, "cn=access", wire.ScopeSubtree, "(objectClass=*)", "*", "+")
	if a.Result.Code != wire.Success {
		t.Fatalf("reading the subtree: %+v", a.Result)
	}
	for i := range es {
		o.addNode(t, &es[i])
	}
}

func (o *oracle) addNode(t testing.TB, e *entry) {
	n := &thing{dn: e.dn, key: keyOf(t, e.dn), kind: "container", facts: map[string][]fact{}}
	n.branch = n.key == "cn=access" || len(strings.Split(n.key, ",")) == 2
	for a, values := range e.attrs {
		n.stored = append(n.stored, strings.ToLower(a))
		for _, v := range values {
			n.put(strings.ToLower(a), fact{text: v})
		}
	}
	if keys := e.get("databaseKey"); len(keys) > 0 {
		n.kind, n.db = "database", keys[0]
	}
	for _, db := range o.snap.Databases().All() {
		if strings.HasSuffix(n.key, ",cn="+db.Key+",ou=databases,cn=access") {
			n.kind, n.db = "database", db.Key
		}
	}
	if see := e.get("seeAlso"); len(see) > 0 {
		n.kind, n.deny = "copy", o.entries[keyOf(t, see[0])].deny
	}
	for i, w := range n.facts["winningentry"] {
		if g := o.entries["cn="+strings.ToLower(w.text)]; g != nil && g.deny {
			n.facts["winningentry"][i] = fact{text: w.text, deny: true, instead: "(deny list)"}
		}
	}
	for i, p := range n.facts["membershippath"] {
		n.facts["membershippath"][i].deny = strings.Contains(p.text, "Terminations") || strings.Contains(p.text, "Barred")
	}
	o.entries[n.key] = n
}

// markFindings says of the entries of findings what they are about.
func (o *oracle) markFindings(t testing.TB, fs []finding.Finding) {
	for _, e := range o.entries {
		kinds := e.facts["findingkind"]
		if len(kinds) == 0 {
			continue
		}
		e.kind = "finding"
		for _, f := range fs {
			same := kinds[0].text == f.Kind && e.db == f.Database && (f.Subject == "" || slices.ContainsFunc(e.facts["findingsubject"], func(x fact) bool { return x.text == f.Subject }))
			e.deny = e.deny || same && f.DenyList
			e.names = e.names || same && len(f.Subjects) > 0
		}
	}
}

// class is which right an attribute needs, by section 4 of the contract.
func class(attribute string) string {
	attribute, _, _ = strings.Cut(attribute, ";")
	switch attribute {
	case "objectclass", "structuralobjectclass", "accesssnapshot", "accessasof", "accessstale", "entrydn", "subschemasubentry",
		"hassubordinates", "numsubordinates":
		return "open"
	case "ismemberof", "memberof", "ibm-allgroups", "dominoaccessgroups", "isdirectmemberof":
		return "membership"
	case "accesslevel", "accessrole", "accessprivilege":
		return "access"
	}
	if strings.HasPrefix(attribute, "effective") {
		return "access"
	}
	return "real"
}

// named tells whether a list of attributes holds one.
func named(list []string, attribute string) bool {
	attribute, _, _ = strings.Cut(attribute, ";")
	return list == nil || slices.ContainsFunc(list, func(n string) bool {
		return n == "*" || strings.EqualFold(n, attribute) || n == "surname" && attribute == "sn"
	})
}

func (w *who) hides(attribute string) bool {
	switch attribute {
	case "userpassword", "httppassword":
		return true
	}
	return len(w.hide) > 0 && named(w.hide, attribute)
}

// grants are the rules that are for the client.
func (o *oracle) grants(t testing.TB, w *who) []policy.Rule {
	if w.asked {
		return w.granted
	}
	var out []policy.Rule
	for _, r := range w.rules {
		on := false
		switch r.Who {
		case policy.OneDN:
			on = w.dn != "" && keyOf(t, r.DN) == keyOf(t, w.dn)
		case policy.AnyBound:
			on = w.dn != ""
		case policy.Anonymous:
			on = w.dn == ""
		case policy.InGroup:
			if e := o.entries[keyOf(t, w.dn)]; e != nil {
				on = slices.ContainsFunc(o.groupsOf(t, e, func(*thing) bool { return true }), func(g *thing) bool { return g.key == keyOf(t, r.DN) })
			}
		}
		if on {
			out = append(out, r)
		}
	}
	w.granted, w.asked = out, true
	return out
}

func gives(r policy.Rule, rights ...string) bool {
	return slices.Contains(r.Read, "all") || slices.ContainsFunc(rights, func(x string) bool { return slices.Contains(r.Read, x) })
}

func (o *oracle) seesDenyLists(t testing.TB, w *who) bool {
	return slices.ContainsFunc(o.grants(t, w), func(r policy.Rule) bool { return gives(r, "denylists") })
}

// in tells whether a rule reaches a database.
func in(r policy.Rule, key string) bool {
	if r.Databases == nil {
		return true
	}
	return slices.ContainsFunc(r.Databases, func(glob string) bool {
		prefix, star := strings.CutSuffix(glob, "*")
		return glob == "**" || glob == key || star && strings.HasPrefix(key, prefix) && !strings.Contains(key[len(prefix):], "/")
	})
}

func (o *oracle) isSelf(t testing.TB, w *who, e *thing) bool {
	return w.dn != "" && e.key == keyOf(t, w.dn) && (w.self == nil || len(w.self) > 0)
}

// below tells whether an entry lies at or below a base DN of a rule.
func below(t testing.TB, r policy.Rule, e *thing) bool {
	return slices.ContainsFunc(r.Read, func(base string) bool {
		return strings.Contains(base, "=") && (e.key == keyOf(t, base) || strings.HasSuffix(e.key, ","+keyOf(t, base)))
	})
}

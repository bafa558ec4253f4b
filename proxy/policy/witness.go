package policy

import (
	"fmt"

	"github.com/aclens/aclens/resolver/directory"
)

// Witness remembers which rules showed an entry of a Snapshot, so that it can be
// told later who may know that it is gone.
type Witness struct {
	Rules    []uint16 // by position in the configuration
	DenyList bool     // the right denylists was needed as well
}

// MayKnow tells whether an identity, by the rules that hold for it now, could
// see the entry that the Witness remembers.
func (r *Rights) MayKnow(w Witness) bool {
	for i, rule := range r.rules {
		for _, each := range w.Rules {
			if int(each) == rule && (!w.DenyList || r.merged.denylists || r.grants[i].rights.everything) {
				return true
			}
		}
	}
	return false
}

// SameRules tells whether the same rules hold, and the own entry is the same.
func (r *Rights) SameRules(other *Rights) bool {
	return r.Cover(other) && other.Cover(r) && r.selfKey() == other.selfKey()
}

func (r *Rights) selfKey() string {
	if r.self == directory.None {
		return ""
	}
	return r.over.snapshot.Store().Entry(r.self).Key()
}

// Bars are the groups that rules name, by normalised DN: who is in them decides
// who sees what.
func (p *Policy) Bars() []string {
	var out []string
	for i := range p.rules {
		if p.rules[i].who == InGroup {
			out = append(out, p.rules[i].key)
		}
	}
	return out
}

// Entry is the Witness of an entry of the directory.
func (o *Over) Entry(id directory.ID) Witness {
	w := Witness{DenyList: o.kinds.denied != nil && o.kinds.denied.Contains(uint32(id))}
	above := o.snapshot.Store().Children(id).Len() > 0
	for i := range o.rules {
		if o.shows(&o.rules[i], id, above) {
			w.Rules = append(w.Rules, uint16(i))
		}
	}
	return w
}

func (o *Over) shows(g *ruleOver, id directory.ID, above bool) bool {
	if g.rights.everything {
		return true
	}
	n := uint32(id)
	if g.rights.people || g.rights.groups && g.membership || g.rights.access && g.access {
		if o.kinds.subjects.Contains(n) || above && o.above().subjects.Contains(n) {
			return true
		}
	}
	if g.rights.groups && (o.kinds.groups.Contains(n) || above && o.above().groups.Contains(n)) {
		return true
	}
	for _, b := range g.below {
		if o.snapshot.Store().Within(id, b) || above && o.snapshot.Store().Within(b, id) {
			return true
		}
	}
	return false
}

// Group is the Witness of an entry of the virtual subtree that goes with groups.
func (o *Over) Group(denyList bool) Witness {
	return o.where(denyList, func(g *ruleOver) bool { return g.rights.groups })
}

// Branch is the Witness of a branch of the virtual subtree that is always there.
func (o *Over) Branch() Witness {
	return o.where(false, func(g *ruleOver) bool { return g.rights.groups || g.rights.access })
}

// Database is the Witness of an entry of the virtual subtree that goes with a database.
func (o *Over) Database(index int, denyList bool) Witness {
	return o.where(denyList, func(g *ruleOver) bool {
		return g.rights.access && (g.reach == nil || g.reach.Contains(uint32(index)))
	})
}

// Attribute is the Witness of one attribute of the subtree entries of a database.
func (o *Over) Attribute(index int, folded string) Witness {
	return o.where(false, func(g *ruleOver) bool {
		return g.rights.access && (g.reach == nil || g.reach.Contains(uint32(index))) && g.attributes.has(folded)
	})
}

// Everything is the Witness of an entry that only those may read who may read all.
func (o *Over) Everything() Witness {
	return o.where(false, func(g *ruleOver) bool { return g.rights.everything && g.attributes == nil && g.reach == nil })
}

func (o *Over) where(denyList bool, holds func(*ruleOver) bool) Witness {
	w := Witness{DenyList: denyList}
	for i := range o.rules {
		if holds(&o.rules[i]) {
			w.Rules = append(w.Rules, uint16(i))
		}
	}
	return w
}

// Fingerprint stands for the rules as a whole: who may see what.
func (p *Policy) Fingerprint() string {
	return fmt.Sprintf("%+v %v %t %v", p.rules, p.self, p.selfNone, p.hide)
}

package view

import (
	"strconv"

	"github.com/aclens/aclens/proxy/policy"
	"github.com/aclens/aclens/proxy/wire"
	"github.com/aclens/aclens/resolver/directory"
)

// rootName is a name that no entry has.
const rootName = "cn=root DSE"

// rootEntry is the root DSE in a Store of its own.
type rootEntry struct {
	store *directory.Store
	last  uint64 // the change that it names as the last
}

// rootStore is the root DSE, made anew when there are more changes to read.
func (s *State) rootStore() *directory.Store {
	last := s.lastChange()
	if kept := s.root.Load(); kept != nil && kept.last == last {
		return kept.store
	}
	st, _, _ := directory.Empty(s.Snapshot.Store().Schema()).Apply([]directory.Change{{Put: s.rootDraft(last)}})
	s.root.Store(&rootEntry{st, last})
	return st
}

// lastChange is the number of the last change that can be read now.
func (s *State) lastChange() uint64 {
	at := s
	if s.numbered != nil && s.numbered.stamps.Load() == nil {
		at = s.view.told() // the State itself may take seconds to get its number
	}
	if at == nil || at.numbered == nil {
		return 0
	}
	return at.stamped().Last
}

// subschemaStore is the published schema.
func (s *State) subschemaStore() *directory.Store {
	return s.subschema.get(func() *directory.Store {
		st, _, _ := directory.Empty(s.Snapshot.Store().Schema()).Apply([]directory.Change{{Put: s.subschemaDraft()}})
		return st
	})
}

// rootDraft is the root DSE (RFC 4512, 5.1).
func (s *State) rootDraft(last uint64) *directory.Draft {
	v := s.view
	d := &directory.Draft{DN: rootName}
	d.AddText("objectClass", "top")
	var contexts []string
	for _, c := range s.contexts {
		contexts = append(contexts, c.String())
	}
	contexts = append(contexts, v.settings.Base)
	d.AddText("namingContexts", contexts...)
	d.AddText("defaultNamingContext", contexts[0])
	d.AddText("subschemaSubentry", subschemaDN)
	d.AddText("supportedLDAPVersion", "3")
	d.AddText("supportedControl", v.settings.Controls...)
	d.AddText("supportedExtension", v.settings.Extensions...)
	d.AddText("supportedFeatures", wire.FeatureAllOperational, wire.FeatureObjectClassLists, wire.FeatureTrueFalseFilters)
	if len(v.settings.Mechanisms) > 0 {
		d.AddText("supportedSASLMechanisms", v.settings.Mechanisms...)
	}
	d.AddText("vendorName", "aclens")
	d.AddText("vendorVersion", v.settings.Version)
	d.AddText("ibm-enabledCapabilities", "2.16.840.1.113678.2.2.2.2.1355", "2.16.840.1.113678.2.2.2.2.1354")
	if s.numbered != nil {
		d.AddText("changelog", changelogDN)
		d.AddText("firstChangeNumber", strconv.FormatUint(v.settings.History.First(), 10))
		d.AddText("lastChangeNumber", strconv.FormatUint(last, 10))
	}
	d.AddText("accessSnapshot", s.ID)
	d.AddText("accessAsOf", s.asOf...)
	return d
}

// subschemaDraft is the published schema (RFC 4512, 4.2).
func (s *State) subschemaDraft() *directory.Draft {
	p := s.Snapshot.Store().Schema().Publish()
	d := &directory.Draft{DN: subschemaDN}
	d.AddText("objectClass", "top", "subentry", "subschema", "extensibleObject")
	d.AddText("cn", "Subschema")
	d.AddText("attributeTypes", p.AttributeTypes...)
	d.AddText("objectClasses", p.ObjectClasses...)
	d.AddText("matchingRules", p.MatchingRules...)
	d.AddText("matchingRuleUse", p.MatchingRuleUse...)
	d.AddText("ldapSyntaxes", p.Syntaxes...)
	d.AddText("createTimestamp", generalizedTime(s.view.created))
	d.AddText("modifyTimestamp", generalizedTime(s.view.created))
	d.AddText("structuralObjectClass", "subentry")
	d.AddText("entryUUID", entryUUID("cn=subschema"))
	d.AddText("entryDN", subschemaDN)
	d.AddText("subschemaSubentry", subschemaDN)
	return d
}

// specialTarget is the root DSE or the subschema as the base of a search.
func (s *State) specialTarget(which special) target {
	st, key, dn := s.subschemaStore, "cn=subschema", subschemaDN
	if which == rootDSE {
		st, key, dn = s.rootStore, "cn=root dse", ""
	}
	store := st()
	id, _ := store.Find(key) // it is the only entry
	return target{place: openPlace{}, store: store, id: id, virtual: true, as: &dn}
}

// openPlace is for entries that everybody may read as they are.
type openPlace struct{}

func (openPlace) visible(directory.ID) bool                        { return true }
func (openPlace) readable(directory.ID, *column) bool              { return true }
func (openPlace) wanted(*selection) []wantedAttribute              { return nil }
func (openPlace) fill(directory.ID, *selection, *wire.EntryWriter) {}
func (openPlace) computed(*compiler, *assertion) (directory.Filter, bool) {
	return directory.Filter{}, false
}
func (openPlace) guard(*compiler, string, policy.Class) (directory.Guard, bool) { return nil, true }

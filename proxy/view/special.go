package view

import (
	"strconv"

	"github.com/aclens/aclens/proxy/policy"
	"github.com/aclens/aclens/proxy/wire"
	"github.com/aclens/aclens/resolver/directory"
)

// specials are the root DSE and the subschema of a State, in a Store of their
// own under names that no entry has.
type specials struct {
	store          *directory.Store
	root, subentry directory.ID
}

const rootName = "cn=root DSE"

func (s *State) specialStore(which special) (*directory.Store, directory.ID) {
	s.specialOnce.Do(func() {
		st, _, _ := directory.Empty(s.Snapshot.Store().Schema()).Apply([]directory.Change{
			{Put: s.rootDraft()}, {Put: s.subschemaDraft()},
		})
		s.specials.store = st
		s.specials.root, _ = st.Find("cn=root dse")
		s.specials.subentry, _ = st.Find("cn=subschema")
	})
	if which == rootDSE {
		return s.specials.store, s.specials.root
	}
	return s.specials.store, s.specials.subentry
}

// rootDraft is the root DSE (RFC 4512, 5.1).
func (s *State) rootDraft() *directory.Draft {
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
	if s.stamps != nil {
		d.AddText("changelog", changelogDN)
		d.AddText("firstChangeNumber", strconv.FormatUint(v.settings.History.First(), 10))
		d.AddText("lastChangeNumber", strconv.FormatUint(s.stamps.Last, 10))
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
	st, id := s.specialStore(which)
	dn := subschemaDN
	if which == rootDSE {
		dn = ""
	}
	return target{place: openPlace{}, store: st, id: id, virtual: true, as: &dn}
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

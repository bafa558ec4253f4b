package view

import (
	"math"
	"strconv"
	"strings"

	"github.com/aclens/aclens/proxy/policy"
	"github.com/aclens/aclens/resolver/acl"
	"github.com/aclens/aclens/resolver/group"
	"github.com/aclens/aclens/resolver/schema"
)

// arc is the root of the OIDs that aclens defines: .1.n attributes, .2.n
// classes. A number is never used again.
const arc = "2.25.125711760900418935379229695597642577470"

// returned says when an attribute is part of an answer without being named.
type returned uint8

const (
	whenNamed returned = iota
	withPlus
)

// onEntries says which real entries carry an attribute.
type onEntries uint8

const (
	onSubjects onEntries = iota // people and servers
	onMembers                   // people, servers and groups
	onAll
)

// attribute is one virtual attribute: the one place that knows its name, OID,
// class of right, matching, candidates and values. Schema, planner, entry
// writer and documentation read this table.
type attribute struct {
	name   string
	number int    // below arc.1; 0 for a type that has an OID of its own
	oid    string // of such a type
	desc   string
	kind   kind
	single bool
	class  policy.Class
	on     onEntries
	when   returned

	// values computes the values for one entry; where in or groups is set, from
	// that.
	values func(c *computed, put func(string))
	in     *inDatabases
	groups func(*computed) []group.ID
	// leaf finds the entries with one value through sets; nil where only the
	// computed values of each candidate tell.
	leaf func(c *compiler, a *attribute, value string) leafSet
}

// kind is how values look and match.
type kind uint8

const (
	textKind  kind = iota // DirectoryString, caseIgnore and its substrings
	plainKind             // DirectoryString, presence only
	dnKind
	boolKind
	intKind
	timeKind
)

// Names that more than one place of this package needs.
const (
	attrMember       = "member"
	attrMemberOf     = "memberOf"
	attrAccessLevel  = "accessLevel"
	attrAccessRole   = "accessRole"
	attrAccessPriv   = "accessPrivilege"
	optionDatabase   = "x-db-"
	classGroup       = "groupOfNames"
	classDatabase    = "aclensDatabase"
	classFinding     = "aclensFinding"
	classRecord      = "effectiveAccessRecord"
	subschemaDN      = "cn=Subschema"
	subschemaKey     = "cn=subschema"
	attrDirectMember = "isDirectMemberOf"
)

// attributes is the table of docs/contract.md, section 4.
var attributes = []*attribute{
	{name: "effectiveAccess", number: 1, desc: "Level in each database as a Notes client, above no access", class: policy.Access,
		in: levels(acl.Notes, exactly), leaf: levelLeaf(acl.Notes, exactly)},
	{name: "effectiveWebAccess", number: 2, desc: "Level in each database on channel web-session", class: policy.Access,
		in: levels(acl.WebSession, exactly), leaf: levelLeaf(acl.WebSession, exactly)},
	{name: "effectiveAccessAtLeast", number: 3, desc: "Every level reached in each database as a Notes client", class: policy.Access,
		in: levels(acl.Notes, atLeast), leaf: levelLeaf(acl.Notes, atLeast)},
	{name: "effectiveWebAccessAtLeast", number: 4, desc: "Every level reached in each database on channel web-session", class: policy.Access,
		in: levels(acl.WebSession, atLeast), leaf: levelLeaf(acl.WebSession, atLeast)},
	{name: "effectiveRole", number: 5, desc: "Roles in each database as a Notes client", class: policy.Access,
		in: roles(acl.Notes), leaf: roleLeaf(acl.Notes)},
	{name: "effectiveWebRole", number: 6, desc: "Roles in each database on channel web-session", class: policy.Access,
		in: roles(acl.WebSession), leaf: roleLeaf(acl.WebSession)},
	{name: "effectivePrivilege", number: 7, desc: "Privileges in each database as a Notes client", class: policy.Access, in: privileges},
	{name: "effectiveAccessGroup", number: 8, desc: "Level and role groups that hold this entry", kind: dnKind, class: policy.Access,
		in: accessGroups, leaf: accessGroupLeaf},
	{name: "effectiveHighestAccess", number: 9, desc: "Highest level over all databases", single: true, class: policy.Access, values: highest},
	{name: "effectiveAccessReason", number: 10, desc: "The explained decision for each database, as JSON", kind: plainKind, class: policy.Access,
		values: reasons},
	{name: "effectiveNamesList", number: 11, desc: "What Readers and Authors items are compared with", class: policy.Access, values: namesList},
	{name: "effectiveServerAccess", number: 12, desc: "Whether each server lets this entry in", class: policy.Access, values: serverAccess},
	{name: "effectiveAgentRight", number: 13, desc: "Agent rights on each server", class: policy.Access, values: agentRights},
	{name: "notesName", number: 14, desc: "Notes name in canonical form", single: true, class: policy.Real, when: withPlus,
		values: notesName, leaf: notesNameLeaf},

	{name: "isMemberOf", oid: "1.3.6.1.4.1.42.2.27.9.1.792", desc: "Groups that hold this entry, nested ones included", kind: dnKind,
		class: policy.Membership, on: onMembers, when: withPlus, groups: everyGroupOf, leaf: memberLeaf(everyGroup)},
	{name: attrMemberOf, oid: "1.2.840.113556.1.2.102", desc: "Groups that hold this entry, nested ones included", kind: dnKind,
		class: policy.Membership, on: onMembers, groups: everyGroupOf, leaf: memberLeaf(everyGroup)},
	{name: "ibm-allGroups", oid: "ibm-allgroups-oid", desc: "Groups that hold this entry, nested ones included", kind: dnKind,
		class: policy.Membership, on: onMembers, groups: everyGroupOf, leaf: memberLeaf(everyGroup)},
	{name: "dominoAccessGroups", oid: "2.16.840.1.113678.2.2.2.2.1355", desc: "Groups that hold this entry and count in access control lists",
		kind: dnKind, class: policy.Membership, on: onMembers, groups: groupsOf(aclGroups), leaf: memberLeaf(aclGroups)},
	{name: attrDirectMember, number: 15, desc: "Groups that this entry is a direct member of", kind: dnKind, class: policy.Membership,
		on: onMembers, groups: groupsOf(directGroups), leaf: memberLeaf(directGroups)},

	{name: attrAccessLevel, number: 16, desc: "Level in one database", class: policy.Access},
	{name: attrAccessRole, number: 17, desc: "Roles in one database", class: policy.Access},
	{name: attrAccessPriv, number: 18, desc: "Privileges in one database", class: policy.Access},

	{name: "accessSnapshot", number: 19, desc: "State that the answer comes from", single: true, class: policy.Open, on: onAll, when: withPlus,
		values: func(c *computed, put func(string)) { put(c.state.ID) }},
	{name: "accessAsOf", number: 20, desc: "How old each source is", class: policy.Open, on: onAll, when: withPlus,
		values: func(c *computed, put func(string)) {
			for _, s := range c.state.asOf {
				put(s)
			}
		}},
	{name: "accessStale", number: 21, desc: "Whether a source is older than the configuration allows", kind: boolKind, single: true,
		class: policy.Open, on: onAll, when: withPlus,
		values: func(c *computed, put func(string)) { put(booleanText(c.state.Stale())) }},

	{name: "entryDN", oid: "1.3.6.1.1.20", desc: "Distinguished name of the entry", kind: dnKind, single: true, class: policy.Open, on: onAll,
		when: withPlus, values: func(c *computed, put func(string)) { put(c.entry.DN()) }, leaf: entryDNLeaf},
	{name: "subschemaSubentry", oid: "2.5.18.10", desc: "Where the schema is", kind: dnKind, single: true, class: policy.Open, on: onAll,
		when: withPlus, values: func(_ *computed, put func(string)) { put(subschemaDN) }},
	{name: "hasSubordinates", oid: "2.5.18.9", desc: "Whether entries lie below", kind: boolKind, single: true, class: policy.Open, on: onAll,
		when: withPlus, values: func(c *computed, put func(string)) { put(booleanText(c.subordinates(1) > 0)) }},
	{name: "numSubordinates", oid: "1.3.1.1.4.1.453.16.2.103", desc: "How many entries lie right below", kind: intKind, single: true, class: policy.Open,
		on: onAll, when: withPlus, values: func(c *computed, put func(string)) { put(strconv.Itoa(c.subordinates(math.MaxInt))) }},
}

// own are attributes of virtual entries that are stored there, defined beside
// the table so that the schema knows them.
var own = []*attribute{
	{name: "databaseKey", number: 30, desc: "Key of a database", single: true},
	{name: "databasePath", number: 31, desc: "Path of a database on its server", single: true},
	{name: "databaseTitle", number: 32, desc: "Title of a database", single: true},
	{name: "databaseServer", number: 33, desc: "Server that the answer for a database comes from", single: true},
	{name: "databaseReplicaId", number: 34, desc: "Replica ID of a database", single: true},
	{name: "databaseRole", number: 35, desc: "Roles that the access control list defines"},
	{name: "databaseMaxInternetLevel", number: 36, desc: "Maximum Internet name-and-password access", single: true},
	{name: "databaseConsistentACL", number: 37, desc: "Whether a consistent access control list is enforced", kind: boolKind, single: true},
	{name: "databaseDefaultLevel", number: 38, desc: "Level of -Default-", single: true},
	{name: "databaseAnonymousLevel", number: 39, desc: "Level of whoever has not authenticated", single: true},
	{name: "databaseLevelCount", number: 40, desc: "How many people and servers have each level"},
	{name: "databaseAclTime", number: 41, desc: "When the access control list was captured", kind: timeKind, single: true},
	{name: "accessSubject", number: 42, desc: "Notes name that a decision is for", single: true},
	{name: "accessSubjectDN", number: 43, desc: "Entry that a decision is for", kind: dnKind, single: true},
	{name: "accessLevelNumber", number: 44, desc: "Level as a number from 0 to 6", kind: intKind, single: true},
	{name: "accessWebLevel", number: 45, desc: "Level on channel web-session", single: true},
	{name: "winningEntry", number: 46, desc: "Entries of the access control list that carry the level"},
	{name: "accessSource", number: 47, desc: "What decided", single: true},
	{name: "membershipPath", number: 48, desc: "Chain of groups that leads to an entry"},
	{name: "findingKind", number: 49, desc: "Kind of a finding", single: true},
	{name: "findingSeverity", number: 50, desc: "Severity of a finding", single: true},
	{name: "findingSubject", number: 51, desc: "What a finding is about"},
	{name: "findingAdvice", number: 52, desc: "What to do about a finding", single: true},

	// Of changes (draft-good-ldap-changelog); numbers of others are theirs.
	{name: "changeNumber", oid: "2.16.840.1.113730.3.1.5", desc: "Number of a change", kind: intKind, single: true},
	{name: "targetDN", oid: "2.16.840.1.113730.3.1.6", desc: "Entry that was changed", kind: dnKind, single: true},
	{name: "changeType", oid: "2.16.840.1.113730.3.1.7", desc: "What happened to the entry", single: true},
	{name: "changes", oid: "2.16.840.1.113730.3.1.8", desc: "What changed, as LDIF", kind: plainKind, single: true},
	{name: "changeTime", oid: "2.16.840.1.113730.3.1.77", desc: "When it changed", kind: timeKind, single: true},
	{name: "targetEntryUUID", number: 53, desc: "The entryUUID of what was changed", single: true},
	{name: "firstChangeNumber", number: 54, desc: "First change that is remembered", kind: intKind, single: true},
	{name: "lastChangeNumber", number: 55, desc: "Last change", kind: intKind, single: true},
	{name: "changelog", oid: "2.16.840.1.113730.3.1.35", desc: "Branch of changes", kind: dnKind, single: true},
}

// classes are the object classes of the virtual subtree.
var classes = []schema.Class{
	{OID: arc + ".2.1", Names: []string{classDatabase}, Desc: "A database whose access control list is known", Sup: []string{"top"},
		Must: []string{"cn", "databaseKey"},
		May: []string{"databasePath", "databaseTitle", "databaseServer", "databaseReplicaId", "databaseRole", "databaseMaxInternetLevel",
			"databaseConsistentACL", "databaseDefaultLevel", "databaseAnonymousLevel", "databaseLevelCount", "databaseAclTime"}, Own: true},
	{OID: arc + ".2.2", Names: []string{classRecord}, Desc: "One decision: what one subject may do in one database", Sup: []string{"top"},
		Must: []string{"accessSubject", "databaseKey", "accessLevel", "accessLevelNumber", "accessSource"},
		May:  []string{"accessSubjectDN", "accessWebLevel", "accessRole", "accessPrivilege", "winningEntry", "membershipPath"}, Own: true},
	{OID: arc + ".2.3", Names: []string{classFinding}, Desc: "Something about the access control lists that deserves a look", Sup: []string{"top"},
		Must: []string{"cn", "findingKind", "findingSeverity"}, May: []string{"findingSubject", "findingAdvice", "databaseKey"}, Own: true},
	{OID: "2.16.840.1.113730.3.2.1", Names: []string{classChangelog}, Desc: "A change", Sup: []string{"top"},
		Must: []string{"changeNumber", "targetDN", "changeType"}, May: []string{"changes", "changeTime", "targetEntryUUID"}, Own: true},
	{OID: arc + ".2.4", Names: []string{"aclensContainer"}, Desc: "A branch of the virtual subtree", Sup: []string{"top"},
		May: []string{"cn", "ou", "o", "c", "l", "st", "street", "dc", "uid", "description"}, Own: true},
}

// byName finds an attribute of the table by its folded name.
var byName = func() map[string]*attribute {
	m := map[string]*attribute{}
	for _, a := range attributes {
		switch {
		case a.in != nil:
			a.values = a.in.values
		case a.groups != nil:
			a.values = memberOf(a.groups)
		}
		m[strings.ToLower(a.name)] = a
	}
	return m
}()

// typeOf is the definition that the schema publishes.
func (a *attribute) typeOf() schema.Type {
	t := schema.Type{OID: a.oid, Names: []string{a.name}, Desc: a.desc, SingleValue: a.single, NoUserMod: true,
		Usage: schema.DSAOperation, Own: true}
	if a.number > 0 {
		t.OID = arc + ".1." + strconv.Itoa(a.number)
	}
	switch a.kind {
	case textKind:
		t.Syntax, t.Equality, t.Substring = "1.3.6.1.4.1.1466.115.121.1.15", "caseIgnoreMatch", "caseIgnoreSubstringsMatch"
	case plainKind:
		t.Syntax = "1.3.6.1.4.1.1466.115.121.1.15"
	case dnKind:
		t.Syntax, t.Equality = "1.3.6.1.4.1.1466.115.121.1.12", "distinguishedNameMatch"
	case boolKind:
		t.Syntax, t.Equality = "1.3.6.1.4.1.1466.115.121.1.7", "booleanMatch"
	case intKind:
		t.Syntax, t.Equality, t.Ordering = "1.3.6.1.4.1.1466.115.121.1.27", "integerMatch", "integerOrderingMatch"
	case timeKind:
		t.Syntax, t.Equality, t.Ordering = "1.3.6.1.4.1.1466.115.121.1.24", "generalizedTimeMatch", "generalizedTimeOrderingMatch"
	}
	return t
}

// Schema is the built-in schema with everything that aclens defines, and the
// options that the aliases of databases give to accessLevel and its like.
func Schema(aliases []string) (*schema.Schema, error) {
	types := make([]schema.Type, 0, len(attributes)+len(own))
	for _, a := range attributes {
		types = append(types, a.typeOf())
	}
	for _, a := range own {
		t := a.typeOf()
		t.Usage, t.NoUserMod = schema.UserApplications, false
		types = append(types, t)
	}
	s, err := schema.Standard().Define(types, classes)
	if err != nil {
		return nil, err
	}
	var descs []string
	for _, alias := range aliases {
		for _, base := range []string{attrAccessLevel, attrAccessRole, attrAccessPriv} {
			descs = append(descs, base+";"+optionDatabase+alias)
		}
	}
	return s.Intern(descs...)
}

func booleanText(b bool) string {
	if b {
		return "TRUE"
	}
	return "FALSE"
}

package resolver

import (
	"github.com/aclens/aclens/resolver/acl"
	"github.com/aclens/aclens/resolver/directory"
	"github.com/aclens/aclens/resolver/group"
)

// CommonNameMode is the setting of decision D6 (rule 2.10).
type CommonNameMode uint8

// Whom a bare common name in an ACL means.
const (
	CommonNameSameOrg CommonNameMode = iota // a person of the server's own organisation
	CommonNameAlways
	CommonNameNever
)

// GroupNameMode says how an ACL names a group (groupName of the configuration).
type GroupNameMode uint8

// The ways to name a group.
const (
	GroupNamedByDN GroupNameMode = iota // the Notes form of its DN (rule 9.5)
	GroupNamedByCN
)

// Selector picks entries; it is compiled against a Store's schema.
type Selector func(*directory.Store) *directory.Filter

// Settings are the choices that change what the answers are. The zero value is
// not useful; Defaults is.
type Settings struct {
	Reading            acl.Reading
	CommonName         CommonNameMode
	CommonNameInGroups bool    // D7
	GroupTypes         [5]bool // D8: by group type, whether it counts in ACLs
	MaxDepth           int     // D9: most groups in a chain; 0 is no limit

	NotesName       string // attribute that holds a person's Notes name; empty: from the DN (rule 9.5)
	AlternateName   string // attribute that holds alternate names (rule 2.8)
	GroupName       GroupNameMode
	GroupNameBases  []string // DNs; with GroupNamedByCN only groups below may be named so
	MemberAttrs     []string
	ActiveDirectory bool // groupType is a bit field there, and computers are users

	Person, Group, Server Selector // nil: by object class

	Directories []DirectoryRole // by Draft.Source; the first is the primary directory
}

// DirectoryRole says what a directory is good for (rules 4.7 and 4.8).
type DirectoryRole struct {
	Name            string
	Groups          bool // its groups count in ACLs
	NestedExpansion bool // groups inside its groups are followed
}

// Defaults are the settings of docs/configuration.md with one directory.
func Defaults() Settings {
	return Settings{
		Reading:       acl.Reading{Capped: acl.ChannelsOf(acl.WebPassword, acl.WebSession, acl.WebSSO, acl.WebAnonymous)},
		GroupTypes:    allButMail,
		AlternateName: "altFullName",
		MemberAttrs:   []string{"member", "uniqueMember", "memberUid"},
		Directories:   []DirectoryRole{{Name: "primary", Groups: true, NestedExpansion: true}},
	}
}

// role is what is known about the directory of an entry.
func (s *Settings) role(e directory.Entry) DirectoryRole {
	if i := int(e.Source()); i < len(s.Directories) {
		return s.Directories[i]
	}
	return DirectoryRole{}
}

// Group types of rule 4.1, and two answers that no type gives.
const (
	TypeMultiPurpose = iota
	TypeMailOnly
	TypeACLOnly
	TypeDenyList
	TypeServersOnly

	typeMissing  = -1 // counts as multi-purpose, with a warning (rule 4.1)
	typeDoubtful = -2 // not one of the five: counts for nothing
)

// allButMail are the group types that count by default (D8).
var allButMail = [5]bool{TypeMultiPurpose: true, TypeACLOnly: true, TypeDenyList: true, TypeServersOnly: true}

// counts tells whether a group takes part in ACLs.
func (s *Settings) counts(g *Group, types [5]bool) bool {
	if !g.alive() || !g.role.Groups {
		return false
	}
	switch {
	case g.Type == typeMissing:
		return types[TypeMultiPurpose]
	case g.Type < 0:
		return false
	default:
		return types[g.Type]
	}
}

// closureRule is the group rule of ACLs (D8, D9, rules 4.7 and 4.8).
func (s *Settings) closureRule(groups []Group, types [5]bool, depth int) group.Rule {
	return group.Rule{
		Counts:  func(id group.ID) bool { return s.counts(&groups[id], types) },
		Expands: func(id group.ID) bool { return groups[id].role.NestedExpansion },
		Depth:   depth,
	}
}

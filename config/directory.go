package config

// Directory is one directory: where its entries come from, and how names in it
// are read. Exactly one of LDAP, LDIF and DXL is set.
type Directory struct {
	LDAP           *LDAP         `yaml:"ldap" doc:"A live directory."`
	LDIF           []string      `yaml:"ldif" path:"files" unique:"exact" doc:"LDIF files, for work without a directory."`
	DXL            []string      `yaml:"dxl" path:"files" unique:"exact" doc:"DXL exports of Person, Group and Server documents."`
	Profile        Profile       `yaml:"profile" doc:"Kind of directory; auto finds out."`
	NotesName      string        `yaml:"notesName" check:"attribute" doc:"Attribute that holds a person's Notes name; empty takes the DN (rule 9.5). The person must not be able to write it."`
	AlternateName  string        `yaml:"alternateName" check:"attribute" doc:"Attribute that holds alternate names (rule 2.8); empty reads none."`
	GroupName      GroupNameForm `yaml:"groupName" doc:"How an access control list names a group: by the Notes form of its DN, or by its cn."`
	GroupNameBases []string      `yaml:"groupNameBases" check:"dn" unique:"fold" doc:"With groupName cn: only groups at or below these DNs may be named so; empty means all."`
}

// LDAP is a live directory.
type LDAP struct {
	URLs             []string `yaml:"urls" check:"ldapurl" need:"one" unique:"fold" doc:"Servers, ldap:// or ldaps://, tried in order and watched."`
	StartTLS         bool     `yaml:"startTLS" doc:"Switch ldap:// connections to TLS before anything is sent, or give up."`
	CAFile           string   `yaml:"caFile" path:"file" doc:"Authorities that the servers' certificates are checked against, PEM; empty takes the system's."`
	BindDN           string   `yaml:"bindDN" check:"dn" doc:"The proxy's own account; empty reads anonymously."`
	BindPassword     Secret   `yaml:"bindPassword" doc:"Its password."`
	Bases            []string `yaml:"bases" check:"dnroot" unique:"fold" doc:"DNs to read below; \"\" is Domino's rootless tree, and no base at all takes the naming contexts that the directory announces."`
	PersonFilter     string   `yaml:"personFilter" check:"filter" doc:"Which entries are people; empty goes by profile."`
	GroupFilter      string   `yaml:"groupFilter" check:"filter" doc:"Which entries are groups; empty goes by profile."`
	ServerFilter     string   `yaml:"serverFilter" check:"filter" doc:"Which entries are servers; empty goes by profile."`
	MemberAttributes []string `yaml:"memberAttributes" check:"attribute" unique:"fold" doc:"Attributes that hold a group's members; empty goes by profile."`
	Refresh          Refresh  `yaml:"refresh" doc:"How changes are noticed."`
	Timeouts         Timeouts `yaml:"timeouts" doc:"How long to wait for the directory."`
}

// Refresh says how changes of a live directory are noticed.
type Refresh struct {
	Mode     RefreshMode `yaml:"mode" doc:"auto takes the best feed that the directory offers, down to polling; serve polls where another one is not offered. See docs/directories.md."`
	Interval Duration    `yaml:"interval" min:"100ms" doc:"Time between two polls, and before a broken feed is tried again."`
	Full     Duration    `yaml:"full" min:"1s" doc:"Time between two complete readings, whatever the feed says."`
}

// Timeouts bounds the waiting for a live directory.
type Timeouts struct {
	Connect   Duration `yaml:"connect" min:"1ms" doc:"For a connection, TLS included."`
	Operation Duration `yaml:"operation" min:"1ms" doc:"For the answer to one request."`
}

// Secondary is a further directory, read beside the primary one.
type Secondary struct {
	Name               string `yaml:"name" need:"one" doc:"Name in logs, metrics and answers; unique."`
	Directory          `yaml:",inline"`
	GroupAuthorization bool `yaml:"groupAuthorization" doc:"Its groups count in access control lists (rule 4.7)."`
	NestedExpansion    bool `yaml:"nestedExpansion" doc:"Groups inside its groups are followed (rule 4.8)."`
}

package config

// Rules settles the contested decisions of docs/access-rules.md.
type Rules struct {
	WildcardMode       WildcardMode    `yaml:"wildcardMode" doc:"D4: wildcards count only where no name and no group matched, or join the groups."`
	CommonNameMatch    CommonNameMatch `yaml:"commonNameMatch" doc:"D6: whom a bare common name in an access control list matches."`
	CommonNameInGroups bool            `yaml:"commonNameInGroups" doc:"D7: a bare common name matches as a group member too."`
	ACLGroupTypes      []int           `yaml:"aclGroupTypes" min:"0" max:"4" unique:"exact" doc:"D8: group types that count in access control lists."`
	MaxNestingDepth    int             `yaml:"maxNestingDepth" min:"0" doc:"D9: levels of groups within groups; 0 is without end."`
	FullAccessRoles    FullAccessRoles `yaml:"fullAccessRoles" doc:"D11: roles that full access administration adds."`
	CappedChannels     []Channel       `yaml:"cappedChannels" unique:"exact" doc:"D10: channels that Maximum Internet access cuts (rule 5.2)."`
}

// View shapes what clients see.
type View struct {
	Base         string      `yaml:"base" check:"dn" need:"one" doc:"DN of the virtual subtree."`
	GroupChannel Channel     `yaml:"groupChannel" doc:"Channel that the level and role groups are computed for."`
	MemberOf     MemberOf    `yaml:"memberOf" doc:"effective is the whole closure, asis passes on the directory's own values."`
	MemberOfIn   MemberOfIn  `yaml:"memberOfIn" doc:"memberOf is returned when named only, or with * too; where the key is absent, star for profiles activedirectory and 389ds."`
	MemberOfDN   MemberOfDN  `yaml:"memberOfDN" doc:"memberOf holds the DNs of the real groups, or of their flattened copies."`
	EmptyGroups  EmptyGroups `yaml:"emptyGroups" doc:"A group without members has no member value, or is left out."`
}

// Client is one rule of who may read what. Exactly one of DN and Group is set.
type Client struct {
	DN         string   `yaml:"dn" check:"client" doc:"Whom the rule is for: a DN, * for anyone bound, or anonymous."`
	Group      string   `yaml:"group" check:"dn" doc:"Or the DN of a group, whose members it is for, looked up per request."`
	Read       []Right  `yaml:"read" check:"right" need:"one" unique:"fold" doc:"people, groups, access, denylists, admin, all, or DNs to read below."`
	Databases  []string `yaml:"databases" check:"glob" doc:"Databases that it holds for, as globs over keys."`
	Attributes []string `yaml:"attributes" check:"attributes" unique:"fold" doc:"Attributes that it holds for, or * for all."`
}

// Limits bounds what clients may use up. Zero means no limit where it is allowed.
type Limits struct {
	MessageBytes            Size     `yaml:"messageBytes" min:"4096" max:"1GiB" doc:"Largest message of a bound client."`
	PreBindMessageBytes     Size     `yaml:"preBindMessageBytes" min:"1024" max:"1GiB" doc:"Largest message before a bind; at most messageBytes."`
	InFlightBytes           Size     `yaml:"inFlightBytes" min:"65536" doc:"Memory of all messages being received; at least messageBytes."`
	Connections             int      `yaml:"connections" min:"1" doc:"Client connections at one time."`
	ConnectionsPerAddress   int      `yaml:"connectionsPerAddress" min:"0" doc:"The same for one client address; 0 is no limit."`
	OperationsPerConnection int      `yaml:"operationsPerConnection" min:"1" doc:"Requests of one connection in progress at one time."`
	Idle                    Duration `yaml:"idle" min:"0s" doc:"A connection without a request for so long is closed; 0s never."`
	Handshake               Duration `yaml:"handshake" min:"1ms" doc:"Time for the TLS handshake."`
	WriteStall              Duration `yaml:"writeStall" min:"1ms" doc:"A client that takes no data for so long is cut off."`
	SizeLimit               int      `yaml:"sizeLimit" min:"0" doc:"Entries a search may return; 0 is no limit."`
	TimeLimit               Duration `yaml:"timeLimit" min:"0s" doc:"Time a search may take; 0s is no limit."`
	LookThrough             int      `yaml:"lookThrough" min:"0" doc:"Entries a search may look at without an index; 0 is no limit."`
	FilterDepth             int      `yaml:"filterDepth" min:"1" max:"1000" doc:"Nesting of a filter."`
	FilterTerms             int      `yaml:"filterTerms" min:"1" doc:"Terms of a filter."`
}

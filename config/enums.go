package config

// A word type is a string that may only take the values its words method lists,
// the default first.
type word interface{ words() []string }

// Profile is a kind of directory.
type Profile string

// The profiles.
const (
	ProfileAuto            Profile = "auto"
	ProfileDomino          Profile = "domino"
	ProfileOpenLDAP        Profile = "openldap"
	ProfileActiveDirectory Profile = "activedirectory"
	Profile389DS           Profile = "389ds"
)

func (Profile) words() []string {
	return []string{"auto", "domino", "openldap", "activedirectory", "389ds"}
}

// GroupNameForm is how an access control list names a group.
type GroupNameForm string

// The forms of group names.
const (
	GroupNameDN GroupNameForm = "dn"
	GroupNameCN GroupNameForm = "cn"
)

func (GroupNameForm) words() []string { return []string{"dn", "cn"} }

// RefreshMode is how changes of a live directory are noticed.
type RefreshMode string

// The refresh modes.
const (
	RefreshAuto       RefreshMode = "auto"
	RefreshSyncrepl   RefreshMode = "syncrepl"   // RFC 4533
	RefreshDirSync    RefreshMode = "dirsync"    // Active Directory
	RefreshPersistent RefreshMode = "persistent" // persistent search
	RefreshPoll       RefreshMode = "poll"
)

func (RefreshMode) words() []string {
	return []string{"auto", "syncrepl", "dirsync", "persistent", "poll"}
}

// Tri is an answer that may be unknown.
type Tri string

// The answers.
const (
	Yes     Tri = "yes"
	No      Tri = "no"
	Unknown Tri = "unknown"
)

func (Tri) words() []string { return []string{"unknown", "yes", "no"} }

// Channel is a way of reaching a database (rules 5.2 and 6.3).
type Channel string

// The channels.
const (
	ChannelNotes         Channel = "notes"
	ChannelWebPassword   Channel = "web-password"
	ChannelWebSession    Channel = "web-session"
	ChannelWebSSO        Channel = "web-sso"
	ChannelWebClientCert Channel = "web-clientcert"
	ChannelWebAnonymous  Channel = "web-anonymous"
	ChannelLocal         Channel = "local"
)

func (Channel) words() []string {
	return []string{"notes", "web-password", "web-session", "web-sso", "web-clientcert", "web-anonymous", "local"}
}

// WildcardMode is decision D4.
type WildcardMode string

// The readings of D4.
const (
	WildcardFallback WildcardMode = "fallback"
	WildcardMerge    WildcardMode = "merge"
)

func (WildcardMode) words() []string { return []string{"fallback", "merge"} }

// CommonNameMatch is decision D6.
type CommonNameMatch string

// The readings of D6.
const (
	CommonNameSameOrg CommonNameMatch = "same-org"
	CommonNameAlways  CommonNameMatch = "always"
	CommonNameNever   CommonNameMatch = "never"
)

func (CommonNameMatch) words() []string { return []string{"same-org", "always", "never"} }

// FullAccessRoles is decision D11.
type FullAccessRoles string

// The readings of D11.
const (
	FullAccessRolesNone FullAccessRoles = "none"
	FullAccessRolesAll  FullAccessRoles = "all"
)

func (FullAccessRoles) words() []string { return []string{"none", "all"} }

// MemberOf is what the attribute memberOf holds.
type MemberOf string

// What memberOf may hold.
const (
	MemberOfEffective MemberOf = "effective" // the closure of real groups
	MemberOfAsIs      MemberOf = "asis"      // the directory's own values
)

func (MemberOf) words() []string { return []string{"effective", "asis"} }

// MemberOfIn is when memberOf is returned.
type MemberOfIn string

// When memberOf may be returned.
const (
	MemberOfInNamed MemberOfIn = "named" // by name only
	MemberOfInStar  MemberOfIn = "star"  // with * too
)

func (MemberOfIn) words() []string { return []string{"named", "star"} }

// MemberOfDN is which groups' DNs memberOf holds.
type MemberOfDN string

// Which DNs memberOf may hold.
const (
	MemberOfDNReal    MemberOfDN = "real"
	MemberOfDNVirtual MemberOfDN = "virtual"
)

func (MemberOfDN) words() []string { return []string{"real", "virtual"} }

// EmptyGroups is what becomes of a virtual group without members.
type EmptyGroups string

// What may become of an empty group.
const (
	EmptyGroupsMemberless EmptyGroups = "memberless"
	EmptyGroupsOmit       EmptyGroups = "omit"
)

func (EmptyGroups) words() []string { return []string{"memberless", "omit"} }

// WriteMode is what happens to writes.
type WriteMode string

// What may happen to writes.
const (
	WritesOff     WriteMode = "off"
	WritesForward WriteMode = "forward"
)

func (WriteMode) words() []string { return []string{"off", "forward"} }

// BindName is a form of name that a simple bind accepts.
type BindName string

// The forms of bind names.
const (
	BindNameDN       BindName = "dn"
	BindNameUID      BindName = "uid"
	BindNameMail     BindName = "mail"
	BindNameFullName BindName = "fullName"
)

func (BindName) words() []string { return []string{"dn", "uid", "mail", "fullName"} }

// ReferralMode is what happens to the directory's referrals.
type ReferralMode string

// What may happen to referrals.
const (
	ReferralsDrop    ReferralMode = "drop"
	ReferralsRewrite ReferralMode = "rewrite"
	ReferralsChase   ReferralMode = "chase"
)

func (ReferralMode) words() []string { return []string{"drop", "rewrite", "chase"} }

// StaleThen is what follows from a stale source.
type StaleThen string

// What may follow.
const (
	StaleFlag   StaleThen = "flag"
	StaleRefuse StaleThen = "refuse"
)

func (StaleThen) words() []string { return []string{"flag", "refuse"} }

// LogLevel is the least severe level that is logged.
type LogLevel string

// The log levels.
const (
	LogDebug LogLevel = "debug"
	LogInfo  LogLevel = "info"
	LogWarn  LogLevel = "warn"
	LogError LogLevel = "error"
)

func (LogLevel) words() []string { return []string{"debug", "info", "warn", "error"} }

// LogFormat is the shape of log lines.
type LogFormat string

// The log formats.
const (
	LogFormatAuto LogFormat = "auto"
	LogFormatText LogFormat = "text"
	LogFormatJSON LogFormat = "json"
)

func (LogFormat) words() []string { return []string{"auto", "text", "json"} }

// Right is something that a client may read: one of the constants, or the DN of
// a base below which everything may be read.
type Right string

// The rights that have a name (docs/contract.md section 6).
const (
	RightPeople    Right = "people"
	RightGroups    Right = "groups"
	RightAccess    Right = "access"
	RightDenyLists Right = "denylists"
	RightAdmin     Right = "admin"
	RightAll       Right = "all"
)

var rightWords = []string{"people", "groups", "access", "denylists", "admin", "all"}

// IsBase reports whether the right is a base DN and not a named right.
func (r Right) IsBase() bool {
	for _, w := range rightWords {
		if string(r) == w {
			return false
		}
	}
	return true
}

// Special values of Client.DN.
const (
	ClientAnyone    = "*"         // everyone who has bound
	ClientAnonymous = "anonymous" // everyone who has not
)

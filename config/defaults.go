package config

import "time"

// defaulter is a struct whose zero value is not its default.
type defaulter interface{ setDefaults() }

// Defaults returns the configuration of an empty file: complete but for a
// directory source, which has no default.
func Defaults() *Config {
	c := &Config{given: map[string]written{}}
	c.setDefaults()
	return c
}

func (c *Config) setDefaults() {
	c.Listen = Listen{LDAP: "127.0.0.1:10389", HTTP: "127.0.0.1:9389"}
	c.Directory.setDefaults()
	c.Databases = Databases{Include: []string{"**"}, Exclude: []string{"mail/**"}}
	c.Rules.setDefaults()
	c.View = View{Base: "cn=access", GroupChannel: ChannelWebSession, MemberOf: MemberOfEffective,
		MemberOfIn: MemberOfInNamed, MemberOfDN: MemberOfDNReal, EmptyGroups: EmptyGroupsMemberless}
	c.Self = Self{Attributes: []string{"*"}}
	c.Writes = WritesOff
	c.BindNames = []BindName{BindNameDN}
	c.Referrals = ReferralsDrop
	c.Limits.setDefaults()
	c.Stale = Stale{Directory: hours(24), ACL: hours(48), Then: StaleFlag}
	c.Brake = Brake{People: 10, Groups: 10, Memberships: 20, Databases: 10}
	c.Log = Log{Level: LogInfo, Format: LogFormatAuto}
}

func (d *Directory) setDefaults() {
	*d = Directory{Profile: ProfileAuto, AlternateName: "altFullName", GroupName: GroupNameDN}
}

func (l *LDAP) setDefaults() {
	*l = LDAP{
		URLs:     []string{"ldap://127.0.0.1:389"},
		Refresh:  Refresh{Mode: RefreshAuto, Interval: seconds(30), Full: hours(6)},
		Timeouts: Timeouts{Connect: seconds(3), Operation: seconds(10)},
	}
}

func (s *Secondary) setDefaults() {
	*s = Secondary{NestedExpansion: true}
	s.Directory.setDefaults()
}

// Whether a server enforces its lists is never assumed (rule 7.4).
func (s *ServerSetting) setDefaults() {
	*s = ServerSetting{Release: 12, Enforce: Enforce{Unknown, Unknown, Unknown, Unknown, Unknown}}
}

func (r *Rules) setDefaults() {
	*r = Rules{
		WildcardMode: WildcardFallback, CommonNameMatch: CommonNameSameOrg,
		ACLGroupTypes: []int{0, 2, 3, 4}, FullAccessRoles: FullAccessRolesNone,
		CappedChannels: []Channel{ChannelWebPassword, ChannelWebSession, ChannelWebSSO, ChannelWebAnonymous},
	}
}

func (c *Client) setDefaults() {
	*c = Client{Databases: []string{"**"}, Attributes: []string{"*"}}
}

func (l *Limits) setDefaults() {
	*l = Limits{
		MessageBytes: 4 << 20, PreBindMessageBytes: 64 << 10, InFlightBytes: 256 << 20,
		Connections: 10000, OperationsPerConnection: 64,
		Idle: Duration(15 * time.Minute), Handshake: seconds(10), WriteStall: seconds(30),
		TimeLimit: seconds(60), LookThrough: 100000, FilterDepth: 64, FilterTerms: 10000,
	}
}

// fit moves limits that the file leaves out to those that it gives: a smaller
// messageBytes alone must not make the default of preBindMessageBytes a fault.
func (c *Config) fit() {
	l := &c.Limits
	if !c.Given("limits.preBindMessageBytes") {
		l.PreBindMessageBytes = min(l.PreBindMessageBytes, l.MessageBytes)
	}
	if !c.Given("limits.inFlightBytes") {
		l.InFlightBytes = max(l.InFlightBytes, l.MessageBytes)
	}
}

func seconds(n int) Duration { return Duration(time.Duration(n) * time.Second) }
func hours(n int) Duration   { return Duration(time.Duration(n) * time.Hour) }

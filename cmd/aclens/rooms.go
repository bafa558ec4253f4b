package main

import (
	"fmt"

	"github.com/aclens/aclens/config"
	"github.com/aclens/aclens/proxy/front"
	"github.com/aclens/aclens/proxy/policy"
	"github.com/aclens/aclens/proxy/upstream"
	"github.com/aclens/aclens/proxy/view"
	"github.com/aclens/aclens/proxy/wire"
	"github.com/aclens/aclens/resolver"
	"github.com/aclens/aclens/resolver/acl"
	"github.com/aclens/aclens/resolver/directory"
)

// This file turns the words of the configuration into the settings of rooms.

// policySettings are the rules of who may read what.
func policySettings(c *config.Config) policy.Settings {
	s := policy.Settings{SelfAttributes: c.Self.Attributes, Hide: c.Hide}
	for _, client := range c.Clients {
		r := policy.Rule{Who: policy.OneDN, DN: client.DN, Databases: client.Databases, Attributes: client.Attributes}
		switch {
		case client.Group != "":
			r.Who, r.DN = policy.InGroup, client.Group
		case client.DN == config.ClientAnyone:
			r.Who = policy.AnyBound
		case client.DN == config.ClientAnonymous:
			r.Who = policy.Anonymous
		}
		for _, right := range client.Read {
			r.Read = append(r.Read, string(right))
		}
		s.Rules = append(s.Rules, r)
	}
	return s
}

// limitsOf are the bounds of the front.
func limitsOf(c *config.Config) front.Limits {
	l := c.Limits
	return front.Limits{
		MessageBytes: l.MessageBytes.Int(), PreBindMessageBytes: l.PreBindMessageBytes.Int(), InFlightBytes: int64(l.InFlightBytes.Int()),
		Connections: l.Connections, ConnectionsPerAddress: l.ConnectionsPerAddress, OperationsPerConnection: l.OperationsPerConnection,
		Idle: l.Idle.Std(), Handshake: l.Handshake.Std(), WriteStall: l.WriteStall.Std(), TimeLimit: l.TimeLimit.Std(),
		FilterDepth: l.FilterDepth, FilterTerms: l.FilterTerms,
	}
}

// viewSettings shape what clients see; the rest is known when serving begins.
func viewSettings(c *config.Config, profile config.Profile) (view.Settings, error) {
	channel, err := acl.ParseChannel(string(c.View.GroupChannel))
	if err != nil {
		return view.Settings{}, fmt.Errorf("view.groupChannel: %w", err)
	}
	v, _ := buildVersion()
	s := view.Settings{
		Base: c.View.Base, GroupChannel: channel, MemberOf: c.View.MemberOf == config.MemberOfEffective,
		MemberOfInStar:  c.MemberOfIn(profile) == config.MemberOfInStar,
		MemberOfVirtual: c.View.MemberOfDN == config.MemberOfDNVirtual, OmitEmptyGroups: c.View.EmptyGroups == config.EmptyGroupsOmit,
		SizeLimit: c.Limits.SizeLimit, LookThrough: c.Limits.LookThrough,
		References:  c.Referrals == config.ReferralsRewrite,
		StaleAfter:  view.StaleAfter{Directory: c.Stale.Directory.Std(), ACL: c.Stale.ACL.Std()},
		RefuseStale: c.Stale.Then == config.StaleRefuse, Version: v,
	}
	if c.Directory.LDAP != nil {
		s.NamingContexts = c.Directory.LDAP.Bases
	}
	return s, nil
}

// resolverSettings are the choices that change answers.
func resolverSettings(c *config.Config, profile config.Profile) (resolver.Settings, error) {
	s := resolver.Defaults()
	s.Reading.Capped = 0
	for _, word := range c.Rules.CappedChannels {
		channel, err := acl.ParseChannel(string(word))
		if err != nil {
			return s, fmt.Errorf("rules.cappedChannels: %w", err)
		}
		s.Reading.Capped |= acl.ChannelsOf(channel)
	}
	if c.Rules.WildcardMode == config.WildcardMerge {
		s.Reading.Wildcards = acl.WildcardMerge
	}
	s.Reading.FullAccessRoles = c.Rules.FullAccessRoles == config.FullAccessRolesAll
	switch c.Rules.CommonNameMatch {
	case config.CommonNameAlways:
		s.CommonName = resolver.CommonNameAlways
	case config.CommonNameNever:
		s.CommonName = resolver.CommonNameNever
	}
	s.CommonNameInGroups, s.MaxDepth = c.Rules.CommonNameInGroups, c.Rules.MaxNestingDepth
	s.GroupTypes = [5]bool{}
	for _, t := range c.Rules.ACLGroupTypes {
		s.GroupTypes[t] = true
	}
	return s, directorySettings(&s, c, profile)
}

// directorySettings are the choices that belong to the directories.
func directorySettings(s *resolver.Settings, c *config.Config, profile config.Profile) error {
	d := &c.Directory
	s.NotesName, s.AlternateName, s.GroupNameBases = d.NotesName, d.AlternateName, d.GroupNameBases
	if d.GroupName == config.GroupNameCN {
		s.GroupName = resolver.GroupNamedByCN
	}
	s.ActiveDirectory = profile == config.ProfileActiveDirectory
	s.Directories = []resolver.DirectoryRole{{Name: "primary", Groups: true, NestedExpansion: true}}
	for _, second := range c.Secondaries {
		if second.GroupAuthorization && second.Profile == config.ProfileActiveDirectory && !s.ActiveDirectory {
			// groupType is read one way for all directories, and read wrongly it would let mail groups count
			return fmt.Errorf("secondaries: %s: groups of Active Directory beside another kind of primary directory cannot count in this version", second.Name)
		}
		s.Directories = append(s.Directories, resolver.DirectoryRole{
			Name: second.Name, Groups: second.GroupAuthorization, NestedExpansion: second.NestedExpansion,
		})
	}
	if d.LDAP == nil {
		return nil
	}
	if len(d.LDAP.MemberAttributes) > 0 {
		s.MemberAttrs = d.LDAP.MemberAttributes
	}
	for _, f := range []struct {
		key, text string
		into      *resolver.Selector
	}{
		{"directory.ldap.personFilter", d.LDAP.PersonFilter, &s.Person},
		{"directory.ldap.groupFilter", d.LDAP.GroupFilter, &s.Group},
		{"directory.ldap.serverFilter", d.LDAP.ServerFilter, &s.Server},
	} {
		if f.text == "" {
			continue
		}
		parsed, err := wire.ParseFilterString(f.text)
		if err != nil {
			return fmt.Errorf("%s: %w", f.key, err)
		}
		*f.into = selector(parsed)
	}
	return nil
}

// selector compiles a configured filter against the schema of each Store.
func selector(f wire.Filter) resolver.Selector {
	return func(st *directory.Store) *directory.Filter {
		compiled := view.CompileFilter(st.Schema(), &f)
		return &compiled
	}
}

// upstreamSettings say where a live directory is.
func upstreamSettings(l *config.LDAP, profile config.Profile, references config.ReferralMode) upstream.Settings {
	return upstream.Settings{
		Referrals: referralsOf(references),

		URLs: l.URLs, StartTLS: l.StartTLS, CAFile: l.CAFile, BindDN: l.BindDN, Password: l.BindPassword.Value, Bases: l.Bases,
		Profile: upstream.Profile(profile), Connect: l.Timeouts.Connect.Std(), Operation: l.Timeouts.Operation.Std(),
	}
}

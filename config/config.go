// Package config turns one YAML file into typed settings.
//
// It promises that a configuration it accepts is whole: every key is known,
// every value has its type and lies within its bounds, every file it names is
// there, and every rule that joins two keys holds. It reports all faults at
// once, each with its file, line and key. It refuses to guess: an unknown key,
// a doubtful value or an unset environment variable is a fault and never a
// default. Secrets that it holds cannot be printed.
//
// The doc tags of the structs are the source of docs/configuration.md.
package config

import "net/netip"

// Config is the whole configuration, as docs/contract.md section 2 lists it.
type Config struct {
	Listen        Listen         `yaml:"listen" doc:"Addresses to listen on, each as host:port; an empty address switches the listener off and port 0 takes any free port."`
	TLS           TLS            `yaml:"tls" doc:"The certificate for LDAPS, StartTLS and HTTPS; the files are read again when they change."`
	Directory     Directory      `yaml:"directory" doc:"The primary directory: exactly one of ldap, ldif and dxl."`
	Secondaries   []Secondary    `yaml:"secondaries" doc:"Further directories. At most one may authorise groups (rules 4.7 and 4.8)."`
	Databases     Databases      `yaml:"databases" doc:"Where the databases' access control lists come from, and how databases are named."`
	Servers       Servers        `yaml:"servers" doc:"What is known of the Domino servers: who may use them, who administers them, who may run agents."`
	Rules         Rules          `yaml:"rules" doc:"The contested decisions of docs/access-rules.md, each with its default reading."`
	View          View           `yaml:"view" doc:"How the computed access appears in the directory tree."`
	Clients       []Client       `yaml:"clients" doc:"Who may read what. The rules that fit a client add up; without a rule a client reads the own entry only."`
	Self          Self           `yaml:"self" doc:"What a person may read of the own entry."`
	Hide          []string       `yaml:"hide" check:"attribute" unique:"fold" doc:"Attributes that nobody ever reads, besides the built-in list of secrets."`
	Certificates  []Certificate  `yaml:"certificates" doc:"Which entry a client certificate stands for (SASL EXTERNAL). Needs tls.clientCAFile."`
	Writes        WriteMode      `yaml:"writes" doc:"What happens to writes: refused, or forwarded to the directory under the client's own identity, for which its session holds the client's password in memory."`
	BindNames     []BindName     `yaml:"bindNames" need:"one" unique:"exact" doc:"Forms of name that a simple bind accepts."`
	BindCache     BindCache      `yaml:"bindCache" doc:"Whether a bind that succeeded is remembered for a moment."`
	Referrals     ReferralMode   `yaml:"referrals" doc:"What becomes of the directory's references to other servers (docs/directories.md): left out; rewritten, for searches, to lead to this proxy; or followed, to servers that the configuration names and to no other."`
	Limits        Limits         `yaml:"limits" doc:"Bounds on what clients may use up."`
	Controls      Controls       `yaml:"controls" doc:"Exceptions for LDAP controls."`
	ProxyProtocol []netip.Prefix `yaml:"proxyProtocol" unique:"exact" doc:"Addresses and networks (10.0.0.0/8) trusted to send the PROXY protocol header."`
	Stale         Stale          `yaml:"stale" doc:"When a source counts as stale, and what follows."`
	Brake         Brake          `yaml:"brake" doc:"How much of a source may be missing from one reading before it is held back: kept, with a finding, until it is there again or somebody releases it (aclens release). Fewer than five are never held, unless nothing is left. What a directory or a file states is never held. 100% switches a brake off."`
	State         State          `yaml:"state" doc:"What is kept on disk between runs."`
	Drain         Drain          `yaml:"drain" doc:"How the program ends on SIGTERM: requests in progress are answered, for 15 seconds at most, and every client is told by a notice of disconnection."`
	Log           Log            `yaml:"log" doc:"The program's own log, on standard error."`
	Audit         Audit          `yaml:"audit" doc:"The record of who asked what."`

	file  string             // as it was named
	given map[string]written // keys present in the file, by path
}

// Listen holds the listeners' addresses.
type Listen struct {
	LDAP               string `yaml:"ldap" check:"listen" doc:"LDAP, with StartTLS where a certificate is set."`
	LDAPS              string `yaml:"ldaps" check:"listen" doc:"LDAP over TLS. Needs tls.certFile and tls.keyFile."`
	HTTP               string `yaml:"http" check:"listen" doc:"API, explorer, metrics and health. Off loopback it needs tls.certFile and is HTTPS."`
	Metrics            string `yaml:"metrics" check:"listen" doc:"Metrics and health alone, in plain HTTP on any address."`
	AllowPlaintextBind bool   `yaml:"allowPlaintextBind" doc:"Let passwords come in over LDAP without TLS from other machines; otherwise such a bind is refused with 13, confidentialityRequired."`
}

// TLS names the server's certificate and the authority for clients' ones.
type TLS struct {
	CertFile     string `yaml:"certFile" path:"file" doc:"Certificate chain, PEM."`
	KeyFile      string `yaml:"keyFile" path:"file" doc:"Its private key, PEM."`
	ClientCAFile string `yaml:"clientCAFile" path:"file" doc:"Authorities whose client certificates are accepted, PEM; empty asks for none."`
}

// Self is what a person may read of the own entry.
type Self struct {
	Attributes []string `yaml:"attributes" check:"attributes" unique:"fold" doc:"Attribute names, or * for all."`
}

// Certificate maps the subject of a client certificate to an entry.
type Certificate struct {
	Subject string `yaml:"subject" check:"dn" need:"one" doc:"Subject DN of the certificate."`
	DN      string `yaml:"dn" check:"dn" need:"one" doc:"The entry it stands for."`
}

// BindCache remembers binds that succeeded.
type BindCache struct {
	TTL      Duration `yaml:"ttl" min:"0s" max:"60s" doc:"How long; 0s to 60s, where 0s asks the directory every time."`
	WhenDown bool     `yaml:"whenDown" doc:"Use what is remembered also while the directory cannot be reached."`
}

// Controls holds exceptions for LDAP controls.
type Controls struct {
	IgnoreCriticality    []string `yaml:"ignoreCriticality" check:"oid" unique:"exact" doc:"OIDs of controls whose critical flag is ignored, for clients that mark every control critical."`
	ProxiedAuthorization []string `yaml:"proxiedAuthorization" check:"dn" unique:"fold" doc:"DNs that may act as somebody else by the proxied authorization control (RFC 4370)."`
}

// Stale says from what age on a source's answers are doubtful.
type Stale struct {
	Directory Duration  `yaml:"directory" min:"1ms" doc:"Age of the directory's data from which it counts as stale."`
	ACL       Duration  `yaml:"acl" min:"1ms" doc:"Age of the access control lists from which they count as stale."`
	Then      StaleThen `yaml:"then" doc:"Stale answers are flagged, or refused."`
}

// Brake holds back a refresh in which too much vanishes at once.
type Brake struct {
	People      Percent `yaml:"people" doc:"Share of the people."`
	Groups      Percent `yaml:"groups" doc:"Share of the groups."`
	Memberships Percent `yaml:"memberships" doc:"Share of the memberships."`
	Databases   Percent `yaml:"databases" doc:"Share of the databases."`
}

// State is what the program keeps on disk.
type State struct {
	Dir string `yaml:"dir" path:"newdir" doc:"Folder of the last good snapshot and the key registry, without passwords, readable by the owner only; empty keeps nothing. It is made if its parent is there."`
}

// Drain says how the program ends.
type Drain struct {
	Delay Duration `yaml:"delay" min:"0s" max:"10m" doc:"How long /readyz says 503 while everything is still accepted and answered, so that a balancer sends nobody here any more before connections are ended. A second SIGTERM ends the delay."`
}

// Log shapes the log on standard error.
type Log struct {
	Level  LogLevel  `yaml:"level" doc:"Least severe level that is written."`
	Format LogFormat `yaml:"format" doc:"auto is text on a terminal and JSON elsewhere."`
}

// Audit names the audit file.
type Audit struct {
	File string `yaml:"file" path:"newfile" doc:"File to append to, one JSON object a line; empty writes none. Its folder must be there."`
}

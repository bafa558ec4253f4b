package config

import (
	"slices"
	"strings"
	"testing"
)

const comparedConfig = `directory:
  ldap: {urls: ["ldap://h:389"], bases: [o=acme], bindDN: cn=r, bindPassword: first}
databases: {aliases: {crm: apps/crm.nsf}}
clients:
- {dn: "cn=sso,o=acme", read: [people]}
limits: {connections: 5}
proxyProtocol: [10.0.0.0/8]
`

func TestDifferencesNameTheKeys(t *testing.T) {
	parse := func(text string) *Config {
		t.Helper()
		c, err := Parse([]byte(text), "aclens.yaml")
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	for _, r := range []struct {
		name     string
		old, new string
		want     []string
	}{
		{"nothing", "", "", nil},
		{"a comment and the spelling", "limits: {connections: 5}", "# five\nlimits:\n  connections: 5", nil},
		{"a number", "connections: 5", "connections: 6", []string{"limits.connections"}},
		{"a right", "read: [people]", "read: [people, groups]", []string{"clients"}},
		{"a secret", "first", "second", []string{"directory.ldap"}},
		{"an alias", "crm:", "hr:", []string{"databases.aliases"}},
		{"a network", "10.0.0.0/8", "10.0.0.0/16", []string{"proxyProtocol"}},
		{"several keys", "limits: {connections: 5}", "log: {level: debug}\nlisten: {http: \"\"}", []string{"listen.http", "limits.connections", "log.level"}},
	} {
		t.Run(r.name, func(t *testing.T) {
			got := Differences(parse(comparedConfig), parse(strings.Replace(comparedConfig, r.old, r.new, 1)))
			if !slices.Equal(got, r.want) {
				t.Errorf("%q, want %q", got, r.want)
			}
		})
	}
	if f := parse(comparedConfig).File(); f != "aclens.yaml" {
		t.Errorf("the file is %q", f)
	}
}

package clienttest

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/go-ldap/ldap/v3"
)

// keycloakSyncs sends the sync of changed users: everybody who was added or
// changed since the last one, which has to find who has other roles now.
func (o *office) keycloakSyncs(t *testing.T) {
	users, roles := keycloakOf(t)
	o.decree(t, officesEveryday)
	o.allows(t, "jdoe", "editor")
	a := newAsker(t, &o.world, users.is(t, "bindDn"), users.is(t, "bindCredential"), ldap.NewControlManageDsaIT(false))
	memberOf := roles.is(t, "memberof.ldap.attribute")
	latest := time.Now().UTC()
	await(t, func() error { // times are kept in seconds: the next one tells before from after
		if now := time.Now().UTC(); now.Truncate(time.Second).Equal(latest.Truncate(time.Second)) {
			return fmt.Errorf("it is still %v", now)
		}
		return nil
	})
	since := time.Now().UTC().Format("20060102150405") + ".0Z"
	filter := fmt.Sprintf("(&(|(createTimestamp>=%[1]s)(modifyTimestamp>=%[1]s))(objectClass=%[2]s))", since, users.is(t, "userObjectClasses"))
	changed := func() []*ldap.Entry { return a.pages(t, users.is(t, "usersDn"), filter, 2, "uid", memberOf) }
	wantValues(t, "changed before", valuesOf(changed(), "uid"))
	o.decree(t, officesEveryday+paulWrites)
	o.allows(t, "pplain", "author")
	wantValues(t, "changed users", valuesOf(changed(), "uid"), "pplain")
	const level = "cn=apps/crm.nsf#%s,cn=apps/crm.nsf,ou=databases,cn=access"
	wantValues(t, "the roles of the changed user", valuesOf(changed(), memberOf), fmt.Sprintf(level, "author"), fmt.Sprintf(level, "reader"))
}

// connectorsRead sends what TDI's connectors send: everybody in pages, the
// number to begin with, and changes from there on, by filter and one by one.
func (o *office) connectorsRead(t *testing.T) {
	a := newAsker(t, &o.world, reader, readerPassword, ldap.NewControlManageDsaIT(false))
	o.decree(t, officesEveryday)
	o.allows(t, "pplain", "noaccess")
	all := a.pages(t, "o=acme", "(objectClass=inetOrgPerson)", 2, "uid", "effectiveAccess")
	wantValues(t, "everybody", valuesOf(all, "uid"), "ida", "jdoe", "jmueller", "pplain", "vstone")
	last := valuesOf(a.ask(t, "", ldap.ScopeBaseObject, "(objectClass=*)", "changelog", "firstchangenumber", "lastchangenumber"), "lastchangenumber")
	if len(last) != 1 {
		t.Fatalf("the root DSE names the last changes %v", last)
	}
	begin, err := strconv.Atoi(last[0])
	if err != nil {
		t.Fatal(err)
	}
	o.decree(t, officesEveryday+paulReads)
	o.allows(t, "pplain", "reader")
	news := a.ask(t, "cn=changelog", ldap.ScopeSingleLevel, fmt.Sprintf("(changenumber>=%d)", begin+1), "changenumber", "targetdn", "changetype", "changes")
	i := slices.IndexFunc(news, func(e *ldap.Entry) bool {
		return strings.EqualFold(e.GetEqualFoldAttributeValue("targetdn"), "cn=Paul Plain,ou=people,o=acme")
	})
	if i < 0 || news[i].GetEqualFoldAttributeValue("changetype") != "modify" || !strings.Contains(news[i].GetEqualFoldAttributeValue("changes"), "effectiveAccess: apps/crm.nsf#reader") {
		t.Fatalf("the changes do not tell of Paul's new access: %v", valuesOf(news, "changes"))
	}
	one := a.ask(t, "changenumber="+news[i].GetEqualFoldAttributeValue("changenumber")+",cn=changelog", ldap.ScopeBaseObject, "(objectClass=*)", "targetdn")
	wantValues(t, "a change by its number", valuesOf(one, "targetdn"), news[i].GetEqualFoldAttributeValue("targetdn"))
}

// alerted opens the database to Anonymous, and looks for what the page promises:
// its alerts, its metrics, and the line of the feed.
func (o *office) alerted(t *testing.T) {
	page, err := os.ReadFile(filepath.Join(cookbook, "alerts.md"))
	if err != nil {
		t.Fatal(err)
	}
	rules, err := os.ReadFile("../../../deploy/prometheus/aclens.rules.yaml")
	if err != nil {
		t.Fatal(err)
	}
	alerts := regexp.MustCompile("`(Aclens\\w+)`").FindAllStringSubmatch(string(page), -1)
	for _, m := range alerts {
		if !strings.Contains(string(rules), "- alert: "+m[1]+"\n") {
			t.Errorf("alerts.md names %s, which deploy/prometheus does not have", m[1])
		}
	}
	if len(alerts) < 5 || !strings.Contains(recipes(t, "alerts.md", "yaml")[0], `aclens_databases_by_anonymous_level{level!="noaccess"}`) {
		t.Errorf("alerts.md names %d alerts", len(alerts))
	}
	o.decree(t, officesEveryday)
	o.openTo(t, "noaccess")
	var begin struct{ Last uint64 }
	if text, err := o.get("/api/v1/changes"); err != nil || json.Unmarshal([]byte(text), &begin) != nil {
		t.Fatalf("the feed begins with %q (%v)", text, err)
	}
	o.decree(t, anonymousReads+editorsEdit+partnersWrite)
	o.openTo(t, "reader")
	told, err := o.get(fmt.Sprintf("/api/v1/changes?since=%d", begin.Last))
	if err != nil || !strings.Contains(told, `"access":{"user":"Anonymous","database":"apps/crm.nsf","from":{"level":"noaccess"`) || !strings.Contains(told, `"winning":["Anonymous"]`) {
		t.Errorf("the feed does not tell of Anonymous (%v):\n%s", err, told)
	}
	o.decree(t, officesEveryday)
	o.openTo(t, "noaccess")
}

// openTo waits until the metric says what the one database gives to Anonymous.
func (o *office) openTo(t *testing.T, level string) {
	t.Helper()
	await(t, func() error {
		text, err := o.get("/metrics")
		if err != nil {
			return err
		}
		for _, other := range []string{"noaccess", "reader"} {
			want := `aclens_databases_by_anonymous_level{level="` + other + `"} ` + map[bool]string{true: "1", false: "0"}[other == level]
			if !strings.Contains(text, want+"\n") {
				return fmt.Errorf("/metrics has no line %q", want)
			}
		}
		return nil
	})
}

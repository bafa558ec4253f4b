package view

import (
	"encoding/base64"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/aclens/aclens/proxy/policy"
	"github.com/aclens/aclens/proxy/wire"
	"github.com/aclens/aclens/resolver/directory"
)

// replayed makes to an entry what the lines of a change say (RFC 2849).
func replayed(t *testing.T, attrs map[string][]string, kind, text string) map[string][]string {
	t.Helper()
	out := map[string][]string{}
	for n, values := range attrs {
		out[n] = values
	}
	for line := range strings.Lines(text) {
		n, v, ok := strings.Cut(strings.TrimSuffix(line, "\n"), ":")
		switch {
		case n == "-":
		case !ok:
			t.Fatalf("%q is no line", line)
		case n == "replace":
			delete(out, strings.TrimSpace(v))
		case strings.HasPrefix(v, ": "):
			plain, err := base64.StdEncoding.DecodeString(v[2:])
			must(t, err)
			out[n] = append(slices.Clone(out[n]), string(plain))
		default:
			out[n] = append(slices.Clone(out[n]), strings.TrimPrefix(v, " "))
		}
	}
	if kind == "delete" {
		return map[string][]string{}
	}
	return out
}

func TestWhoeverRepeatsTheChangesOfADecisionEndsWithTheRecord(t *testing.T) {
	const jane = "cn=Jane Doe,ou=People,o=Acme"
	const dn = `accessSubject=CN\3DJane Doe/OU\3DPeople/O\3DAcme,ou=subjects,cn=apps/crm.nsf,ou=databases,cn=access`
	group := func(members ...string) directory.Change {
		d := draft("cn=CRM Editors", "objectClass", "dominoGroup", "objectClass", "groupOfNames", "cn", "CRM Editors", "groupType", "0")
		d.AddText("member", members...)
		return directory.Change{Put: &d}
	}
	c := follows(t, []policy.Rule{{Who: policy.OneDN, DN: client, Read: []string{"all"}}})
	record := func() map[string][]string {
		es, _ := search(t, c.view, client, dn, wire.ScopeBase, "(objectClass=*)", "*")
		if len(es) == 0 {
			return map[string][]string{}
		}
		return es[0].attrs
	}
	who := person(jane, "11111111-1111-1111-1111-111111111111")
	c.happens(directory.Change{Put: &who}) // a record of no access comes without being told
	copied := record()
	for step, change := range []directory.Change{group(jane), group("cn=Other,o=Acme"), group(jane), removal(t, jane)} {
		last := c.view.Current().Moment().Last
		c.happens(change)
		logged, _ := search(t, c.view, client, changelogDN, wire.ScopeOne, fmt.Sprintf("(changeNumber>=%d)", last+1), "*")
		for _, e := range logged {
			if e.get("targetDN")[0] == dn {
				copied = replayed(t, copied, e.get("changeType")[0], strings.Join(e.get("changes"), ""))
			}
		}
		if want := record(); !reflect.DeepEqual(copied, want) {
			t.Errorf("step %d:\n got %v\nwant %v", step, copied, want)
		}
	}
}

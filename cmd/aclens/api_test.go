package main

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/aclens/aclens/resolver"
)

// apiConfig serves the sample to a service account and to whoever asks about
// themselves.
const apiConfig = `
listen: {ldap: 127.0.0.1:0, http: 127.0.0.1:0, metrics: 127.0.0.1:0}
directory: {ldif: [acme.ldif]}
databases: {dxl: [acls], homeServers: [Hub1/Acme], aliases: {crm: apps/crm.nsf}, exclude: []}
servers: {dxl: [servers.dxl]}
clients:
  - {dn: "cn=reader,o=acme", read: [all]}
bindNames: [dn, uid]
`

// request sends one request to the API.
func request(t *testing.T, method, url, user, password, body string) (int, []byte) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if user != "" {
		r.SetBasicAuth(user, password)
	}
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	answer, err := client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer.StatusCode, text
}

const apiDocument = `<?xml version='1.0' encoding='utf-8'?>
<document xmlns='http://www.lotus.com/dxl' form='Order'>
<item name='DocReaders' readers='true' names='true'><textlist><text>[Audit]</text></textlist></item>
</document>`

func TestTheAPIAnswersWhatExplainAnswersToWhoeverMayRead(t *testing.T) {
	noLeaks(t)
	r := start(t, apiConfig)
	r.awaitReady(http.StatusOK)
	decision := func(user, database string) string {
		return r.url("/api/v1/decision?user=" + user + "&database=" + database)
	}
	for _, c := range []struct {
		sentence            string
		method, url         string
		user, password, doc string
		code                int
		holds, lacks        string
	}{
		{"without credentials nothing is told", "GET", decision("jdoe", "crm"), "", "", "", 401, "", "apps/crm.nsf"},
		{"a wrong password is refused", "GET", decision("jdoe", "crm"), "cn=reader,o=acme", "wrong", "", 401, "", "apps/crm.nsf"},
		{"the service account reads the whole reason", "GET", decision("jdoe", "crm"), "cn=reader,o=acme", "reader", "", 200, `"CRM Editors"`, ""},
		{"a person reads the own decision without what lost", "GET", decision("jdoe", "crm"), "jdoe", "jdoe", "", 200, `"level":"reader"`, "CRM Editors"},
		{"a person does not read another's", "GET", decision("bray", "crm"), "jdoe", "jdoe", "", 404, "", "level"},
		{"nor learns who exists", "GET", decision("nobody", "crm"), "jdoe", "jdoe", "", 404, "not yours to read", ""},
		{"nor that there is no access", "GET", decision("jdoe", "apps/archive.nsf"), "jdoe", "jdoe", "", 404, "not yours to read", ""},
		{"a channel that does not exist is said so", "GET", decision("jdoe", "crm") + "&channel=telnet", "cn=reader,o=acme", "reader", "", 400, "telnet", ""},
		{"a document is judged", "POST", r.url("/api/v1/document?user=jdoe&database=crm"), "cn=reader,o=acme", "reader", apiDocument, 200, `"value":"[Audit]"`, ""},
		{"a broken document is refused with its line", "POST", r.url("/api/v1/document?user=jdoe&database=crm"), "cn=reader,o=acme", "reader", "<document", 400, "line", ""},
		{"who has it is told with the reasons", "GET", r.url("/api/v1/who?database=crm&atLeast=editor"), "cn=reader,o=acme", "reader", "", 200, `"bypass":[`, "CN=Jane Doe/"},
		{"a person learns nothing of others' access", "GET", r.url("/api/v1/who?database=crm"), "jdoe", "jdoe", "", 404, "not yours to read", "level"},
		{"a database that is not there looks the same", "GET", r.url("/api/v1/who?database=no.nsf"), "jdoe", "jdoe", "", 404, "not yours to read", "level"},
		{"a level that does not exist is said so", "GET", r.url("/api/v1/who?database=crm&atLeast=boss"), "cn=reader,o=acme", "reader", "", 400, "boss", ""},
		{"a role that does not exist is said so", "GET", r.url("/api/v1/who?database=crm&role=Boss"), "cn=reader,o=acme", "reader", "", 400, "[Boss]", ""},
		{"databases are listed", "GET", r.url("/api/v1/databases"), "cn=reader,o=acme", "reader", "", 200, `"database":"apps/crm.nsf"`, ""},
		{"a person lists none", "GET", r.url("/api/v1/databases"), "jdoe", "jdoe", "", 200, `"databases":[]`, "crm"},
		{"one database has its list", "GET", r.url("/api/v1/databases/crm"), "cn=reader,o=acme", "reader", "", 200, `"entry":"CRM Editors"`, ""},
		{"also by replica", "GET", r.url("/api/v1/databases/apps/crm.nsf?channel=web-session"), "cn=reader,o=acme", "reader", "", 200, `"channel":"web-session"`, ""},
		{"one database is not a person's", "GET", r.url("/api/v1/databases/crm"), "jdoe", "jdoe", "", 404, "not yours to read", "CRM"},
		{"people are found", "GET", r.url("/api/v1/people?search=jane"), "cn=reader,o=acme", "reader", "", 200, `"user":"CN=Jane Doe/OU=Sales/O=Acme"`, ""},
		{"a person finds nobody else", "GET", r.url("/api/v1/people?search=o"), "jdoe", "jdoe", "", 200, `CN=Jane Doe/`, "CN=Tom"},
		{"too many are not listed at once", "GET", r.url("/api/v1/people?limit=100000"), "cn=reader,o=acme", "reader", "", 400, "limit", ""},
		{"one person has all access", "GET", r.url("/api/v1/people/CN=Jane%20Doe/OU=Sales/O=Acme"), "cn=reader,o=acme", "reader", "", 200, `"webLevel":"reader"`, ""},
		{"a person has the own", "GET", r.url("/api/v1/people/jdoe"), "jdoe", "jdoe", "", 200, `"database":"apps/crm.nsf"`, `"level":"noaccess"`},
		{"and not another's", "GET", r.url("/api/v1/people/bray"), "jdoe", "jdoe", "", 404, "not yours to read", "level"},
		{"findings are listed", "GET", r.url("/api/v1/findings?severity=warning"), "cn=reader,o=acme", "reader", "", 200, `"severity":"warning"`, `"severity":"info"`},
		{"a person has none", "GET", r.url("/api/v1/findings"), "jdoe", "jdoe", "", 200, `"findings":[]`, "crm"},
		{"a severity that does not exist is said so", "GET", r.url("/api/v1/findings?severity=grave"), "cn=reader,o=acme", "reader", "", 400, "grave", ""},
		{"an address that does not exist is said so in JSON", "GET", r.url("/api/v1/nothing"), "", "", "", 404, `{"status":404,"error":"no such address"}`, ""},
		{"what state answers is told", "GET", r.url("/api/v1/snapshot"), "jdoe", "jdoe", "", 200, `"asOf"`, ""},
	} {
		t.Run(c.sentence, func(t *testing.T) {
			code, text := request(t, c.method, c.url, c.user, c.password, c.doc)
			if code != c.code || !strings.Contains(string(text), c.holds) || c.lacks != "" && strings.Contains(string(text), c.lacks) {
				t.Errorf("%d %s; want %d with %q and without %q", code, text, c.code, c.holds, c.lacks)
			}
		})
	}
	if code, _ := request(t, "GET", "http://"+r.address("metrics")+"/api/v1/snapshot", "jdoe", "jdoe", ""); code != http.StatusNotFound {
		t.Errorf("the listener of metrics answers the API with %d, want 404", code)
	}
	_, alone := request(t, "GET", r.url("/api/v1/decision?database=templates/discussion.ntf&user=Cas%20New/Sales/Acme"), "cn=reader,o=acme", "reader", "")
	if !strings.Contains(string(alone), "evaluated as a name alone") {
		t.Errorf("a name without an entry is answered without saying so: %s", alone)
	}
	_, text := request(t, "GET", decision("jdoe", "crm"), "cn=reader,o=acme", "reader", "")
	var e resolver.Explanation
	if err := json.Unmarshal(text, &e); err != nil || e.Database != "apps/crm.nsf" || e.AsOf == nil || e.Snapshot == nil {
		t.Errorf("the decision is %s (%v), want the object of explain --json", text, err)
	}
}

func TestTheAPITellsByAccessAloneNoUidAndNothingWithoutItsDoubts(t *testing.T) {
	noLeaks(t)
	narrow := strings.Replace(apiConfig, "read: [all]}", "read: [access]}", 1)
	r := start(t, narrow)
	r.awaitReady(http.StatusOK)
	ask := func(user string) (int, string) {
		code, text := request(t, "GET", r.url("/api/v1/decision?database=templates/discussion.ntf&user="+user), "cn=reader,o=acme", "reader", "")
		return code, string(text)
	}
	for user, code := range map[string]int{
		"jdoe": 404, "jane.doe@acme.example": 404, "nobody": 404, "Jane%20Doe/Sales/Acme": 200, "Jane%20Doe": 200, "cn=Jane%20Doe,ou=Sales,o=Acme": 200,
	} {
		if got, text := ask(user); got != code {
			t.Errorf("%s: %d %s, want %d", user, got, text, code)
		}
	}
	_, hidden := ask("jdoe")
	_, absent := ask("nobody")
	if strings.ReplaceAll(hidden, "jdoe", "nobody") != absent {
		t.Errorf("who is hidden and who is not there look different: %s and %s", hidden, absent)
	}
	_, alternate := ask("J%C3%BCrgen%20M%C3%BCller/Entwicklung/Acme")
	code, absent := ask("Cas%20New/Sales/Acme")
	if code != 404 || strings.ReplaceAll(alternate, "Jürgen Müller/Entwicklung", "Cas New/Sales") != absent {
		t.Errorf("an alternate name that is hidden is told from a name without an entry: %s and %s", alternate, absent)
	}
}

package main

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/go-ldap/ldap/v3"

	"github.com/aclens/aclens/proxy/upstream/slapdtest"
)

// Who changes things in these tests: Jane may change everything, Paul nothing but
// his own password.
const (
	editor   = "cn=Jane Doe,ou=people,o=acme"
	paul     = "cn=Paul Plain,ou=people,o=acme"
	ottoDN   = "cn=Otto Other,ou=people,o=acme"
	interns  = "cn=Interns,ou=b,ou=groups,o=acme"
	paulWord = "paul-secret-91"
)

// writable serves the nested organisation, which is polled once an hour: what
// shows sooner shows because of the change.
func writable(t *testing.T, more string, overlays ...string) *world {
	t.Helper()
	ldif, err := os.ReadFile("testdata/nested/people.ldif")
	if err != nil {
		t.Fatal(err)
	}
	acls, err := filepath.Abs(filepath.Join("testdata", "nested", "cn"))
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	writeText(t, filepath.Join(dir, "files.ldif"), "dn: o=files\nobjectClass: organization\no: files\n\ndn: cn=Fay File,o=files\nobjectClass: inetOrgPerson\ncn: Fay File\nsn: File\nuid: fay\nuserPassword: fay\n")
	w := openWorld(t, dir, slapdtest.Options{Suffix: "o=acme", LDIF: ldif, Overlays: overlays, Directives: []string{
		`access to attrs=userPassword by dn.exact="` + editor + `" write by self write by anonymous auth by * none`,
		`access to * by dn.exact="` + editor + `" write by * read`,
	}}, `
listen: {ldap: 127.0.0.1:0, http: 127.0.0.1:0}
directory:
  ldap:
    urls: ["%s"]
    bindDN: cn=reader,o=acme
    bindPassword: `+secretWord+`
    bases: [o=acme]
    refresh: {interval: 1h}
  groupName: cn
secondaries: [{name: files, ldif: [files.ldif]}]
databases: {dxl: ["`+acls+`"], aliases: {crm: apps/crm.nsf}}
clients: [{dn: "cn=reader,o=acme", read: [all]}, {dn: "`+editor+`", read: [all]}]
log: {level: debug, format: json}
audit: {file: audit.log}
bindNames: [dn, uid]
controls: {proxiedAuthorization: ["`+editor+`"]}
writes: forward
`+more, "o=acme")
	setPassword(t, w.slapd, paul, paulWord)
	return w
}

func mustSucceed(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// wantResult tells the diagnostic of a refusal.
func wantResult(t *testing.T, sentence string, err error, code uint16) string {
	t.Helper()
	var refused *ldap.Error
	if !errors.As(err, &refused) || refused.ResultCode != code {
		t.Errorf("%s: %v instead of result %d", sentence, err, code)
		return ""
	}
	return refused.Err.Error()
}

func groupsOf(t *testing.T, c *ldap.Conn, uid string) []string {
	t.Helper()
	list, err := values(c, "o=acme", "(uid="+uid+")", "isMemberOf")
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func modified(dn string, change func(*ldap.ModifyRequest)) *ldap.ModifyRequest {
	m := ldap.NewModifyRequest(dn, nil)
	change(m)
	return m
}

func TestWritesGoToTheDirectoryAndShowInTheNextAnswer(t *testing.T) {
	for sentence, overlays := range map[string][]string{"of a directory that is polled": nil, "of one that is followed": {"syncprov"}} {
		t.Run(sentence, func(t *testing.T) { writesShow(t, overlays) })
	}
}

func writesShow(t *testing.T, overlays []string) {
	noLeaks(t)
	w := writable(t, "", overlays...)
	c, seen := w.bound("jdoe", "jdoe"), w.bound(reader, secretWord) // bound by uid: as the entry that it led to
	if list := groupsOf(t, seen, "otto"); slices.ContainsFunc(list, func(g string) bool { return strings.Contains(g, "Interns") }) {
		t.Fatalf("Otto is in %q already", list)
	}
	mustSucceed(t, c.Modify(modified(interns, func(m *ldap.ModifyRequest) { m.Add("member", []string{ottoDN}) })))
	if list := groupsOf(t, seen, "otto"); len(list) < 3 {
		t.Errorf("a new member of a nested group is in %q", list)
	}
	wantAccess(t, seen, "(uid=otto)", "apps/crm.nsf#editor")
	mustSucceed(t, c.Modify(modified(interns, func(m *ldap.ModifyRequest) { m.Delete("member", []string{ottoDN}) })))
	if list, err := values(seen, "o=acme", "(uid=otto)", "effectiveAccess"); err != nil || len(list) > 0 {
		t.Errorf("no member any more, he has %q (%v)", list, err)
	}

	comes := ldap.NewAddRequest("cn=Nora New,ou=people,o=acme", nil)
	comes.Attribute("objectClass", []string{"inetOrgPerson"})
	comes.Attribute("sn", []string{"New"})
	comes.Attribute("uid", []string{"nora"})
	mustSucceed(t, c.Add(comes))
	if list, err := values(seen, "o=acme", "(uid=nora)", "cn"); err != nil || !slices.Equal(list, []string{"Nora New"}) {
		t.Errorf("added: %q, %v", list, err)
	}
	mustSucceed(t, c.ModifyDN(ldap.NewModifyDNRequest("cn=Nora New,ou=people,o=acme", "cn=Nora Newer", true, "ou=partners,o=acme")))
	if list, err := values(seen, "ou=partners,o=acme", "(uid=nora)", "effectiveAccess"); err != nil || !slices.Equal(list, []string{"apps/crm.nsf#author"}) {
		t.Errorf("moved: %q, %v", list, err)
	}
	if list, err := values(seen, "ou=people,o=acme", "(uid=nora)", "cn"); err != nil || len(list) > 0 {
		t.Errorf("she is in the old place, too: %q, %v", list, err)
	}
	mustSucceed(t, c.Del(ldap.NewDelRequest("cn=Nora Newer,ou=partners,o=acme", nil)))
	if list, err := values(seen, "o=acme", "(uid=nora)", "cn"); err != nil || len(list) > 0 {
		t.Errorf("deleted: %q, %v", list, err)
	}

	made, err := w.bound(paul, paulWord).PasswordModify(ldap.NewPasswordModifyRequest("", paulWord, ""))
	if err != nil || made.GeneratedPassword == "" {
		t.Fatalf("a password that the directory makes: %+v, %v", made, err)
	}
	w.bound(paul, made.GeneratedPassword)
	if _, err := c.PasswordModify(ldap.NewPasswordModifyRequest(paul, "", paulWord)); err != nil {
		t.Fatalf("a password of somebody else: %v", err)
	}
	w.bound(paul, paulWord)
	if list, err := values(seen, "o=acme", "(uid=pplain)", "userPassword"); err != nil || len(list) > 0 {
		t.Errorf("a password can be read: %d values, %v", len(list), err)
	}
	creator, err := w.slapd.Dial().Search(ldap.NewSearchRequest(paul, ldap.ScopeBaseObject, 0, 0, 0, false, "(objectClass=*)", []string{"modifiersName"}, nil))
	if err != nil || !strings.EqualFold(creator.Entries[0].GetAttributeValue("modifiersName"), editor) {
		t.Errorf("it was changed by %v (%v), not by the client", creator.Entries[0].Attributes, err)
	}
	w.wantAudited(t)
	w.wantCounted(t)
}

// wantAudited looks for the writes in the audit file, and for what must not be there.
func (w *world) wantAudited(t *testing.T) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(filepath.Dir(w.config), "audit.log"))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		`"event":"write".*"who":"` + editor + `".*"operation":"modify","target":"` + interns + `".*"resultName":"success"`,
		`"operation":"modifydn","target":"cn=Nora New,ou=people,o=acme","newRdn":"cn=Nora Newer","newSuperior":"ou=partners,o=acme"`,
		`"operation":"passwordmodify","target":"` + paul + `"`, `"operation":"add"`, `"operation":"delete"`,
	} {
		if !matchesLine(string(text), want) {
			t.Errorf("the audit file has no line %s:\n%s", want, text)
		}
	}
	for _, hidden := range []string{paulWord, "Otto Other", "inetOrgPerson"} {
		if strings.Contains(string(text), hidden) {
			t.Errorf("the audit file holds the value %q", hidden)
		}
	}
	if strings.Contains(w.log.String(), paulWord) {
		t.Error("the log holds a password")
	}
}

// matchesLine tells whether a line holds the parts, in their order, that ".*" separates.
func matchesLine(text, parts string) bool {
	for line := range strings.Lines(text) {
		rest, all := line, true
		for part := range strings.SplitSeq(parts, ".*") {
			_, after, found := strings.Cut(rest, part)
			rest, all = after, all && found
		}
		if all {
			return true
		}
	}
	return false
}

func (w *world) wantCounted(t *testing.T) {
	t.Helper()
	text, err := scrape(w.url("/metrics"))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		`aclens_writes_forwarded_total{operation="modify",result="success"} 2`, `aclens_writes_forwarded_total{operation="passwordmodify",result="success"} 2`,
		`aclens_writes_unseen_total 0`, `aclens_operations_total{operation="add",result="success"} 1`,
	} {
		if !strings.Contains(text, want+"\n") {
			t.Errorf("the metrics do not have %s", want)
		}
	}
}

func TestTheToolsOfOpenLDAPWriteThroughAclens(t *testing.T) {
	noLeaks(t)
	w := writable(t, "")
	seen := w.bound(reader, secretWord)
	tool := func(name, input string, arguments ...string) {
		t.Helper()
		cmd := exec.CommandContext(brief(t), program(t, name), slices.Concat([]string{"-x", "-H", "ldap://" + w.address("ldap"), "-D", editor, "-w", "jdoe"}, arguments)...)
		cmd.Stdin = strings.NewReader(input)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%s: %v\n%s", name, err, out)
		}
	}
	has := func(uid string, want ...string) {
		t.Helper()
		if list, err := values(seen, "o=acme", "(uid="+uid+")", "cn"); err != nil || !slices.Equal(list, want) {
			t.Errorf("%s: %q (%v), want %q", uid, list, err, want)
		}
	}
	const nora = "cn=Nora New,ou=people,o=acme"
	tool("ldapadd", "dn: "+nora+"\nobjectClass: inetOrgPerson\nsn: New\nuid: nora\n")
	has("nora", "Nora New")
	tool("ldapmodify", "dn: "+interns+"\nchangetype: modify\nadd: member\nmember: "+nora+"\n", "-M", "-e", "assert=(cn=Interns)", "-e", "ppolicy")
	wantAccess(t, seen, "(uid=nora)", "apps/crm.nsf#editor")
	tool("ldappasswd", "", "-s", "nora-secret-12", "-e", "ppolicy", nora)
	w.bound(nora, "nora-secret-12")
	tool("ldapmodrdn", "", "-r", nora, "cn=Nora Newest")
	has("nora", "Nora Newest")
	tool("ldapdelete", "", "cn=Nora Newest,ou=people,o=acme")
	has("nora")
	root, err := seen.Search(ldap.NewSearchRequest("", ldap.ScopeBaseObject, 0, 0, 0, false, "(objectClass=*)", []string{"supportedExtension"}, nil))
	if err != nil || !slices.Contains(root.Entries[0].GetAttributeValues("supportedExtension"), "1.3.6.1.4.1.4203.1.11.1") {
		t.Errorf("the root DSE does not offer to change passwords (%v)", err)
	}
}

func TestWritesThatAreRefused(t *testing.T) {
	noLeaks(t)
	w := writable(t, "")
	asEditor, asPaul, anonymous, fromFile := w.bound(editor, "jdoe"), w.bound(paul, paulWord), w.dial(), w.bound("cn=Fay File,o=files", "fay")
	describe := func(dn string, controls ...ldap.Control) *ldap.ModifyRequest {
		return &ldap.ModifyRequest{DN: dn, Changes: []ldap.Change{{Operation: ldap.ReplaceAttribute, Modification: ldap.PartialAttribute{Type: "description", Vals: []string{"x"}}}}, Controls: controls}
	}
	write := func(attribute string) *ldap.ModifyRequest {
		return modified(ottoDN, func(m *ldap.ModifyRequest) { m.Replace(attribute, []string{"x"}) })
	}
	control := func(oid string, critical bool, value string) ldap.Control {
		return ldap.NewControlString(oid, critical, value)
	}
	const preRead, assertion, treeDelete = "1.3.6.1.1.13.1", "1.3.6.1.1.12", "1.2.840.113556.1.4.805"
	const onCN, onPassword = "\x87\x02cn", "\xa3\x11\x04\x0cuserPassword\x04\x01x"
	for _, c := range []struct {
		sentence string
		err      error
		code     uint16
		says     string
	}{
		{"anonymous", anonymous.Modify(describe(ottoDN)), 53, "bound with a name and a password"},
		{"the password is of a file", fromFile.Modify(describe("cn=Fay File,o=files")), 53, "took itself"},
		{"an entry of a file", asEditor.Modify(describe("cn=Fay File,o=files")), 53, "read from files"},
		{"the directory says no", asPaul.Modify(describe(ottoDN)), 50, ""},
		{"the directory says no to a deletion", asPaul.Del(ldap.NewDelRequest(ottoDN, nil)), 50, ""},
		{"a virtual attribute", asEditor.Modify(write("effectiveAccess")), 19, "computed"},
		{"a virtual attribute by its OID", asEditor.Modify(write(oid + "1")), 19, "computed"},
		{"a membership attribute", asEditor.Modify(write("isMemberOf")), 19, "computed"},
		{"an alias of a database", asEditor.Modify(write("accessLevel;x-db-crm")), 19, "computed"},
		{"a virtual attribute of a new entry", asEditor.Add(&ldap.AddRequest{DN: "cn=a,o=acme", Attributes: []ldap.Attribute{{Type: "notesName", Vals: []string{"x"}}}}), 19, "computed"},
		{"a virtual attribute as a name", asEditor.ModifyDN(ldap.NewModifyDNRequest(ottoDN, "notesName=x", false, "")), 19, "computed"},
		{"the root of the virtual subtree", asEditor.Modify(describe("cn=access")), 53, "computed"},
		{"an entry of the virtual subtree", asEditor.Del(ldap.NewDelRequest("cn=crm,ou=databases,cn=access", nil)), 53, "computed"},
		{"a move into the virtual subtree", asEditor.ModifyDN(ldap.NewModifyDNRequest(ottoDN, "cn=x", true, "cn=access")), 53, "computed"},
		{"the root DSE", asEditor.Modify(describe("")), 53, "computed"},
		{"the schema", asEditor.Modify(describe("cn=subschema")), 53, "computed"},
		{"a name of no live directory", asEditor.Modify(describe("cn=x,o=elsewhere")), 53, "read from files"},
		{"a move to another directory", asEditor.ModifyDN(ldap.NewModifyDNRequest(ottoDN, "cn=x", true, "o=files")), 53, "files"},
		{"no name", asEditor.Modify(describe("otto")), 34, ""},
		{"the password of no name", passwordOf(asEditor, "u:otto"), 34, ""},
		{"as somebody else", asEditor.Modify(describe(ottoDN, control("2.16.840.1.113730.3.4.18", true, "dn:"+paul))), 53, "own identity"},
		{"a critical control that shows entries", asEditor.Modify(describe(ottoDN, control(preRead, true, "0\x00"))), 12, ""},
		{"a critical control that nobody knows", asEditor.Modify(describe(ottoDN, control("1.2.3.4", true, ""))), 12, ""},
		{"a critical deletion of trees", asEditor.Del(ldap.NewDelRequest("ou=people,o=acme", []ldap.Control{control(treeDelete, true, "")})), 12, ""},
		{"a deletion of a tree", asEditor.Del(ldap.NewDelRequest("ou=people,o=acme", []ldap.Control{control(treeDelete, false, "")})), 66, ""},
		{"an assertion on what may not be read", asEditor.Modify(describe(ottoDN, control(assertion, true, onPassword))), 122, ""},
		{"an assertion of somebody who reads nothing", asPaul.Modify(describe(ottoDN, control(assertion, true, onCN))), 122, ""},
		{"schema that the directory does not have", asEditor.Modify(write("nonsense")), 17, ""},
	} {
		if text := wantResult(t, c.sentence, c.err, c.code); !strings.Contains(text, c.says) {
			t.Errorf("%s: %q does not say %q", c.sentence, text, c.says)
		}
	}
	for dn, want := range map[string]string{"cn=x,ou=people,o=acme": "ou=people,o=acme", "cn=x,ou=groups,o=acme": "o=acme"} {
		var refused *ldap.Error
		if err := asPaul.Del(ldap.NewDelRequest(dn, nil)); !errors.As(err, &refused) || refused.ResultCode != 32 || !strings.EqualFold(refused.MatchedDN, want) {
			t.Errorf("matched %q for %s (%v), want %q", refused.MatchedDN, dn, err, want)
		}
	}
	mustSucceed(t, asEditor.Modify(describe(ottoDN, control(preRead, false, "0\x00"), control(assertion, true, onCN))))
	mustSucceed(t, asEditor.Modify(modified(ottoDN, func(m *ldap.ModifyRequest) { m.Replace("userPassword", []string{"otto-secret-7"}) })))
	w.bound(ottoDN, "otto-secret-7")
}

func passwordOf(c *ldap.Conn, user string) error {
	_, err := c.PasswordModify(ldap.NewPasswordModifyRequest(user, "", "x"))
	return err
}

func TestABindFromTheCacheWritesNothingAndAWriteEmptiesTheCache(t *testing.T) {
	noLeaks(t)
	w := writable(t, "bindCache: {ttl: 60s}\n")
	change := func(c *ldap.Conn) error {
		return c.Modify(modified(paul, func(m *ldap.ModifyRequest) { m.Replace("userPassword", []string{"paul-secret-92"}) }))
	}
	first, cached := w.bound(paul, paulWord), w.bound(paul, paulWord)
	wantResult(t, "bound from memory", change(cached), 53)
	mustSucceed(t, change(first))
	c := w.dial()
	wantResult(t, "the old password, which was remembered", c.Bind(paul, paulWord), 49)
	mustSucceed(t, c.Bind(paul, "paul-secret-92"))
}

func TestAChangeInTheDirectoryEmptiesTheBindCache(t *testing.T) {
	noLeaks(t)
	w := writable(t, "bindCache: {ttl: 60s}\n")
	w.bound(paul, paulWord)
	setPassword(t, w.slapd, paul, "paul-secret-93")
	w.bound(paul, paulWord) // still remembered: nothing was read since
	mustSucceed(t, w.bound(editor, "jdoe").Modify(modified(ottoDN, func(m *ldap.ModifyRequest) { m.Replace("description", []string{"x"}) })))
	wantResult(t, "the old password, once the change was read", w.dial().Bind(paul, paulWord), 49)
}

func TestWritesAreOffUnlessForwarded(t *testing.T) {
	noLeaks(t)
	w := nested(t, "cn")
	c := w.bound("cn=Jane Doe,ou=people,o=acme", "jdoe")
	if text := wantResult(t, "off", c.Del(ldap.NewDelRequest(ottoDN, nil)), 53); !strings.Contains(text, "writes are off") {
		t.Errorf("it says %q", text)
	}
	root, err := c.Search(ldap.NewSearchRequest("", ldap.ScopeBaseObject, 0, 0, 0, false, "(objectClass=*)", []string{"supportedExtension"}, nil))
	if err != nil || slices.Contains(root.Entries[0].GetAttributeValues("supportedExtension"), "1.3.6.1.4.1.4203.1.11.1") {
		t.Errorf("the root DSE offers to change passwords (%v)", err)
	}
}

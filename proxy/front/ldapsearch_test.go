package front

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/aclens/aclens/proxy/wire"
)

// tool runs a program of OpenLDAP against a bench, and returns what it prints
// and its exit status. Who has these tests has the programs.
func (b *bench) tool(t *testing.T, program, who string, args ...string) (string, int) {
	t.Helper()
	path, err := exec.LookPath(program)
	if err != nil {
		t.Fatalf("%v: install ldap-utils", err)
	}
	line := []string{"-x", "-H", "ldap://" + b.addr}
	if who != "" {
		line = append(line, "-D", who, "-w", password)
	}
	cmd := exec.CommandContext(t.Context(), path, append(line, args...)...)
	cmd.Env = []string{"LDAPNOINIT=1"}
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr, cmd.Stdin = &out, &out, strings.NewReader("")
	err = cmd.Run()
	var status *exec.ExitError
	if err != nil && !errors.As(err, &status) {
		t.Fatal(err)
	}
	return out.String(), cmd.ProcessState.ExitCode()
}

// find runs ldapsearch below a base, without wrapped lines.
func (b *bench) find(t *testing.T, who, base string, args ...string) (string, int) {
	t.Helper()
	return b.tool(t, "ldapsearch", who, append([]string{"-o", "ldif-wrap=no", "-b", base}, args...)...)
}

// lines are those of an output that begin so, without that.
func lines(out, begin string) []string {
	found := []string{}
	for line := range strings.Lines(out) {
		if rest, ok := strings.CutPrefix(strings.TrimRight(line, "\n"), begin); ok {
			found = append(found, rest)
		}
	}
	return found
}

func wantHolds(t *testing.T, out string, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if !strings.Contains(out, part) {
			t.Errorf("%q is not in:\n%s", part, out)
		}
	}
}

func TestLdapsearchSorts(t *testing.T) {
	b := sampleBench(t)
	plain, _ := b.find(t, reader, "o=Acme", "(objectClass=dominoPerson)", "uid")
	want := lines(plain, "uid: ")
	slices.Sort(want)
	if len(want) < 20 {
		t.Fatalf("%d people", len(want))
	}
	out, status := b.find(t, reader, "o=Acme", "-E", "!sss=uid", "(objectClass=dominoPerson)", "uid")
	if got := lines(out, "uid: "); status != 0 || !slices.Equal(got, want) {
		t.Errorf("%d\n got %q\nwant %q", status, got, want)
	}
	wantHolds(t, out, "sortResult: (0) Success")
	slices.Reverse(want)
	out, _ = b.find(t, reader, "o=Acme", "-E", "!sss=-uid:2.5.13.3/cn", "-E", "!pr=7/noprompt", "(objectClass=dominoPerson)", "uid")
	if got := lines(out, "uid: "); !slices.Equal(got, want) {
		t.Errorf("in pages, the other way\n got %q\nwant %q", got, want)
	}
	out, status = b.find(t, reader, "o=Acme", "-E", "sss=nonsense", "(objectClass=dominoPerson)", "uid")
	if got := lines(out, "uid: "); status != 0 || len(got) != len(want) {
		t.Errorf("status %d, %d entries", status, len(got))
	}
	wantHolds(t, out, "sortResult: (16) No such attribute")
	if out, status = b.find(t, reader, "o=Acme", "-E", "!sss=nonsense", "(objectClass=dominoPerson)", "uid"); status != 12 || len(lines(out, "uid: ")) > 0 {
		t.Errorf("critical: status %d", status)
	}
}

// nextWindow is where ldapsearch goes on to the next part of a list view.
const nextWindow = "Press [before/after"

func TestLdapsearchScrolls(t *testing.T) {
	b := sampleBench(t)
	sorted, _ := b.find(t, reader, "o=Acme", "-E", "!sss=uid", "(objectClass=dominoPerson)", "uid")
	all := lines(sorted, "uid: ")
	out, status := b.find(t, reader, "o=Acme", "-E", "!sss=uid", "-E", "!vlv=1/2/5/0", "(objectClass=dominoPerson)", "uid")
	if n := strings.Count(out, nextWindow); n != len(all)/2-2 || status != 61 || !strings.Contains(out, "uid: "+all[len(all)-1]) {
		t.Errorf("scrolled through %d windows to status %d", n, status) // from 5 on, by 2, to behind the end
	}
	out, _, _ = strings.Cut(out, nextWindow)
	if got := lines(out, "uid: "); !slices.Equal(got, all[3:7]) {
		t.Errorf("by offset\n got %q\nwant %q", got, all[3:7])
	}
	wantHolds(t, out, fmt.Sprintf("vlvResult: pos=5 count=%d", len(all)))
	from := slices.IndexFunc(all, func(uid string) bool { return uid >= "k" })
	out, _ = b.find(t, reader, "o=Acme", "-E", "!sss=uid", "-E", "!vlv=0/3:k", "(objectClass=dominoPerson)", "uid")
	out, _, _ = strings.Cut(out, nextWindow)
	if got := lines(out, "uid: "); !slices.Equal(got, all[from:from+4]) {
		t.Errorf("by value\n got %q\nwant %q", got, all[from:from+4])
	}
	view := base64.StdEncoding.EncodeToString(wire.AppendVLVRequest(nil, wire.VLVRequest{After: 3, Offset: 1})) // the tool itself would not send it alone
	out, status = b.find(t, reader, "o=Acme", "-E", "!"+wire.ControlVLVRequest+"=::"+view, "(objectClass=dominoPerson)", "uid")
	if status != 60 || len(lines(out, "uid: ")) > 0 {
		t.Errorf("without an order: status %d\n%s", status, out)
	}
	if out, status = b.find(t, reader, "o=Acme", "-E", "!sss=uid", "-E", "!vlv=0/3/500/0", "(objectClass=dominoPerson)", "uid"); status != 61 {
		t.Errorf("behind the end: status %d\n%s", status, out)
	}
}

func TestLdapsearchMatchesValues(t *testing.T) {
	b := sampleBench(t)
	out, status := b.find(t, reader, janeD, "-s", "base", "-E", "!mv=((isMemberOf=CN=Sales Team)(sn=*))", "(objectClass=*)", "isMemberOf", "sn", "cn")
	if got := lines(out, "isMemberOf: "); status != 0 || !slices.Equal(got, []string{"CN=Sales Team"}) || !slices.Equal(lines(out, "sn: "), []string{"Doe"}) || len(lines(out, "cn: ")) > 0 {
		t.Errorf("status %d\n%s", status, out)
	}
	out, _ = b.find(t, janeD, janeD, "-s", "base", "-E", "!mv=((userPassword=*)(effectiveAccess=apps/hr.nsf#editor)(effectiveAccess=crm#reader))", "(objectClass=*)", "userPassword", "effectiveAccess")
	if got := lines(out, "effectiveAccess: "); !slices.Equal(got, []string{"apps/crm.nsf#reader"}) || strings.Contains(out, "userPassword:") {
		t.Errorf("for Jane\n%s", out)
	}
}

func TestLdapsearchDereferences(t *testing.T) {
	b := sampleBench(t)
	const group = "cn=apps/crm.nsf#reader,cn=apps/crm.nsf,ou=databases,cn=access"
	out, status := b.find(t, reader, group, "-s", "base", "-E", "!deref=member:uid,mail", "(objectClass=*)", "member")
	members, followed := lines(out, "member: "), lines(out, "# member: ")
	if status != 0 || len(members) < 10 || len(followed) != len(members) {
		t.Fatalf("status %d, %d members, %d followed\n%s", status, len(members), len(followed), out)
	}
	found := slices.ContainsFunc(followed, func(s string) bool {
		return strings.Contains(s, "<uid=jdoe>") && strings.Contains(s, "<mail=jane.doe@acme.example>") && strings.Contains(strings.ToLower(s), "cn=jane doe,ou=sales,o=acme")
	})
	if !found {
		t.Errorf("Jane is not among %q", followed)
	}
	out, status = b.find(t, janeD, janeD, "-s", "base", "-E", "!deref=isMemberOf:cn,member", "(objectClass=*)", "isMemberOf")
	if got := lines(out, "isMemberOf: "); status != 0 || len(got) == 0 || !slices.Equal(lines(out, "# isMemberOf: "), got) {
		t.Errorf("what Jane may not read: status %d\n%s", status, out)
	}
	for extension, want := range map[string]int{"!deref=nonsense:cn": 2, "!deref=cn:cn": 2, "deref=cn:cn": 0} {
		if out, status := b.find(t, reader, group, "-s", "base", "-E", extension, "(objectClass=*)", "cn"); status != want {
			t.Errorf("%s: status %d\n%s", extension, status, out)
		}
	}
}

func TestLdapsearchAsserts(t *testing.T) {
	b := sampleBench(t)
	for assertion, want := range map[string]int{"(sn=Doe)": 0, "(sn=Stone)": 122, "(userPassword=*)": 122, "(!(userPassword=x))": 122, "(effectiveAccess=crm#reader)": 0} {
		if out, status := b.find(t, reader, janeD, "-s", "base", "-e", "!assert="+assertion, "(objectClass=*)", "cn"); status != want {
			t.Errorf("%s: status %d\n%s", assertion, status, out)
		}
	}
	for assertion, want := range map[string]int{"(cn=Jane Doe)": 6, "(cn=Victor Stone)": 122} {
		if out, status := b.tool(t, "ldapcompare", reader, "-e", "!assert="+assertion, janeD, "sn:Doe"); status != want {
			t.Errorf("compare %s: status %d\n%s", assertion, status, out)
		}
	}
}

func TestToolsActAsOthers(t *testing.T) {
	b := sampleBench(t)
	own, _ := b.find(t, janeD, "", "(cn=*)", "1.1")
	want := lines(own, "dn: ")
	out, status := b.find(t, reader, "", "-e", "!authzid=u:jdoe", "(cn=*)", "1.1")
	if got := lines(out, "dn: "); status != 0 || !slices.Equal(got, want) || len(want) != 1 {
		t.Errorf("status %d, %q, she herself finds %q", status, got, want)
	}
	for authzID, want := range map[string]string{"dn:cn=jane doe,ou=sales,o=acme": "dn:CN=Jane Doe,OU=Sales,O=Acme", "u:jdoe": "dn:CN=Jane Doe,OU=Sales,O=Acme", "": "anonymous"} {
		if out, status := b.tool(t, "ldapwhoami", reader, "-e", "!authzid="+authzID); status != 0 || strings.TrimSpace(out) != want {
			t.Errorf("%q: status %d, %s", authzID, status, out)
		}
	}
	for who, authzID := range map[string]string{reader: "u:nobody", janeD: "u:jdoe"} {
		if out, status := b.tool(t, "ldapwhoami", who, "-e", "!authzid="+authzID); status == 0 || !strings.Contains(out, "(123)") {
			t.Errorf("%s as %s: status %d\n%s", who, authzID, status, out)
		}
	}
	if out, status := b.tool(t, "ldapcompare", reader, "-e", "!authzid=u:jdoe", "cn=Victor Stone,ou=Sales,o=Acme", "sn:Stone"); status != 32 {
		t.Errorf("compare of what Jane may not see: status %d\n%s", status, out)
	}
}

func TestEveryExtensionOfLdapsearchWorksOrIsRefused(t *testing.T) {
	b := sampleBench(t)
	for _, tt := range []struct {
		flag, extension string
		want            int
	}{
		{"-E", "!domainScope", 0}, {"-E", "domainScope", 0}, {"-E", "!subentries=true", 0}, {"-E", "!subentries=false", 0}, {"-E", "subentries", 0},
		{"-E", "!pr=100/noprompt", 0}, {"-E", "!dontUseCopy", 12}, {"-E", "!accountUsability", 12}, {"-E", "accountUsability", 0},
		{"-E", "!extendedDn=1", 12}, {"-E", "!showDeleted", 12}, {"-E", "!serverNotif", 12}, {"-E", "!dirSync=0/0", 12},
		{"-E", "!1.2.3.4", 12}, {"-E", "1.2.3.4=:x", 0},
		{"-e", "!manageDSAit", 0}, {"-e", "manageDSAit", 0}, {"-e", "!noop", 12}, {"-e", "!relax", 12}, {"-e", "!preread", 12}, {"-e", "!postread=cn", 12},
		{"-e", "!chaining", 12}, {"-e", "chaining", 0}, {"-e", "ppolicy", 0}, {"-e", "sessiontracking", 0},
	} {
		out, status := b.find(t, reader, janeD, tt.flag, tt.extension, "(objectClass=*)", "cn")
		if status != tt.want {
			t.Errorf("%s %s: status %d\n%s", tt.flag, tt.extension, status, out)
		}
	}
	if out, _ := b.find(t, reader, "", "-E", "!subentries=true", "(objectClass=*)", "cn"); len(lines(out, "dn: ")) > 0 {
		t.Errorf("subentries: %q", lines(out, "dn: "))
	}
	if out, _ := b.find(t, "", "cn=Subschema", "-s", "base", "-E", "!subentries=true", "(objectClass=subschema)", "cn"); len(lines(out, "dn: ")) != 1 {
		t.Errorf("the subschema is no subentry\n%s", out)
	}
}

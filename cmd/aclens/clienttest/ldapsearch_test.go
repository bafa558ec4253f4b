package clienttest

import (
	"slices"
	"strings"
	"testing"
)

// extension is a control as ldapsearch writes it after -E or -e, and what comes
// of it.
type extension struct {
	option, text string
	of           []string // further options, filter and attributes; who if empty
	status       int
	lines        []string // what it tells, in this order
}

var (
	who       = []string{"(uid=jdoe)", "uid"} // finds one person
	whoAnswer = []string{"uid: jdoe"}
	everybody = []string{"(objectClass=inetOrgPerson)", "uid"}
	inOrder   = []string{"uid: ida", "uid: jdoe", "uid: jmueller", "uid: pplain", "uid: vstone"}
)

// servedExtensions are those that do something.
var servedExtensions = []extension{
	{"-E", "!domainScope", nil, 0, whoAnswer},
	{"-E", "domainScope", nil, 0, whoAnswer},
	{"-E", "!mv=(isMemberOf=CN=Sales Team, OU=groups, O=acme)", []string{"(uid=jdoe)", "isMemberOf"}, 0, []string{"isMemberOf: cn=Sales Team,ou=groups,o=acme"}},
	{"-E", "mv=((isMemberOf=cn=Sales Team,ou=groups,o=acme)(sn=*))", []string{"(uid=jdoe)", "isMemberOf", "sn", "uid"}, 0, []string{"sn: Doe", "isMemberOf: cn=Sales Team,ou=groups,o=acme"}},
	{"-E", "!pr=2/noprompt", []string{"(effectiveAccess=crm#editor)", "uid"}, 0, []string{"uid: jdoe", "uid: vstone", "# pagedresults", "uid: ida", "# pagedresults"}},
	{"-E", "pr=100", who, 0, []string{"uid: jdoe", "# pagedresults"}},
	{"-E", "!sss=uid", everybody, 0, append(slices.Clone(inOrder), "# sortResult: (0) Success")},
	{"-E", "sss=-effectiveAccess/uid", everybody, 0, []string{"uid: pplain", "uid: ida", "uid: jdoe", "uid: vstone", "uid: jmueller", "# sortResult: (0) Success"}},
	{"-E", "sss=nonsense", nil, 0, append(slices.Clone(whoAnswer), "# sortResult: (16) No such attribute nonsense")},
	{"-E", "!sss=nonsense", nil, 12, []string{"# sortResult: (16) No such attribute nonsense"}},
	{"-E", "!subentries", nil, 0, nil},
	{"-E", "!subentries=false", nil, 0, whoAnswer},
	{"-E", "subentries=true", []string{"-b", "cn=Subschema", "-s", "base", "(objectClass=subschema)", "cn"}, 0, []string{"cn: Subschema"}},
	{"-E", "!deref=member:uid", []string{"(cn=Sales Team)", "cn"}, 0, []string{"# member: <uid=jdoe>;cn=Jane Doe,ou=people,o=acme", "# member: cn=Interns,ou=groups,o=acme", "cn: Sales Team"}},
	{"-E", "deref=member:uid,sn;seeAlso:cn", []string{"-b", "cn=Interns,ou=groups,ou=groups,cn=access", "(objectClass=*)", "seeAlso"}, 0, []string{
		"# member: <sn=Doe>;<uid=jdoe>;cn=Jane Doe,ou=people,o=acme", "# member: <sn=Intern>;<uid=ida>;uid=ida,ou=people,o=acme",
		"# seeAlso: <cn=Interns>;cn=Interns,ou=groups,o=acme", "seeAlso: cn=Interns,ou=groups,o=acme"}},
	// ldapsearch goes on to the next window by itself where nobody types, until
	// there is none; a value stands where the list reaches it.
	{"-E", "!vlv=0/1/4/0", append([]string{"-E", "!sss=uid"}, everybody...), 61, []string{
		"uid: pplain", "uid: vstone", "# sortResult: (0) Success", "# vlvResultpos=4 count=5", "uid: vstone", "# sortResult: (0) Success", "# vlvResultpos=5 count=5", "# vlvResultpos=0 count=5"}},
	{"-E", "vlv=1/0:v", append([]string{"-E", "!sss=uid"}, everybody...), 61, []string{
		"uid: pplain", "uid: vstone", "# sortResult: (0) Success", "# vlvResultpos=5 count=5", "# vlvResultpos=0 count=5"}},

	{"-e", "!assert=(o=acme)", nil, 0, whoAnswer},
	{"-e", "assert=(o=other)", nil, 122, nil},
	{"-e", "!authzid=u:jdoe", everybody, 0, whoAnswer},
	{"-e", "!authzid=dn:cn=Victor Stone,ou=people,o=acme", everybody, 0, []string{"uid: vstone"}},
	{"-e", "!authzid=u:nobody", everybody, 123, nil},
	{"-e", "!manageDSAit", nil, 0, whoAnswer},
	{"-e", "manageDSAit", nil, 0, whoAnswer},
	{"-e", "ppolicy", nil, 0, whoAnswer}, // with the bind
	// Not controls: what to do at an interrupt, and with ! at once. No answer is
	// awaited then, and ldapsearch ends with -1.
	{"-e", "abandon", nil, 0, whoAnswer},
	{"-e", "cancel", nil, 0, whoAnswer},
	{"-e", "ignore", nil, 0, whoAnswer},
	{"-e", "!abandon", nil, 255, nil},
	{"-e", "!cancel", nil, 255, nil},
	{"-e", "!ignore", nil, 255, nil},
}

// changeExtensions ask for what there is now, to be told later what changed.
var changeExtensions = []extension{
	{"-E", "!sync=ro", nil, 0, whoAnswer},
	{"-E", "sync=ro", nil, 0, whoAnswer},
}

// lastingExtensions go on until the client leaves.
var lastingExtensions = []string{"!sync=rp", "sync=rp", "!ps=15/0/1", "ps=15/0/1"}

// foreignExtensions are not served: refused when critical, ignored when not.
// Some ldapsearch sends in one way only.
func foreignExtensions() []extension {
	var list []extension
	add := func(option, text string, ways ...string) {
		if slices.Contains(ways, "!") {
			list = append(list, extension{option, "!" + text, nil, 12, nil})
		}
		if slices.Contains(ways, "") {
			list = append(list, extension{option, text, nil, 0, whoAnswer})
		}
	}
	for _, text := range []string{"accountUsability", "extendedDn=1", "showDeleted", "serverNotif", "1.2.3.4=:x", "1.2.3.4"} {
		add("-E", text, "!", "")
	}
	for _, text := range []string{"bauthzid", "chaining", "chaining=chainingRequired/referralsRequired", "noop", "postread=cn", "preread=cn", "relax"} {
		add("-e", text, "!", "")
	}
	add("-E", "dontUseCopy", "!")
	add("-E", "dirSync=0/0", "!")
	add("-e", "sessiontracking", "")
	add("-e", "sessiontracking=jdoe", "")
	return list
}

// askLdapsearch goes through every extension that ldapsearch has.
func askLdapsearch(t *testing.T, w *world) {
	tool := program(t, "ldapsearch")
	asking := func(option, text string, of []string) []string {
		return slices.Concat([]string{"-x", "-LL", "-o", "ldif-wrap=no", "-H", "ldap://" + w.ldap, "-D", reader, "-w", readerPassword, "-b", "o=acme", option, text}, of)
	}
	for _, text := range lastingExtensions {
		if told := runUntil(t, "dn: cn=Jane Doe,ou=people,o=acme", tool, asking("-E", text, who)...); !told {
			t.Errorf("-E %s: ended without the entry", text)
		}
	}
	for _, e := range slices.Concat(servedExtensions, changeExtensions, foreignExtensions()) {
		of := e.of
		if of == nil {
			of = who
		}
		got := run(t, tool, asking(e.option, e.text, of)...)
		if lines := told(got.text); got.status != e.status || !slices.Equal(lines, e.lines) {
			t.Errorf("%s %s: status %d, want %d; it tells\n%q, want\n%q; all of it:\n%s", e.option, e.text, got.status, e.status, lines, e.lines, got.text)
		}
	}
}

// told are the attributes in the output of ldapsearch, and the comments in which
// it tells of the answer to a control, without cookies.
func told(text string) []string {
	begins := []string{"uid: ", "cn: ", "sn: ", "isMemberOf: ", "seeAlso: ", "# sortResult", "# member: ", "# seeAlso: "}
	var lines []string
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, "\n")
		opaque, _, _ := strings.Cut(line, " context=")
		opaque, _, _ = strings.Cut(opaque, ": cookie=")
		if opaque != line || slices.ContainsFunc(begins, func(begin string) bool { return strings.HasPrefix(line, begin) }) {
			lines = append(lines, opaque)
		}
	}
	return lines
}

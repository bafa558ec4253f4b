package shadow_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/aclens/aclens/proxy/shadow"
)

func TestRecordedRequestsAreReadInBothForms(t *testing.T) {
	const jsonLines = `
{"base":"o=acme","scope":"one","filter":"(uid=jdoe)","attributes":["mail","cn"]}

{"base":"ou=Süd,o=acme"}
`
	const records = `# recorded on Monday
base: o=acme
scope: onelevel
filter: (uid=jdoe)
attributes: mail, cn

base:: b3U9U8O8ZCxvPWFjbWU=
`
	want := []string{
		`base "o=acme" scope one filter (uid=jdoe) attributes mail,cn`,
		`base "ou=Süd,o=acme" scope sub filter (objectClass=*)`,
	}
	for _, text := range []string{jsonLines, records, strings.ReplaceAll(records, "\n", "\r\n")} {
		list, err := shadow.ReadRequests(strings.NewReader(text))
		must(t, err)
		var got []string
		for i := range list {
			got = append(got, list[i].String())
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("%q (-want +got)\n%s", text, d)
		}
	}
}

func TestWhatIsNoRequestIsRefusedWithItsLine(t *testing.T) {
	for _, r := range []struct{ name, text, words string }{
		{"an empty file", "", "holds no request"},
		{"white space alone", " \n\t\n", "holds no request"},
		{"a comment alone", "# nothing\n", "holds no request"},
		{"a filter that is none", "{\"base\":\"o=acme\"}\n{\"base\":\"o=acme\",\"filter\":\"(uid=jdoe\"}", "line 2: filter: "},
		{"an unknown key", `{"base":"o=acme","attrs":["cn"]}`, `line 1: json: unknown field "attrs"`},
		{"an unknown word", "base: o=acme\nattrs: cn\n", `line 2: "attrs" is not one of`},
		{"an unknown scope", "base: o=acme\nscope: all\n", `line 1: scope "all" is not one of base, one, sub, children`},
		{"a line that is neither", "base: o=acme\n(uid=jdoe)\n", "line 2: neither JSON"},
		{"broken base64", "base:: ???\n", "line 1: base: "},
		{"a line without an end", "base: " + strings.Repeat("x", 2<<20), "too long"},
	} {
		t.Run(r.name, func(t *testing.T) {
			list, err := shadow.ReadRequests(strings.NewReader(r.text))
			if err == nil || !strings.Contains(err.Error(), r.words) {
				t.Errorf("%d requests and %v, want %q", len(list), err, r.words)
			}
		})
	}
}

func TestPairsAndWalksAreReadStrictly(t *testing.T) {
	for _, text := range []string{"a=", "=b", "a,a", "a=x,b=X", "a=x,A=y"} {
		if p, err := shadow.ParsePairs(text); err == nil {
			t.Errorf("%q is taken for the pairs %v", text, p)
		}
	}
	for _, text := range []string{"", "isMemberOf", "isMemberOf=", "=member", "isMemberOf=+"} {
		if w, err := shadow.ParseWalk(text); err == nil {
			t.Errorf("%q is taken for the walk %v", text, w)
		}
	}
	w, err := shadow.ParseWalk(" isMemberOf = member + uniqueMember ")
	must(t, err)
	if d := cmp.Diff(&shadow.Walk{Ours: "isMemberOf", Members: []string{"member", "uniqueMember"}}, w); d != "" {
		t.Error(d)
	}
}

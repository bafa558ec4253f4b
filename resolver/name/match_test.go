package name

import (
	"slices"
	"strings"
	"testing"
)

func TestWildcardsCoverTheirBranchAndNothingElse(t *testing.T) {
	tests := []struct {
		title, wildcard, name string
		covers                bool
	}{
		{"its own unit", "*/Illustration/Production/Acme/US", "Mary Tsen/Illustration/Production/Acme/US", true},
		{"a sibling unit", "*/Illustration/Production/Acme/US", "Sandy Braun/Documentation/Production/Acme/US", false},
		{"a name higher up", "*/Illustration/Production/Acme/US", "Alan Nelson/Acme/US", false},
		{"every unit of its organisation", "*/Acme", "Jane Doe/Sales/Acme", true},
		{"its organisation without unit", "*/Acme", "Jane Doe/Acme", true},
		{"servers too", "*/Acme", "CN=Hub1/O=Acme", true},
		{"case ignored", "*/SALES/acme", "jane doe/sales/ACME", true},
		{"not the branch's own name", "*/Sales/Acme", "OU=Sales/O=Acme", false},
		{"not the organisation's own name", "*/Acme", "O=Acme", false},
		{"another organisation", "*/Acme", "Eve Out/Other", false},
		{"an organisation that ends alike", "*/Acme", "Jane Doe/BigAcme", false},
		{"a unit that ends alike", "*/Sales/Acme", "Jane Doe/PreSales/Acme", false},
		{"a country more", "*/Acme", "Jane Doe/Acme/US", false},
		{"everyone", "*", "Eve Out/Other", true},
		{"everyone, flat names too", "*", "Jane Doe", true},
		{"a flat name is under no branch", "*/Acme", "Jane Doe", false},
		{"a star elsewhere is literal", "Jane*/Acme", "Jane Doe/Acme", false},
		{"a star in place of a unit is literal", "*/*/Acme", "Jane Doe/Sales/Acme", false},
		{"no wildcard covers a wildcard", "*/Acme", "*/Sales/Acme", false},
		{"nor the empty name", "*", "", false},
		{"nor a template entry", "*", "[Sales Team]", false},
		{"a plain name covers nothing", "Jane Doe/Acme", "Jane Doe/Acme", false},
		{"a branch that only looks alike, in a directory name", "*/O=Acme", `CN=Jane,O=Acme`, false},
	}
	for _, tt := range tests {
		t.Run(tt.title, func(t *testing.T) {
			w, n := Parse(tt.wildcard), Parse(tt.name)
			if got := w.Covers(n); got != tt.covers {
				t.Errorf("covers is %v, want %v", got, tt.covers)
			}
			if got := slices.Contains(n.WildcardKeys(), w.Key()); got != tt.covers {
				t.Errorf("listed is %v, want %v", got, tt.covers)
			}
		})
	}
}

func TestACommaInsideAValueIsNoBranch(t *testing.T) {
	wildcard := Parse("*/Sales/Acme")
	inside := FromDN(mustParseDN(t, `cn=Jane\,ou\=Sales,o=Acme`))
	if wildcard.Covers(inside) {
		t.Errorf("%q covers %q", wildcard.Key(), inside.Key())
	}
	behind := FromDN(mustParseDN(t, `cn=Jane\\,ou=Sales,o=Acme`))
	if !wildcard.Covers(behind) {
		t.Errorf("%q does not cover %q", wildcard.Key(), behind.Key())
	}
}

func TestWildcardKeysGoFromNarrowToWide(t *testing.T) {
	var want []Key
	for _, text := range []string{"*/My Org Unit/My Org", "*/My Org", "*"} {
		want = append(want, Parse(text).Key())
	}
	if got := Parse("My Name/My Org Unit/My Org").WildcardKeys(); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestTheNamesListHoldsWhatReadersItemsMayName(t *testing.T) {
	tests := []struct {
		title, name   string
		groups, roles []string
		want          []string
	}{
		{"two levels deep", "CN=My Name/OU=My Org Unit/O=My Org", []string{"Staff"}, []string{"[Admin]"},
			[]string{"CN=My Name/OU=My Org Unit/O=My Org", "My Name", "*/OU=My Org Unit/O=My Org", "*/O=My Org", "*", "Staff", "[Admin]"}},
		{"flat", "Jane Doe", nil, nil, []string{"Jane Doe", "*"}},
		{"without a common name", "uid=jd/ou=People/dc=acme", nil, nil,
			[]string{"uid=jd/OU=People/dc=acme", "*/OU=People/dc=acme", "*/dc=acme", "*"}},
		{"each text once", "Jane Doe/Acme", []string{"Staff", "STAFF", ""}, nil,
			[]string{"CN=Jane Doe/O=Acme", "Jane Doe", "*/O=Acme", "*", "Staff"}},
		{"groups that read as roles or wildcards are left out", "Jane Doe/Acme", []string{"[Admin]", "*/Other", "Staff"}, nil,
			[]string{"CN=Jane Doe/O=Acme", "Jane Doe", "*/O=Acme", "*", "Staff"}},
		{"a common name that reads as a role is left out", "[Admin]x/Acme", nil, nil,
			[]string{"CN=[Admin]x/O=Acme", "[Admin]x", "*/O=Acme", "*"}},
		{"a common name in brackets is left out", "CN=[Admin]/O=Acme", nil, nil,
			[]string{"CN=[Admin]/O=Acme", "*/O=Acme", "*"}},
		{"a common name that reads as a wildcard stays quoted", `*"/"Other/Acme`, nil, nil,
			[]string{`CN=*"/"Other/O=Acme`, `*"/"Other`, "*/O=Acme", "*"}},
		{"several values in one component", "CN=Jane+uid=jd/OU=a+l=b/O=Acme", nil, nil,
			[]string{"CN=Jane+uid=jd/OU=a+l=b/O=Acme", "Jane", "*/OU=a+l=b/O=Acme", "*/O=Acme", "*"}},
		{"template entries are nobody", "[Admin]", nil, []string{"[Buyer]"}, nil},
		{"the empty name is nobody", "", []string{"Staff"}, nil, nil},
	}
	for _, tt := range tests {
		t.Run(tt.title, func(t *testing.T) {
			if got := NamesList(Parse(tt.name), tt.groups, tt.roles); !slices.Equal(got, tt.want) {
				t.Errorf("got  %q\nwant %q", got, tt.want)
			}
		})
	}
}

func TestTheNamesListNamesExactlyTheCoveringWildcards(t *testing.T) {
	for _, text := range []string{"Jane Doe/a/b/c/Acme/US", "CN=Jane+uid=jd/OU=a+l=b/O=Acme", "Jane", strings.Repeat("a/", 200) + "Acme"} {
		n := Parse(text)
		var listed []Key
		for _, entry := range NamesList(n, nil, nil) {
			if w := Parse(entry); w.IsWildcard() {
				listed = append(listed, w.Key())
			}
		}
		if keys := n.WildcardKeys(); !slices.Equal(listed, keys) {
			t.Errorf("%.40q: listed %d, keys %d", text, len(listed), len(keys))
		}
	}
}

func TestOrganisationsAndCommonNamesAreComparable(t *testing.T) {
	same := Parse("Jane Doe/Sales/ACME/us").OrganizationKey() == Parse("CN=Hub1/O=Acme/C=US").OrganizationKey()
	if !same {
		t.Error("one organisation has two keys")
	}
	if Parse("Jane Doe/Acme/US").OrganizationKey() == Parse("Jane Doe/Acme").OrganizationKey() {
		t.Error("the country does not count")
	}
	if a, b := Parse("CN=x/O=a,c=us").OrganizationKey(), Parse("CN=x/O=a/C=us").OrganizationKey(); a == b {
		t.Errorf("a comma makes a country of %q", a)
	}
	if Parse("Jane Doe").OrganizationKey() != "" || Parse("uid=j/dc=acme").OrganizationKey() != "" {
		t.Error("a name without an organisation has a key for it")
	}
	if got := Parse("JANE  Doe/Sales/Acme").CommonKey(); got != Parse("Jane Doe").Key() {
		t.Errorf("the common name's key is %q", got)
	}
	for _, text := range []string{"", "*/Acme", "*", "uid=j/dc=acme", "CN=[Admin]/O=Acme"} {
		if got := Parse(text).CommonKey(); got != "" {
			t.Errorf("%q: the common name's key is %q", text, got)
		}
	}
}

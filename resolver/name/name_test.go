package name

import (
	"slices"
	"strings"
	"testing"
)

func TestNotesNamesAreReadInEveryForm(t *testing.T) {
	tests := []struct{ title, text, canonical, abbreviated string }{
		{"canonical", "CN=John Smith/OU=ACME/O=West", "CN=John Smith/OU=ACME/O=West", "John Smith/ACME/West"},
		{"abbreviated without a country", "Jane Doe/Sales/Acme", "CN=Jane Doe/OU=Sales/O=Acme", "Jane Doe/Sales/Acme"},
		{"abbreviated with a country", "Sandra E Smith/West/Acme/US", "CN=Sandra E Smith/OU=West/O=Acme/C=US", "Sandra E Smith/West/Acme/US"},
		{"organisation and country only", "Jane Doe/Acme/US", "CN=Jane Doe/O=Acme/C=US", "Jane Doe/Acme/US"},
		{"a last part of two characters is a country", "Jane Doe/US", "CN=Jane Doe/C=US", "Jane Doe/US"},
		{"two characters are counted, not bytes", "Jane Doe/Ös", "CN=Jane Doe/C=Ös", "Jane Doe/Ös"},
		{"a labelled organisation of two characters keeps its label", "CN=Jane Doe/O=IT", "CN=Jane Doe/O=IT", "Jane Doe/O=IT"},
		{"a labelled country of three characters keeps its label", "CN=Jane Doe/O=Acme/C=USA", "CN=Jane Doe/O=Acme/C=USA", "Jane Doe/O=Acme/C=USA"},
		{"four units", "A B/d/c/b/a/Acme", "CN=A B/OU=d/OU=c/OU=b/OU=a/O=Acme", "A B/d/c/b/a/Acme"},
		{"flat", "Sales Team", "Sales Team", "Sales Team"},
		{"flat of two characters", "IT", "IT", "IT"},
		{"flat with its label", "cn=managers", "managers", "managers"},
		{"flat internet address", "jane@acme.example", "jane@acme.example", "jane@acme.example"},
		{"default entry is a flat name", "-Default-", "-Default-", "-Default-"},
		{"anonymous is a flat name", "Anonymous", "Anonymous", "Anonymous"},
		{"lower-case labels", "cn=JANE DOE/ou=sales/o=ACME", "CN=JANE DOE/OU=sales/O=ACME", "JANE DOE/sales/ACME"},
		{"spaces round parts and labels", "  CN = Jane Doe / OU= Sales /O =Acme ", "CN=Jane Doe/OU=Sales/O=Acme", "Jane Doe/Sales/Acme"},
		{"first part labelled", "CN=Jane Doe/Sales/Acme", "CN=Jane Doe/OU=Sales/O=Acme", "Jane Doe/Sales/Acme"},
		{"middle part labelled", "Jane Doe/OU=Sales/Acme", "CN=Jane Doe/OU=Sales/O=Acme", "Jane Doe/Sales/Acme"},
		{"last part labelled", "Jane Doe/Sales/O=Acme", "CN=Jane Doe/OU=Sales/O=Acme", "Jane Doe/Sales/Acme"},
		{"country labelled", "Jane Doe/Sales/Acme/C=US", "CN=Jane Doe/OU=Sales/O=Acme/C=US", "Jane Doe/Sales/Acme/US"},
		{"organisation labelled, country bare", "Jane Doe/Sales/O=Acme/US", "CN=Jane Doe/OU=Sales/O=Acme/C=US", "Jane Doe/Sales/Acme/US"},
		{"certifier", "O=Acme", "O=Acme", "O=Acme"},
		{"unit certifier", "OU=Sales/O=Acme", "OU=Sales/O=Acme", "OU=Sales/Acme"},
		{"directory name with slashes", "uid=ssmith/ou=people/dc=acme/dc=com", "uid=ssmith/OU=people/dc=acme/dc=com", "uid=ssmith/people/dc=acme/dc=com"},
		{"long labels", "commonName=Jane Doe/2.5.4.10=Acme", "CN=Jane Doe/O=Acme", "Jane Doe/Acme"},
		{"X.400 labels", "g=Jane/s=Doe/o=Acme/p=Post/a=Mail/c=US", "G=Jane/S=Doe/O=Acme/P=Post/A=Mail/C=US", "G=Jane/S=Doe/O=Acme/P=Post/A=Mail/US"},
		{"wildcard of a branch", "*/Illustration/Production/Acme/US", "*/OU=Illustration/OU=Production/O=Acme/C=US", "*/Illustration/Production/Acme/US"},
		{"wildcard of an organisation", "*/Acme", "*/O=Acme", "*/Acme"},
		{"wildcard with a label", "CN=*/OU=Sales/O=Acme", "*/OU=Sales/O=Acme", "*/Sales/Acme"},
		{"wildcard alone", "*", "*", "*"},
		{"wildcard alone with a label", "CN=*", "*", "*"},
		{"slash inside a part", `Jane Doe/Sales"/"Marketing/Acme`, `CN=Jane Doe/OU=Sales"/"Marketing/O=Acme`, `Jane Doe/Sales"/"Marketing/Acme`},
		{"at sign inside a part", `CN=jane"@"acme.example/O=Acme`, `CN=jane"@"acme.example/O=Acme`, `jane"@"acme.example/Acme`},
		{"bare at sign inside a part", `CN=jane@acme.example/O=Acme`, `CN=jane"@"acme.example/O=Acme`, `jane"@"acme.example/Acme`},
		{"quotation marks inside a part", `Jane """JD""" Doe/Acme`, `CN=Jane """JD""" Doe/O=Acme`, `Jane """JD""" Doe/Acme`},
		{"bare quotation marks", `Jane "JD" Doe/Acme`, `CN=Jane """JD""" Doe/O=Acme`, `Jane """JD""" Doe/Acme`},
		{"characters that only a directory escapes", `CN=Doe, Jane + <x>; #1 \ a=b/O=Acme`, `CN=Doe, Jane + <x>; #1 \ a=b/O=Acme`, `Doe, Jane + <x>; #1 \ a=b/Acme`},
		{"several values in one part", "CN=Jane Doe+uid=jdoe/O=Acme", "CN=Jane Doe+uid=jdoe/O=Acme", "CN=Jane Doe+uid=jdoe/Acme"},
		{"a plus sign that joins nothing", "CN=R+D/O=Acme", "CN=R+D/O=Acme", "R+D/Acme"},
		{"a plus sign that would join but is quoted", `CN=R"+"uid=1/O=Acme`, `CN=R"+"uid=1/O=Acme`, `R+uid=1/Acme`},
		{"a flat name that looks labelled", "CN=Level=High", "CN=Level=High", "CN=Level=High"},
		{"empty parts are kept", "Jane Doe//Acme", "CN=Jane Doe/OU=/O=Acme", "Jane Doe//Acme"},
		{"template entry", "[*/Marketing/Acme]", "[*/Marketing/Acme]", "[*/Marketing/Acme]"},
		{"nothing", " \t ", "", ""},
	}
	for _, tt := range tests {
		t.Run(tt.title, func(t *testing.T) {
			n := Parse(tt.text)
			if got := n.Canonical(); got != tt.canonical {
				t.Errorf("canonical %q, want %q", got, tt.canonical)
			}
			if got := n.Abbreviated(); got != tt.abbreviated {
				t.Errorf("abbreviated %q, want %q", got, tt.abbreviated)
			}
			for _, form := range []string{n.Canonical(), n.Abbreviated()} {
				if again := Parse(form); again.Key() != n.Key() {
					t.Errorf("%q reads back as %q, want %q", form, again.Key(), n.Key())
				}
			}
		})
	}
}

func TestNamesAreTheSameWhateverTheirSpelling(t *testing.T) {
	tests := []struct {
		title, a, b string
		same        bool
	}{
		{"case does not matter", "CN=Jane Doe/OU=Sales/O=Acme", "cn=JANE DOE/ou=sales/o=ACME", true},
		{"abbreviated is canonical", "Sandra E Smith/West/Acme/US", "CN=Sandra E Smith/OU=West/O=Acme/C=US", true},
		{"another unit is another name", "Jane Doe/HR/Acme", "Jane Doe/Sales/Acme", false},
		{"bare common name is another name", "Jane Doe", "Jane Doe/Sales/Acme", false},
		{"labels of directory names ignore case", "UID=ssmith/OU=People/DC=acme/DC=com", "uid=ssmith/ou=people/dc=acme/dc=com", true},
		{"another label is another name", "uid=ssmith/o=Acme", "cn=ssmith/o=Acme", false},
		{"group names ignore case", "sales team", "Sales Team", true},
		{"runs of spaces are one", "Jane   Doe/Acme", "Jane Doe / Acme", true},
		{"a no-break space is a space", "Jane\u00a0Doe/Acme", "Jane Doe/Acme", true},
		{"case folds outside ASCII", "JÜRGEN/ŁÓDŹ/Acme", "jürgen/łódź/acme", true},
		{"composed and decomposed are one", "Ju\u0308rgen/Acme", "Jürgen/Acme", true},
		{"Kelvin sign is a k", "\u212aurt/Acme", "kurt/acme", true},
		{"dotless i is no i", "Jane D\u0131/Acme", "Jane Di/Acme", false},
		{"dotted capital I is no i", "Jane D\u0130/Acme", "Jane Di/Acme", false},
		{"sharp s is not two", "Weiß/Acme", "Weiss/Acme", false},
		{"full-width letters look alike but differ", "\uff2aane/Acme", "Jane/Acme", false},
		{"a zero-width space differs", "Ja\u200bne/Acme", "Jane/Acme", false},
		{"bytes that are no text differ from one another", "J\xff/Acme", "J\xfe/Acme", false},
		{"two spellings of a wildcard", "CN=*/O=Acme", "*/Acme", true},
		{"a star elsewhere is only a star", "Jane*/Acme", "*/Acme", false},
		{"a star as a unit is only a star", "*/*/Acme", "*/Acme", false},
		{"a quoted slash is no joint", `Sales"/"Acme`, "Sales/Acme", false},
		{"an empty part counts", "Jane Doe//Acme", "Jane Doe/Acme", false},
		{"a template entry is not what it holds", "[Sales Team]", "Sales Team", false},
		{"values of one part come in any order", "CN=Jane+uid=jd/O=Acme", "uid=JD+CN=jane/O=Acme", true},
		{"parts do not", "OU=a/OU=b/O=Acme", "OU=b/OU=a/O=Acme", false},
		{"commas are no slashes", "cn=Jane Doe,o=Acme", "cn=Jane Doe/o=Acme", false},
	}
	for _, tt := range tests {
		t.Run(tt.title, func(t *testing.T) {
			a, b := Parse(tt.a), Parse(tt.b)
			if same := a.Key() == b.Key(); same != tt.same {
				t.Errorf("same is %v, want %v: %q and %q", same, tt.same, a.Key(), b.Key())
			}
		})
	}
}

func TestPartsOfANameAreFoundByTheirMeaning(t *testing.T) {
	n := Parse("CN=John B Goode/OU=Sales/OU=East/O=Acme/C=US")
	got := []string{n.Common(), n.OrgUnit(1), n.OrgUnit(2), n.OrgUnit(3), n.OrgUnit(0), n.OrgUnit(-1), n.Organization(), n.Country(), n.Keyword()}
	want := []string{"John B Goode", "East", "Sales", "", "", "", "Acme", "US", `US\Acme\East\Sales`}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	x := Parse("G=Jane/I=Q/S=Doe/Q=Jr/O=Acme/P=Post/A=Mail/C=US")
	got = []string{x.Given(), x.Initials(), x.Surname(), x.Generation(), x.PRMD(), x.ADMD(), x.Common(), x.Keyword()}
	want = []string{"Jane", "Q", "Doe", "Jr", "Post", "Mail", "", `US\Acme`}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if flat := Parse("Sales Team"); flat.Common() != "Sales Team" || flat.Keyword() != "" || flat.Organization() != "" {
		t.Errorf("flat name: common %q, keyword %q", flat.Common(), flat.Keyword())
	}
	if common := Parse("*/Acme").Common(); common != "" {
		t.Errorf("a wildcard has the common name %q", common)
	}
}

func TestKindsOfNames(t *testing.T) {
	tests := []struct {
		text                                   string
		zero, hierarchical, wildcard, template bool
	}{
		{"", true, false, false, false},
		{"Sales Team", false, false, false, false},
		{"Jane Doe/Acme", false, true, false, false},
		{"CN=Jane+uid=jd", false, false, false, false},
		{"*", false, false, true, false},
		{"*/Acme", false, true, true, false},
		{"CN=*+uid=jd/O=Acme", false, true, false, false},
		{"uid=*/O=Acme", false, true, false, false},
		{"Jane*/Acme", false, true, false, false},
		{"[Anonymous]", false, false, false, true},
		{"[*/Marketing/Acme]", false, false, false, true},
		{"[a]/Acme", false, true, false, false},
		{"[", false, false, false, false},
	}
	for _, tt := range tests {
		n := Parse(tt.text)
		got := []bool{n.IsZero(), n.Hierarchical(), n.IsWildcard(), n.IsTemplate()}
		if want := []bool{tt.zero, tt.hierarchical, tt.wildcard, tt.template}; !slices.Equal(got, want) {
			t.Errorf("%q: zero, hierarchical, wildcard, template are %v, want %v", tt.text, got, want)
		}
	}
	if got := Parse("[*/Marketing/Acme]").TemplateName().Canonical(); got != "*/OU=Marketing/O=Acme" {
		t.Errorf("the template entry holds %q", got)
	}
	if !Parse("Sales Team").TemplateName().IsZero() {
		t.Error("a name without brackets holds a template name")
	}
}

func TestAnAtSignInTheCommonNameIsSeen(t *testing.T) {
	for text, want := range map[string]bool{
		"CN=jane@acme.example/O=Acme":     true,
		`jane"@"acme.example/Sales/Acme`:  true,
		"uid=jane@acme.example/O=Acme":    false,
		"CN=Jane Doe/OU=a@b/O=Acme":       false,
		"jane@acme.example":               false,
		"uid=j+CN=jane@acme.example/O=Ac": true,
	} {
		if got := Parse(text).HasAtInCommonName(); got != want {
			t.Errorf("%q: %v, want %v", text, got, want)
		}
	}
}

func TestReplicaIDsAreReadWithAndWithoutColon(t *testing.T) {
	for text, want := range map[string]string{
		"85255B42:005A8FA4":   "85255B42005A8FA4",
		"85255b42005a8fa4":    "85255B42005A8FA4",
		" 85255b42:005A8FA4 ": "85255B42005A8FA4",
		"85255B42005A8FA":     "",
		"85255B42005A8FA4F":   "",
		"8525:5B42005A8FA4":   "",
		"85255B42:005A8FAG":   "",
		"85255B42::05A8FA4":   "",
		"":                    "",
	} {
		got, ok := ReplicaID(text)
		if got != want || ok != (want != "") {
			t.Errorf("%q: %q, %v, want %q", text, got, ok, want)
		}
	}
}

func TestHostileNamesCostNoMoreThanTheirLength(t *testing.T) {
	const size = 1_000_000
	for _, unit := range []string{"/", `"`, `"/"`, "a/", "+", "CN=", "+a", "a=+", "*/", "[", "a=b+", "ä", "\u0308", " "} {
		text := strings.Repeat(unit, size/len(unit))
		n := Parse(text)
		if len(n.Canonical()) > 4*len(text)+8 || len(n.Key()) > 4*len(text)+8 {
			t.Errorf("%q: the text grew to %d", unit, len(n.Canonical()))
		}
		if len(n.Abbreviated()) > 4*len(text)+8 {
			t.Errorf("%q: the short text grew", unit)
		}
		if keys := n.WildcardKeys(); len(keys) > maxWildcardDepth+1 {
			t.Errorf("%q: %d wildcards", unit, len(keys))
		}
	}
}

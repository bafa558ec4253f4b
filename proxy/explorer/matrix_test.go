package explorer_test

import (
	"html"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/aclens/aclens/proxy/policy"
	"github.com/aclens/aclens/resolver/acl"
	"github.com/aclens/aclens/resolver/name"
	"github.com/aclens/aclens/resolver/server"
)

const (
	janeDN    = "cn=Jane Doe,o=Acme"
	serviceDN = "cn=sso,ou=services,o=Acme" // without an entry
)

// Words that stand in one place of the world each, so that where one is seen
// tells what was read.
const (
	otherPerson = "Quentin"   // a person, in the group and on the deny list
	otherMail   = "qmailbox"  // what only the right people reads
	password    = "hunter2"   // what nobody reads
	plainGroup  = "Zebras"    // holds Jane and Quentin
	outerGroup  = "Yaks"      // holds Zebras
	farGroup    = "Walruses"  // Jane is not in it
	denyList    = "Xylophone" // a deny list, in both ACLs
	openKey     = "alpha.nsf" // Jane is an author there
	openTitle   = "Alphabet"
	shutKey     = "omega.nsf" // Jane has nothing there
	shutTitle   = "Omnibus"
	shutRole    = "Treasurer"
	goneName    = "Wilhelmina" // named in the shut ACL, without an entry
	adminName   = "Umberto"    // full access administrator, in the Server document
)

var allWords = []string{otherPerson, otherMail, password, plainGroup, outerGroup, farGroup, denyList, openKey, openTitle, shutKey, shutTitle, shutRole, goneName, adminName}

// secretWorld holds the words.
func secretWorld(t testing.TB) *world {
	w := &world{}
	w.put("o=Acme", "organization")
	w.put(janeDN, "dominoPerson", "cn", "Jane Doe", "uid", "jdoe", "userPassword", password)
	w.put("cn=Quentin Quill,o=Acme", "dominoPerson", "cn", "Quentin Quill", "uid", "qq", "mail", otherMail+"@acme.example", "userPassword", password)
	w.put("cn=Hub1,o=Acme", "dominoServer", "cn", "Hub1")
	w.put("cn=Zebras", "dominoGroup", "cn", "Zebras", "groupType", "0", "member", janeDN, "member", "cn=Quentin Quill,o=Acme")
	w.put("cn=Yaks", "dominoGroup", "cn", "Yaks", "groupType", "0", "member", "cn=Zebras")
	w.put("cn=Walruses", "dominoGroup", "cn", "Walruses", "groupType", "0", "member", "cn=Quentin Quill,o=Acme")
	w.put("cn=Xylophone", "dominoGroup", "cn", "Xylophone", "groupType", "3", "member", "cn=Quentin Quill,o=Acme", "member", janeDN)
	w.database(t, "open/alpha.nsf", openTitle, "C1258A2F004B0001", []string{"[Buyer]"},
		line{label: "-Default-"}, line{label: "Yaks", level: acl.Author, roles: []string{"Buyer"}}, line{label: "Walruses", level: acl.Editor}, line{label: denyList, level: acl.Manager})
	w.database(t, "shut/omega.nsf", shutTitle, "C1258A2F004B0002", []string{"[" + shutRole + "]"},
		line{label: "-Default-"}, line{label: "Quentin Quill/Acme", level: acl.Manager, roles: []string{shutRole}},
		line{label: goneName + "/Acme", level: acl.Reader}, line{label: "Jane Doe/Acme"}, line{label: denyList})
	doc := &server.Document{Name: name.Parse("Hub1/Acme"), Lists: map[string][]string{server.FullAdmin: {adminName + "/Acme", denyList}}}
	w.servers = append(w.servers, &server.Server{Document: doc})
	return w
}

func rule(read ...string) policy.Rule {
	return policy.Rule{Who: policy.OneDN, DN: serviceDN, Read: read}
}

func narrowed(r policy.Rule, databases, attributes []string) policy.Rule {
	r.Databases, r.Attributes = databases, attributes
	return r
}

// readers are identities with the words that they may see.
var readers = []struct {
	sentence string
	dn       string
	rules    []policy.Rule
	sees     []string
}{
	{"a person without a rule sees the own access and groups", janeDN, nil, []string{openKey, plainGroup, outerGroup}},
	{"an account without a rule sees nothing", serviceDN, nil, nil},
	{"admin alone reads nothing", serviceDN, []policy.Rule{rule("admin")}, nil},
	{"denylists alone reads nothing", serviceDN, []policy.Rule{rule("denylists")}, nil},
	{"people alone reads people", serviceDN, []policy.Rule{rule("people")}, []string{otherPerson}},
	{"groups alone reads groups and members", serviceDN, []policy.Rule{rule("groups")}, []string{otherPerson, plainGroup, outerGroup, farGroup}},
	{"groups and denylists reads deny lists too", serviceDN, []policy.Rule{rule("groups", "denylists")}, []string{otherPerson, plainGroup, outerGroup, farGroup, denyList}},
	{"groups narrowed to their names reads no members", serviceDN, []policy.Rule{narrowed(rule("groups"), nil, []string{"cn"})}, []string{plainGroup, outerGroup, farGroup}},
	{"a group by its DN alone reads no members", serviceDN, []policy.Rule{rule("cn=Walruses")}, []string{farGroup}},
	{"access to some databases tells of these alone", serviceDN, []policy.Rule{narrowed(rule("access"), []string{"open/**"}, nil)},
		[]string{openKey, openTitle, otherPerson, outerGroup, plainGroup, farGroup, adminName}},
	{"access to all tells no deny list", serviceDN, []policy.Rule{rule("access")},
		[]string{openKey, openTitle, shutKey, shutTitle, shutRole, goneName, otherPerson, outerGroup, plainGroup, farGroup, adminName}},
	{"access narrowed to an attribute tells names of databases and people, and no rows", serviceDN, []policy.Rule{narrowed(rule("access"), nil, []string{"effectiveAccess"})},
		[]string{openKey, shutKey, otherPerson}},
	{"a branch of the directory is no right to names in ACLs", serviceDN, []policy.Rule{rule("o=Acme")}, []string{otherPerson}},
	{"all but some databases", serviceDN, []policy.Rule{narrowed(rule("all"), []string{"open/**"}, nil)},
		[]string{openKey, openTitle, otherPerson, plainGroup, outerGroup, farGroup, denyList, adminName}},
	{"all reads all but passwords", serviceDN, []policy.Rule{rule("all")},
		[]string{openKey, openTitle, shutKey, shutTitle, shutRole, goneName, otherPerson, plainGroup, outerGroup, farGroup, denyList, adminName}},
	{"a rule for others gives nothing", janeDN, []policy.Rule{rule("all")}, []string{openKey, plainGroup, outerGroup}},
}

// addresses are all pages and answers about everything in the world.
func addresses() []string {
	list := []string{"/", "/databases", "/findings", "/compare", "/api/v1/databases", "/api/v1/people", "/api/v1/findings", "/api/v1/snapshot"}
	people := []string{janeDN, "cn=Quentin Quill,o=Acme", "qq", "cn=Hub1,o=Acme", serviceDN, "Wilhelmina/Acme", "-Default-", "Anonymous"}
	databases := []string{"open/alpha.nsf", "shut/omega.nsf", "C1258A2F004B0002", "Hub1/Acme!!shut/omega.nsf"}
	for _, p := range people {
		list = append(list, at("/person", "user", p), "/api/v1/people/"+url.PathEscape(p))
		for _, d := range databases {
			for _, c := range []string{"notes", "web-session"} {
				list = append(list, at("/decision", "user", p, "database", d, "channel", c), at("/api/v1/decision", "user", p, "database", d, "channel", c))
			}
			list = append(list, at("/decision", "user", p, "database", d, "fullAccess", "true"), at("/api/v1/decision", "user", p, "database", d, "fullAccess", "true"))
		}
		for _, other := range people[:2] {
			list = append(list, at("/compare/people", "left", p, "right", other))
		}
	}
	for _, d := range databases {
		list = append(list, at("/database", "key", d), at("/database", "key", d, "channel", "web-session", "least", "reader"), at("/database", "key", d, "role", "Treasurer"),
			"/api/v1/databases/"+d, at("/api/v1/who", "database", d), at("/api/v1/who", "database", d, "role", "Treasurer"),
			at("/api/v1/findings", "database", d), at("/compare/databases", "left", d, "right", "open/alpha.nsf"))
	}
	for _, g := range []string{"cn=Zebras", "cn=Yaks", "cn=Walruses", "cn=Xylophone", "Xylophone", "Zebras", janeDN} {
		list = append(list, at("/group", "dn", g))
	}
	for _, q := range []string{"q", "quill", "qmail", "a", "e", "o", "x", "xyl", "zeb", "hun", "acme", "1", "omega", "treas"} {
		list = append(list, at("/search", "q", q), at("/search", "q", q, "part", "1"), at("/api/v1/people", "search", q))
	}
	return append(list, at("/compare/states", "left", "first"))
}

var hrefs = regexp.MustCompile(`(?:href|action)="([^"]+)"`)

// crawl visits addresses, every link on what comes, and every table as CSV.
func crawl(t *testing.T, g *guest, visit func(path string, code int, text string)) {
	t.Helper()
	queue, seen := addresses(), map[string]bool{}
	for len(queue) > 0 {
		path := queue[0]
		if queue = queue[1:]; seen[path] || len(seen) > 3000 {
			continue
		}
		seen[path] = true
		code, text := g.get(path)
		visit(path, code, text)
		for _, m := range hrefs.FindAllStringSubmatch(text, -1) {
			link, _, _ := strings.Cut(html.UnescapeString(m[1]), "#")
			if strings.HasPrefix(link, "/") && !strings.HasPrefix(link, "/log") && !strings.Contains(link, "sort-") {
				queue = append(queue, link)
			}
		}
	}
	if len(seen) > 3000 {
		t.Error("the pages have no end")
	}
}

func TestNothingHiddenIsInAnyAnswer(t *testing.T) {
	for _, c := range readers {
		t.Run(c.sentence, func(t *testing.T) {
			t.Parallel()
			s := newSite(t, secretWorld(t), c.rules...)
			s.swap("second", secretWorld(t))
			g := s.guest(c.dn)
			shown := map[string]bool{}
			crawl(t, g, func(path string, code int, text string) {
				if code == http.StatusInternalServerError {
					t.Errorf("%s: %s", path, text)
				}
				plain := html.UnescapeString(text)
				for _, word := range allWords {
					if strings.Contains(plain, word) && !echoes(path, code, word) {
						if shown[word] = true; !slices.Contains(c.sees, word) && (word != otherMail || !slices.Contains(c.sees, otherPerson)) {
							t.Errorf("%s (%d) tells %s:\n%s", path, code, word, around(plain, word))
						}
					}
				}
			})
			for _, word := range c.sees {
				if !shown[word] {
					t.Errorf("nothing tells %s", word)
				}
			}
		})
	}
}

// echoes tells whether an answer may repeat a word of its own address: what was
// searched for, a role that the ACL lacks, and a name without an entry, which is
// judged as a name alone whoever has it.
func echoes(path string, code int, word string) bool {
	if !strings.Contains(path, word) {
		return false
	}
	return strings.HasPrefix(path, "/search") || code == http.StatusBadRequest || strings.Contains(path, "/decision") && word == goneName
}

func around(text, word string) string {
	i := strings.Index(text, word)
	return text[max(0, i-120):min(len(text), i+120)]
}

// What is hidden and what is not there are one answer, down to the byte.
func TestHiddenAndAbsentAreOneAnswer(t *testing.T) {
	for _, c := range readers {
		t.Run(c.sentence, func(t *testing.T) {
			t.Parallel()
			g := newSite(t, secretWorld(t), c.rules...).guest(c.dn)
			for _, pair := range [][3]string{
				{otherPerson, at("/person", "user", "cn=Quentin Quill,o=Acme"), at("/person", "user", "cn=Nobody Here,o=Acme")},
				{shutKey, at("/database", "key", "shut/omega.nsf"), at("/database", "key", "shut/nothing.nsf")},
				{denyList, at("/group", "dn", "cn=Xylophone"), at("/group", "dn", "cn=Nothing")},
				{shutRole, at("/decision", "user", "cn=Quentin Quill,o=Acme", "database", "shut/omega.nsf"), at("/decision", "user", "cn=Nobody Here,o=Acme", "database", "shut/omega.nsf")},
				{otherPerson, "/api/v1/people/cn=Quentin%20Quill,o=Acme", "/api/v1/people/cn=Nobody%20Here,o=Acme"},
				{shutKey, "/api/v1/databases/shut/omega.nsf", "/api/v1/databases/shut/nothing.nsf"},
				{shutRole, at("/api/v1/who", "database", "shut/omega.nsf"), at("/api/v1/who", "database", "shut/nothing.nsf")},
				{shutRole, at("/api/v1/who", "database", "shut/omega.nsf", "role", "Nothing"), at("/api/v1/who", "database", "shut/nothing.nsf", "role", "Nothing")},
			} {
				if slices.Contains(c.sees, pair[0]) {
					continue
				}
				hiddenCode, hidden := g.get(pair[1])
				absentCode, absent := g.get(pair[2])
				if hiddenCode != http.StatusNotFound || hiddenCode != absentCode || hidden != absent {
					t.Errorf("%s: %d\n%s\n%s: %d\n%s", pair[1], hiddenCode, hidden, pair[2], absentCode, absent)
				}
			}
		})
	}
}

// Somebody is found by what may be read of the entry alone: else finding tells
// whose uid or mail a text is.
func TestNobodyIsFoundByWhatIsHidden(t *testing.T) {
	for _, c := range []struct {
		sentence string
		rule     policy.Rule
		finds    bool
	}{
		{"who reads people finds them by uid and mail", rule("people"), true},
		{"who reads groups does not", rule("groups"), false},
		{"nor who reads access", rule("access"), false},
		{"nor who reads other attributes of people", narrowed(rule("people"), nil, []string{"cn", "notesName"}), false},
	} {
		t.Run(c.sentence, func(t *testing.T) {
			g := newSite(t, secretWorld(t), c.rule).guest(serviceDN)
			if _, text := g.get(at("/search", "q", "Quentin")); !strings.Contains(text, "Quentin Quill/Acme") {
				t.Errorf("not found by name: %s", text)
			}
			for _, by := range []string{"qq", otherMail, otherMail + "@acme.example"} {
				for _, path := range []string{at("/search", "q", by), at("/api/v1/people", "search", by), at("/person", "user", by), "/api/v1/people/" + by} {
					if by == otherMail && strings.HasSuffix(path, otherMail) && !strings.Contains(path, "q=") && !strings.Contains(path, "search=") {
						continue // a part of a mail address is no name
					}
					if _, text := g.get(path); strings.Contains(text, "Quentin") != c.finds {
						t.Errorf("%s: %s", path, text)
					}
				}
			}
		})
	}
}

// What is somebody's common name and another's uid means neither, and who may not
// read the uid must not learn of it by that.
func TestAHiddenUIDKeepsNobodyFromBeingFoundByName(t *testing.T) {
	w := secretWorld(t)
	w.put("cn=Second Person,o=Acme", "dominoPerson", "cn", "Second Person", "uid", "Quentin Quill")
	for _, c := range []struct {
		sentence string
		rule     policy.Rule
		finds    bool
	}{
		{"who reads uids is not told which of the two is meant", rule("people"), false},
		{"who does not finds the one of that name", narrowed(rule("people"), nil, []string{"cn", "notesName"}), true},
	} {
		t.Run(c.sentence, func(t *testing.T) {
			g := newSite(t, w, c.rule).guest(serviceDN)
			if code, text := g.get("/api/v1/people/Quentin%20Quill"); (code == http.StatusOK) != c.finds {
				t.Errorf("%d: %s", code, text)
			}
		})
	}
}

func TestWithoutALogInThereIsTheForm(t *testing.T) {
	s := newSite(t, secretWorld(t), rule("all"))
	stranger := &guest{s, &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
	_, form := stranger.get("/login")
	for _, path := range addresses() {
		code, text := stranger.get(path)
		want := http.StatusSeeOther
		if strings.HasPrefix(path, "/api/") {
			want = http.StatusUnauthorized
		}
		if code != want || len(text) > len(form) {
			t.Errorf("%s: %d, want %d: %s", path, code, want, text)
		}
		for _, word := range allWords {
			if strings.Contains(text, word) && !strings.Contains(path, word) {
				t.Errorf("%s tells %s", path, word)
			}
		}
	}
}

func TestARightThatIsTakenAwayIsGoneWithTheNextClick(t *testing.T) {
	inGroup := policy.Rule{Who: policy.InGroup, DN: "cn=Zebras", Read: []string{"all"}}
	s := newSite(t, secretWorld(t), inGroup)
	g := s.guest(janeDN)
	if code, text := g.get("/databases"); code != http.StatusOK || !strings.Contains(text, shutKey) {
		t.Fatalf("as a member: %d %s", code, text)
	}
	left := secretWorld(t)
	left.put("cn=Zebras", "dominoGroup", "cn", "Zebras", "groupType", "0", "member", "cn=Quentin Quill,o=Acme")
	s.swap("left", left)
	for _, path := range []string{"/databases", "/api/v1/databases"} {
		if code, text := g.get(path); code != http.StatusOK || strings.Contains(text, shutKey) {
			t.Errorf("no longer a member, %s: %d %s", path, code, text)
		}
	}
	gone := &world{}
	gone.put("o=Acme", "organization")
	s.swap("gone", gone)
	if code, text := g.get("/databases"); code != http.StatusOK || !strings.Contains(text, "Sign in") {
		t.Errorf("without an entry: %d %s", code, text)
	}
	if code, _ := g.get("/api/v1/databases"); code != http.StatusUnauthorized {
		t.Errorf("without an entry the API answers %d", code)
	}
}

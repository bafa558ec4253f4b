package server

import (
	"encoding/json"
	"math/rand/v2"
	"os"
	"testing"

	"github.com/aclens/aclens/resolver/name"
)

// person is a Subject made of plain facts.
type person struct {
	names       []name.Name
	groups      map[name.Key]bool
	shares      map[name.Key]bool
	inDirectory bool
}

func (p person) Names() []name.Name      { return p.names }
func (p person) InGroup(k name.Key) bool { return p.groups[k] }
func (p person) Shares(k name.Key) bool  { return p.shares[k] }
func (p person) InDirectory() bool       { return p.inDirectory }

// named makes a subject with an entry in the directory, by its names.
func named(names ...string) person {
	p := person{groups: map[name.Key]bool{}, inDirectory: true}
	for _, n := range names {
		p.names = append(p.names, name.Parse(n))
	}
	return p
}

func (p person) in(groups ...string) person {
	for _, g := range groups {
		p.groups[name.Parse(g).Key()] = true
	}
	return p
}

func (p person) stranger() person {
	p.inDirectory = false
	return p
}

// lists makes a document that carries only the given items.
func lists(items map[string][]string) *Document {
	return &Document{Name: name.Parse("Hub1/Acme"), Lists: items}
}

// serverCase is a case of testdata/cases.json with the fields that concern servers.
type serverCase struct {
	ID    string
	Kind  string
	Given json.RawMessage
	Facts struct {
		Subject                    string
		DirectoryPersons           []string
		TrustedDirectoriesCheckbox *bool
		EnforceForProtocol         *bool
		Channel                    string
		Field                      string
		Value                      []string
		EnforcePersonalAgents      int `json:"Enforce_Personal_Agents"`
		Groups                     []struct {
			Name    string
			Members []string
		}
	} `json:"-"`
	Expect struct {
		Access  string
		Allowed *bool
		Replica *bool
		Rights  []string
	}
}

// readCases reads the cases of one kind.
func readCases(t *testing.T, kind string) []serverCase {
	t.Helper()
	raw, err := os.ReadFile("../../testdata/cases.json")
	if err != nil {
		t.Fatal(err)
	}
	var file struct{ Cases []json.RawMessage }
	if err := json.Unmarshal(raw, &file); err != nil {
		t.Fatal(err)
	}
	var cases []serverCase
	for _, one := range file.Cases {
		var head struct{ Kind string }
		if err := json.Unmarshal(one, &head); err != nil {
			t.Fatal(err)
		}
		if head.Kind != kind {
			continue
		}
		var c serverCase
		if err := json.Unmarshal(one, &c); err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(c.Given, &c.Facts); err != nil {
			t.Fatalf("%s: %v", c.ID, err)
		}
		cases = append(cases, c)
	}
	return cases
}

// server is the document and settings that a case describes.
func (c serverCase) server(t *testing.T) *Server {
	t.Helper()
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(c.Given, &fields); err != nil {
		t.Fatal(err)
	}
	items := map[string][]string{}
	for _, item := range Items {
		raw, ok := fields[item]
		if !ok {
			continue
		}
		var entries []string
		if err := json.Unmarshal(raw, &entries); err != nil {
			t.Fatal(err)
		}
		items[item] = entries
	}
	if c.Facts.Field != "" {
		items[c.Facts.Field] = c.Facts.Value
	}
	return &Server{Document: lists(items)}
}

// subject is the subject that a case describes, with its groups.
func (c serverCase) subject() person {
	p := named(c.Facts.Subject).stranger()
	self := p.names[0].Key()
	for _, d := range c.Facts.DirectoryPersons {
		p.inDirectory = p.inDirectory || name.Parse(d).Key() == self
	}
	for _, g := range c.Facts.Groups {
		for _, m := range g.Members {
			if name.Parse(m).Key() == self {
				p = p.in(g.Name)
			}
		}
	}
	return p
}

// meaning is what an entry of the random tests says about the random subject.
type meaning uint8

const (
	means meaning = iota
	meansNot
	mightMean
)

// spelledEntry is an entry whose meaning is known without comparing names.
type spelledEntry struct {
	text string
	says func(f facts) meaning
}

// facts are what differs from one random subject to the next; the first name
// always is Jane Doe/Sales/Acme.
type facts struct{ alternate, staff, inDirectory, isServer bool }

func always(m meaning) func(facts) meaning { return func(facts) meaning { return m } }

func ifTrue(get func(facts) bool) func(facts) meaning {
	return func(f facts) meaning {
		if get(f) {
			return means
		}
		return meansNot
	}
}

var spelledEntries = []spelledEntry{
	{"Jane Doe/Sales/Acme", always(means)},
	{"CN=jane doe/OU=SALES/O=acme", always(means)},
	{"*/Sales/Acme", always(means)},
	{"*/O=Acme", always(means)},
	{"*/Research/Acme", always(meansNot)},
	{"John Roe/Acme", always(meansNot)},
	{"Doe/Sales/Acme", always(meansNot)},
	{"Nobody Here", always(meansNot)},
	{"[Jane Doe/Sales/Acme]", always(meansNot)},
	{"Jane Doe/Sales/Acme, John Roe/Acme", always(meansNot)},
	{"*", ifTrue(func(f facts) bool { return f.inDirectory })},
	{" staff ", ifTrue(func(f facts) bool { return f.staff })},
	{"CN=Staff", ifTrue(func(f facts) bool { return f.staff })},
	{"Jeanne Doe/Acme", ifTrue(func(f facts) bool { return f.alternate })},
	{"*People by Office", always(mightMean)},
	{"*($Users)", always(mightMean)},
	{"jane DOE", always(mightMean)},
}

func randomSubject(rng *rand.Rand) (person, facts) {
	f := facts{rng.IntN(2) == 0, rng.IntN(2) == 0, rng.IntN(3) > 0, rng.IntN(5) == 0}
	p := named("CN=Jane Doe/OU=Sales/O=Acme")
	p.inDirectory = f.inDirectory
	if f.alternate {
		p.names = append(p.names, name.Parse("Jeanne Doe/Acme"))
	}
	if f.staff {
		p = p.in("Staff")
	}
	return p, f
}

// sometimesSealed returns the server, sealed or not: the answers must be the same.
func sometimesSealed(rng *rand.Rand, s *Server) *Server {
	if rng.IntN(2) == 0 {
		s.Seal()
	}
	return s
}

// field is a random item: absent, blank, or some entries with what they say.
type field struct {
	present bool
	entries []spelledEntry
}

func randomField(rng *rand.Rand) field {
	f := field{present: rng.IntN(8) > 0}
	if f.present && rng.IntN(3) > 0 {
		for range 1 + rng.IntN(3) {
			f.entries = append(f.entries, spelledEntries[rng.IntN(len(spelledEntries))])
		}
	}
	return f
}

// put writes the field into a document, with stray empty values.
func (f field) put(items map[string][]string, item string) {
	if !f.present {
		return
	}
	items[item] = []string{""}
	for _, e := range f.entries {
		items[item] = append(items[item], e.text)
	}
}

func (f field) any(who facts, m meaning) bool {
	for _, e := range f.entries {
		if e.says(who) == m {
			return true
		}
	}
	return false
}

func (f field) blank() bool { return f.present && len(f.entries) == 0 }

package refresh

import (
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/aclens/aclens/proxy/upstream"
	"github.com/aclens/aclens/resolver"
	"github.com/aclens/aclens/resolver/database"
)

// dump is everything in a Snapshot that a source put there, as text.
func dump(s *resolver.Snapshot) []string {
	var lines []string
	st := s.Store()
	for id := range st.Cap() {
		if !st.Exists(id) {
			continue
		}
		e := st.Entry(id)
		var attributes []string
		for c := e.Attributes(); ; {
			at, raw, ok := c.Next()
			if !ok {
				break
			}
			for vs := raw.Values(); ; {
				v, ok := vs.Next()
				if !ok {
					break
				}
				attributes = append(attributes, st.Schema().Name(at)+"="+v)
			}
		}
		slices.Sort(attributes)
		lines = append(lines, fmt.Sprintf("%s %d %q", e.DN(), e.Source(), attributes))
		for _, g := range s.MemberOf(id) {
			lines = append(lines, e.DN()+" in "+s.Group(g).Label)
		}
	}
	for _, db := range s.Databases().All() {
		for _, in := range db.Instances {
			lines = append(lines, fmt.Sprintf("%s %s %s %v", db.Key, database.LongForm(in), in.ReplicaID, in.List.Entries))
		}
	}
	slices.Sort(lines)
	return lines
}

// chaos changes sources at random and breaks them now and then.
type chaos struct {
	*files
	r         *rand.Rand
	primary   *fakeLive
	secondary *fakeLive
	broken    map[string]string // file -> what mends it
	late      int
}

func newChaos(t *testing.T, seed uint64) *chaos {
	f := newFiles(t)
	c := &chaos{files: f, r: rand.New(rand.NewPCG(seed, 7)), primary: newFakeLive(person("Ann Admin")), secondary: newFakeLive(), broken: map[string]string{}}
	f.settings.Directories = []Directory{{Live: c.primary}, {Live: c.secondary}, {LDIF: []string{f.path("people.ldif")}}}
	f.settings.Resolver.Directories = append(f.settings.Resolver.Directories,
		resolver.DirectoryRole{Name: "partner", Groups: true, NestedExpansion: true}, resolver.DirectoryRole{Name: "files"})
	f.settings.Databases.Options.HomeServers = []string{hub}
	return c
}

var people = []string{"Jane Doe", "Rob Nash", "Ann Admin", "Zoe Zimt", "Ed Editor"}

func (c *chaos) someone() string { return people[c.r.IntN(len(people))] }

func (c *chaos) change() {
	live := []*fakeLive{c.primary, c.secondary}[c.r.IntN(2)]
	switch c.r.IntN(9) {
	case 0:
		live.put(person(c.someone(), fmt.Sprint(c.r.IntN(3))))
	case 1:
		live.remove(person(c.someone()).DN)
	case 2:
		live.put(group([]string{"Sales", "All"}[c.r.IntN(2)], c.someone(), c.someone()))
	case 3:
		c.late++ // a change of a known entry that comes late is seen by full readings only
		live.putLate(person(fmt.Sprint("Late ", c.late), "late"))
	case 4:
		live.server = fmt.Sprint("server ", c.r.IntN(2))
	case 5:
		c.write("people.ldif", ldifOf(c.someone(), "x"))
	case 6:
		c.writeMended(fmt.Sprintf("acls/%d.dxl", c.r.IntN(3)), func(n int) string {
			return aclOf(hub, fmt.Sprintf("%d.nsf", n), "", "Sales", c.level())
		})
	case 7:
		c.writeMended(fmt.Sprintf("kit/%d.jsonl", c.r.IntN(2)), func(n int) string {
			return kitOf([]string{hub, web}[n], fmt.Sprintf("kit%d.nsf", n), c.level())
		})
	case 8:
		name := fmt.Sprintf("acls/%d.dxl", c.r.IntN(3))
		_ = os.Remove(c.path(name)) // it may not be there
		delete(c.broken, name)
	}
}

func (c *chaos) level() string { return []string{"noaccess", "reader", "manager"}[c.r.IntN(3)] }

// writeMended writes a file whose name has a number, sometimes broken first.
func (c *chaos) writeMended(name string, text func(n int) string) {
	n := int(name[strings.IndexAny(name, "0123456789")] - '0')
	good := text(n)
	if c.r.IntN(3) == 0 {
		c.write(name, good[:len(good)/2])
		c.broken[name] = good
		return
	}
	c.write(name, good)
	delete(c.broken, name)
}

// misfortune lets readings fail for one step.
func (c *chaos) misfortune() {
	for _, f := range []*fakeLive{c.primary, c.secondary} {
		f.cut, f.err = 0, nil
		switch c.r.IntN(6) {
		case 0:
			f.cut = 1 + c.r.IntN(3)
		case 1:
			f.err = upstream.ErrUnavailable
		}
	}
}

func (c *chaos) mend() {
	for _, f := range []*fakeLive{c.primary, c.secondary} {
		f.cut, f.err = 0, nil
	}
	for name, good := range c.broken {
		c.write(name, good)
	}
	clear(c.broken)
}

func TestAStateThatGrewEqualsOneLoadedAfresh(t *testing.T) {
	for seed := range uint64(12) {
		c := newChaos(t, seed)
		c.load()
		for round := range 12 {
			for range 1 + c.r.IntN(4) {
				for range c.r.IntN(4) {
					c.change()
				}
				c.misfortune()
				c.step()
			}
			c.mend()
			c.step()
			want := mustLoad(t, c.settings)
			if got := c.w.now.snapshot; c.w.now.id != want.ID || !slices.Equal(dump(got), dump(want.Snapshot)) {
				t.Fatalf("seed %d, round %d: grown\n%s\nid %s, loaded\n%s\nid %s", seed, round,
					strings.Join(dump(got), "\n"), c.w.now.id, strings.Join(dump(want.Snapshot), "\n"), want.ID)
			}
			if got := kindsOf(c.w.findings(c.w.now)); !slices.Equal(got, kindsOf(want.Findings)) {
				t.Fatalf("seed %d, round %d: findings %q, loaded %q", seed, round, got, kindsOf(want.Findings))
			}
			if !slices.Equal(passwordsOf(c.to.credentials), passwordsOf(c.w.passwords())) {
				t.Fatalf("seed %d, round %d: passwords were not handed over", seed, round)
			}
		}
	}
}

func passwordsOf(m map[string][][]byte) []string {
	var list []string
	for key, values := range m {
		list = append(list, fmt.Sprintf("%s %q", key, values))
	}
	slices.Sort(list)
	return list
}

package company

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aclens/aclens/resolver/acl"
	"github.com/aclens/aclens/resolver/name"
)

var small = Size{People: 300, Groups: 60, Depth: 4, FanOut: 2, Memberships: 2, Databases: 12, Entries: 20, Seed: 7}

// files are all files of a company by name.
func files(t *testing.T, c *Company) map[string]string {
	t.Helper()
	dir := t.TempDir()
	if err := c.WriteLDIF(filepath.Join(dir, "directory.ldif")); err != nil {
		t.Fatal(err)
	}
	if err := c.WriteACLs(filepath.Join(dir, "acls")); err != nil {
		t.Fatal(err)
	}
	all := map[string]string{}
	for _, pattern := range []string{"*.ldif", "acls/*.dxl"} {
		found, _ := filepath.Glob(filepath.Join(dir, pattern)) // the pattern is well formed
		for _, f := range found {
			text, err := os.ReadFile(f)
			if err != nil {
				t.Fatal(err)
			}
			all[filepath.Base(f)] = string(text)
		}
	}
	return all
}

func TestEqualSeedsGiveEqualBytesAndOthersDoNot(t *testing.T) {
	other := small
	other.Seed++
	one, two, three := files(t, New(small)), files(t, New(small)), files(t, New(other))
	if len(one) != 1+small.Databases {
		t.Fatalf("%d files", len(one))
	}
	changed := 0
	for name := range one {
		if one[name] != two[name] {
			t.Errorf("%s is not what it was", name)
		}
		if one[name] != three[name] {
			changed++
		}
	}
	if changed < small.Databases {
		t.Errorf("another seed changed %d of %d files", changed, len(one))
	}
}

func TestEveryGroupHasAPersonAndNoneHoldsItself(t *testing.T) {
	c := New(small)
	for g := range c.Groups {
		if len(c.members[g]) == 0 {
			t.Errorf("group %d has no person", g)
		}
		for _, inner := range c.inner[g] {
			if int(inner) <= g {
				t.Errorf("group %d holds %d, which is not below it", g, inner)
			}
		}
	}
}

func TestChainsAreAsDeepAsAskedFor(t *testing.T) {
	for depth := 1; depth <= 5; depth++ {
		size := small
		size.Depth = depth
		c := New(size)
		deepest := 0
		level := make([]int, c.Groups)
		for g := range c.Groups { // groups hold those of higher numbers alone
			for _, inner := range c.inner[g] {
				level[inner] = max(level[inner], level[g]+1)
			}
			deepest = max(deepest, level[g]+1)
		}
		if deepest != depth {
			t.Errorf("%d layers, want %d", deepest, depth)
		}
	}
}

// The two walks of the company go opposite ways through two lists.
func TestUpAndDownAgree(t *testing.T) {
	c := New(small)
	for g := range c.Groups {
		members := c.MembersOf(g)
		for p := range c.People {
			if members[p] != c.GroupsOf(p)[g] {
				t.Fatalf("person %d and group %d: down %t, up %t", p, g, members[p], c.GroupsOf(p)[g])
			}
		}
	}
}

func TestLevelsAreSpelledAsAclensSpellsThem(t *testing.T) {
	for i, word := range levels {
		l, err := acl.ParseLevel(word)
		if err != nil || l.String() != Level(i).String() {
			t.Errorf("%d is %q here and %v, %v there", i, word, l, err)
		}
	}
}

func TestTheNotesNameIsThatOfTheDN(t *testing.T) {
	c := New(small)
	parsed, err := name.ParseDN(c.DN(5))
	if err != nil {
		t.Fatal(err)
	}
	if name.FromDN(parsed).Key() != name.Parse(c.notesName(5)).Key() {
		t.Errorf("%q is not %q", c.notesName(5), c.DN(5))
	}
}

func TestTheReaderCanBind(t *testing.T) {
	if text := files(t, New(small))["directory.ldif"]; !strings.Contains(text, "dn: "+Reader+"\n") || !strings.Contains(text, "\nuserPassword: "+Password+"\n") {
		t.Error("the account that asks is not in the directory, or has another password")
	}
}

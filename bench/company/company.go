// Package company makes up an organisation of any size: people in units, groups
// in groups, and an access control list for every database. It writes it for
// slapd and for aclens, and knows by itself, slowly, what the right answers are.
//
// It promises that equal sizes and seeds give equal bytes, and that its answers
// owe nothing to the program that is measured. It refuses names and lists that
// are contested: whatever it makes has one reading.
package company

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

// Size says how large a company is. Equal sizes make equal companies.
type Size struct {
	People      int
	Groups      int
	Depth       int // layers of groups
	FanOut      int // groups that a group of the next layer up holds, on average
	Memberships int // groups that a person is in directly, on average
	Databases   int
	Entries     int // entries of an access control list
	Seed        uint64
}

// Where things stand in the tree.
const (
	Suffix     = "o=Acme"
	Reader     = "cn=reader,ou=Services,o=Acme" // the account that asks
	Password   = "reader"                       // its password, on 127.0.0.1 only
	groupsBase = "ou=Groups,o=Acme"
	units      = 40
)

// Company is a made-up organisation. It is not changed once it is made.
type Company struct {
	Size
	members [][]int32 // people of a group
	inner   [][]int32 // groups of a group
	direct  [][]int32 // groups of a person, the reverse of members
	outer   [][]int32 // groups around a group, the reverse of inner
	lists   []list    // a database each
	tops    int       // the first so many groups are in no other
}

// New makes a company up.
func New(size Size) *Company {
	size.Depth, size.FanOut = max(size.Depth, 1), max(size.FanOut, 1)
	c := &Company{Size: size}
	r := rand.New(rand.NewPCG(size.Seed, 0xac1e45))
	c.nest(r)
	c.join(r)
	for n := range size.Databases {
		c.lists = append(c.lists, c.list(r, n))
	}
	return c
}

// nest puts each group into one of the layer above, and one in twenty into two.
// Layers grow by the fan-out, so that the closures stay those of trees.
func (c *Company) nest(r *rand.Rand) {
	c.inner, c.outer = make([][]int32, c.Groups), make([][]int32, c.Groups)
	tree, width := 0, 1
	for range c.Depth {
		tree, width = tree+width, width*c.FanOut
	}
	c.tops = min(max(1, c.Groups/tree), c.Groups)
	if c.Depth == 1 {
		c.tops = c.Groups
	}
	above, first := 0, c.tops
	width = c.tops * c.FanOut
	for layer := 1; layer < c.Depth && first < c.Groups; layer++ {
		end := min(first+width, c.Groups)
		if layer == c.Depth-1 {
			end = c.Groups // the last layer takes what the division left over
		}
		for g := first; g < end; g++ {
			c.put(above+r.IntN(first-above), g)
			if r.IntN(20) == 0 {
				c.put(above+r.IntN(first-above), g)
			}
		}
		above, first, width = first, end, width*c.FanOut
	}
}

// put nests a group in another, once.
func (c *Company) put(outer, inner int) {
	for _, o := range c.outer[inner] {
		if int(o) == outer {
			return
		}
	}
	c.inner[outer] = append(c.inner[outer], int32(inner))
	c.outer[inner] = append(c.outer[inner], int32(outer))
}

// join gives every group a person, since groupOfNames must not be empty
// (RFC 4519 section 3.5), and every person groups.
func (c *Company) join(r *rand.Rand) {
	c.members, c.direct = make([][]int32, c.Groups), make([][]int32, c.People)
	for g := range c.Groups {
		c.enter(r.IntN(c.People), g)
	}
	if c.Groups == 0 {
		return
	}
	for i := range c.People {
		for len(c.direct[i]) < min(c.Memberships, c.Groups) {
			c.enter(i, r.IntN(c.Groups))
		}
	}
}

func (c *Company) enter(person, group int) {
	for _, g := range c.direct[person] {
		if int(g) == group {
			return
		}
	}
	c.direct[person] = append(c.direct[person], int32(group))
	c.members[group] = append(c.members[group], int32(person))
}

var firstNames = strings.Fields("Jane John Mary Rob Ann Tom Eva Ben Clara Hugo Greta Max")

// UID is the log-in name of a person.
func (c *Company) UID(i int) string { return fmt.Sprintf("u%07d", i) }

// Common is the common name of a person.
func (c *Company) Common(i int) string {
	return fmt.Sprintf("%s Doe %07d", firstNames[i%len(firstNames)], i)
}

// Mail is the address of a person.
func (c *Company) Mail(i int) string { return c.UID(i) + "@acme.example" }

// DN is where a person stands.
func (c *Company) DN(i int) string {
	return fmt.Sprintf("cn=%s,ou=Unit %02d,%s", c.Common(i), i%units, Suffix)
}

// GroupDN is where a group stands.
func (c *Company) GroupDN(g int) string { return fmt.Sprintf("cn=Group %06d,%s", g, groupsBase) }

// Key is the key of a database (section 3 of docs/contract.md).
func (c *Company) Key(n int) string { return fmt.Sprintf("apps/area%02d/db%04d.nsf", n%25, n) }

// TopGroup is one of the groups that are in no other.
func (c *Company) TopGroup(n int) int { return n % c.tops }

// Tops counts the groups that are in no other.
func (c *Company) Tops() int { return c.tops }

// Direct counts all direct memberships, those of groups included.
func (c *Company) Direct() int {
	n := 0
	for g := range c.members {
		n += len(c.members[g]) + len(c.inner[g])
	}
	return n
}

package database

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/aclens/aclens/resolver/name"
)

// Options are the choices of the configuration that name databases.
type Options struct {
	HomeServers []string          // Notes names; the path on the first that holds a database is its key
	Aliases     map[string]string // alias to key, path, replica id or long form
	Include     []string          // globs on keys, or names of single databases; empty means all
	Exclude     []string          // the same; wins over Include
	Unasked     bool              // nobody wrote Exclude: that it selects nothing is no problem
}

// Database is everything known under one key.
type Database struct {
	Index     int          // position in the Set
	Key       string       // escaped
	Alias     []string     // sorted
	ReplicaID string       // 16 hex digits, upper case, or empty when not known
	Title     string       // that of the primary instance, else of the first that has one
	Primary   *Instance    // the instance that the key names: it gives the answer
	Instances []*Instance  // the primary one first, then by home server, server and path
	Replicas  []Difference // the instances whose ACL is not the primary one's (rule 6.5)
}

// Arrange says which instances are one database and what each database is
// called (docs/contract.md, section 3). The answer does not depend on the order
// of the instances, which it keeps and does not change.
//
// Instances are one database when they have one replica id; the primary one
// lies on the first home server that holds any, else it is a bare export, else
// it is the first by server and path. Where that server holds several files of
// the replica id, each is a database of its own, so that a copied file never
// answers for the original; the replica id then names none of them.
//
// An error means that a key could change its meaning, and names the files:
// several servers without HomeServers, one file given twice or in two spellings,
// two databases of one key, a text that names two databases, an alias that is
// another database's key. Everything else is a Problem, sorted by kind.
func Arrange(instances []*Instance, o Options) (*Set, []Problem, error) {
	a := arrangement{options: o}
	steps := []func() error{
		func() error { return a.read(instances) },
		a.checkPlaces,
		a.findHomes,
		a.form,
		a.order,
		a.nameAliases,
		a.comparePrimaries,
	}
	for _, step := range steps {
		if err := step(); err != nil {
			return nil, nil, fmt.Errorf("arranging databases: %w", err)
		}
	}
	sortProblems(a.problems)
	return a.set, a.problems, nil
}

// arrangement is the state on which the steps of Arrange work.
type arrangement struct {
	options  Options
	items    []*item // sorted by home rank, place and spelling, once findHomes has run
	homes    []name.Name
	problems []Problem
	set      *Set
}

// item is an instance with what is needed to place it.
type item struct {
	in   *Instance
	at   place
	id   string // replica id, or empty
	rank int    // place among the home servers; then bare exports, then all other servers
}

func (a *arrangement) problem(kind, subject, format string, args ...any) {
	a.problems = append(a.problems, Problem{kind, subject, fmt.Sprintf(format, args...)})
}

// unsetReplicaID is what a file without a replica id of its own may carry; it
// must not make one database of all such files.
const unsetReplicaID = "0000000000000000"

func (a *arrangement) read(instances []*Instance) error {
	var wrong faults
	room := make([]item, len(instances))
	for n, in := range instances {
		it := &room[n]
		*it = item{in: in, at: placeOf(in)}
		if in.ReplicaID != "" {
			id, ok := name.ReplicaID(in.ReplicaID)
			if !ok {
				wrong.add("%s: replica id %q is not 16 hexadecimal digits", in.Origin, in.ReplicaID)
			}
			it.id = id
		}
		if it.id == unsetReplicaID {
			it.id = ""
		}
		if it.at.path == "" {
			wrong.add("%s: the database has no path", in.Origin)
		}
		if in.List == nil {
			wrong.add("%s: %s has no ACL", in.Origin, LongForm(in))
		}
		a.items = append(a.items, it)
	}
	slices.Sort(wrong)
	a.sortItems()
	return wrong.err()
}

func (a *arrangement) sortItems() {
	slices.SortFunc(a.items, func(x, y *item) int {
		return cmp.Or(cmp.Compare(x.rank, y.rank), cmp.Compare(x.at.server, y.at.server), cmp.Compare(x.at.path, y.at.path),
			cmp.Compare(x.in.Path, y.in.Path), cmp.Compare(x.in.Origin, y.in.Origin))
	})
}

// checkPlaces refuses one file of one server twice, in whatever spelling.
func (a *arrangement) checkPlaces() error {
	var wrong faults
	for i := 1; i < len(a.items); i++ {
		x, y := a.items[i-1], a.items[i]
		if x.at != y.at {
			continue
		}
		px, py := strings.ReplaceAll(x.in.Path, `\`, "/"), strings.ReplaceAll(y.in.Path, `\`, "/")
		if px == py {
			wrong.add("%s is given twice, by %s and %s", LongForm(x.in), x.in.Origin, y.in.Origin)
			continue
		}
		wrong.add("%s is given in two spellings that differ only in case or spaces, %q by %s and %q by %s",
			LongForm(x.in), px, x.in.Origin, py, y.in.Origin)
	}
	return wrong.err()
}

// findHomes settles the home servers and ranks the instances by them.
func (a *arrangement) findHomes() error {
	servers := a.firstByServer()
	for _, s := range a.options.HomeServers {
		n := name.Parse(s)
		if n.IsZero() || slices.ContainsFunc(a.homes, func(h name.Name) bool { return h.Key() == n.Key() }) {
			continue
		}
		a.homes = append(a.homes, n)
		if !slices.ContainsFunc(servers, func(it *item) bool { return it.at.server == n.Key() }) && len(a.items) > 0 {
			a.problem(HomeServerUnused, n.Abbreviated(), "no database comes from home server %s", n.Abbreviated())
		}
	}
	if len(a.homes) == 0 && len(servers) > 1 {
		return severalServers(servers)
	}
	if len(a.homes) == 0 && len(servers) == 1 {
		a.homes = append(a.homes, servers[0].in.Server)
	}
	for _, it := range a.items {
		it.rank = a.rankOf(it)
	}
	a.sortItems()
	return nil
}

// firstByServer is one instance of every server; bare exports have none.
func (a *arrangement) firstByServer() []*item {
	var first []*item
	for i, it := range a.items {
		if it.at.server != "" && (i == 0 || a.items[i-1].at.server != it.at.server) {
			first = append(first, it)
		}
	}
	return first
}

func (a *arrangement) rankOf(it *item) int {
	if it.at.server == "" {
		return len(a.homes)
	}
	for rank, h := range a.homes {
		if h.Key() == it.at.server {
			return rank
		}
	}
	return len(a.homes) + 1
}

// isHome tells whether the path alone is the key.
func (a *arrangement) isHome(it *item) bool { return it.rank <= len(a.homes) }

// maxListed is how many things of a kind one message names.
const maxListed = 5

func severalServers(servers []*item) error {
	var texts []string
	for _, it := range servers[:min(len(servers), maxListed)] {
		texts = append(texts, fmt.Sprintf("%s in %s", it.in.Server.Abbreviated(), it.in.Origin))
	}
	if more := len(servers) - len(texts); more > 0 {
		texts = append(texts, fmt.Sprintf("%d more", more))
	}
	return fmt.Errorf("databases.homeServers is empty and the exports come from several servers (%s): "+
		"name there the servers whose paths are to be the keys", strings.Join(texts, "; "))
}

package database

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/aclens/aclens/resolver/name"
)

// form makes databases of the instances and leaves out what is not included.
func (a *arrangement) form() error {
	filter := newFilter(a.options)
	a.set = newSet(len(a.items))
	for _, group := range a.byReplica() {
		leaders, followers := a.split(group)
		leaders = slices.DeleteFunc(leaders, func(it *item) bool { return !filter.takes(a.keyOf(it), it) })
		if len(leaders) == 0 {
			continue
		}
		a.add(leaders, followers)
	}
	if len(a.items) > 0 {
		a.problems = append(a.problems, filter.problems()...)
	}
	return nil
}

// byReplica gathers the instances of one replica id, in order; one without is
// alone.
func (a *arrangement) byReplica() [][]*item {
	groups := make([][]*item, 0, len(a.items))
	seen := make(map[string]int, len(a.items))
	for _, it := range a.items {
		if n, ok := seen[it.id]; ok && it.id != "" {
			groups[n] = append(groups[n], it)
			continue
		}
		seen[it.id] = len(groups)
		groups = append(groups, []*item{it})
	}
	return groups
}

// split parts the instances on the server that names the database from those
// elsewhere. The group is sorted, so its first instance lies on that server.
func (a *arrangement) split(group []*item) (leaders, followers []*item) {
	n := 1
	for n < len(group) && group[n].at.server == group[0].at.server {
		n++
	}
	return slices.Clone(group[:n]), group[n:]
}

func (a *arrangement) keyOf(it *item) string {
	if a.isHome(it) {
		return EscapeKey(it.at.path)
	}
	return LongForm(it.in)
}

// add makes a database of every leader. A follower goes to the one of its own
// path, else to the first; it answers under its long form alone.
func (a *arrangement) add(leaders, followers []*item) {
	made := make([]*Database, len(leaders))
	for n, it := range leaders {
		made[n] = &Database{Key: a.keyOf(it), ReplicaID: it.id, Primary: it.in, Instances: []*Instance{it.in}}
	}
	for _, it := range followers {
		n := max(0, slices.IndexFunc(leaders, func(l *item) bool { return l.at.path == it.at.path }))
		made[n].Instances = append(made[n].Instances, it.in)
	}
	for _, d := range made {
		d.Title = titleOf(d)
	}
	a.set.databases = append(a.set.databases, made...)
	a.reportGroup(leaders, followers, made)
}

func titleOf(d *Database) string {
	for _, in := range d.Instances {
		if in.Title != "" {
			return in.Title
		}
	}
	return ""
}

func (a *arrangement) reportGroup(leaders, followers []*item, made []*Database) {
	first := leaders[0]
	if len(leaders) > 1 {
		a.problem(CopiesOnServer, first.id, "%d files have this replica id: %s; each is a database of its own, and the replica id names none of them",
			len(leaders), listItems(leaders))
	}
	if !a.isHome(first) && len(followers) > 0 {
		a.problem(NoHomeInstance, made[0].Key, "no home server holds this database, so its key may change when another export arrives; it lies at %s",
			listItems(append(leaders, followers...)))
	}
}

// listItems names instances with their files.
func listItems(items []*item) string {
	var texts []string
	for _, it := range items[:min(len(items), maxListed)] {
		texts = append(texts, described(it.in))
	}
	if more := len(items) - len(texts); more > 0 {
		texts = append(texts, fmt.Sprintf("%d more", more))
	}
	return strings.Join(texts, ", ")
}

func described(in *Instance) string { return fmt.Sprintf("%s (%s)", LongForm(in), in.Origin) }

// order sorts the databases, refuses two of one key, and builds the ways to
// find them.
func (a *arrangement) order() error {
	slices.SortFunc(a.set.databases, func(x, y *Database) int {
		return cmp.Or(cmp.Compare(x.Key, y.Key), cmp.Compare(x.Primary.Server.Key(), y.Primary.Server.Key()))
	})
	var wrong faults
	seen := make(map[string]*Database, a.set.Len())
	for n, d := range a.set.databases {
		d.Index = n
		folded := name.Fold(d.Key)
		if other := seen[folded]; other != nil {
			wrong.add("key %q would name two databases, %s and %s: exclude one of them by replica id or long form, or take its server out of databases.homeServers",
				d.Key, described(other.Primary), described(d.Primary))
			continue
		}
		seen[folded] = d
		a.set.index(d, folded)
	}
	if err := wrong.err(); err != nil {
		return err
	}
	return a.set.checkNames()
}

// comparePrimaries holds every instance against the one that gives the answer.
func (a *arrangement) comparePrimaries() error {
	for _, d := range a.set.databases {
		for _, in := range d.Instances[1:] {
			if words := Compare(d.Primary, in); len(words) > 0 {
				d.Replicas = append(d.Replicas, Difference{in, words})
			}
		}
		if len(d.Replicas) > 0 {
			a.problem(ReplicasDiffer, d.Key, "%s", differing(d))
		}
	}
	return nil
}

// differing is the sentence about replicas with different ACLs (rule 6.5).
func differing(d *Database) string {
	texts := make([]string, 0, maxListed)
	for _, r := range d.Replicas[:min(len(d.Replicas), maxListed)] {
		words := r.Words[:min(len(r.Words), maxListed)]
		text := described(r.Instance) + ": " + strings.Join(words, "; ")
		if more := len(r.Words) - len(words); more > 0 {
			text += fmt.Sprintf("; and %d more", more)
		}
		texts = append(texts, text)
	}
	if more := len(d.Replicas) - len(texts); more > 0 {
		texts = append(texts, fmt.Sprintf("%d more instances", more))
	}
	return fmt.Sprintf("%s gives the answer, and other instances have another ACL (rule 6.5). %s", described(d.Primary), strings.Join(texts, ". "))
}

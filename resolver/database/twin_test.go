package database

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/aclens/aclens/resolver/name"
)

// slowArrange is section 3 of the contract said as slowly as possible: for
// every instance its key, or an error. It knows ASCII paths only.
type slowSet struct {
	instances []*Instance
	homes     []string
	left      map[*Instance]bool // excluded, or led by nothing that is included
}

func (s *slowSet) rank(i *Instance) string {
	if i.Server.IsZero() {
		return fmt.Sprint(len(s.homes))
	}
	if n := slices.Index(s.homes, i.Server.Abbreviated()); n >= 0 {
		return fmt.Sprint(n)
	}
	return fmt.Sprint(len(s.homes)+1, i.Server.Key())
}

func (s *slowSet) together(a, b *Instance) bool {
	return a == b || a.ReplicaID != "" && a.ReplicaID == b.ReplicaID
}

// names tells whether the instance's path or long form is a key.
func (s *slowSet) names(i *Instance) bool {
	for _, j := range s.instances {
		if s.together(i, j) && s.rank(j) < s.rank(i) {
			return false
		}
	}
	return true
}

func slowPath(i *Instance) string {
	path := strings.ToLower(strings.ReplaceAll(i.Path, `\`, "/"))
	path = strings.ReplaceAll(path, "%", "%25")
	return strings.ReplaceAll(path, "#", "%23")
}

func slowLong(i *Instance) string {
	if i.Server.IsZero() {
		return slowPath(i)
	}
	return i.Server.Abbreviated() + "!!" + slowPath(i)
}

func (s *slowSet) key(i *Instance) string {
	if i.Server.IsZero() || slices.Contains(s.homes, i.Server.Abbreviated()) {
		return slowPath(i)
	}
	return slowLong(i)
}

// leader is the instance that gives the key of i's database.
func (s *slowSet) leader(i *Instance) *Instance {
	var best *Instance
	for _, j := range s.instances {
		if !s.together(i, j) || !s.names(j) || s.left[j] {
			continue
		}
		if j == i || best == nil {
			best = j
			continue
		}
		samePath, bestSamePath := slowPath(j) == slowPath(i), slowPath(best) == slowPath(i)
		if best != i && (samePath && !bestSamePath || samePath == bestSamePath && slowPath(j) < slowPath(best)) {
			best = j
		}
	}
	if s.names(i) && best != i {
		return nil
	}
	return best
}

// means lists what a text means, each "leader>instance" once.
func (s *slowSet) means(text string) []string {
	var found []string
	add := func(lead, i *Instance) {
		if m := lead.Origin + ">" + i.Origin; !slices.Contains(found, m) {
			found = append(found, m)
		}
	}
	low := strings.ToLower(text)
	var sharing []*Instance
	for _, i := range s.instances {
		lead := s.leader(i)
		if lead == nil {
			continue
		}
		if low == strings.ToLower(slowLong(i)) || !i.Server.IsZero() && low == strings.ToLower(i.Server.Canonical()+"!!"+slowPath(i)) {
			add(lead, i)
		}
		if lead == i && low == strings.ToLower(s.key(i)) {
			add(i, i)
		}
		if lead == i && strings.ReplaceAll(low, ":", "") == strings.ToLower(i.ReplicaID) && low != "" {
			sharing = append(sharing, i)
		}
	}
	switch len(sharing) {
	case 0:
	case 1:
		add(sharing[0], sharing[0])
	default:
		found = append(found, "copies")
	}
	return found
}

// refused tells whether the instances cannot stand together.
func (s *slowSet) refused(homesGiven bool) bool {
	servers := map[string]bool{}
	for n, i := range s.instances {
		for _, j := range s.instances[:n] {
			if strings.EqualFold(slowLong(i), slowLong(j)) && i.Server.Key() == j.Server.Key() {
				return true
			}
		}
		if !i.Server.IsZero() {
			servers[i.Server.Abbreviated()] = true
		}
	}
	if !homesGiven && len(servers) > 1 {
		return true
	}
	for _, i := range s.instances {
		lead := s.leader(i)
		if lead == nil {
			continue
		}
		texts := []string{slowLong(i)}
		if lead == i {
			texts = append(texts, s.key(i))
			if m := s.means(i.ReplicaID); i.ReplicaID != "" && !slices.Equal(m, []string{"copies"}) {
				texts = append(texts, i.ReplicaID)
			}
		}
		for _, text := range texts {
			if len(s.means(text)) != 1 {
				return true
			}
		}
	}
	return false
}

// chance makes instances that often collide.
func chance(r *rand.Rand) ([]*Instance, Options) {
	servers := []string{"", "Hub1/Acme", "Web1/Acme", "App1/East/Acme", "Hub1/Acme"}
	paths := []string{"a.nsf", "A.nsf", `x\a.nsf`, "x/b.nsf", "b#1.nsf", "c%23.nsf", "d", "e", "f", "g", "h", strings.ToLower(ridB), "web1/acme!!a.nsf"}
	ids := []string{"", "", ridA, ridB, ridC, "C1258A2F004B7D13", "C1258A2F004B7D14"}
	var in []*Instance
	for n := range r.IntN(7) {
		i := at(servers[r.IntN(len(servers))], paths[r.IntN(len(paths))], ids[r.IntN(len(ids))])
		i.Origin = fmt.Sprintf("file%d", n)
		in = append(in, i)
	}
	o := Options{HomeServers: [][]string{nil, {"Hub1/Acme"}, {"Web1/Acme", "Hub1/Acme"}, {"Other/Acme"}}[r.IntN(4)]}
	if r.IntN(3) == 0 {
		o.Exclude = []string{[]string{"x/**", "a.nsf", "**!!**", "?", ridA}[r.IntN(5)]}
	}
	return in, o
}

func slowly(in []*Instance, o Options) *slowSet {
	s := &slowSet{instances: in, homes: o.HomeServers, left: map[*Instance]bool{}}
	for _, i := range in {
		if len(o.HomeServers) == 0 && !i.Server.IsZero() {
			s.homes = []string{i.Server.Abbreviated()}
		}
	}
	for _, i := range in {
		for _, glob := range o.Exclude {
			id := i.ReplicaID != "" && glob == i.ReplicaID
			if s.names(i) && (id || slowGlob(glob).MatchString(strings.ToLower(s.key(i)))) {
				s.left[i] = true
			}
		}
	}
	return s
}

func TestArrangeAgreesWithItsTwin(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	accepted := 0
	for range 2_500 {
		in, o := chance(r)
		slow := slowly(in, o)
		s, _, err := Arrange(in, o)
		if refused := slow.refused(len(o.HomeServers) > 0); refused != (err != nil) {
			t.Fatalf("%s, %+v: error %v, want one: %v", listed(in), o, err, refused)
		}
		if err != nil {
			continue
		}
		accepted++
		holdAgainst(t, s, slow, o)
	}
	if accepted < 500 {
		t.Errorf("only %d sets were accepted", accepted)
	}
}

func listed(in []*Instance) string {
	var texts []string
	for _, i := range in {
		texts = append(texts, slowLong(i)+" "+i.ReplicaID+" "+i.Origin)
	}
	return strings.Join(texts, "; ")
}

func holdAgainst(t *testing.T, s *Set, slow *slowSet, o Options) {
	t.Helper()
	var want []string
	texts := []string{ridA, ridB, ridC, "a.nsf", "d", "Hub1/Acme!!a.nsf", "web1/acme!!a.nsf"}
	for _, i := range slow.instances {
		lead := slow.leader(i)
		if lead == i {
			want = append(want, slow.key(i)+" "+i.Origin)
		}
		texts = append(texts, slowLong(i), i.Server.Canonical()+"!!"+slowPath(i), slowPath(i), strings.ToUpper(slowLong(i)))
	}
	var got []string
	for _, d := range s.All() {
		got = append(got, d.Key+" "+d.Primary.Origin)
	}
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Fatalf("%s, %+v: keys %q, want %q", listed(slow.instances), o, got, want)
	}
	for _, text := range texts {
		var found []string
		if d, in, ok := s.Find(text); ok {
			found = []string{d.Primary.Origin + ">" + in.Origin}
		}
		want := slow.means(text)
		if len(want) != 1 || want[0] == "copies" {
			want = nil
		}
		if !slices.Equal(found, want) {
			t.Fatalf("%s, %+v: %q finds %q, want %q", listed(slow.instances), o, text, found, want)
		}
	}
}

// whole writes everything that Arrange says.
func whole(s *Set, problems []Problem, err error) string {
	if err != nil {
		return err.Error()
	}
	var b strings.Builder
	for _, d := range s.All() {
		fmt.Fprintf(&b, "%d %s %q %s %q", d.Index, d.Key, d.Alias, d.ReplicaID, d.Title)
		for _, i := range d.Instances {
			fmt.Fprintf(&b, " %s", i.Origin)
		}
		for _, x := range d.Replicas {
			fmt.Fprintf(&b, " %s %q", x.Instance.Origin, x.Words)
		}
		b.WriteByte('\n')
	}
	fmt.Fprintf(&b, "%q", problems)
	return b.String()
}

func TestTheOrderOfInstancesDoesNotMatter(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	for n := range 800 {
		in, o := chance(r)
		o.Aliases = map[string]string{"one": "a.nsf", "two": ridA, "d": "d", "four": "Web1/Acme!!d"}
		for _, i := range in {
			i.List = randomList(r)
			if n%4 == 0 {
				i.Origin = "one file"
			}
		}
		want := whole(Arrange(in, o))
		for range 4 {
			r.Shuffle(len(in), func(i, j int) { in[i], in[j] = in[j], in[i] })
			if got := whole(Arrange(in, o)); got != want {
				t.Fatalf("%s:\n%s\nand in another order\n%s", listed(in), want, got)
			}
		}
	}
}

// many are n databases, each on a home server and two others; one in twenty
// replicas has an ACL of its own.
func many(n int) []*Instance {
	servers := []name.Name{name.Parse("CN=Hub1/O=Acme"), name.Parse("CN=Web1/O=Acme"), name.Parse("CN=App1/OU=East/O=Acme")}
	r := rand.New(rand.NewPCG(7, 8))
	var in []*Instance
	for i := range n {
		usual := longList(r)
		for _, server := range servers {
			l := *usual
			if l.Entries = slices.Clone(l.Entries); r.IntN(20) == 0 {
				l.Entries = longList(r).Entries
			}
			in = append(in, &Instance{Server: server, Path: fmt.Sprintf(`Apps\Team%d\Database%d.nsf`, i%50, i), ReplicaID: fmt.Sprintf("%016X", i+1),
				Origin: "export", List: sealed(l)})
		}
	}
	r.Shuffle(len(in), func(i, j int) { in[i], in[j] = in[j], in[i] })
	return in
}

func BenchmarkArrange5000Databases(b *testing.B) {
	in := many(5000)
	o := Options{HomeServers: []string{"Hub1/Acme"}, Include: []string{"**"}, Exclude: []string{"mail/**"}, Aliases: map[string]string{"crm": "apps/team1/database1.nsf"}}
	for b.Loop() {
		if s, _, err := Arrange(in, o); err != nil || s.Len() != 5000 {
			b.Fatal(err)
		}
	}
}

func BenchmarkFind(b *testing.B) {
	s, _, err := Arrange(many(5000), Options{HomeServers: []string{"Hub1/Acme"}})
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, _, ok := s.Find("apps/team1/database1.nsf"); !ok {
			b.Fatal("not found")
		}
	}
}

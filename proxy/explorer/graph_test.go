package explorer

import (
	"encoding/xml"
	"fmt"
	"math/rand/v2"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/aclens/aclens/proxy/inquiry"
)

// randomChains are groups in layers as inquiry has them: an edge leads at most
// one layer up, and may come back.
func randomChains(r *rand.Rand, n int) *inquiry.Chains {
	c := &inquiry.Chains{Nodes: []inquiry.Node{{GroupRef: inquiry.GroupRef{Group: "Jane <Doe> & \"co\""}}}}
	for i := 1; i <= n; i++ {
		from := r.IntN(i)
		label := fmt.Sprintf("Group %d %s", i, strings.Repeat("wide ", r.IntN(9)))
		c.Nodes = append(c.Nodes, inquiry.Node{GroupRef: inquiry.GroupRef{Group: label, DN: "cn=" + label, Counts: r.IntN(2) == 0}, Layer: c.Nodes[from].Layer + 1, Named: r.IntN(3) == 0})
		c.Edges = append(c.Edges, inquiry.Edge{From: from, To: i, Told: true})
		if i > 1 && r.IntN(3) == 0 {
			c.Edges = append(c.Edges, inquiry.Edge{From: i, To: 1 + r.IntN(i-1), Told: true})
		}
	}
	return c
}

func TestADrawnGraphIsReadable(t *testing.T) {
	for _, n := range []int{1, 2, 5, 30, 120, inquiry.MaxNodes} {
		for seed := range uint64(6) {
			c := randomChains(rand.New(rand.NewPCG(seed, uint64(n))), n)
			svg := string(drawChains(c, "How \"Jane\" is in groups"))
			if err := xml.Unmarshal([]byte(svg), new(any)); err != nil && !strings.Contains(err.Error(), "unknown type") {
				t.Fatalf("%d groups: %v", n, err)
			}
			boxes := boxesOf(t, svg)
			if len(boxes) != n+1 || strings.Count(svg, `class="edge`) != len(c.Edges) {
				t.Errorf("%d boxes, %d edges of %d", len(boxes), strings.Count(svg, `class="edge`), len(c.Edges))
			}
			for i, a := range boxes {
				if a[0] < 0 || a[1] < 0 || a[0]+a[2] > size(t, svg, "width") || a[1]+boxHeight > size(t, svg, "height") {
					t.Errorf("%d groups: box %v is not in the picture", n, a)
				}
				for _, b := range boxes[:i] {
					if a[0] < b[0]+b[2] && b[0] < a[0]+a[2] && a[1] < b[1]+boxHeight && b[1] < a[1]+boxHeight {
						t.Fatalf("%d groups: boxes %v and %v overlap", n, a, b)
					}
				}
			}
		}
	}
}

var rects = regexp.MustCompile(`<rect x="(-?\d+)" y="(-?\d+)" width="(\d+)"`)

func boxesOf(t *testing.T, svg string) [][3]int {
	t.Helper()
	var list [][3]int
	for _, m := range rects.FindAllStringSubmatch(svg, -1) {
		var b [3]int
		for i := range b {
			b[i], _ = strconv.Atoi(m[i+1])
		}
		list = append(list, b)
	}
	return list
}

func size(t *testing.T, svg, what string) int {
	t.Helper()
	m := regexp.MustCompile(` ` + what + `="(\d+)"`).FindStringSubmatch(svg)
	if m == nil {
		t.Fatalf("the picture has no %s", what)
	}
	n, _ := strconv.Atoi(m[1])
	return n
}

// The order of boxes is there to keep lines from crossing: it must not be worse
// than the order of names, which it begins with.
func TestOrderingUntanglesLines(t *testing.T) {
	better := 0
	for seed := range uint64(20) {
		c := randomChains(rand.New(rand.NewPCG(seed, 77)), 40)
		plain := &drawing{chains: c, boxes: make([]box, len(c.Nodes))}
		plain.layer()
		plain.place()
		ordered := &drawing{chains: c, boxes: make([]box, len(c.Nodes))}
		ordered.layer()
		ordered.order()
		ordered.place()
		if crossings(ordered) < crossings(plain) {
			better++
		}
	}
	if better < 16 {
		t.Errorf("only %d of 20 graphs have fewer crossings than in no order", better)
	}
}

func crossings(d *drawing) int {
	n := 0
	for i, a := range d.chains.Edges {
		for _, b := range d.chains.Edges[:i] {
			a1, a2, b1, b2 := d.boxes[a.From], d.boxes[a.To], d.boxes[b.From], d.boxes[b.To]
			if a1.x == b1.x && a2.x == b2.x && a2.x > a1.x && (a1.y-b1.y)*(a2.y-b2.y) < 0 {
				n++
			}
		}
	}
	return n
}

func TestAnAgeInWords(t *testing.T) {
	for age, want := range map[time.Duration]string{
		0: "just now", -time.Hour: "just now", 59 * time.Second: "just now", time.Minute: "1 minute ago", 119 * time.Minute: "1 hour ago",
		47 * time.Hour: "1 day ago", 48 * time.Hour: "2 days ago",
	} {
		if got := ago(age); got != want {
			t.Errorf("%s is %q, want %q", age, got, want)
		}
	}
}

// Whoever logs in goes where the form says, but never elsewhere.
func TestALogInLeadsHomeAlone(t *testing.T) {
	for to, want := range map[string]string{
		"/person?user=jdoe": "/person?user=jdoe", "": "/", "//evil.example/": "/", "https://evil.example/": "/", "/\\evil.example": "/",
		"javascript:alert(1)": "/", "person": "/", "/a\nb": "/", "http:/x": "/",
	} {
		if got := home(to); got != want {
			t.Errorf("%q leads to %q, want %q", to, got, want)
		}
	}
}

package explorer

import (
	"cmp"
	"fmt"
	"html"
	"html/template"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/aclens/aclens/proxy/inquiry"
)

// Measures of a drawn graph, in the units of its picture.
const (
	boxHeight  = 30
	boxGap     = 10
	columnGap  = 88
	letter     = 8.4 // width, about: bold letters of a wide face
	boxPadding = 26
	longest    = 34 // characters of a name before it is cut
	edgeSpace  = 14 // around everything
)

// drawing is a graph in columns: who one starts from on the left, each group to
// the right of the nearest that leads to it.
type drawing struct {
	chains  *inquiry.Chains
	columns [][]int // positions of nodes, top to bottom
	boxes   []box   // by position
	width   int
	height  int
}

type box struct{ x, y, width int }

// drawChains draws how somebody is in groups, as SVG. Groups that an ACL names
// have a thick frame, those that do not count in ACLs a broken one. The picture
// is said by the text and by a table beside it.
func drawChains(c *inquiry.Chains, says string) template.HTML {
	d := &drawing{chains: c, boxes: make([]box, len(c.Nodes))}
	d.layer()
	d.order()
	d.place()
	var b strings.Builder
	fmt.Fprintf(&b, `<svg class="graph" role="group" aria-label="%s" width="%d" height="%d" viewBox="0 0 %[2]d %[3]d">`,
		html.EscapeString(says), d.width, d.height)
	b.WriteString(`<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto-start-reverse"><path class="tip" d="M0 .8 7 4 0 7.2z"/></marker></defs>`)
	for _, e := range c.Edges {
		d.edge(&b, e)
	}
	for i := range c.Nodes {
		d.node(&b, i)
	}
	b.WriteString("</svg>")
	return template.HTML(b.String()) //nolint:gosec // names are escaped where they are written
}

func (d *drawing) layer() {
	for i, n := range d.chains.Nodes {
		for len(d.columns) <= n.Layer {
			d.columns = append(d.columns, nil)
		}
		d.columns[n.Layer] = append(d.columns[n.Layer], i)
	}
	d.columns = slices.DeleteFunc(d.columns, func(c []int) bool { return len(c) == 0 })
}

// order puts nodes near those that they are joined to: each column by the mean
// place of its neighbours in the column before, and back again.
func (d *drawing) order() {
	row := make([]float64, len(d.chains.Nodes))
	number := func(column []int) {
		for at, i := range column {
			row[i] = float64(at) - float64(len(column))/2
		}
	}
	for _, column := range d.columns {
		slices.SortStableFunc(column, func(a, b int) int { return cmp.Compare(d.chains.Nodes[a].Group, d.chains.Nodes[b].Group) })
		number(column)
	}
	before, after := d.neighbours()
	for sweep := range 6 {
		for step := range d.columns {
			column, joined := d.columns[step], before
			if sweep%2 == 1 {
				column, joined = d.columns[len(d.columns)-1-step], after
			}
			slices.SortStableFunc(column, func(a, b int) int { return cmp.Compare(mean(joined[a], row, a), mean(joined[b], row, b)) })
			number(column)
		}
	}
}

// neighbours are the nodes from which edges come and to which they go.
func (d *drawing) neighbours() (before, after map[int][]int) {
	before, after = map[int][]int{}, map[int][]int{}
	for _, e := range d.chains.Edges {
		before[e.To] = append(before[e.To], e.From)
		after[e.From] = append(after[e.From], e.To)
	}
	return before, after
}

func mean(of []int, row []float64, self int) float64 {
	if len(of) == 0 {
		return row[self]
	}
	sum := 0.0
	for _, i := range of {
		sum += row[i]
	}
	return sum / float64(len(of))
}

// place gives every box its place; columns are centred.
func (d *drawing) place() {
	tallest := 0
	for _, column := range d.columns {
		tallest = max(tallest, len(column))
	}
	d.height = tallest*(boxHeight+boxGap) - boxGap + 2*edgeSpace
	x := edgeSpace
	for _, column := range d.columns {
		width := 0
		for _, i := range column {
			width = max(width, int(float64(utf8.RuneCountInString(cut(d.chains.Nodes[i].Group)))*letter)+boxPadding)
		}
		y := (d.height - (len(column)*(boxHeight+boxGap) - boxGap)) / 2
		for _, i := range column {
			d.boxes[i] = box{x, y, width}
			y += boxHeight + boxGap
		}
		x += width + columnGap
	}
	d.width = x - columnGap + edgeSpace + 24 // loops bulge to the right
}

// cut shortens a long name.
func cut(text string) string {
	if utf8.RuneCountInString(text) <= longest {
		return text
	}
	return string([]rune(text)[:longest-1]) + "…"
}

// edge draws an arrow from a member to the group that holds it. One that does
// not lead to the right is a chain that comes back.
func (d *drawing) edge(b *strings.Builder, e inquiry.Edge) {
	from, to := d.boxes[e.From], d.boxes[e.To]
	class := "edge"
	if !e.Told {
		class = "edge untold"
	}
	x1, y1, y2 := from.x+from.width, from.y+boxHeight/2, to.y+boxHeight/2
	if to.x > from.x {
		bend := max(columnGap/2, (to.x-x1)/2)
		fmt.Fprintf(b, `<path class="%s" d="M%d %dC%d %d %d %d %d %d" marker-end="url(#tip)"/>`, class, x1, y1, x1+bend, y1, to.x-bend, y2, to.x-2, y2)
		return
	}
	x2 := to.x + to.width
	out := max(x1, x2) + columnGap/3
	fmt.Fprintf(b, `<path class="%s back" d="M%d %dC%d %d %d %d %d %d" marker-end="url(#tip)"/>`, class, x1, y1+6, out, y1+6, out, y2-6, x2+2, y2-6)
}

func (d *drawing) node(b *strings.Builder, i int) {
	n, at := d.chains.Nodes[i], d.boxes[i]
	class, say := "box", ""
	switch {
	case i == 0:
		class = "box first"
	case n.Named:
		class, say = "box named", ", named in an ACL"
	case !n.Counts:
		class, say = "box idle", ", does not count in ACLs"
	}
	if i > 0 {
		fmt.Fprintf(b, `<a href="%s">`, html.EscapeString(groupAddress(n.DN)))
	}
	fmt.Fprintf(b, `<g class="%s"><title>%s</title><rect x="%d" y="%d" width="%d" height="%d" rx="6"/><text x="%d" y="%d">%s</text></g>`,
		class, html.EscapeString(n.Group+say), at.x, at.y, at.width, boxHeight, at.x+boxPadding/2, at.y+boxHeight/2+5, html.EscapeString(cut(n.Group)))
	if i > 0 {
		b.WriteString("</a>")
	}
}

// Package plot draws lines into an SVG file, both axes logarithmic.
//
// It promises a picture that a browser shows in light and in dark without
// fetching anything. It refuses values that have no logarithm: they are left out.
package plot

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"math"
)

// Point is one value.
type Point struct{ X, Y float64 }

// Line is a row of points with a name.
type Line struct {
	Name   string
	Points []Point
}

// Sizes of the picture, in its own units.
const (
	width, height           = 760, 440
	left, right, top, floor = 80, 50, 40, 60
	legendStep              = 18
)

var colours = []string{"#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#888888", "#000000", "#8b4513", "#9932cc"}

// LogLog draws the lines, one under the other in the legend below.
func LogLog(title, xName, yName string, lines []Line) []byte {
	a := fit(lines)
	var b bytes.Buffer
	full := height + legendStep*(len(lines)+1)
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" font-family="sans-serif" font-size="12">`+"\n", width, full)
	fmt.Fprintf(&b, `<rect width="%d" height="%d" fill="#ffffff"/>`+"\n", width, full)
	text(&b, width/2, 22, "middle", title)
	text(&b, width/2, height-14, "middle", xName)
	text(&b, 14, top-12, "start", yName)
	a.grid(&b)
	for i, l := range lines {
		a.line(&b, l, colours[i%len(colours)])
		y := height + legendStep*i + 4
		fmt.Fprintf(&b, `<line x1="%d" y1="%d" x2="%d" y2="%d" stroke="%s" stroke-width="3"/>`+"\n", left, y, left+24, y, colours[i%len(colours)])
		text(&b, left+32, float64(y+4), "start", l.Name)
	}
	b.WriteString("</svg>\n")
	return b.Bytes()
}

// axes are the exponents of ten between which everything lies.
type axes struct{ x0, x1, y0, y1 float64 }

func fit(lines []Line) axes {
	a := axes{math.Inf(1), math.Inf(-1), math.Inf(1), math.Inf(-1)}
	for _, l := range lines {
		for _, p := range l.Points {
			if p.X > 0 && p.Y > 0 {
				a.x0, a.x1 = min(a.x0, math.Log10(p.X)), max(a.x1, math.Log10(p.X))
				a.y0, a.y1 = min(a.y0, math.Log10(p.Y)), max(a.y1, math.Log10(p.Y))
			}
		}
	}
	if a.x0 > a.x1 {
		return axes{0, 1, 0, 1}
	}
	const hair = 1e-9 // logarithms of powers of ten are not quite whole
	x0, y0 := math.Floor(a.x0+hair), math.Floor(a.y0+hair)
	return axes{x0, max(x0+1, math.Ceil(a.x1-hair)), y0, max(y0+1, math.Ceil(a.y1-hair))}
}

func (a axes) x(v float64) float64 {
	return left + (math.Log10(v)-a.x0)/(a.x1-a.x0)*(width-left-right)
}

func (a axes) y(v float64) float64 {
	return height - floor - (math.Log10(v)-a.y0)/(a.y1-a.y0)*(height-top-floor)
}

// grid draws a line for every power of ten.
func (a axes) grid(b *bytes.Buffer) {
	for e := a.x0; e <= a.x1; e++ {
		x := a.x(math.Pow(10, e))
		fmt.Fprintf(b, `<line x1="%.1f" y1="%d" x2="%.1f" y2="%d" stroke="#dddddd"/>`+"\n", x, top, x, height-floor)
		text(b, x, height-floor+18, "middle", number(math.Pow(10, e)))
	}
	for e := a.y0; e <= a.y1; e++ {
		y := a.y(math.Pow(10, e))
		fmt.Fprintf(b, `<line x1="%d" y1="%.1f" x2="%d" y2="%.1f" stroke="#dddddd"/>`+"\n", left, y, width-right, y)
		text(b, left-8, y+4, "end", number(math.Pow(10, e)))
	}
}

func (a axes) line(b *bytes.Buffer, l Line, colour string) {
	var path bytes.Buffer
	for _, p := range l.Points {
		if p.X <= 0 || p.Y <= 0 {
			continue
		}
		fmt.Fprintf(&path, "%.1f,%.1f ", a.x(p.X), a.y(p.Y))
		fmt.Fprintf(b, `<circle cx="%.1f" cy="%.1f" r="3.5" fill="%s"/>`+"\n", a.x(p.X), a.y(p.Y), colour)
	}
	fmt.Fprintf(b, `<polyline points="%s" fill="none" stroke="%s" stroke-width="2"/>`+"\n", bytes.TrimSpace(path.Bytes()), colour)
}

func text(b *bytes.Buffer, x, y float64, anchor, s string) {
	fmt.Fprintf(b, `<text x="%.1f" y="%.1f" text-anchor="%s" fill="#222222">`, x, y, anchor)
	_ = xml.EscapeText(b, []byte(s)) // a buffer takes everything
	b.WriteString("</text>\n")
}

// number writes 1,000 for a thousand.
func number(v float64) string {
	if v < 1 {
		return fmt.Sprintf("%g", v)
	}
	s := fmt.Sprintf("%.0f", v)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

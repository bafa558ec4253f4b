package database

import (
	"strings"

	"github.com/aclens/aclens/resolver/name"
)

// glob is a pattern over keys: '*' stands for any text without '/', "**" for
// any text, and "**/" at the start of a folder also for no folder at all.
// Everything else stands for itself, whatever its case. Matching takes time
// proportional to pattern times text, never more.
type glob []globStep

type globStep struct {
	kind globKind
	char byte
}

type globKind uint8

const (
	oneChar    globKind = iota // char and nothing else
	anyInside                  // any run of characters but '/'
	anyAcross                  // any run of characters
	maybeTwo                   // the two steps after this one may be left out
	maxOnStack = 128           // states kept without an allocation
)

// parseGlob reads a pattern. Keys hold '/' and %23, so '\' and '#' mean these.
func parseGlob(text string) glob {
	text = name.Fold(strings.ReplaceAll(text, `\`, "/"))
	text = strings.ReplaceAll(text, "#", "%23")
	g := make(glob, 0, len(text)+2)
	for i := 0; i < len(text); {
		if text[i] != '*' {
			g = append(g, globStep{oneChar, text[i]})
			i++
			continue
		}
		start := i
		for i < len(text) && text[i] == '*' {
			i++
		}
		switch {
		case i-start == 1:
			g = append(g, globStep{kind: anyInside})
		case i < len(text) && text[i] == '/' && (start == 0 || text[start-1] == '/'):
			g = append(g, globStep{kind: maybeTwo}, globStep{kind: anyAcross}, globStep{oneChar, '/'})
			i++
		default:
			g = append(g, globStep{kind: anyAcross})
		}
	}
	return g
}

// matches tells whether the whole of a folded key fits.
func (g glob) matches(key string) bool {
	var room [2][maxOnStack]bool
	now, next := room[0][:], room[1][:]
	if len(g) >= maxOnStack {
		now, next = make([]bool, len(g)+1), make([]bool, len(g)+1)
	}
	now, next = now[:len(g)+1], next[:len(g)+1]
	now[0] = true
	for i := range len(key) {
		g.skip(now)
		if !g.step(now, next, key[i]) {
			return false
		}
		now, next = next, now
		clear(next)
	}
	g.skip(now)
	return now[len(g)]
}

// skip adds the states that are reached without reading a character.
func (g glob) skip(states []bool) {
	for i, s := range g {
		if !states[i] || s.kind == oneChar {
			continue
		}
		states[i+1] = true
		if s.kind == maybeTwo {
			states[i+3] = true
		}
	}
}

// step reads one character and tells whether any state is left.
func (g glob) step(now, next []bool, c byte) bool {
	alive := false
	for i, s := range g {
		if !now[i] {
			continue
		}
		switch {
		case s.kind == oneChar && s.char == c:
			next[i+1], alive = true, true
		case s.kind == anyAcross, s.kind == anyInside && c != '/':
			next[i], alive = true, true
		}
	}
	return alive
}

// hasWildcard tells a pattern from the name of one database.
func hasWildcard(text string) bool { return strings.Contains(text, "*") }

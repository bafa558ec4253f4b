package shadow

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Kind says what a difference is.
type Kind uint8

// The kinds of differences, the worst first.
const (
	Additional Kind = iota // aclens answers what the present server does not: perhaps a wrong yes
	Missing                // the present server answers what aclens does not: perhaps a wrong no
	Differing              // both have values, and other ones
	Result                 // the searches end with different results
	kinds
)

var kindWords = [kinds]string{"additional", "missing", "differing", "result"}

var kindTitles = [kinds]string{
	"Additional in aclens, which may be a wrong yes",
	"Missing in aclens, which may be a wrong no",
	"Differing values",
	"Differing results",
}

// String is the kind in one word.
func (k Kind) String() string { return kindWords[k] }

// MarshalText makes the word stand in JSON.
func (k Kind) MarshalText() ([]byte, error) { return []byte(k.String()), nil }

// Listed is how many differences of a kind a Report holds one by one.
const Listed = 20

// Difference is one thing that the two sides do not agree about. Without an
// Attribute it is about a whole entry, or about the result.
type Difference struct {
	Kind      Kind     `json:"kind"`
	Request   string   `json:"request"`
	DN        string   `json:"dn,omitempty"`
	Attribute string   `json:"attribute,omitempty"`
	Ours      []string `json:"ours,omitempty"`   // what the other side has not
	Theirs    []string `json:"theirs,omitempty"` // likewise
}

// Report says how far the two sides agree.
type Report struct {
	Requests   int // compared
	Entries    int // that both sides returned
	Same       int // of them: without any difference
	LeftOut    int // people beyond the limit
	Cut        int // requests that both sides ended with the same error; nothing was compared
	References int // of the present server to others, not followed

	counts   [kinds]int
	examples [kinds][]Difference
}

func (r *Report) add(d Difference) {
	r.counts[d.Kind]++
	if len(r.examples[d.Kind]) < Listed {
		r.examples[d.Kind] = append(r.examples[d.Kind], d)
	}
}

// Count is how many differences of a kind there are.
func (r *Report) Count(k Kind) int { return r.counts[k] }

// Examples are the first differences of a kind.
func (r *Report) Examples(k Kind) []Difference { return r.examples[k] }

// Differing counts all differences.
func (r *Report) Differing() int {
	n := 0
	for _, c := range r.counts {
		n += c
	}
	return n
}

// group is the differences of a kind in JSON.
type group struct {
	Kind     Kind         `json:"kind"`
	Count    int          `json:"count"`
	Examples []Difference `json:"examples"`
}

// MarshalJSON writes all kinds in their order, also those of which there are none.
func (r *Report) MarshalJSON() ([]byte, error) {
	groups := make([]group, kinds)
	for k := range kinds {
		groups[k] = group{k, r.counts[k], append([]Difference{}, r.examples[k]...)}
	}
	return json.Marshal(struct {
		Requests    int     `json:"requests"`
		Entries     int     `json:"entries"`
		Same        int     `json:"same"`
		LeftOut     int     `json:"leftOut"`
		Cut         int     `json:"cut"`
		References  int     `json:"references"`
		Differences []group `json:"differences"`
	}{r.Requests, r.Entries, r.Same, r.LeftOut, r.Cut, r.References, groups})
}

// Print writes the report for people.
func (r *Report) Print(out io.Writer) error {
	var b strings.Builder
	for k := range kinds {
		if r.counts[k] == 0 {
			continue
		}
		fmt.Fprintf(&b, "%s: %d\n", kindTitles[k], r.counts[k])
		for i := range r.examples[k] {
			r.examples[k][i].print(&b)
		}
		if more := r.counts[k] - len(r.examples[k]); more > 0 {
			fmt.Fprintf(&b, "  and %d more\n", more)
		}
		b.WriteString("\n")
	}
	fmt.Fprintf(&b, "%d searches compared, %d entries on both sides, %d of them the same, %d differences\n", r.Requests, r.Entries, r.Same, r.Differing())
	for _, x := range []struct {
		n    int
		text string
	}{
		{r.LeftOut, "people beyond --limit were not compared"},
		{r.Cut, "searches ended with the same error on both sides; nothing was compared"},
		{r.References, "references to other servers were not followed"},
	} {
		if x.n > 0 {
			fmt.Fprintf(&b, "%d %s\n", x.n, x.text)
		}
	}
	_, err := io.WriteString(out, b.String())
	return err
}

func (d *Difference) print(b *strings.Builder) {
	where := d.DN
	if d.Attribute != "" {
		where += ": " + d.Attribute
	}
	if where == "" {
		where = d.Request
	}
	fmt.Fprintf(b, "  %s\n", where)
	if d.DN != "" && d.Attribute == "" {
		fmt.Fprintf(b, "    found by %s\n", d.Request)
	}
	for _, v := range d.Ours {
		fmt.Fprintf(b, "    aclens:  %s\n", v)
	}
	for _, v := range d.Theirs {
		fmt.Fprintf(b, "    present: %s\n", v)
	}
}

const (
	shownValues = 10  // of one attribute
	shownOctets = 200 // of one value
)

// shown is values as people can read them, the first ones.
func shown(values []string) []string {
	var out []string
	for i, v := range values {
		switch {
		case i == shownValues:
			return append(out, fmt.Sprintf("and %d more", len(values)-i))
		case !printable(v):
			v = fmt.Sprintf("(%d octets)", len(v))
		case len(v) > shownOctets:
			v = strings.ToValidUTF8(v[:shownOctets], "") + "..."
		}
		out = append(out, v)
	}
	return out
}

func printable(v string) bool {
	return utf8.ValidString(v) && strings.IndexFunc(v, func(c rune) bool { return !unicode.IsPrint(c) }) < 0
}

package directory

import (
	"fmt"
	"testing"
)

// BenchmarkFilter evaluates compiled filters on one entry after another, as the
// candidates of a search are.
func BenchmarkFilter(b *testing.B) {
	const people = 1_000
	drafts := make([]*Draft, people)
	for i := range drafts {
		drafts[i] = person(fmt.Sprintf("cn=Jane Doe %d,o=Acme", i), fmt.Sprintf("Jane Doe %d", i), fmt.Sprintf("jane.%d@acme.example", i))
	}
	s := standardStore(b, drafts...)
	for _, c := range []struct {
		title string
		item  item
	}{
		{"equality", item{op: Equal, attr: "mail", assert: "jane.500@acme.example"}},
		{"substring", item{op: Substring, attr: "cn", initial: "jane", final: "500"}},
	} {
		b.Run(c.title, func(b *testing.B) {
			f := c.item.compile(s.Schema())
			v, id, found := NewEvaluator(s), ID(0), 0
			b.ReportAllocs()
			for b.Loop() {
				if id++; id == s.Cap() {
					id = 0
				}
				if s.Exists(id) && v.Eval(&f, id) == True {
					found++
				}
			}
			if b.N > people*2 && found == 0 {
				b.Fatal("nothing was found")
			}
		})
	}
}

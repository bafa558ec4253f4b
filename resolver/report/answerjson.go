package report

import (
	"encoding/json"
	"fmt"
	"io"

	"github.com/aclens/aclens/resolver"
)

// WriteJSON writes the answer as one object, each row as it is made: what
// who --json prints and /api/v1/who answers.
func (a *Answer) WriteJSON(out io.Writer, asOf *resolver.ExplainedAsOf, snapshot *resolver.ExplainedSnapshot) error {
	p := pieces{out: out}
	p.text(`{"channel":`)
	p.json(a.q.Channel.String())
	p.text(`,"who":[`)
	between := ""
	for h := range a.Rows() {
		p.text(between)
		p.json(h)
		if between = ",\n"; p.err != nil {
			break
		}
	}
	p.text(`],"open":`)
	p.json(a.Open)
	p.text(`,"bypass":`)
	p.json(a.Bypass)
	p.text(`,"warnings":`)
	p.json(a.Warnings())
	p.text(`,"asOf":`)
	p.json(asOf)
	p.text(`,"snapshot":`)
	p.json(snapshot)
	p.text("}\n")
	if p.err != nil {
		return fmt.Errorf("writing the answer: %w", p.err)
	}
	return nil
}

// pieces writes one piece after another and keeps the first error.
type pieces struct {
	out io.Writer
	err error
}

func (p *pieces) text(s string) {
	if p.err == nil {
		_, p.err = io.WriteString(p.out, s)
	}
}

func (p *pieces) json(v any) {
	if p.err != nil {
		return
	}
	var text []byte
	if text, p.err = json.Marshal(v); p.err == nil {
		_, p.err = p.out.Write(text)
	}
}

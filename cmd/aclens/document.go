package main

import (
	"fmt"
	"io"
	"os"
	"text/tabwriter"

	"github.com/aclens/aclens/resolver"
	"github.com/aclens/aclens/resolver/acl"
	"github.com/aclens/aclens/resolver/source"
)

// documentAnswer says who may do what with one document, by which item.
type documentAnswer struct {
	User     string    `json:"user"`
	Database string    `json:"database"`
	Document string    `json:"document"` // UNID, or the file where there is none
	Form     string    `json:"form"`
	Read     acl.Grant `json:"read"`
	Edit     acl.Grant `json:"edit"`
	Warnings []string  `json:"warnings"`

	AsOf     *resolver.ExplainedAsOf     `json:"asOf"`
	Snapshot *resolver.ExplainedSnapshot `json:"snapshot"`
}

// readDocument reads the Readers and Authors items of a DXL document.
func readDocument(file string) (*source.Document, *acl.Document, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, nil, fmt.Errorf("--document: %w", err)
	}
	defer f.Close()
	doc, err := source.ReadDocument(f, source.File{Name: file})
	if err != nil {
		return nil, nil, fmt.Errorf("--document: %w", err)
	}
	items, err := doc.Access()
	if err != nil {
		return nil, nil, fmt.Errorf("--document: %w", err)
	}
	return doc, items, nil
}

func printDocument(out io.Writer, a *documentAnswer) error {
	w := tabwriter.NewWriter(out, 0, 8, 2, ' ', 0)
	fmt.Fprintf(w, "%s, document %s (form %s) in %s\n\n", a.User, a.Document, a.Form, a.Database)
	for _, x := range []struct {
		what  string
		grant acl.Grant
	}{{"May read", a.Read}, {"May edit", a.Edit}} {
		fmt.Fprintf(w, "%s\t%s\n", x.what, grantWords(x.grant))
	}
	for i, warning := range a.Warnings {
		if i == 0 {
			fmt.Fprintln(w)
		}
		fmt.Fprintf(w, "Warning: %s\n", warning)
	}
	fmt.Fprintf(w, "\nAs of %s, snapshot %s\n", agesAndStale(a.AsOf, a.Snapshot.Stale), a.Snapshot.ID)
	if err := w.Flush(); err != nil {
		return fmt.Errorf("writing the answer: %w", err)
	}
	return nil
}

func grantWords(g acl.Grant) string {
	text := "no"
	if g.Allowed {
		text = "yes"
	}
	text += " (rule " + g.Rule
	if g.Item != "" {
		text += fmt.Sprintf(": item %s holds %q", g.Item, g.Value)
	}
	return text + ")"
}

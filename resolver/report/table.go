package report

import (
	"fmt"
	"io"
	"iter"
)

// Table writes any table as CSV writes rows: the same quoting, the same form of
// lists (List), lines ending in LF.
func Table(out io.Writer, header []string, lines iter.Seq[[]string]) error {
	text := appendLine(nil, header)
	for line := range lines {
		if text = appendLine(text, line); len(text) < flushBytes {
			continue
		}
		if _, err := out.Write(text); err != nil {
			return fmt.Errorf("writing the table: %w", err)
		}
		text = text[:0]
	}
	if _, err := out.Write(text); err != nil {
		return fmt.Errorf("writing the table: %w", err)
	}
	return nil
}

func appendLine(dst []byte, cells []string) []byte {
	for i, cell := range cells {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = appendCSV(dst, cell)
	}
	return append(dst, '\n')
}

// List is a list as one cell of CSV.
func List(texts []string) string { return joinList(texts) }

package report

import (
	"fmt"
	"io"

	"github.com/parquet-go/parquet-go"
)

// parquetRow is a row in the columns of a Parquet file. Texts repeat, so every
// column has a dictionary.
type parquetRow struct {
	User       string   `parquet:"user,dict,zstd"`
	DN         string   `parquet:"dn,dict,zstd"`
	Database   string   `parquet:"database,dict,zstd"`
	Level      string   `parquet:"level,dict,zstd"`
	LevelNum   int32    `parquet:"levelNum,dict,zstd"`
	Roles      []string `parquet:"roles,list" parquet-element:",dict,zstd"`
	Privileges []string `parquet:"privileges,list" parquet-element:",dict,zstd"`
	Source     string   `parquet:"source,dict,zstd"`
	Winning    []string `parquet:"winning,list" parquet-element:",dict,zstd"`
}

// groupRows is how many rows a row group holds: what a writer keeps in memory.
const groupRows = 64 << 10

// parquetWriter writes row groups as they fill.
type parquetWriter struct {
	file   *parquet.GenericWriter[parquetRow]
	buffer []parquetRow
	rows   int // in the present row group
}

// Parquet writes an Apache Parquet file: the fields of resolver.Row as columns,
// lists as LIST, every column with a dictionary and compressed with zstd. The
// heading stands in the file's metadata under aclens.channel and aclens.asOf.
func Parquet(out io.Writer, h Heading) Writer {
	options := []parquet.WriterOption{parquet.CreatedBy("aclens", "", ""), parquet.KeyValueMetadata("aclens.channel", h.Channel.String())}
	for _, source := range h.sources() {
		options = append(options, parquet.KeyValueMetadata("aclens.asOf."+source.key, source.at))
	}
	if h.Selection != "" {
		options = append(options, parquet.KeyValueMetadata("aclens.selection", h.Selection))
	}
	return &parquetWriter{file: parquet.NewGenericWriter[parquetRow](out, options...)}
}

// Write takes rows into the present row group.
func (w *parquetWriter) Write(rows []Row) error {
	for len(rows) > 0 {
		n := min(len(rows), groupRows-w.rows)
		w.buffer = w.buffer[:0]
		for _, r := range rows[:n] {
			c := r.Cell
			w.buffer = append(w.buffer, parquetRow{
				User: r.User.Name, DN: r.User.DN, Database: c.Database, Level: c.Level.String(), LevelNum: int32(c.Level),
				Roles: c.Roles, Privileges: c.Privileges, Source: c.Source, Winning: c.Winning,
			})
		}
		if _, err := w.file.Write(w.buffer); err != nil {
			return fmt.Errorf("writing the report: %w", err)
		}
		clear(w.buffer)
		rows = rows[n:]
		if w.rows += n; w.rows == groupRows {
			w.rows = 0
			if err := w.file.Flush(); err != nil {
				return fmt.Errorf("writing the report: %w", err)
			}
		}
	}
	return nil
}

// Close writes the last row group and the footer.
func (w *parquetWriter) Close() error {
	if err := w.file.Close(); err != nil {
		return fmt.Errorf("writing the report: %w", err)
	}
	return nil
}

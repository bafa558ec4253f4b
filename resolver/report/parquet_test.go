package report_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/parquet-go/parquet-go"

	"github.com/aclens/aclens/resolver"
	"github.com/aclens/aclens/resolver/acl"
	"github.com/aclens/aclens/resolver/report"
)

// column is a row as another program would read it.
type column struct {
	User       string   `parquet:"user"`
	DN         string   `parquet:"dn"`
	Database   string   `parquet:"database"`
	Level      string   `parquet:"level"`
	LevelNum   int32    `parquet:"levelNum"`
	Roles      []string `parquet:"roles,list"`
	Privileges []string `parquet:"privileges,list"`
	Source     string   `parquet:"source"`
	Winning    []string `parquet:"winning,list"`
}

func filled(list []string) []string {
	if list == nil {
		return []string{}
	}
	return list
}

func fromParquet(t *testing.T, text []byte) []resolver.Row {
	t.Helper()
	read, err := parquet.Read[column](bytes.NewReader(text), int64(len(text)))
	must(t, err)
	rows := []resolver.Row{}
	for _, c := range read {
		rows = append(rows, resolver.Row{User: c.User, DN: c.DN, Database: c.Database, Level: c.Level, LevelNum: int(c.LevelNum),
			Roles: filled(c.Roles), Privileges: filled(c.Privileges), Source: c.Source, Winning: filled(c.Winning)})
	}
	return rows
}

func asParquet(b *bytes.Buffer) report.Writer { return report.Parquet(b, report.Heading{}) }

func TestTheDemonstrationReadsBackFromParquet(t *testing.T) {
	s := acme(t).build(t)
	for _, o := range []report.Options{{}, {AtLeast: acl.Editor, Channel: acl.WebSession}} {
		if diff := cmp.Diff(naive(s, o), fromParquet(t, written(t, s, o, asParquet))); diff != "" {
			t.Error(diff)
		}
	}
}

func TestAParquetFileWithoutRowsIsOne(t *testing.T) {
	if rows := fromParquet(t, written(t, newWorld().build(t), report.Options{}, asParquet)); len(rows) != 0 {
		t.Errorf("%d rows", len(rows))
	}
}

func TestLargeParquetFilesHaveSeveralRowGroups(t *testing.T) {
	w := newWorld()
	for i := range 1_500 {
		w.put(fmt.Sprintf("cn=P%d,o=Acme", i), "dominoPerson")
	}
	for n := range 60 {
		w.database(t, fmt.Sprintf("db%d.nsf", n), acl.Editor, entry{label: "-Default-"}, entry{label: "*/Acme", level: acl.Reader})
	}
	s := w.build(t)
	text := written(t, s, report.Options{}, asParquet)
	file, err := parquet.OpenFile(bytes.NewReader(text), int64(len(text)))
	must(t, err)
	if n := len(file.RowGroups()); n != 2 || file.NumRows() != 90_000 {
		t.Errorf("%d row groups, %d rows", n, file.NumRows())
	}
	if perRow := len(text) / 90_000; perRow > 8 {
		t.Errorf("%d bytes a row: the dictionaries do not work", perRow)
	}
	rows := fromParquet(t, text)
	at := 0
	for r := range report.Rows(s, report.Options{}) {
		if diff := cmp.Diff(r.Plain(), rows[at]); diff != "" {
			t.Fatalf("row %d: %s", at, diff)
		}
		at++
	}
}

func TestAParquetFileSaysItsChannelAndHowOldItsSourcesAre(t *testing.T) {
	var out bytes.Buffer
	w := report.Parquet(&out, report.Heading{Channel: acl.WebSSO, AsOf: resolver.AsOf{ACL: time.Date(2026, 11, 21, 8, 15, 0, 0, time.UTC)}})
	must(t, w.Close())
	file, err := parquet.OpenFile(bytes.NewReader(out.Bytes()), int64(out.Len()))
	must(t, err)
	for key, want := range map[string]string{"aclens.channel": "web-sso", "aclens.asOf.acl": "2026-11-21T08:15:00Z", "aclens.asOf.directory": ""} {
		if got, _ := file.Lookup(key); got != want {
			t.Errorf("%s is %q, want %q", key, got, want)
		}
	}
}

func TestAFailingOutputEndsAParquetReport(t *testing.T) {
	s := acme(t).build(t)
	w := report.Parquet(&failing{}, report.Heading{})
	_, err := report.Write(context.Background(), s, report.Options{}, w)
	if err == nil {
		err = w.Close()
	}
	if !errors.Is(err, errFull) {
		t.Errorf("got %v", err)
	}
}

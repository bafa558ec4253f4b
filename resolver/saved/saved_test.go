package saved_test

import (
	"bytes"
	"errors"
	"io"
	"reflect"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/aclens/aclens/resolver"
	"github.com/aclens/aclens/resolver/acl"
	"github.com/aclens/aclens/resolver/directory"
	"github.com/aclens/aclens/resolver/finding"
	"github.com/aclens/aclens/resolver/name"
	"github.com/aclens/aclens/resolver/report"
	"github.com/aclens/aclens/resolver/saved"
	"github.com/aclens/aclens/resolver/schema"
	"github.com/aclens/aclens/resolver/server"
)

func TestEverythingOfASmallStateComesBack(t *testing.T) {
	s := small(t)
	file := written(t, s, smallMeta())
	back, m, err := saved.Read(iotest.OneByteReader(bytes.NewReader(file)), schema.Standard(), twoDirectories())
	must(t, err)
	want := smallMeta()
	want.AsOf = s.AsOf()
	if !reflect.DeepEqual(m, want) || back.AsOf() != s.AsOf() {
		t.Errorf("beside the Snapshot is %+v, want %+v", m, want)
	}
	if !reflect.DeepEqual(back.Databases(), s.Databases()) || !reflect.DeepEqual(back.Servers(), s.Servers()) {
		t.Error("databases or servers are others")
	}
	for id := range s.Store().Cap() {
		if back.Store().Entry(id) != s.Store().Entry(id) {
			t.Errorf("slot %d holds %q, want %q", id, back.Store().Entry(id), s.Store().Entry(id))
		}
	}
	badge, _ := back.Store().Schema().Lookup("acmeBadge")
	if !back.Store().Schema().IsA("acmePerson", "person") || back.Store().Schema().Type(badge).Equality != "integerMatch" {
		t.Error("what the directory defined is lost")
	}
	if again := written(t, back, m); !bytes.Equal(again, file) {
		t.Error("what was read is written as other bytes")
	}
	if !saved.Detect(file) || !saved.Detect(file[:12]) || saved.Detect(file[:11]) || saved.Detect([]byte("dn: o=Acme\n")) {
		t.Error("a saved snapshot is not told from other files")
	}
}

func TestTheDemonstrationHasNoDifferencesFromItsCopy(t *testing.T) {
	s := acme(t)
	back, _, err := saved.Read(bytes.NewReader(written(t, s, saved.Meta{})), schema.Standard(), resolver.Defaults())
	must(t, err)
	for c := range report.Diff(s, back, acl.WebSession) {
		t.Errorf("%+v", c)
	}
	if got, want := finding.All(back, nil), finding.All(s, nil); !reflect.DeepEqual(got, want) || len(want) == 0 {
		t.Errorf("findings %v, want %v", got, want)
	}
}

func TestASchemaThatHasGrownTakesOlderFiles(t *testing.T) {
	file := written(t, small(t), smallMeta())
	base, err := schema.Standard().Define([]schema.Type{
		{OID: "9.7.1", Names: []string{"ownAttribute"}, Syntax: "1.3.6.1.4.1.1466.115.121.1.15"},
		{OID: "9.9.1", Names: []string{"acmeBadge"}, Syntax: "1.3.6.1.4.1.1466.115.121.1.15", Equality: "caseIgnoreMatch"},
	}, nil)
	must(t, err)
	back, _, err := saved.Read(bytes.NewReader(file), base, twoDirectories())
	must(t, err)
	sc := back.Store().Schema()
	badge, _ := sc.Lookup("acmeBadge")
	if _, ok := sc.Lookup("ownAttribute"); !ok || sc.Type(badge).Equality != "caseIgnoreMatch" {
		t.Error("the definitions of the program that reads do not count")
	}
	id, _ := back.Store().Find("cn=jane doe,ou=sales,o=acme")
	raw, ok := back.Store().Entry(id).Find(badge)
	values := raw.Values()
	if v, _ := values.Next(); !ok || v != "007" {
		t.Errorf("the value under another number is %q", v)
	}
}

func TestEveryFlippedBitIsRefused(t *testing.T) {
	file := written(t, small(t), smallMeta())
	for i := range file {
		for bit := range 8 {
			file[i] ^= 1 << bit
			s, m, err := saved.Read(bytes.NewReader(file), schema.Standard(), twoDirectories())
			if err == nil || s != nil || m.ID != "" {
				t.Fatalf("bit %d of byte %d is flipped, and it is taken", bit, i)
			}
			if !errors.Is(err, saved.ErrDamaged) && !errors.Is(err, saved.ErrFormat) && !errors.Is(err, saved.ErrVersion) {
				t.Fatalf("bit %d of byte %d is flipped, and the error is %v", bit, i, err)
			}
			file[i] ^= 1 << bit
		}
	}
	_, _, err := saved.Read(bytes.NewReader(file), schema.Standard(), twoDirectories())
	must(t, err)
}

func TestEveryLengthButTheRightOneIsRefused(t *testing.T) {
	file := written(t, small(t), smallMeta())
	for n := range file {
		if _, _, err := saved.Read(bytes.NewReader(file[:n]), schema.Standard(), twoDirectories()); !errors.Is(err, saved.ErrDamaged) && !errors.Is(err, saved.ErrFormat) {
			t.Fatalf("cut off at byte %d: %v", n, err)
		}
	}
	longer := append(bytes.Clone(file), 0)
	if _, _, err := saved.Read(bytes.NewReader(longer), schema.Standard(), twoDirectories()); !errors.Is(err, saved.ErrDamaged) {
		t.Errorf("a byte too many: %v", err)
	}
}

func TestErrorsSayWhatAndWhere(t *testing.T) {
	file := written(t, small(t), smallMeta())
	change := func(at int, to byte) []byte { c := bytes.Clone(file); c[at] = to; return c }
	entries := bytes.Index(file, []byte("entr"))
	for _, c := range []struct {
		sentence, says string
		file           []byte
		is             error
	}{
		{"no file at all", "no saved snapshot", nil, saved.ErrFormat},
		{"another file", "no saved snapshot", []byte("version: 1\n\ndn: o=Acme\n"), saved.ErrFormat},
		{"a newer format", "another version of the format: 2, and this program reads 1", change(15, 2), saved.ErrVersion},
		{"an older format", "another version of the format: 0, and this program reads 1", change(15, 0), saved.ErrVersion},
		{"a damaged entry", "entries at byte " + itoa(entries) + ": the file is damaged: checksum does not match", change(entries+20, 0xff), saved.ErrDamaged},
		{"a block of no name", "unknown block \"xntr\"", change(entries, 'x'), saved.ErrDamaged},
		{"a cut file", "the file is damaged: it ends at byte 100", file[:100], saved.ErrDamaged},
		{"a length beyond the end", "entries at byte " + itoa(entries), change(entries+4, 0x7f), saved.ErrDamaged},
		{"a damaged checksum", "checksum of the file does not match", change(len(file)-1, file[len(file)-1]^1), saved.ErrDamaged},
	} {
		t.Run(c.sentence, func(t *testing.T) {
			_, _, err := saved.Read(bytes.NewReader(c.file), schema.Standard(), twoDirectories())
			if !errors.Is(err, c.is) || !strings.HasPrefix(err.Error(), "saved snapshot: ") || !strings.Contains(err.Error(), c.says) {
				t.Errorf("says %v, want %q", err, c.says)
			}
		})
	}
}

func TestTheHeadingIsReadWithoutTheRest(t *testing.T) {
	s := small(t)
	file := written(t, s, smallMeta())
	want := smallMeta()
	want.AsOf, want.Parts = s.AsOf(), nil
	schemaAt := bytes.Index(file, []byte("schm"))
	m, err := saved.Heading(bytes.NewReader(file[:schemaAt]))
	if err != nil || !reflect.DeepEqual(m, want) {
		t.Errorf("the heading is %+v, want %+v: %v", m, want, err)
	}
	for n := range schemaAt {
		if _, err := saved.Heading(bytes.NewReader(file[:n])); err == nil {
			t.Fatalf("a heading that is cut off at byte %d is taken", n)
		}
		damaged := bytes.Clone(file[:schemaAt])
		damaged[n] ^= 4
		if _, err := saved.Heading(bytes.NewReader(damaged)); err == nil {
			t.Fatalf("a heading that is damaged at byte %d is taken", n)
		}
	}
	if _, err := saved.Heading(bytes.NewReader(forged(nil))); !errors.Is(err, saved.ErrDamaged) {
		t.Errorf("a file without a heading: %v", err)
	}
}

func TestAStateOfOtherDirectoriesIsRefused(t *testing.T) {
	file := written(t, small(t), smallMeta())
	for sentence, names := range map[string][]string{
		"one less": {"primary"}, "one more": {"primary", "da", "db"}, "another order": {"da", "primary"}, "another name": {"primary", "db"},
	} {
		t.Run(sentence, func(t *testing.T) {
			settings := resolver.Defaults()
			settings.Directories = nil
			for _, n := range names {
				settings.Directories = append(settings.Directories, resolver.DirectoryRole{Name: n, Groups: true})
			}
			if s, _, err := saved.Read(bytes.NewReader(file), schema.Standard(), settings); err == nil || s != nil || !strings.Contains(err.Error(), `"primary" "da"`) {
				t.Errorf("says %v", err)
			}
		})
	}
}

func TestNoCredentialIsWritten(t *testing.T) {
	sub, errs := schema.Standard().Merge([]string{
		"( 9.9.1 NAME 'acmeSecretWord' SUP userPassword )", "( 1.2.840.113556.1.4.90 NAME 'acmeWindowsWord' SYNTAX 1.3.6.1.4.1.1466.115.121.1.40 )",
	}, nil)
	for _, err := range errs {
		t.Fatal(err)
	}
	for sentence, attribute := range map[string]string{
		"by its name": "userPassword", "in another case with an option": "USERPASSWORD;x-old", "of a kind that a directory made up": "sambaNTPassword",
		"of a subtype": "acmeSecretWord", "by its OID": "acmeWindowsWord",
	} {
		for source := range uint8(2) {
			t.Run(sentence, func(t *testing.T) {
				in := smallInput(t)
				in.Store = directory.Empty(sub)
				d := &directory.Draft{DN: "CN=Staff", Source: source}
				d.AddText(attribute, "Quiver-Lantern")
				in.Entries = append(in.Entries, directory.Change{Put: d})
				s, _ := resolver.Build(in)
				var file bytes.Buffer
				err := saved.Write(&file, s, saved.Meta{})
				if err == nil || !strings.Contains(err.Error(), "credential") || bytes.Contains(file.Bytes(), []byte("Quiver")) {
					t.Errorf("says %v", err)
				}
			})
		}
	}
}

func TestWhatCannotBeReadBackIsNotWritten(t *testing.T) {
	dn, err := name.ParseDN("cn=#0500,o=Acme")
	must(t, err)
	in := smallInput(t)
	in.Servers = []*server.Server{{Name: name.FromDN(dn)}}
	s, _ := resolver.Build(in)
	if err := saved.Write(io.Discard, s, saved.Meta{}); err == nil || !strings.Contains(err.Error(), "cannot be written") {
		t.Errorf("says %v", err)
	}
}

func TestErrorsOfReaderAndWriterComeThrough(t *testing.T) {
	s := small(t)
	file := written(t, s, smallMeta())
	broken := errors.New("the disk is on fire")
	for _, n := range []int{0, 5, 13, 100, len(file) - 1, len(file)} {
		r := io.MultiReader(bytes.NewReader(file[:n]), iotest.ErrReader(broken))
		if _, _, err := saved.Read(r, schema.Standard(), twoDirectories()); !errors.Is(err, broken) {
			t.Errorf("a reader that fails after %d bytes: %v", n, err)
		}
	}
	if err := saved.Write(failing{broken}, s, smallMeta()); !errors.Is(err, broken) {
		t.Errorf("a writer that fails: %v", err)
	}
}

type failing struct{ err error }

func (f failing) Write([]byte) (int, error) { return 0, f.err }

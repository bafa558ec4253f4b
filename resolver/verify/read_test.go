package verify_test

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/aclens/aclens/resolver/acl"
	"github.com/aclens/aclens/resolver/verify"
)

func TestAFileOfAnswersIsReadHoweverItIsWritten(t *testing.T) {
	want := []string{
		"2 Jane Doe/Sales/Acme apps/crm.nsf editor [[Buyer] Admin] true notes [] false false",
		"3 John Smith/Sales/Acme apps/crm.nsf author [] true web-session [] false false",
	}
	for sentence, text := range map[string]string{
		"commas":            "user,database,level,roles,channel\nJane Doe/Sales/Acme,apps/crm.nsf,editor,[Buyer]|Admin,notes\nJohn Smith/Sales/Acme,apps/crm.nsf,3,,web-session\n",
		"semicolons, CR LF": "user;database;level;roles;channel\r\nJane Doe/Sales/Acme;apps/crm.nsf;Editor;[Buyer] | Admin;\r\nJohn Smith/Sales/Acme;apps/crm.nsf;AUTHOR;;WEB-SESSION\r\n",
		"tabs, no last end": "user\tdatabase\tlevel\troles\tchannel\nJane Doe/Sales/Acme\tapps/crm.nsf\t4\t[Buyer]|Admin|\tnotes\nJohn Smith/Sales/Acme\tapps/crm.nsf\tACLLEVEL_AUTHOR\t\tweb-session",
		"with a mark":       "\ufeffuser,database,level,roles,channel\nJane Doe/Sales/Acme,apps/crm.nsf,editor,[Buyer]|Admin,notes\nJohn Smith/Sales/Acme,apps/crm.nsf,3,,web-session\n",
		"other order, quotes": "Channel,\"Roles\",Level,Database,USER,remark\nnotes,\"[Buyer]|Admin|[$$WebClient]\",editor,apps/crm.nsf,Jane Doe/Sales/Acme,\"a, b\"\n" +
			"web-session,$$WebClient,\"author\",apps/crm.nsf,\"John Smith/Sales/Acme\",\n",
	} {
		t.Run(sentence, func(t *testing.T) {
			answers, faults := verify.Read(iotest.OneByteReader(strings.NewReader(text)), "a.csv")
			if len(faults) > 0 {
				t.Fatal(faults[0].Error())
			}
			if got := inWords(answers); !slices.Equal(got, want) {
				t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
			}
		})
	}
}

func inWords(answers []verify.Answer) []string {
	var out []string
	for _, a := range answers {
		out = append(out, fmt.Sprintf("%d %s %s %s %v %v %s %v %v %v", a.Line, a.User, a.Database, a.Level, a.Roles, a.HasRoles, a.Channel,
			a.Privileges.Names(), a.HasPrivileges, a.FullAccess))
	}
	return out
}

func TestPrivilegesAndFullAccessAreReadWhereTheyAreSaid(t *testing.T) {
	answers, faults := verify.Read(strings.NewReader("user;database;level;privileges;Full Access\na;b;3;65;yes\na;b;3;createDocs|READPUBLICDOCS;0\na;b;3;;\n"), "a.csv")
	if len(faults) > 0 || len(answers) != 3 {
		t.Fatal(answers, faults)
	}
	want := acl.CreateDocs | acl.ReadPublicDocs
	for i, a := range answers[:2] {
		if a.Privileges != want || !a.HasPrivileges || a.FullAccess != (i == 0) || a.HasRoles {
			t.Errorf("%+v", a)
		}
	}
	if last := answers[2]; last.HasPrivileges || last.FullAccess {
		t.Errorf("%+v", last)
	}
}

func TestABrokenLineIsAFaultAndTheRestCounts(t *testing.T) {
	const first, last = "user,database,level,roles,channel,privileges,fullAccess\n", "Jane Doe/Acme,a.nsf,editor,,,,\n"
	for _, tt := range []struct{ sentence, line, part string }{
		{"a cell too few", "a,b,3,,,", "has 6 cells, but the first line has 7"},
		{"a cell too many", "Doe, Jane/Acme,a.nsf,3,,,,", "has 8 cells"},
		{"no user", " ,b,3,,,,", "the user or the database is empty"},
		{"no database", "a,,3,,,,", "the user or the database is empty"},
		{"a level that is none", "a,b,owner,,,,", `unknown level "owner"`},
		{"no level", "a,b,,,,,", `unknown level ""`},
		{"a level past the highest", "a,b,7,,,,", "level 7 is not from 0 to 6"},
		{"a level below the lowest", "a,b,-1,,,,", "level -1"},
		{"a channel that is none", "a,b,3,,web,,", `unknown channel "web"`},
		{"a privilege that is none", "a,b,3,,,createDocs|fly,", `unknown privilege "fly"`},
		{"a bit that is none", "a,b,3,,,512,", "bit that is none"},
		{"neither yes nor no", "a,b,3,,,,maybe", `"maybe"`},
		{"an open quotation mark", `a,"b,3,,,,`, `"`},
		{"a quotation mark in a name", `a"b,c,3,,,,`, `"`},
		{"another character set", "J\xfcrgen/Acme,b,3,,,,", "not UTF-8"},
		{"a control character", "a\x1b[2J,b,3,,,,", "cell 1 holds a control character"},
		{"a line too long", strings.Repeat("x", 2<<20) + ",b,3,,,,", "longer than 1024 KiB"},
	} {
		t.Run(tt.sentence, func(t *testing.T) {
			answers, faults := verify.Read(strings.NewReader(first+"\n"+tt.line+"\n"+last), "a.csv")
			if len(faults) != 1 || faults[0].Line != 3 || faults[0].File != "a.csv" || !strings.Contains(faults[0].Error(), tt.part) ||
				!strings.HasPrefix(faults[0].Error(), "a.csv: line 3: ") {
				t.Errorf("faults %v, want one with %q", faults, tt.part)
			}
			if len(answers) != 1 || answers[0].Line != 4 || answers[0].User != "Jane Doe/Acme" {
				t.Errorf("answers %+v", answers)
			}
		})
	}
}

func TestAFileWithoutTheColumnsGivesNothing(t *testing.T) {
	for _, tt := range []struct{ sentence, text, part string }{
		{"nothing at all", "", "empty"},
		{"only empty lines", "\n\r\n \n", "empty"},
		{"no names of columns", "Jane Doe/Acme,a.nsf,3\n", "does not name the columns user, database and level"},
		{"a column too few", "user;database\na;b\n", "does not name"},
		{"a column twice", "user,database,level,User\na,b,3,c\n", `column "User" is there twice`},
		{"UTF-16", "\xff\xfeu\x00s\x00e\x00r\x00", "not UTF-8"},
		{"another separator", "user:database:level\na:b:3\n", "does not name"},
	} {
		t.Run(tt.sentence, func(t *testing.T) {
			answers, faults := verify.Read(strings.NewReader(tt.text), "a.csv")
			if len(answers) > 0 || len(faults) != 1 || !strings.Contains(faults[0].Error(), tt.part) {
				t.Errorf("%d answers, faults %v, want one with %q", len(answers), faults, tt.part)
			}
		})
	}
}

func TestWhatWasReadBeforeAFileBreaksOffCounts(t *testing.T) {
	broken := errors.New("disk on fire")
	r := io.MultiReader(strings.NewReader("user,database,level\na,b,3\nc,d"), iotest.ErrReader(broken))
	answers, faults := verify.Read(r, "a.csv")
	if len(answers) != 1 || len(faults) != 1 || !errors.Is(&faults[0], broken) || faults[0].Line != 3 {
		t.Errorf("%+v, %v", answers, faults)
	}
}

func TestManyFaultsAreCounted(t *testing.T) {
	_, faults := verify.Read(strings.NewReader("user,database,level\n"+strings.Repeat("x\n", 1500)), "a.csv")
	if len(faults) != 1001 || !strings.Contains(faults[1000].Error(), "500 more lines") {
		t.Errorf("%d faults, the last %v", len(faults), faults[len(faults)-1])
	}
}

func FuzzEveryLineIsAnAnswerOrAFault(f *testing.F) {
	f.Add("a,b,3\n\"c,d,4\n\ne,f,5,6\n")
	f.Add("a;b;3\r\n\x00,b,3\nü,b,noaccess")
	f.Fuzz(func(t *testing.T, text string) {
		lines := 0
		for scan := bufio.NewScanner(strings.NewReader(text)); scan.Scan(); {
			if strings.TrimSpace(strings.TrimRight(scan.Text(), "\r")) != "" {
				lines++
			}
		}
		answers, faults := verify.Read(strings.NewReader("user,database,level\n"+text), "a.csv")
		if len(faults) <= 1000 && len(answers)+len(faults) != lines { // beyond that they are counted, not listed
			t.Errorf("%d answers and %d faults of %d lines", len(answers), len(faults), lines)
		}
		last := 0
		for _, a := range answers {
			if a.Line <= last || a.User == "" || a.Database == "" || int(a.Level) >= acl.Levels {
				t.Errorf("%+v after line %d", a, last)
			}
			last = a.Line
		}
	})
}

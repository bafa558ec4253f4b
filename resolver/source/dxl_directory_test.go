package source

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aclens/aclens/resolver/directory"
	"github.com/aclens/aclens/resolver/name"
	"github.com/aclens/aclens/resolver/server"
)

const personDXL = `<?xml version='1.0' encoding='utf-8'?>
<database xmlns='http://www.lotus.com/dxl' path='CN=Hub1/O=Acme!!names.nsf'>
<document form='Person'>
<noteinfo noteid='8f6' unid='D2A0F3B1C4E5F60718293A4B5C6D7E8F'><created><datetime>20240109T080000,00+00</datetime></created></noteinfo>
<item name='Type'><text>Person</text></item>
<item name='FullName' names='true'><textlist><text>CN=Jane Smith/OU=Sales/O=Acme</text><text>Jane Smith</text><text>CN=Jane Doe/OU=Sales/O=Acme</text><text>Jane Doe</text><text>jane smith</text><text>Jane Smith/Sales/Acme</text></textlist></item>
<item name='LastName'><text>Smith</text></item>
<item name='FirstName'><text>Jane</text></item>
<item name='ShortName'><textlist><text>jsmith</text><text>jane.smith</text></textlist></item>
<item name='InternetAddress'><text>jane.smith@acme.example</text></item>
<item name='AltFullName' names='true'><text>CN=Jana Smith/OU=Sales/O=Acme</text></item>
<item name='OfficePhoneNumber'><text>+1 555 0100</text></item>
<item name='MailServer' names='true'><text>CN=Hub1/O=Acme</text></item>
<item name='MailFile'><text>mail\jsmith</text></item>
<item name='MailDomain'><text>ACME</text></item>
<item name='CheckPassword'><text>0</text></item>
<item name='HTTPPassword' sign='true'><text>(GDr7jBLyaQvZ7CW6gAll)</text></item>
<item name='Certificate' summary='false'><rawitemdata type='6'>AAAA</rawitemdata></item>
<item name='Comment'><text>first<break/>second</text></item>
</document>
<document form='Memo'><item name='Subject'><text>Hello</text></item></document>
<document form='group'>
<item name='ListName' names='true'><textlist><text>Sales Team</text><text>Sales Crew</text></textlist></item>
<item name='GroupType'><text>0</text></item>
<item name='ListDescription'><text>Everyone in Sales</text></item>
<item name='Members' names='true'><textlist><text>CN=Jane Smith/OU=Sales/O=Acme</text><text>Sales Interns</text><text> </text><text>*/OU=West/O=Acme</text><text>Rob Nash/Sales/Acme</text></textlist></item>
</document>
<document form='Group'><item name='ListName'><text>Empty</text></item><item name='Members'><text/></item></document>
</database>
`

func loadDirectory(text string) ([]directory.Draft, []Fault, error) {
	var drafts []directory.Draft
	faults, err := ReadDirectory(strings.NewReader(text), File{Name: "names.dxl"}, func(d directory.Draft) error {
		drafts = append(drafts, d)
		return nil
	})
	return drafts, faults, err
}

// entriesOf expects entries without any complaint.
func entriesOf(t *testing.T, text string) []directory.Draft {
	t.Helper()
	drafts, faults, err := loadDirectory(text)
	if err != nil || len(faults) > 0 {
		t.Fatalf("faults %v, error %v", faults, err)
	}
	return drafts
}

func TestPersonAndGroupDocumentsBecomeTheEntriesOfDominoLDAP(t *testing.T) {
	drafts := entriesOf(t, personDXL)
	if len(drafts) != 3 {
		t.Fatalf("%d entries: %+v", len(drafts), drafts)
	}
	want := []struct {
		dn     string
		values map[string][]string
	}{
		{"CN=Jane Smith,OU=Sales,O=Acme", map[string][]string{
			"objectClass": {"dominoPerson", "inetOrgPerson", "organizationalPerson", "person", "top"},
			"dominoUNID":  {"D2A0F3B1C4E5F60718293A4B5C6D7E8F"},
			"cn":          {"Jane Smith", "Jane Doe"},
			"fullName":    {"CN=Jane Doe/OU=Sales/O=Acme"},
			"sn":          {"Smith"}, "givenName": {"Jane"}, "uid": {"jsmith", "jane.smith"},
			"mail": {"jane.smith@acme.example"}, "altFullName": {"CN=Jana Smith/OU=Sales/O=Acme"},
			"telephoneNumber": {"+1 555 0100"}, "mailFile": {`mail\jsmith`}, "mailDomain": {"ACME"},
			"checkPassword": {"0"}, "mailServer": {"CN=Hub1,O=Acme"},
		}},
		{"CN=Sales Team", map[string][]string{
			"objectClass": {"dominoGroup", "groupOfNames", "top"},
			"cn":          {"Sales Team", "Sales Crew"}, "listName": {"Sales Team", "Sales Crew"},
			"groupType": {"0"}, "description": {"Everyone in Sales"},
			"member": {"CN=Jane Smith,OU=Sales,O=Acme", "CN=Sales Interns", "CN=*,OU=West,O=Acme", "CN=Rob Nash,OU=Sales,O=Acme"},
		}},
		{"CN=Empty", map[string][]string{
			"objectClass": {"dominoGroup", "groupOfNames", "top"}, "cn": {"Empty"}, "listName": {"Empty"},
		}},
	}
	for i, w := range want {
		if drafts[i].DN != w.dn {
			t.Errorf("dn %q, want %q", drafts[i].DN, w.dn)
		}
		for attribute, values := range w.values {
			wantNames(t, w.dn+" "+attribute, texts(drafts[i], attribute), values)
		}
		if len(drafts[i].Attributes) != len(w.values) {
			t.Errorf("%s has %d attributes, want %d: %+v", w.dn, len(drafts[i].Attributes), len(w.values), drafts[i].Attributes)
		}
	}
}

func TestSecretsAreNeverCopied(t *testing.T) {
	drafts := entriesOf(t, personDXL)
	for _, d := range drafts {
		for _, a := range d.Attributes {
			for _, v := range a.Values {
				if strings.Contains(string(v), "GDr7jBLy") {
					t.Errorf("%s holds the password", a.Name)
				}
			}
		}
	}
	_, err := ReadDocuments(strings.NewReader(personDXL), File{Name: "x"}, func(d *Document) error {
		if _, found, _ := d.Text("HTTPPassword"); found {
			t.Error("the document holds the password")
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

func TestADocumentThatCannotBeAnEntryIsAFault(t *testing.T) {
	tests := []struct {
		sentence, text string
		parts          []string
	}{
		{"a person without a name", `<document form='Person'><noteinfo unid='AB'/><item name='FullName'><text/></item></document>`, []string{"Person document AB", "FullName is missing or empty"}},
		{"a group without a name", "\n<document form='Group'/>", []string{"line 2", "ListName is missing"}},
		{"members given twice", `<document form='Group'><item name='ListName'><text>G</text></item><item name='Members'><text>A</text></item><item name='members'><text>B</text></item></document>`, []string{`"G"`, "Members is there twice"}},
		{"members that are no text", `<document form='Group'><item name='ListName'><text>G</text></item><item name='Members'><formula>x</formula></item></document>`, []string{"neither text nor numbers"}},
		{"members with an element inside", `<document form='Group'><item name='ListName'><text>G</text></item><item name='Members'><textlist><text>A<i/></text></textlist></item></document>`, []string{"item Members", "unexpected element <i>"}},
		{"members with an unknown value", `<document form='Group'><item name='ListName'><text>G</text></item><item name='Members'><textlist><name>A</name></textlist></item></document>`, []string{"neither text nor numbers"}},
		{"a member with a control character", `<document form='Group'><item name='ListName'><text>G</text></item><item name='Members'><text>A&#10;B</text></item></document>`, []string{"item Members holds a control character"}},
		{"two forms", `<document form='Group'><item name='Form'><text>Person</text></item></document>`, []string{`"Group" in one place and "Person" in another`}},
		{"a mark that is neither", `<document form='Group'><item name='ListName' names='1'><text>G</text></item></document>`, []string{"item ListName", "names"}},
	}
	for _, tt := range tests {
		t.Run(tt.sentence, func(t *testing.T) {
			drafts, faults, err := loadDirectory(tt.text + `<document form='Group'><item name='ListName'><text>Good</text></item></document>`)
			if err != nil || len(faults) != 1 || len(drafts) != 1 || drafts[0].DN != "CN=Good" {
				t.Fatalf("%+v, faults %v, error %v", drafts, faults, err)
			}
			wantParts(t, faults[0].Error(), append(tt.parts, "names.dxl"))
		})
	}
}

func TestAReplicationConflictIsLeftOutAndSaidToBe(t *testing.T) {
	drafts, faults, err := loadDirectory(`<document form='Group'><item name='$Conflict'><text/></item><item name='ListName'><text>G</text></item></document>`)
	if err != nil || len(drafts) != 0 || len(faults) != 1 || !errors.Is(&faults[0], ErrConflict) {
		t.Errorf("%+v, %v, %v", drafts, faults, err)
	}
}

func TestTheFormMayStandInAnItem(t *testing.T) {
	drafts := entriesOf(t, `<document><item name='Form'><text>Group</text></item><item name='ListName'><text>G</text></item><item name='GroupType'><number>2</number></item></document>`)
	if len(drafts) != 1 {
		t.Fatalf("%+v", drafts)
	}
	wantNames(t, "groupType", texts(drafts[0], "groupType"), []string{"2"})
}

func TestADirectoryFileMustHoldDocuments(t *testing.T) {
	_, _, err := loadDirectory(salesDXL)
	wantError(t, err, "names.dxl", "no <document>")
}

func TestAnEndlessDocumentIsAFaultAndTheNextOneCounts(t *testing.T) {
	item, value := "<item name='X'><text>x</text></item>", "<text>"+strings.Repeat("x", 1000)+"</text>"
	next := "</document><document form='Memo'/></databases>"
	for sentence, tt := range map[string]struct {
		in   io.Reader
		part string
	}{
		"items":  {around("<databases><document>", item, len(item)*(maxItems+1), next), "more than 20000 items"},
		"values": {around("<databases><document><item name='X'><textlist>", value, len(value)*100, "</textlist></item>"+next), "item X: text of more than"},
		"blanks": {around("<databases><document><item name='X'><textlist>", "<text/>", 7*10000, "</textlist></item>"+next), "more than 64 KiB of text"},
	} {
		t.Run(sentence, func(t *testing.T) {
			x, err := newDXLReader(tt.in, File{Name: "names.dxl"})
			if err != nil || x.room != maxDocumentBytes {
				t.Fatalf("%d, %v", x.room, err)
			}
			x.room = 64 << 10
			if sentence == "items" {
				x.room = maxDocumentBytes
			}
			emitted := 0
			err = x.documents(func(d *Document) error { emitted++; return nil })
			if err != nil || len(x.all()) != 1 || emitted != 1 {
				t.Fatalf("%d documents, %v, %v", emitted, x.all(), err)
			}
			wantParts(t, x.all()[0].Error(), []string{tt.part})
		})
	}
}

const memoDXL = `<document xmlns='http://www.lotus.com/dxl' form='Order'><noteinfo unid='0123456789ABCDEF0123456789ABCDEF'/>
<item name='DocReaders' readers='true' names='true'><textlist><text>[Buyer]</text><text>CN=Jane Doe/O=Acme</text></textlist></item>
<item name='MoreReaders' readers='true'><text/></item>
<item name='DocAuthors' authors='true'><text>*/O=Acme</text></item>
<item name='Body'><richtext><par>text</par></richtext></item>
<item name='Total'><number>12</number></item><item name='When'><datetimelist><datetime>20261103T091244</datetime></datetimelist></item>
</document>`

func TestADocumentTellsItsReadersAndAuthors(t *testing.T) {
	d, err := ReadDocument(strings.NewReader(memoDXL), File{Name: "memo.dxl"})
	if err != nil {
		t.Fatal(err)
	}
	if d.Form != "Order" || d.UNID != "0123456789ABCDEF0123456789ABCDEF" || d.Origin != "memo.dxl:1" || len(d.Items) != 6 {
		t.Errorf("got %+v", d)
	}
	readers, authors := d.Readers(), d.Authors()
	if len(readers) != 2 || len(authors) != 1 || !readers[0].Names {
		t.Fatalf("readers %+v, authors %+v", readers, authors)
	}
	wantNames(t, "readers", readers[0].Values, []string{"[Buyer]", "CN=Jane Doe/O=Acme"})
	wantNames(t, "authors", authors[0].Values, []string{"*/O=Acme"})
	for item, want := range map[string][]string{"total": {"12"}, "When": {"20261103T091244"}, "MoreReaders": nil} {
		got, found, err := d.Text(item)
		if err != nil || !found {
			t.Errorf("%s: %v, %v", item, found, err)
		}
		wantNames(t, item, got, want)
	}
	if _, _, err := d.Text("Body"); err == nil {
		t.Error("rich text was read as text")
	}
}

func TestOneDocumentIsOneAndInNoDoubt(t *testing.T) {
	for sentence, tt := range map[string][2]string{
		"two of them":              {memoDXL + "\n" + memoDXL, "a second document"},
		"readers that are no text": {`<document><item name='R' readers='true'><formula>x</formula></item></document>`, "cannot be read"},
		"readers in doubt":         {`<document><item name='R' readers='maybe'><text>x</text></item></document>`, "readers is"},
		"none":                     {"<database path='a'/>", "no <document>"},
	} {
		t.Run(sentence, func(t *testing.T) {
			_, err := ReadDocument(strings.NewReader(tt[0]), File{Name: "memo.dxl"})
			wantError(t, err, "memo.dxl", tt[1])
		})
	}
}

const serverDXL = `<database xmlns='http://www.lotus.com/dxl'><document form='Server'><noteinfo unid='01'/>
<item name='ServerName' names='true'><text>CN=Hub1/O=Acme</text></item><item name='ServerTitle'><text>Hub</text></item>
<item name='Domain'><text>ACME</text></item>
<item name='AllowAccess' names='true'><text/></item>
<item name='denyaccess' names='true'><textlist><text>Terminations</text><text> </text><text>CN=Otto Lock/O=Acme</text></textlist></item>
</document></database>`

func TestAServerDocumentIsAnEntryAndItsLists(t *testing.T) {
	drafts := entriesOf(t, serverDXL)
	if len(drafts) != 1 || drafts[0].DN != "CN=Hub1,O=Acme" {
		t.Fatalf("got %+v", drafts)
	}
	wantNames(t, "objectClass", texts(drafts[0], "objectClass"), []string{"dominoServer", "top"})
	wantNames(t, "cn", texts(drafts[0], "cn"), []string{"Hub1"})
	var docs []server.Document
	faults, err := ReadServers(strings.NewReader(serverDXL), File{Name: "servers.dxl"}, func(d server.Document) error {
		docs = append(docs, d)
		return nil
	})
	if err != nil || len(faults) != 0 || len(docs) != 1 {
		t.Fatalf("%+v, %v, %v", docs, faults, err)
	}
	d := docs[0]
	if d.Name.Key() != name.Parse("Hub1/Acme").Key() || d.Origin != "servers.dxl:1" || len(d.Lists) != 2 {
		t.Errorf("got %+v", d)
	}
	wantNames(t, "deny list", d.Lists[server.DenyAccess], []string{"Terminations", "CN=Otto Lock/O=Acme"})
	if list, there := d.Lists[server.AllowAccess]; !there || len(list) != 0 {
		t.Error("a blank list must be there and empty")
	}
}

func TestAServerListInDoubtSpoilsItsDocument(t *testing.T) {
	for sentence, item := range map[string]string{
		"a list given twice":       `<item name='DenyAccess'><text>A</text></item><item name='DenyAccess'><text>B</text></item>`,
		"a list that is no text":   `<item name='DenyAccess'><object/></item>`,
		"a name that was not read": `<item name='DenyAccess'><text>J&#xFFFD;rg/Acme</text></item>`,
		"no server name":           `<item name='ServerName'><text>X</text></item>`,
	} {
		t.Run(sentence, func(t *testing.T) {
			text := `<document form='Server'><item name='ServerName'><text>Hub1/Acme</text></item>` + item + `</document>`
			faults, err := ReadServers(strings.NewReader(text), File{Name: "s.dxl"}, func(server.Document) error { t.Error("emitted"); return nil })
			if err != nil || len(faults) != 1 {
				t.Errorf("%v, %v", faults, err)
			}
		})
	}
}

func TestTheDemonstrationServersAreReadWithoutFaults(t *testing.T) {
	f, err := os.Open(filepath.Join("..", "..", "deploy", "demo", "servers.dxl"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	count := 0
	faults, err := ReadServers(f, File{Name: "servers.dxl"}, func(d server.Document) error {
		count++
		if len(d.Lists) < 10 {
			t.Errorf("%s has %d lists", d.Name.Abbreviated(), len(d.Lists))
		}
		return nil
	})
	if err != nil || len(faults) > 0 || count < 2 {
		t.Errorf("%d servers, %v, %v", count, faults, err)
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		t.Fatal(err)
	}
	if faults, err := ReadDirectory(f, File{Name: "servers.dxl"}, checkDraft(t)); err != nil || len(faults) > 0 {
		t.Errorf("%v, %v", faults, err)
	}
}

// checkDraft holds what every emitted entry promises.
func checkDraft(t *testing.T) func(directory.Draft) error {
	return func(d directory.Draft) error {
		if _, err := name.ParseDN(d.DN); err != nil || d.DN == "" {
			t.Fatalf("emitted dn %q: %v", d.DN, err)
		}
		for _, m := range d.Values("member") {
			if _, err := name.ParseDN(string(m)); err != nil {
				t.Fatalf("emitted member %q: %v", m, err)
			}
		}
		return nil
	}
}

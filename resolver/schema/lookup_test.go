package schema_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/aclens/aclens/resolver/schema"
)

// mustLookup is the ID of a description that has to be known.
func mustLookup(t *testing.T, s *schema.Schema, desc string) schema.ID {
	t.Helper()
	id, ok := s.Lookup(desc)
	if !ok {
		t.Fatalf("%q is not known", desc)
	}
	return id
}

// mustIntern extends a schema without an error.
func mustIntern(t *testing.T, s *schema.Schema, descs ...string) *schema.Schema {
	t.Helper()
	extended, err := s.Intern(descs...)
	if err != nil {
		t.Fatalf("intern %q: %v", descs, err)
	}
	return extended
}

func TestADescriptionIsFoundHoweverItIsSpelled(t *testing.T) {
	s := mustIntern(t, schema.Standard(), "cn;lang-EN", "cn;lang-en;x-db-CRM")
	for _, c := range []struct{ name, spelled, sent string }{
		{"by its first name", "cn", "cn"},
		{"by its long name", "commonName", "cn"},
		{"in capitals", "COMMONNAME", "cn"},
		{"by its OID", "2.5.4.3", "cn"},
		{"by its OID as old clients write it", "OID.2.5.4.3", "cn"},
		{"with an option in another case", "CN;LANG-en", "cn;lang-EN"},
		{"by OID with an option", "2.5.4.3;lang-en", "cn;lang-EN"},
		{"with options in order", "cn;lang-en;x-db-crm", "cn;lang-en;x-db-CRM"},
		{"with options in another order", "cn;X-DB-CRM;lang-en", "cn;lang-en;x-db-CRM"},
		{"with an option twice", "commonname;x-db-crm;lang-en;x-db-crm", "cn;lang-en;x-db-CRM"},
	} {
		t.Run(c.name, func(t *testing.T) {
			id := mustLookup(t, s, c.spelled)
			if got := s.Name(id); got != c.sent {
				t.Errorf("%q is sent as %q, want %q", c.spelled, got, c.sent)
			}
			if byBytes, ok := s.LookupBytes([]byte(c.spelled)); !ok || byBytes != id {
				t.Errorf("as bytes it is %d %v, want %d", byBytes, ok, id)
			}
		})
	}
}

func TestWhatIsNotKnownIsNotFound(t *testing.T) {
	s := mustIntern(t, schema.Standard(), "cn;lang-en;x-a")
	for _, desc := range []string{"", ";", "cn;", "cn;;", "cn;lang-en", "cn;x-a", "cn;lang-en;x-a;x-b", "cn;lang-en;", "cnn", "2.5.4.3.", "oid.", "oid.cn", "cn ", " cn", "\x00", "cn;lang-en;x-a;lang-e", strings.Repeat("x", 4000)} {
		if id, ok := s.Lookup(desc); ok {
			t.Errorf("%q is taken for %q", desc, s.Name(id))
		}
	}
}

func TestLookupAllocatesNothing(t *testing.T) {
	s := mustIntern(t, schema.Standard(), "accessLevel;x-db-crm", "accessLevel;x-db-crm;lang-en")
	for _, desc := range []string{"objectClass", "OBJECTCLASS", "accesslevel;X-DB-CRM", "accesslevel;X-DB-CRM;LANG-en", "2.5.4.3", "nothingLikeIt"} {
		raw := []byte(desc)
		if n := testing.AllocsPerRun(100, func() { s.LookupBytes(raw); s.Lookup(desc) }); n != 0 {
			t.Errorf("looking up %q allocates %v times", desc, n)
		}
	}
}

func TestInternKeepsEveryIDAndItsMeaning(t *testing.T) {
	before := schema.Standard()
	after := mustIntern(t, before, "fooBar", "cn;lang-en", "userCertificate;binary", "1.3.6.1.4.1.99999.1", "fooBar;x-1")
	if after.Len() != before.Len()+5 {
		t.Fatalf("%d descriptions, want %d", after.Len(), before.Len()+5)
	}
	for id := range before.Len() {
		if before.Name(schema.ID(id)) != after.Name(schema.ID(id)) {
			t.Errorf("ID %d was %q and is %q", id, before.Name(schema.ID(id)), after.Name(schema.ID(id)))
		}
	}
	if _, known := before.Lookup("fooBar"); known {
		t.Error("the schema that was extended has changed")
	}
	if again := mustIntern(t, after, "FOOBAR", "2.5.4.3;lang-en"); again != after {
		t.Error("interning what is known makes a new schema")
	}
}

func TestAnUnknownTypeIsACaseIgnoringString(t *testing.T) {
	s := mustIntern(t, schema.Standard(), "fooBar;lang-de;x-1")
	id := mustLookup(t, s, "foobar;x-1;lang-de")
	typ := s.Type(id)
	if typ.OID != "foobar-oid" || typ.Name() != "fooBar" || typ.Syntax != "1.3.6.1.4.1.1466.115.121.1.15" || typ.Equality != "caseIgnoreMatch" || !typ.HasSubstring() || !typ.HasOrdering() || typ.Operational() {
		t.Errorf("it is %s", typ)
	}
	if got := fmt.Sprintf("%s %s %s", s.Name(id), s.Options(id), s.Name(s.Base(id))); got != "fooBar;lang-de;x-1 [lang-de x-1] fooBar" {
		t.Errorf("the description is %s", got)
	}
	if base := mustLookup(t, s, "FOOBAR-OID"); base != s.Base(id) {
		t.Error("its made-up OID does not find it")
	}
}

func TestATypeKnownByItsOIDAloneIsCalledByIt(t *testing.T) {
	s := mustIntern(t, schema.Standard(), "1.3.6.1.4.1.99999.1;x-a")
	id := mustLookup(t, s, "1.3.6.1.4.1.99999.1;x-a")
	if s.Name(id) != "1.3.6.1.4.1.99999.1;x-a" || s.Type(id).Names[0] != "1.3.6.1.4.1.99999.1" {
		t.Errorf("it is called %q, %q", s.Name(id), s.Type(id).Names)
	}
}

func TestInternRefusesWhatIsNoDescription(t *testing.T) {
	for _, c := range []struct{ name, desc string }{
		{"nothing", ""},
		{"a digit at the start of a name", "1abc"},
		{"a hyphen at the start of a name", "-abc"},
		{"an underscore", "foo_bar"},
		{"a space", "foo bar"},
		{"a number of one arc", "5"},
		{"a leading zero in an arc", "1.02.3"},
		{"an empty arc", "1..3"},
		{"a dot at the end", "1.2."},
		{"an empty option", "cn;"},
		{"an empty option between others", "cn;a;;b"},
		{"an option with a sign in it", "member;range=0-1499"},
		{"an option outside ASCII", "cn;ü"},
		{"a name outside ASCII", "größe"},
		{"a NUL", "cn\x00"},
		{"too many options", "cn;a;b;c;d;e;f;g;h;i"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s, err := schema.Standard().Intern("goodOne", c.desc, "goodTwo")
			if err == nil || !strings.Contains(err.Error(), fmt.Sprintf("%q", c.desc)) {
				t.Errorf("the error is %v", err)
			}
			mustLookup(t, s, "goodOne")
			mustLookup(t, s, "goodTwo")
			if _, known := s.Lookup(c.desc); known {
				t.Error("it is known all the same")
			}
		})
	}
}

func TestInternStopsWhenNoIDIsLeft(t *testing.T) {
	descs := make([]string, 70000)
	for i := range descs {
		descs[i] = fmt.Sprintf("cn;x-%d", i)
	}
	s, err := schema.Standard().Intern(descs...)
	if err == nil {
		t.Fatal("no error for more descriptions than there are IDs")
	}
	if s.Len() > 1<<16 || s.Len() < 1<<16-2 {
		t.Errorf("%d descriptions are known", s.Len())
	}
	cn := mustLookup(t, s, "cn")
	if got := len(s.Expand(cn)); got < 60000 {
		t.Errorf("cn includes %d descriptions", got)
	}
}

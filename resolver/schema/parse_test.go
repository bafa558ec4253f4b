package schema_test

import (
	"reflect"
	"strings"
	"testing"

	"github.com/aclens/aclens/resolver/schema"
)

const directoryString = "1.3.6.1.4.1.1466.115.121.1.15"

func TestAttributeTypeDefinitionsAsServersWriteThem(t *testing.T) {
	for _, c := range []struct {
		name, text string
		want       schema.Type
	}{
		{"all that RFC 4512 has", `( 1.2.3 NAME ( 'a' 'b' ) DESC 'what it is' OBSOLETE SUP name EQUALITY caseIgnoreMatch ORDERING caseIgnoreOrderingMatch SUBSTR caseIgnoreSubstringsMatch SYNTAX ` + directoryString + `{64} SINGLE-VALUE COLLECTIVE NO-USER-MODIFICATION USAGE dSAOperation X-ORIGIN ( 'one' 'two' ) X-ORDERED 'VALUES' )`,
			schema.Type{OID: "1.2.3", Names: []string{"a", "b"}, Desc: "what it is", Obsolete: true, Sup: "name", Equality: "caseIgnoreMatch", Ordering: "caseIgnoreOrderingMatch",
				Substring: "caseIgnoreSubstringsMatch", Syntax: directoryString, SingleValue: true, Collective: true, NoUserMod: true, Usage: schema.DSAOperation}},
		{"a syntax in quotes", "( 1.2.840.113556.1.4.221 NAME 'sAMAccountName' SYNTAX '" + directoryString + "' SINGLE-VALUE )",
			schema.Type{OID: "1.2.840.113556.1.4.221", Names: []string{"sAMAccountName"}, Syntax: directoryString, SingleValue: true}},
		{"no blanks at the parentheses", "(1.2.3 NAME('a' 'b')SYNTAX " + directoryString + ")",
			schema.Type{OID: "1.2.3", Names: []string{"a", "b"}, Syntax: directoryString}},
		{"a name without quotes and line ends", "( 1.2.3\r\n\tNAME a\n SYNTAX " + directoryString + "\n)",
			schema.Type{OID: "1.2.3", Names: []string{"a"}, Syntax: directoryString}},
		{"an OID made of a name", "( foo-oid NAME 'foo' SYNTAX " + directoryString + " )",
			schema.Type{OID: "foo-oid", Names: []string{"foo"}, Syntax: directoryString}},
		{"escapes in the description", `( 1.2.3 NAME 'a' DESC 'it\27s a \5Cslash\5c' SUP name )`,
			schema.Type{OID: "1.2.3", Names: []string{"a"}, Desc: `it's a \slash\`, Sup: "name"}},
		{"a quote in the description that is not escaped", `( 1.2.3 NAME 'a' DESC 'the person's name' SUP name )`,
			schema.Type{OID: "1.2.3", Names: []string{"a"}, Desc: "the person's name", Sup: "name"}},
		{"no name", "( 1.2.3 SUP name )", schema.Type{OID: "1.2.3", Names: []string{"1.2.3"}, Sup: "name"}},
		{"keywords in lower case", "( 1.2.3 name 'a' sup name usage DIRECTORYOPERATION )",
			schema.Type{OID: "1.2.3", Names: []string{"a"}, Sup: "name", Usage: schema.DirectoryOperation}},
		{"an underscore in a name", "( 1.2.3 NAME 'a_b' SUP name )", schema.Type{OID: "1.2.3", Names: []string{"a_b"}, Sup: "name"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := schema.ParseType(c.text)
			if err != nil || !reflect.DeepEqual(got, c.want) {
				t.Errorf("parsed as %+v, %v", got, err)
			}
		})
	}
}

func TestObjectClassDefinitionsAsServersWriteThem(t *testing.T) {
	for _, c := range []struct {
		name, text string
		want       schema.Class
	}{
		{"all that RFC 4512 has", "( 1.2.3 NAME 'a' DESC 'd' OBSOLETE SUP ( top $ person ) AUXILIARY MUST ( cn $ sn ) MAY o X-ORIGIN 'x' )",
			schema.Class{OID: "1.2.3", Names: []string{"a"}, Desc: "d", Obsolete: true, Sup: []string{"top", "person"}, Kind: schema.Auxiliary, Must: []string{"cn", "sn"}, May: []string{"o"}}},
		{"no kind is structural", "( 1.2.3 NAME 'a' MAY (cn$sn) )",
			schema.Class{OID: "1.2.3", Names: []string{"a"}, May: []string{"cn", "sn"}}},
		{"abstract", "( 2.5.6.0 NAME 'top' ABSTRACT MUST objectClass )",
			schema.Class{OID: "2.5.6.0", Names: []string{"top"}, Kind: schema.Abstract, Must: []string{"objectClass"}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := schema.ParseClass(c.text)
			if err != nil || !reflect.DeepEqual(got, c.want) {
				t.Errorf("parsed as %+v, %v", got, err)
			}
		})
	}
}

func TestDefinitionsThatDoNotParse(t *testing.T) {
	for _, c := range []struct{ name, text, says string }{
		{"nothing", "", "ends before"},
		{"no parenthesis", "1.2.3 NAME 'a'", "opening parenthesis"},
		{"nothing inside", "( )", "a value should stand"},
		{"cut off", "( 1.2.3 NAME 'a' SUP name", "ends before"},
		{"cut off in a list", "( 1.2.3 NAME ( 'a'", "ends before"},
		{"a quote that is not closed", "( 1.2.3 NAME 'a )", "quote"},
		{"something behind", "( 1.2.3 SUP name ) x", "behind the closing"},
		{"a clause twice", "( 1.2.3 SUP name SUP cn )", "twice"},
		{"an unknown clause", "( 1.2.3 SUP name WHATEVER )", "unknown clause"},
		{"an unknown usage", "( 1.2.3 SUP name USAGE other )", "unknown usage"},
		{"a keyword in quotes", "( 1.2.3 'SUP' name )", "keyword"},
		{"a list in a list", "( 1.2.3 NAME ( ( 'a' ) ) )", "inside a list"},
		{"no object identifier", "( 1..3 SUP name )", "no object identifier"},
		{"a macro for an object identifier", "( Acme:1 SUP name )", "no object identifier"},
		{"a name that is none", "( 1.2.3 NAME 'a b' SUP name )", "no name"},
		{"a supertype that is no name", "( 1.2.3 NAME 'a' SUP 'n ame' )", "neither a name"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if _, err := schema.ParseType(c.text); err == nil || !strings.Contains(err.Error(), c.says) {
				t.Errorf("the error is %v, want one that says %q", err, c.says)
			}
		})
	}
}

func FuzzDefinitionParserNeverPanics(f *testing.F) {
	published := schema.Standard().Publish()
	for _, text := range append(published.AttributeTypes[:20:20], published.ObjectClasses[:10]...) {
		f.Add(text)
	}
	f.Add("( 1.2.3 NAME ( 'a' 'b' ) DESC 'it\\27s' SUP name X-A ( 'b' ) )")
	f.Fuzz(func(t *testing.T, text string) {
		if typ, err := schema.ParseType(text); err == nil {
			again, err := schema.ParseType(typ.String())
			if err != nil || again.String() != typ.String() {
				t.Fatalf("printed as %s and parsed as %s, %v", &typ, &again, err)
			}
		}
		if class, err := schema.ParseClass(text); err == nil {
			again, err := schema.ParseClass(class.String())
			if err != nil || again.String() != class.String() {
				t.Fatalf("printed as %s and parsed as %s, %v", &class, &again, err)
			}
		}
		s, _ := schema.Standard().Merge([]string{text}, []string{text})
		s.Publish()
	})
}

func FuzzKeysNeverPanicAndAreTheirOwn(f *testing.F) {
	f.Add("cn", "Jane Doe")
	f.Add("member", "cn=Jane Doe,o=Acme")
	f.Add("modifyTimestamp", "20261121081500.5+0100")
	f.Fuzz(func(t *testing.T, attribute, value string) {
		s := schema.Standard()
		id, ok := s.Lookup(attribute)
		if !ok {
			id, _ = s.Lookup("cn")
		}
		typ := s.Type(id)
		key, ok := typ.AppendKey(nil, []byte(value))
		if order, sorted := typ.CompareValues([]byte(value), []byte(value)); sorted && order != 0 || ok && !sorted {
			t.Fatalf("%q is not in order with itself", value)
		}
		if m, ok := typ.CompileSubstrings([]byte(value), nil, nil); ok {
			m.Match([]byte(value))
		}
		if ok && typ.Equality == "caseIgnoreMatch" {
			if again, ok := typ.AppendKey(nil, key); !ok || string(again) != string(key) {
				t.Fatalf("the key of %q is %q and has the key %q", value, key, again)
			}
		}
	})
}

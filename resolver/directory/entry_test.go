package directory

import (
	"encoding/asn1"
	"strings"
	"testing"

	"github.com/aclens/aclens/resolver/schema"
)

// partialAttribute is RFC 4511, 4.1.7, for a decoder that is not ours.
type partialAttribute struct {
	Type   []byte
	Values []asn1.RawValue `asn1:"set"`
}

func TestARecordHoldsThePartialAttributeOfTheWire(t *testing.T) {
	for _, size := range []int{0, 1, 127, 128, 255, 256, 65_535, 65_536, 1 << 24} {
		big := strings.Repeat("x", size)
		d := &Draft{DN: "cn=Jane Doe,o=Acme"}
		d.AddText("description", big, "second")
		d.AddText("Description", "third")
		s := standardStore(t, d)
		jane, _ := s.Find("cn=jane doe,o=acme")
		id, _ := s.Schema().Lookup("description")
		raw, ok := s.Entry(jane).Find(id)
		if !ok {
			t.Fatalf("size %d: the attribute is not there", size)
		}
		var p partialAttribute
		if rest, err := asn1.Unmarshal([]byte(raw), &p); err != nil || len(rest) > 0 {
			t.Fatalf("size %d: %v, %d octets left", size, err, len(rest))
		}
		if string(p.Type) != "description" || len(p.Values) != 3 || string(p.Values[0].Bytes) != big || string(p.Values[2].Bytes) != "third" {
			t.Errorf("size %d: type %q, %d values", size, p.Type, len(p.Values))
		}
		v := raw.Values()
		if first, _ := v.Next(); first != big || v.Len() != 2 {
			t.Errorf("size %d: the values are walked wrongly", size)
		}
	}
}

func TestEntriesThatCannotBeTakenAreReportedAndChangeNothing(t *testing.T) {
	rows := []struct {
		title string
		draft Draft
	}{
		{"no name", Draft{DN: ""}},
		{"not a name", Draft{DN: "Jane Doe"}},
		{"a directory too many", Draft{DN: "cn=Jane Doe,o=Acme", Source: MaxSources}},
	}
	s := standardStore(t, person("cn=Jane Doe,o=Acme", "Jane Doe", "j@acme.example"))
	before := contents(s)
	for _, r := range rows {
		next, touched, faults := s.Apply([]Change{{Put: &r.draft}})
		if len(faults) != 1 || faults[0].DN != r.draft.DN || faults[0].Error() == "" || len(touched) > 0 {
			t.Errorf("%s: faults %v, touched %v", r.title, faults, touched)
		}
		if got := contents(next); len(got) != len(before) {
			t.Errorf("%s: %d names, want %d", r.title, len(got), len(before))
		}
	}
}

func TestAnUnknownAttributeExtendsTheSchemaOfTheNextStoreOnly(t *testing.T) {
	s := Empty(schema.Standard())
	d := &Draft{DN: "cn=Jane Doe,o=Acme"}
	d.AddText("acmeBadge;x-colour", "red")
	next, _, faults := s.Apply([]Change{{Put: d}})
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	if _, ok := next.Schema().Lookup("ACMEBADGE;X-COLOUR"); !ok {
		t.Error("the new Store does not know the attribute")
	}
	if _, ok := s.Schema().Lookup("acmeBadge"); ok {
		t.Error("the old Store knows it too")
	}
	f := (&item{op: Equal, attr: "acmeBadge", assert: "RED"}).compile(next.Schema())
	jane, _ := next.Find("cn=jane doe,o=acme")
	if NewEvaluator(next).Eval(&f, jane) != True || next.Plan(&f).Len(9) != 1 {
		t.Error("a value with an option is not found by its type")
	}
}

func TestDraftsCollectValuesUnderOneName(t *testing.T) {
	var d Draft
	d.AddText("objectClass", "person")
	d.Add("OBJECTCLASS", []byte("top"))
	d.AddText("objectClasses", "other")
	if len(d.Attributes) != 2 || len(d.Values("ObjectClass")) != 2 || d.Values("cn") != nil {
		t.Errorf("%+v", d)
	}
}

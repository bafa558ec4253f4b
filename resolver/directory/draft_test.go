package directory

import (
	"reflect"
	"testing"
)

func TestACloneOfADraftSharesNoValueWithIt(t *testing.T) {
	d := Draft{DN: "cn=Jane Doe,o=Acme", Source: 1}
	d.AddText("cn", "Jane Doe", "")
	d.AddText("mail", "jane@acme.example")
	want := Draft{DN: d.DN, Source: 1}
	want.AddText("cn", "Jane Doe", "")
	want.AddText("mail", "jane@acme.example")
	got := d.Clone()
	for _, a := range d.Attributes {
		for _, v := range a.Values {
			clear(v)
		}
	}
	d.Attributes[0].Name, d.Attributes[1].Values[0] = "sn", nil
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
	got.Add("cn", []byte("Jane"))
	if string(got.Attributes[1].Values[0]) != "jane@acme.example" {
		t.Error("a value that was added wrote over the next one")
	}
}

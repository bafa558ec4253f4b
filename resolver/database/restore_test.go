package database

import (
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
)

func TestARestoredSetIsTheSet(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	restored := 0
	for range 1500 {
		in, o := chance(r)
		o.Aliases = map[string]string{"one": "a.nsf", "two": ridA, "d": "d", "four": "Web1/Acme!!d", "Five": "d"}
		for _, i := range in {
			i.List = randomList(r)
			i.Title = strings.Repeat("T", r.IntN(3))
		}
		want, _, err := Arrange(in, o)
		if err != nil {
			continue
		}
		restored++
		kept := want.Kept()
		r.Shuffle(len(kept), func(i, j int) { kept[i], kept[j] = kept[j], kept[i] })
		got, err := Restore(kept)
		if err != nil {
			t.Fatalf("%s: %v", listed(in), err)
		}
		if !reflect.DeepEqual(got, want) {
			t.Fatalf("%s: restored\n%s\nwant\n%s", listed(in), whole(got, nil, nil), whole(want, nil, nil))
		}
	}
	if restored < 300 {
		t.Errorf("only %d sets were restored", restored)
	}
}

func TestWhatArrangeDoesNotMakeIsNotRestored(t *testing.T) {
	a, b := at("Hub1/Acme", "a.nsf", ridA), at("Hub1/Acme", "b.nsf", ridB)
	copyOfA, hidden := at("Web1/Acme", "a.nsf", ridA), at("Web1/Acme", "x.nsf", "")
	for _, c := range []struct {
		sentence string
		kept     []Kept
		says     string
	}{
		{"a database without an instance", []Kept{{Key: "a.nsf"}}, "no instance"},
		{"a key that is another's", []Kept{{Key: "b.nsf", Instances: []*Instance{a}}}, "no key"},
		{"a key that is not folded", []Kept{{Key: "A.NSF", Instances: []*Instance{a}}}, "no key"},
		{"two databases of one key", []Kept{{Key: "a.nsf", Instances: []*Instance{a}}, {Key: "a.nsf", Instances: []*Instance{copyOfA}}}, "two databases"},
		{"one instance twice", []Kept{{Key: "a.nsf", Instances: []*Instance{a, a}}}, "twice"},
		{"an instance of another replica id", []Kept{{Key: "a.nsf", Instances: []*Instance{a, b}}}, "no replica"},
		{"instances without a replica id", []Kept{{Key: "Web1/Acme!!x.nsf", Instances: []*Instance{hidden, at("Hub1/Acme", "x.nsf", "")}}}, "no replica"},
		{"an instance without an ACL", []Kept{{Key: "a.nsf", Instances: []*Instance{{Path: "a.nsf"}}}}, "no ACL"},
		{"an alias of two", []Kept{{Key: "a.nsf", Alias: []string{"x"}, Instances: []*Instance{a}}, {Key: "b.nsf", Alias: []string{"x"}, Instances: []*Instance{b}}}, "alias of both"},
		{"an alias that is another's key", []Kept{{Key: "a.nsf", Alias: []string{"b.nsf"}, Instances: []*Instance{a}}, {Key: "b.nsf", Instances: []*Instance{b}}}, "alias"},
	} {
		t.Run(c.sentence, func(t *testing.T) {
			if _, err := Restore(c.kept); err == nil || !strings.Contains(err.Error(), c.says) {
				t.Errorf("says %v, want %q", err, c.says)
			}
		})
	}
	if s, err := Restore([]Kept{{Key: "a.nsf", Alias: []string{"x"}, Instances: []*Instance{a, copyOfA}}}); err != nil || !slices.Equal(s.At(0).Alias, []string{"x"}) {
		t.Errorf("a good set is not restored: %v", err)
	}
}

package upstream_test

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"testing"

	"github.com/aclens/aclens/proxy/upstream"
	"github.com/aclens/aclens/proxy/wire"
	"github.com/aclens/aclens/resolver/directory"
)

const (
	adBase     = "DC=acme,DC=example"
	adSettings = "CN=NTDS Settings,CN=DC1,CN=Servers,CN=Sites,CN=Configuration,DC=acme,DC=example"
)

// adLike is Active Directory with one group of that many members, given 1500 at a time.
func adLike(members int) *fake {
	var list []string
	for i := range members {
		list = append(list, fmt.Sprintf("CN=Person %d,CN=Users,%s", i, adBase))
	}
	return &fake{
		rangeSize: 1500,
		root: map[string][]string{
			"rootDomainNamingContext": {adBase},
			"defaultNamingContext":    {adBase},
			"namingContexts":          {adBase, "CN=Configuration," + adBase, "DC=DomainDnsZones," + adBase},
			"supportedCapabilities":   {"1.2.840.113556.1.4.800"},
			"supportedControl":        {wire.ControlPagedResults, wire.ControlDomainScope},
			"dsServiceName":           {adSettings},
			"highestCommittedUSN":     {"5000"},
		},
		entries: []fakeEntry{
			{adSettings, map[string][]string{"objectClass": {"nTDSDSA"}, "invocationId": {"\x01\x02"}, "uSNChanged": {"10"}}},
			{"CN=Big,CN=Users," + adBase, map[string][]string{"objectClass": {"group"}, "member": list, "uSNChanged": {"4000"}}},
			{"CN=Small,CN=Users," + adBase, map[string][]string{"objectClass": {"group"}, "member": {"CN=Jane"}, "uSNChanged": {"20"}, "unicodePwd": {"jane-secret"}}},
		},
	}
}

func TestValuesGivenInRangesAreReadToTheLast(t *testing.T) {
	for _, members := range []int{1, 1499, 1500, 1501, 3000, 4321} {
		f := adLike(members).serve(t)
		d, _ := open(t, settingsForFake(f))
		drafts, _ := readAll(t, d)
		big := drafts["CN=Big,CN=Users,"+adBase]
		if got, want := texts(big.Values("member")), f.entries[1].attributes["member"]; !slices.Equal(got, want) {
			t.Errorf("%d members: read %d", len(want), len(got))
		}
		names := map[string]int{}
		for _, a := range big.Attributes {
			names[a.Name]++
		}
		if !maps.Equal(names, map[string]int{"objectClass": 1, "member": 1, "uSNChanged": 1}) {
			t.Errorf("%d members: attributes are %v", members, names)
		}
		if small := drafts["CN=Small,CN=Users,"+adBase]; small.Values("unicodePwd") != nil || len(small.Values("member")) != 1 {
			t.Errorf("the small group came as %v", small)
		}
	}
}

func TestActiveDirectoryIsAskedInItsOwnWay(t *testing.T) {
	f := adLike(2).serve(t)
	d, _ := open(t, settingsForFake(f))
	facts, err := d.RootDSE(brief(t))
	if err != nil || facts.Profile != upstream.ProfileActiveDirectory || facts.DefaultNamingContext != adBase || facts.HighestUSN != "5000" {
		t.Fatalf("%+v, %v", facts, err)
	}
	readAll(t, d)
	searches, controls := f.asked()
	i := slices.IndexFunc(searches, func(s wire.SearchRequest) bool { return s.Scope == wire.ScopeSubtree })
	if string(searches[i].Base) != adBase {
		t.Errorf("read below %s", searches[i].Base)
	}
	for _, a := range searches[i].Attributes {
		if string(a) == "+" {
			t.Error(`asked for "+", which Active Directory does not know`)
		}
	}
	var sent []string
	for _, c := range controls[i] {
		sent = append(sent, c.OID)
	}
	if !slices.Equal(sent, []string{wire.ControlPagedResults, wire.ControlDomainScope}) {
		t.Errorf("controls %v", sent)
	}
}

func TestChangesOfActiveDirectoryAreCountedByTheServer(t *testing.T) {
	f := adLike(2).serve(t)
	d, _ := open(t, settingsForFake(f))
	_, state := readAll(t, d)
	if state.Since != "5000" || state.Server != adSettings+" 0102" {
		t.Fatalf("state %+v", state)
	}
	change := func(edit func()) {
		f.mu.Lock()
		defer f.mu.Unlock()
		edit()
	}
	usn := func(n int) []string { return []string{strconv.Itoa(n)} }
	change(func() {
		f.entries[2].attributes["uSNChanged"] = usn(5001)
		f.root["highestCommittedUSN"] = usn(5003)
	})
	drafts, state := changes(t, d, state)
	if _, ok := drafts["CN=Small,CN=Users,"+adBase]; !ok || len(drafts) != 1 || state.Since != "5003" {
		t.Errorf("changes %v, then %+v", drafts, state)
	}
	if drafts, _ := changes(t, d, state); len(drafts) != 0 {
		t.Errorf("nothing changed but %v", drafts)
	}
	for sentence, edit := range map[string]func(){
		"a server restored from a backup": func() { f.entries[0].attributes["invocationId"] = []string{"\x03"} },
		"a server that counts less":       func() { f.root["highestCommittedUSN"] = usn(4) },
		"another server of the domain":    func() { f.root["dsServiceName"] = []string{"CN=Other," + adBase} },
	} {
		var root map[string][]string
		var id []string
		change(func() {
			root, id = maps.Clone(f.root), f.entries[0].attributes["invocationId"]
			edit()
		})
		_, err := d.ReadChanges(brief(t), state, func(directory.Draft) error { return nil })
		if !errors.Is(err, upstream.ErrFullRead) {
			t.Errorf("%s: %v", sentence, err)
		}
		change(func() { f.root, f.entries[0].attributes["invocationId"] = root, id })
	}
}

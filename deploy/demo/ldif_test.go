package demo

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"slices"
	"strings"
	"testing"
)

// record is one entry: attribute names in lower case, values in order.
type record struct {
	dn    string
	attrs map[string][]string
}

func (r record) is(class string) bool {
	return slices.ContainsFunc(r.attrs["objectclass"], func(c string) bool { return strings.EqualFold(c, class) })
}

// parseLDIF reads the part of RFC 2849 that the sample uses and refuses everything else.
func parseLDIF(text string) ([]record, error) {
	var records []record
	for block := range strings.SplitSeq(strings.ReplaceAll(text, "\n ", ""), "\n\n") {
		var r record
		for line := range strings.SplitSeq(strings.TrimSpace(block), "\n") {
			if strings.HasPrefix(line, "#") || line == "version: 1" || line == "" {
				continue
			}
			name, value, err := parseLine(line)
			if err != nil {
				return nil, err
			}
			if r.attrs == nil {
				if name != "dn" {
					return nil, fmt.Errorf("entry begins with %q", line)
				}
				r = record{dn: value, attrs: map[string][]string{}}
				continue
			}
			r.attrs[name] = append(r.attrs[name], value)
		}
		if r.attrs != nil {
			records = append(records, r)
		}
	}
	return records, nil
}

func parseLine(line string) (name, value string, err error) {
	name, rest, ok := strings.Cut(line, ":")
	if !ok || name == "" {
		return "", "", fmt.Errorf("no attribute in %q", line)
	}
	if coded, ok := strings.CutPrefix(rest, ":"); ok {
		raw, err := base64.StdEncoding.DecodeString(strings.TrimSpace(coded))
		return strings.ToLower(name), string(raw), err
	}
	value, ok = strings.CutPrefix(rest, " ")
	if !ok || value == "" || strings.ContainsAny(value[:1], " :<") {
		return "", "", fmt.Errorf("unsafe value in %q", line)
	}
	return strings.ToLower(name), value, nil
}

func loadRecords(t *testing.T) []record {
	t.Helper()
	records, err := parseLDIF(string(LDIF()))
	if err != nil {
		t.Fatal(err)
	}
	return records
}

func byDN(records []record) map[string]record {
	index := make(map[string]record, len(records))
	for _, r := range records {
		index[strings.ToLower(r.dn)] = r
	}
	return index
}

func TestDirectoryHasThePromisedNumbers(t *testing.T) {
	records := loadRecords(t)
	for class, want := range map[string]int{
		"dominoPerson": 60, "dominoServer": 2, "dominoGroup": 25, "organization": 2, "organizationalUnit": 4,
		"simpleSecurityObject": 1,
	} {
		got := 0
		for _, r := range records {
			if r.is(class) {
				got++
			}
		}
		if got != want {
			t.Errorf("%s: %d entries, want %d", class, got, want)
		}
	}
}

func TestDirectoryIsFoldedAndPlainASCII(t *testing.T) {
	for i, line := range strings.Split(string(LDIF()), "\n") {
		if len(line) > 76 && !strings.HasPrefix(line, "#") {
			t.Errorf("line %d has %d characters", i+1, len(line))
		}
		if strings.ContainsFunc(line, func(r rune) bool { return r < ' ' || r > '~' }) {
			t.Errorf("line %d is not printable ASCII: %q", i+1, line)
		}
	}
}

func TestDNsAndUidsAreUniqueAndEveryParentExists(t *testing.T) {
	records := loadRecords(t)
	index := byDN(records)
	if len(index) != len(records) {
		t.Errorf("%d different DNs in %d entries", len(index), len(records))
	}
	uids := map[string]string{}
	for _, r := range records {
		for _, uid := range r.attrs["uid"] {
			if other, ok := uids[uid]; ok {
				t.Errorf("uid %s in %s and %s", uid, r.dn, other)
			}
			uids[uid] = r.dn
		}
		_, parent, below := strings.Cut(r.dn, ",")
		if _, ok := index[strings.ToLower(parent)]; below && !ok {
			t.Errorf("%s: no entry for its parent", r.dn)
		}
		if r.is("dominoGroup") && below {
			t.Errorf("%s: groups stand at the root", r.dn)
		}
	}
}

func TestEveryPersonHasWhatADominoPersonHas(t *testing.T) {
	for _, r := range loadRecords(t) {
		if !r.is("dominoPerson") {
			continue
		}
		for _, class := range []string{"inetOrgPerson", "organizationalPerson", "person", "top"} {
			if !r.is(class) {
				t.Errorf("%s: not %s", r.dn, class)
			}
		}
		for _, name := range []string{"cn", "sn", "givenname", "uid", "mail", "telephonenumber", "userpassword"} {
			if len(r.attrs[name]) == 0 {
				t.Errorf("%s: no %s", r.dn, name)
			}
		}
		if !strings.HasPrefix(r.dn, "CN="+r.attrs["cn"][0]+",") {
			t.Errorf("%s: first cn is %q", r.dn, r.attrs["cn"][0])
		}
	}
}

func TestMembersExistExceptThoseMissingOnPurpose(t *testing.T) {
	records := loadRecords(t)
	index := byDN(records)
	var missing []string
	for _, r := range records {
		for _, member := range r.attrs["member"] {
			if _, ok := index[strings.ToLower(member)]; !ok {
				missing = append(missing, r.attrs["cn"][0]+": "+member)
			}
		}
	}
	want := []string{
		"HR Managers: CN=Walter Missing,OU=HR,O=Acme",
		"Engineering West: CN=*,OU=West,OU=Engineering,O=Acme",
		"Terminations: CN=Peter Gone,OU=Sales,O=Acme",
		"OtherDomainServers: CN=Gate1,O=Partner",
	}
	if !slices.Equal(missing, want) {
		t.Errorf("members without an entry:\n%q\nwant\n%q", missing, want)
	}
}

func TestGroupTypesAreAllThere(t *testing.T) {
	count := map[string]int{}
	var empty []string
	for _, r := range loadRecords(t) {
		if !r.is("dominoGroup") {
			continue
		}
		count[strings.Join(r.attrs["grouptype"], "+")]++
		if len(r.attrs["member"]) == 0 {
			empty = append(empty, r.dn)
		}
	}
	for kind, want := range map[string]int{"1": 1, "3": 1, "4": 2, "": 1} {
		if count[kind] != want {
			t.Errorf("groups of type %q: %d, want %d", kind, count[kind], want)
		}
	}
	if count["0"] == 0 || count["2"] == 0 || len(count) != 6 {
		t.Errorf("groups by type: %v", count)
	}
	if !slices.Equal(empty, []string{"CN=Catalog Curators"}) {
		t.Errorf("empty groups: %q", empty)
	}
}

// reach returns the groups below one group, with the shortest number of nestings to each.
func reach(children map[string][]string, from string) map[string]int {
	depth := map[string]int{}
	type step struct {
		group string
		down  int
	}
	for queue := []step{{from, 0}}; len(queue) > 0; queue = queue[1:] {
		for _, child := range children[queue[0].group] {
			if _, seen := depth[child]; !seen {
				depth[child] = queue[0].down + 1
				queue = append(queue, step{child, queue[0].down + 1})
			}
		}
	}
	return depth
}

func TestNestingHasOneCycleAndOneChainPastSix(t *testing.T) {
	records := loadRecords(t)
	index := byDN(records)
	children := map[string][]string{}
	for _, r := range records {
		for _, member := range r.attrs["member"] {
			if m, ok := index[strings.ToLower(member)]; ok && m.is("dominoGroup") {
				children[r.dn] = append(children[r.dn], m.dn)
			}
		}
	}
	var onCycle, deep []string
	for _, r := range records {
		below := reach(children, r.dn)
		if _, ok := below[r.dn]; ok {
			onCycle = append(onCycle, r.dn)
		}
		for _, down := range below {
			if down > 6 {
				deep = append(deep, r.dn)
			}
		}
	}
	if !slices.Equal(onCycle, []string{"CN=Project Alpha", "CN=Project Beta"}) {
		t.Errorf("groups that hold themselves: %q", onCycle)
	}
	if !slices.Equal(deep, []string{"CN=Company"}) {
		t.Errorf("groups nested past six: %q", deep)
	}
}

func TestEveryPasswordIsTheUid(t *testing.T) {
	binders := 0
	for _, r := range loadRecords(t) {
		stored := r.attrs["userpassword"]
		if len(stored) == 0 {
			continue
		}
		binders++
		password := "reader"
		if r.is("dominoPerson") {
			password = r.attrs["uid"][0]
		}
		if len(stored) != 1 || !saltedSHA256(stored[0], password) {
			t.Errorf("%s: password is not %q", r.dn, password)
		}
		if saltedSHA256(stored[0], password+"x") {
			t.Errorf("%s: any password fits", r.dn)
		}
	}
	if binders != 61 {
		t.Errorf("%d entries can bind, want 61", binders)
	}
}

func saltedSHA256(stored, password string) bool {
	coded, ok := strings.CutPrefix(stored, "{SSHA256}")
	raw, err := base64.StdEncoding.DecodeString(coded)
	if !ok || err != nil || len(raw) <= sha256.Size {
		return false
	}
	sum := sha256.Sum256(append([]byte(password), raw[sha256.Size:]...))
	return bytes.Equal(sum[:], raw[:sha256.Size])
}

func TestCallersGetCopiesOfTheirOwn(t *testing.T) {
	LDIF()[0], Servers()[0] = 0, 0
	if LDIF()[0] != 'v' || Servers()[0] != '<' {
		t.Error("one caller changed the data of the next")
	}
}

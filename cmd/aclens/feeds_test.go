package main

import (
	"bufio"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-ldap/ldap/v3"
	"github.com/google/go-cmp/cmp"

	"github.com/aclens/aclens/cmd/aclens/proctest"
	"github.com/aclens/aclens/proxy/upstream/slapdtest"
)

// cuts is how often the consumer that is cut off is cut off.
var cuts = flag.Int("cuts", 10, "how often a consumer of the feed is cut off")

// fed are the attributes that consumers keep: all of the directory's, and some
// that are computed.
var fed = []string{"*", "effectiveAccess", "effectiveRole", "isMemberOf"}

// change makes one random change in the directory behind the proxy.
func (w *world) change(t *testing.T, d *rand.Rand, c *ldap.Conn, i int) {
	t.Helper()
	person := func() string { return fmt.Sprintf("cn=Feed %d,o=acme", d.IntN(8)) }
	var err error
	switch d.IntN(6) {
	case 0, 1:
		dn := person()
		add := ldap.NewAddRequest(dn, nil)
		add.Attribute("objectClass", []string{"inetOrgPerson"})
		add.Attribute("cn", []string{dn[3:strings.Index(dn, ",")]})
		add.Attribute("sn", []string{"Doe"})
		err = c.Add(add)
	case 2:
		err = c.Del(ldap.NewDelRequest(person(), nil))
	case 3:
		err = c.ModifyDN(ldap.NewModifyDNRequest(person(), fmt.Sprintf("cn=Feed %d", d.IntN(8)), true, ""))
	default:
		m := ldap.NewModifyRequest(w.team(t, c), nil)
		if d.IntN(2) == 0 {
			m.Add("member", []string{person()})
		} else {
			m.Delete("member", []string{person()})
		}
		err = c.Modify(m)
	}
	var refused *ldap.Error
	if err != nil && !errors.As(err, &refused) {
		t.Fatalf("change %d: %v", i, err)
	}
}

// team is a group of the directory that some ACL names.
func (w *world) team(t *testing.T, c *ldap.Conn) string {
	t.Helper()
	r, err := c.Search(ldap.NewSearchRequest("o=acme", ldap.ScopeWholeSubtree, 0, 0, 0, false, "(&(objectClass=groupOfNames)(member=*))", []string{"1.1"}, nil))
	if err != nil || len(r.Entries) == 0 {
		t.Fatalf("finding a group: %v", err)
	}
	return r.Entries[0].DN
}

// mark changes an entry to something new and waits until the proxy shows it.
func (w *world) mark(t *testing.T, upstream, client *ldap.Conn, text string) {
	t.Helper()
	m := ldap.NewModifyRequest("o=acme", nil)
	m.Replace("description", []string{text})
	if err := upstream.Modify(m); err != nil {
		t.Fatal(err)
	}
	await(t, func() error {
		got, err := values(client, "o=acme", "(o=acme)", "description")
		if err == nil && !slices.Equal(got, []string{text}) {
			err = fmt.Errorf("the description is %v", got)
		}
		return err
	})
}

// entries is the content of a server: by name, attributes with their values, as
// far as a copy keeps them.
func entries(c *ldap.Conn, base string, attributes []string) (map[string]map[string][]string, error) {
	r, err := c.Search(ldap.NewSearchRequest(base, ldap.ScopeWholeSubtree, 0, 0, 0, false, "(objectClass=*)", attributes, nil))
	if err != nil {
		return nil, err
	}
	out := map[string]map[string][]string{}
	for _, e := range r.Entries {
		out[strings.ToLower(e.DN)] = content(e)
	}
	return out, nil
}

func content(e *ldap.Entry) map[string][]string {
	out := map[string][]string{}
	for _, a := range e.Attributes {
		if n := strings.ToLower(a.Name); len(a.Values) > 0 && n != "userpassword" && n != "structuralobjectclass" {
			for _, v := range a.Values {
				out[n] = append(out[n], strings.ToLower(v))
			}
			slices.Sort(out[n])
		}
	}
	return out
}

func TestSlapdFollowsAsAConsumer(t *testing.T) {
	w := nested(t, "dn")
	schema, err := filepath.Abs("../../deploy/schema/aclens.schema")
	if err != nil {
		t.Fatal(err)
	}
	copied := slapdtest.Start(t, slapdtest.Options{Suffix: "o=acme", Global: []string{"attributeoptions lang- x-db-", "include " + schema}, Directives: []string{
		`syncrepl rid=001 provider=ldap://` + w.address("ldap") + ` type=refreshAndPersist retry="1 +" searchbase="o=acme" schemachecking=off ` +
			`bindmethod=simple binddn="` + reader + `" credentials="` + secretWord + `" attrs="+,objectClass,o,ou,cn,sn,uid,description,member,effectiveAccess,effectiveRole,isMemberOf"`,
	}})
	upstream, client, consumer := w.slapd.Dial(), w.bound(reader, secretWord), copied.Dial()
	d := rand.New(rand.NewPCG(1, 1))
	for round := range 3 {
		for i := range 15 {
			w.change(t, d, upstream, i)
		}
		w.mark(t, upstream, client, fmt.Sprint("round ", round))
		if round == 1 {
			copied.Restart()
			consumer = copied.Dial()
		}
		await(t, func() error {
			want, err := entries(client, "o=acme", fed)
			if err != nil {
				return err
			}
			got, err := entries(consumer, "o=acme", fed)
			if diff := cmp.Diff(want, got); err == nil && diff != "" {
				err = fmt.Errorf("round %d: the copy differs (-provider +copy):\n%s", round, diff)
			}
			return err
		})
	}
}

// everythingFed is the search that copies follow.
func everythingFed() *ldap.SearchRequest {
	return ldap.NewSearchRequest("o=acme", ldap.ScopeWholeSubtree, 0, 0, 0, false, "(objectClass=*)", fed, nil)
}

// tree is what a copy holds, by name.
func tree(c *proctest.Copy) map[string]map[string][]string {
	out := map[string]map[string][]string{}
	for _, e := range c.Entries {
		out[strings.ToLower(e.DN)] = content(e)
	}
	return out
}

func TestAConsumerThatIsCutOffAgainAndAgainEndsEqual(t *testing.T) {
	w := nested(t, "dn")
	upstream, client := w.slapd.Dial(), w.bound(reader, secretWord)
	d := rand.New(rand.NewPCG(2, 2))
	m := &proctest.Copy{}
	for i := range *cuts {
		done := make(chan struct{})
		go func() {
			defer close(done)
			c := w.bound(reader, secretWord)
			defer func() { _ = c.Close() }()
			ctx, stop := context.WithTimeout(context.Background(), 300*time.Millisecond)
			defer stop()
			_ = m.Follow(ctx, c, everythingFed(), ldap.SyncRequestModeRefreshAndPersist, 1+d.IntN(40)) // it is cut off
		}()
		<-done
		for range 3 {
			w.change(t, d, upstream, i)
		}
	}
	w.mark(t, upstream, client, "the end")
	if err := m.Follow(context.Background(), client, everythingFed(), ldap.SyncRequestModeRefreshOnly, proctest.Endless); err != nil {
		t.Fatal(err)
	}
	want, err := entries(client, "o=acme", fed)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, tree(m)); diff != "" {
		t.Errorf("the mirror differs (-provider +mirror):\n%s", diff)
	}
	if *cuts > 3 && m.Whole == *cuts+1 {
		t.Error("the consumer began anew each time")
	}
}

func TestAPersistentSearchTellsOfComputedChanges(t *testing.T) {
	w := nested(t, "dn")
	upstream := w.slapd.Dial()
	ctx, stop := context.WithTimeout(t.Context(), patience)
	defer stop()
	cmd := exec.CommandContext(ctx, program(t, "ldapsearch"), "-x", "-LLL", "-o", "ldif-wrap=no", "-H", "ldap://"+w.address("ldap"), "-D", reader, "-w", secretWord,
		"-b", "o=acme", "-E", "!ps=15/1/1", "(objectClass=inetOrgPerson)", "isMemberOf", "effectiveAccess")
	var said strings.Builder
	cmd.Stderr = &said
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	team := w.team(t, upstream)
	add := ldap.NewAddRequest("cn=Feed 1,o=acme", nil)
	add.Attribute("objectClass", []string{"inetOrgPerson"})
	add.Attribute("cn", []string{"Feed 1"})
	add.Attribute("sn", []string{"Doe"})
	lines := bufio.NewScanner(out)
	joined := false
	if err := upstream.Add(add); err != nil {
		t.Fatal(err)
	}
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	go func() { // again and again, for the search may begin later
		for i := 0; ctx.Err() == nil; i++ {
			m := ldap.NewModifyRequest(team, nil)
			if i%2 == 0 {
				m.Add("member", []string{"cn=Feed 1,o=acme"})
			} else {
				m.Delete("member", []string{"cn=Feed 1,o=acme"})
			}
			if upstream.Modify(m) != nil {
				return
			}
			for range 8 {
				select {
				case <-tick.C:
				case <-ctx.Done():
					return
				}
			}
		}
	}()
	for !joined && lines.Scan() {
		joined = strings.EqualFold(lines.Text(), "isMemberOf: "+team)
	}
	stop()
	_ = cmd.Wait() // it is ended
	if !joined {
		t.Errorf("the membership that came is not told; ldapsearch said %s", said.String())
	}
}

// changes asks the HTTP feed for what changed behind a number.
func (w *world) changes(t *testing.T, user, parameters string) (lines []map[string]any, last float64, code int) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, w.url("/api/v1/changes?"+parameters), nil)
	if err != nil {
		t.Fatal(err)
	}
	r.SetBasicAuth(user, secretWord)
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	d := json.NewDecoder(answer.Body)
	for d.More() {
		line := map[string]any{}
		if err := d.Decode(&line); err != nil {
			t.Fatal(err)
		}
		if n, ok := line["last"].(float64); ok {
			last = n
			continue
		}
		lines = append(lines, line)
	}
	http.DefaultClient.CloseIdleConnections()
	return lines, last, answer.StatusCode
}

func TestTheHTTPFeedSaysWhoMayDoWhatNowAndWhy(t *testing.T) {
	w := nested(t, "dn")
	upstream := w.slapd.Dial()
	_, last, code := w.changes(t, reader, "")
	if code != http.StatusOK {
		t.Fatalf("status %d", code)
	}
	team := w.team(t, upstream)
	m := ldap.NewModifyRequest(team, nil)
	m.Add("member", []string{"cn=Otto Other,ou=people,o=acme"})
	if err := upstream.Modify(m); err != nil {
		t.Fatal(err)
	}
	lines, next, _ := w.changes(t, reader, fmt.Sprintf("since=%.0f&wait=20", last))
	var access map[string]any
	for _, l := range lines {
		if a, ok := l["access"].(map[string]any); ok {
			access = a
		}
	}
	from, _ := access["from"].(map[string]any)
	to, _ := access["to"].(map[string]any)
	if access["user"] != "CN=Otto Other/OU=people/O=acme" || access["database"] != "apps/crm.nsf" || from["level"] == to["level"] || fmt.Sprint(to["winning"]) == "[]" {
		t.Errorf("it tells %v", lines)
	}
	if again, end, _ := w.changes(t, reader, fmt.Sprintf("since=%.0f", next)); len(again) > 0 || end != next {
		t.Errorf("behind the end it tells %v", again)
	}
	if _, _, code := w.changes(t, reader, "since=99999"); code != http.StatusGone {
		t.Errorf("a number that was never given is answered %d", code)
	}
	if _, _, code := w.changes(t, reader, "since=x"); code != http.StatusBadRequest {
		t.Errorf("no number is answered %d", code)
	}
}

// logged reads the changes from a number on.
func logged(c *ldap.Conn, from string) ([]*ldap.Entry, error) {
	r, err := c.Search(ldap.NewSearchRequest("cn=changelog", ldap.ScopeSingleLevel, 0, 0, 0, false, "(&(objectClass=changeLogEntry)(changeNumber>="+from+"))", nil, nil))
	if err != nil {
		return nil, err
	}
	return r.Entries, nil
}

func TestWhoRepeatsTheChangelogEndsWithWhatIsThere(t *testing.T) {
	w := nested(t, "dn")
	upstream, client := w.slapd.Dial(), w.bound(reader, secretWord)
	kept, err := entries(client, "o=acme", fed)
	if err != nil {
		t.Fatal(err)
	}
	root, err := client.Search(ldap.NewSearchRequest("", ldap.ScopeBaseObject, 0, 0, 0, false, "(objectClass=*)", []string{"changelog", "firstchangenumber", "lastchangenumber"}, nil))
	if err != nil || root.Entries[0].GetEqualFoldAttributeValue("changelog") != "cn=changelog" || root.Entries[0].GetEqualFoldAttributeValue("firstchangenumber") == "" {
		t.Fatalf("the root DSE: %v, %v", root, err)
	}
	d := rand.New(rand.NewPCG(3, 3))
	for i := range 30 {
		w.change(t, d, upstream, i)
	}
	w.mark(t, upstream, client, "the end")
	list, err := logged(client, "1")
	if err != nil {
		t.Fatal(err)
	}
	last := 0
	for _, e := range list {
		var n int
		if _, err := fmt.Sscan(e.GetEqualFoldAttributeValue("changeNumber"), &n); err != nil || n <= last {
			t.Fatalf("change %s behind %d", e.DN, last)
		}
		last = n
		repeat(t, kept, strings.ToLower(e.GetEqualFoldAttributeValue("targetDN")), e.GetEqualFoldAttributeValue("changeType"), e.GetEqualFoldAttributeValue("changes"))
	}
	want, err := entries(client, "o=acme", fed)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, kept); diff != "" {
		t.Errorf("the copy differs (-provider +copy):\n%s", diff)
	}
	one, err := client.Search(ldap.NewSearchRequest(fmt.Sprintf("changeNumber=%d,cn=changelog", last), ldap.ScopeBaseObject, 0, 0, 0, false, "(objectClass=*)", []string{"targetDN"}, nil))
	if err != nil || len(one.Entries) != 1 {
		t.Errorf("the last change by its name: %v, %v", one, err)
	}
	anonymous := w.dial()
	if _, err := logged(anonymous, "1"); !ldap.IsErrorWithCode(err, ldap.LDAPResultNoSuchObject) {
		t.Errorf("anonymous is answered %v", err)
	}
}

// repeat does to a copy what a change says, for the attributes that the copy keeps.
func repeat(t *testing.T, kept map[string]map[string][]string, dn, kind, changes string) {
	t.Helper()
	if !strings.HasSuffix(dn, "o=acme") || strings.Contains(dn, "cn=access") {
		return
	}
	if kind == "delete" {
		delete(kept, dn)
		return
	}
	if kind == "add" {
		kept[dn] = map[string][]string{}
	}
	e := kept[dn]
	for line := range strings.Lines(changes) {
		n, v, _ := strings.Cut(strings.TrimSpace(line), ":")
		n = strings.ToLower(n)
		if n == "replace" {
			delete(e, strings.ToLower(strings.TrimSpace(v)))
			continue
		}
		if strings.HasPrefix(v, ":") {
			b, err := base64.StdEncoding.DecodeString(strings.TrimSpace(v[1:]))
			if err != nil {
				t.Fatal(err)
			}
			v = string(b)
		}
		if n != "-" && slices.Contains([]string{"objectclass", "cn", "sn", "uid", "o", "ou", "member", "description", "effectiveaccess", "effectiverole", "ismemberof"}, n) {
			e[n] = append(e[n], strings.ToLower(strings.TrimSpace(v)))
			slices.Sort(e[n])
		}
	}
}

func TestAPersonSeesNoChangesButTheOwn(t *testing.T) {
	w := nested(t, "dn")
	upstream, client := w.slapd.Dial(), w.bound(reader, secretWord)
	const jane = "cn=Jane Doe,ou=people,o=acme"
	setPassword(t, w.slapd, jane, secretWord)
	for _, dn := range []string{jane, "cn=Otto Other,ou=people,o=acme"} {
		m := ldap.NewModifyRequest(dn, nil)
		m.Replace("description", []string{"seen"})
		if err := upstream.Modify(m); err != nil {
			t.Fatal(err)
		}
	}
	w.mark(t, upstream, client, "the end")
	own := w.bound(jane, secretWord)
	list, err := logged(own, "1")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range list {
		if dn := e.GetEqualFoldAttributeValue("targetDN"); !strings.EqualFold(dn, jane) && !strings.HasSuffix(jane, ","+dn) {
			t.Errorf("a change of %s is told", dn)
		}
	}
	if len(list) == 0 {
		t.Error("not even the own change is told")
	}
	m := &proctest.Copy{}
	if err := m.Follow(t.Context(), own, everythingFed(), ldap.SyncRequestModeRefreshOnly, proctest.Endless); err != nil {
		t.Fatal(err)
	}
	if len(m.Entries) == 0 || len(m.Entries) > 3 {
		t.Errorf("the own feed holds %v", slices.Sorted(maps.Keys(tree(m))))
	}
}

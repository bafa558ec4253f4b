package main

import (
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/go-ldap/ldap/v3"
	"github.com/google/go-cmp/cmp"

	"github.com/aclens/aclens/cmd/aclens/proctest"
	"github.com/aclens/aclens/proxy/upstream/slapdtest"
)

// TestSlapdGoesOnWhereTheHistoryIsLost restarts the proxy below a consumer whose
// cookie then means nothing (e-syncRefreshRequired).
func TestSlapdGoesOnWhereTheHistoryIsLost(t *testing.T) {
	w := nested(t, "dn")
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := free.Addr().String()
	_ = free.Close()
	config, err := os.ReadFile(w.config)
	if err != nil {
		t.Fatal(err)
	}
	text := strings.Replace(string(config), "ldap: 127.0.0.1:0", "ldap: "+address, 1)
	begin := func() *running {
		r := startIn(t, t.TempDir(), text)
		r.awaitReady(http.StatusOK)
		return r
	}
	proxy := begin()
	copied := slapdtest.Start(t, slapdtest.Options{Suffix: "o=acme", Directives: []string{
		`syncrepl rid=001 provider=ldap://` + address + ` type=refreshAndPersist retry="1 +" searchbase="o=acme" schemachecking=off ` +
			`bindmethod=simple binddn="` + reader + `" credentials="` + secretWord + `" attrs="*,+"`,
	}})
	upstream := w.slapd.Dial()
	for _, mark := range []string{"before", "after"} {
		client := proxy.bound(reader, secretWord)
		w.mark(t, upstream, client, mark)
		consumer := copied.Dial()
		await(t, func() error {
			want, err := entries(client, "o=acme", []string{"*"})
			if err != nil {
				return err
			}
			got, err := entries(consumer, "o=acme", []string{"*"})
			if diff := cmp.Diff(want, got); err == nil && diff != "" {
				err = fmt.Errorf("%s: the copy differs (-provider +copy):\n%s", mark, diff)
			}
			return err
		})
		if mark == "before" {
			proxy.end()
			proxy = begin()
		}
	}
}

func TestCookiesAndNumbersSurviveARestart(t *testing.T) {
	w := nested(t, "dn")
	config, err := os.ReadFile(w.config)
	if err != nil {
		t.Fatal(err)
	}
	text := string(config) + "state: {dir: " + t.TempDir() + "}\n"
	proxy := startIn(t, t.TempDir(), text)
	proxy.awaitReady(http.StatusOK)
	upstream, client := w.slapd.Dial(), proxy.bound(reader, secretWord)
	w.mark(t, upstream, client, "before")
	m := &proctest.Copy{}
	if err := m.Follow(t.Context(), client, everythingFed(), ldap.SyncRequestModeRefreshOnly, proctest.Endless); err != nil {
		t.Fatal(err)
	}
	list, err := logged(client, "1")
	if err != nil {
		t.Fatal(err)
	}
	proxy.end()
	w.team(t, upstream)
	d := rand.New(rand.NewPCG(5, 5))
	for i := range 10 {
		w.change(t, d, upstream, i)
	}
	proxy = startIn(t, t.TempDir(), text)
	proxy.awaitReady(http.StatusOK)
	client = proxy.bound(reader, secretWord)
	w.mark(t, upstream, client, "after")
	if err := m.Follow(t.Context(), client, everythingFed(), ldap.SyncRequestModeRefreshOnly, proctest.Endless); err != nil {
		t.Fatal(err)
	}
	want, err := entries(client, "o=acme", fed)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, tree(m)); diff != "" {
		t.Errorf("the copy differs (-provider +copy):\n%s", diff)
	}
	again, err := logged(client, "1")
	if err != nil || len(again) <= len(list) || again[0].DN != list[0].DN {
		t.Errorf("%d changes before, %d after, %v", len(list), len(again), err)
	}
}

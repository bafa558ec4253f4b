package main

import (
	"fmt"
	"net"
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

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

package drapi_test

import (
	"encoding/pem"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aclens/aclens/proxy/drapi"
)

func token() (string, error) { return goodToken, nil }

func TestSettingsThatCannotWorkAreRefused(t *testing.T) {
	one := []drapi.Database{{Server: "Hub1/Acme", Path: "a.nsf"}}
	for _, tt := range []struct {
		sentence string
		settings drapi.Settings
		part     string // empty: accepted
	}{
		{"a service", drapi.Settings{URL: "https://drapi.acme.example:8880", Token: token, Databases: one}, ""},
		{"this machine without encryption", drapi.Settings{URL: "http://127.0.0.1:8880", Token: token, Databases: one}, ""},
		{"this machine by name", drapi.Settings{URL: "http://localhost:8880", Token: token, Databases: one}, ""},
		{"this machine over IPv6", drapi.Settings{URL: "http://[::1]:8880", Token: token, Databases: one}, ""},
		{"another machine without encryption", drapi.Settings{URL: "http://drapi.acme.example", Token: token, Databases: one}, "would show the token to the network"},
		{"another machine that begins like this one", drapi.Settings{URL: "http://127.0.0.1.evil.example", Token: token, Databases: one}, "would show the token"},
		{"another machine, allowed", drapi.Settings{URL: "http://drapi.acme.example", Token: token, Databases: one, AllowPlaintext: true}, ""},
		{"no token", drapi.Settings{URL: "https://a.example", Databases: one}, "no token"},
		{"no address", drapi.Settings{Token: token, Databases: one}, "neither https:// nor http://"},
		{"another protocol", drapi.Settings{URL: "ftp://a.example", Token: token, Databases: one}, "neither https:// nor http://"},
		{"an address with a password", drapi.Settings{URL: "https://jane:secret-of-acme@a.example", Token: token, Databases: one}, "neither a user"},
		{"an address with a query", drapi.Settings{URL: "https://a.example?x=1", Token: token, Databases: one}, "neither a user"},
		{"text that is no address", drapi.Settings{URL: "https://a.example:secret-of-acme", Token: token, Databases: one}, "not an address"},
		{"no databases", drapi.Settings{URL: "https://a.example", Token: token}, "no databases"},
		{"a database without server", drapi.Settings{URL: "https://a.example", Token: token, Databases: []drapi.Database{{Path: "a.nsf"}}}, "server and path are needed"},
		{"a database without path", drapi.Settings{URL: "https://a.example", Token: token, Databases: []drapi.Database{{Server: "Hub1/Acme"}}}, "server and path are needed"},
		{"a replica id that is none", drapi.Settings{URL: "https://a.example", Token: token, Databases: []drapi.Database{{Server: "Hub1/Acme", Path: "a.nsf", ReplicaID: "123"}}}, `"123"`},
		{"a database twice", drapi.Settings{URL: "https://a.example", Token: token, Databases: append(one, drapi.Database{Server: "CN=Hub1/O=Acme", Path: "A.NSF"})}, "is there twice"},
		{"certificates that are not there", drapi.Settings{URL: "https://a.example", Token: token, Databases: one, CAFile: filepath.Join(t.TempDir(), "ca.pem")}, "certificates"},
	} {
		t.Run(tt.sentence, func(t *testing.T) {
			c, err := drapi.New(tt.settings)
			switch {
			case tt.part == "" && err != nil:
				t.Error(err)
			case tt.part == "":
				c.Close()
			case err == nil || !strings.Contains(err.Error(), tt.part):
				t.Errorf("got %v, want %q", err, tt.part)
			case strings.Contains(err.Error(), "secret-of-acme"):
				t.Errorf("a secret is in %v", err)
			}
		})
	}
}

func TestTheAddressMayEndWhereTheConfigurationEndsIt(t *testing.T) {
	for _, end := range []string{"", "/", "/api", "/api/", "/api/admin-v1", "/api/admin-v1/", "/behind/a/proxy", "/behind/a/proxy/api"} {
		r := newRig(t, func(s *drapi.Settings) { s.URL += end }, "a.nsf")
		r.ask(t)
		prefix := ""
		if strings.HasPrefix(end, "/behind") {
			prefix = "/behind/a/proxy"
		}
		if got, want := r.requests()[0], "GET "+prefix+"/api/admin-v1/acl/entries a.nsf"; got != want {
			t.Errorf("with %q at the end: %q, want %q", end, got, want)
		}
	}
}

func TestAServiceOverPlainHTTPOnThisMachineIsAsked(t *testing.T) {
	s := newService(t, false)
	c, err := drapi.New(settingsFor(s, "a.nsf"))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if list, err := c.Instances(t.Context()); err != nil || len(list) != 1 {
		t.Errorf("%v, %v", list, err)
	}
}

func TestAServiceIsTrustedByTheCertificatesGivenAndNoOthers(t *testing.T) {
	r := newRig(t, func(s *drapi.Settings) { s.TLS = nil }, "a.nsf")
	if _, err := r.Instances(t.Context()); err == nil || !strings.Contains(err.Error(), "certificate") || len(r.requests()) > 0 {
		t.Errorf("a service nobody vouches for: %v", err)
	}
	file := filepath.Join(t.TempDir(), "ca.pem")
	write := func(text []byte) {
		t.Helper()
		if err := os.WriteFile(file, text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	settings := settingsFor(r.service, "a.nsf")
	settings.TLS, settings.CAFile = nil, file
	write([]byte("no certificate"))
	if _, err := drapi.New(settings); err == nil || !strings.Contains(err.Error(), "holds none in PEM") {
		t.Errorf("got %v", err)
	}
	write(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: r.Certificate().Raw}))
	c, err := drapi.New(settings)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if list, err := c.Instances(t.Context()); err != nil || len(list) != 1 {
		t.Errorf("%v, %v", list, err)
	}
}

func TestATokenFileIsReadAnewEachTime(t *testing.T) {
	file := filepath.Join(t.TempDir(), "token")
	r := newRig(t, func(s *drapi.Settings) { s.Token = drapi.TokenFile(file) }, "a.nsf")
	if _, err := r.Instances(t.Context()); err == nil || !strings.Contains(err.Error(), "token file") {
		t.Errorf("got %v", err)
	}
	for _, text := range []string{"first", "second\n"} {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		r.accept(strings.TrimSpace(text))
		r.ask(t)
	}
}

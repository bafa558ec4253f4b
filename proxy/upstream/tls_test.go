package upstream_test

import (
	"crypto/tls"
	"errors"
	"strings"
	"testing"

	"github.com/aclens/aclens/proxy/upstream"
	"github.com/aclens/aclens/proxy/upstream/slapdtest"
	"github.com/aclens/aclens/proxy/wire"
)

func TestConnectionsAreEncryptedToTheRightServerOrNotMadeAtAll(t *testing.T) {
	server := slapdtest.Start(t, slapdtest.Options{Suffix: "o=acme", LDIF: sample(0), TLS: true,
		Directives: append([]string{"security tls=1"}, readable...)}) // nothing in the clear is served
	byName := func(url string) string { return strings.Replace(url, "127.0.0.1", "localhost", 1) }
	for sentence, c := range map[string]struct {
		url, caFile string
		startTLS    bool
		ok          bool
	}{
		"TLS from the start":                  {server.TLSURL, server.CAFile, false, true},
		"StartTLS":                            {server.URL, server.CAFile, true, true},
		"TLS, an authority nobody trusts":     {server.TLSURL, slapdtest.CAFile(t), false, false},
		"StartTLS, the same":                  {server.URL, slapdtest.CAFile(t), true, false},
		"TLS, the system's authorities":       {server.TLSURL, "", false, false},
		"TLS, a certificate for another name": {byName(server.TLSURL), server.CAFile, false, false},
		"StartTLS, the same other name":       {byName(server.URL), server.CAFile, true, false},
		"TLS, spoken to one who does not":     {strings.Replace(server.URL, "ldap:", "ldaps:", 1), server.CAFile, false, false},
	} {
		settings := settingsFor()
		settings.URLs, settings.CAFile, settings.StartTLS = []string{c.url}, c.caFile, c.startTLS
		d, o := open(t, settings)
		_, err := d.RootDSE(brief(t))
		got, bindErr := d.Bind(brief(t), janeDN, "jane-secret")
		if c.ok {
			if err != nil || bindErr != nil || got.Code != wire.Success {
				t.Errorf("%s: %v; bind: %+v, %v", sentence, err, got, bindErr)
			}
			if client, _, err := d.Client(brief(t)); err != nil {
				t.Errorf("%s: feed: %v", sentence, err)
			} else {
				client.Close()
			}
			continue
		}
		if !errors.Is(err, upstream.ErrUnavailable) || !errors.Is(bindErr, upstream.ErrUnavailable) {
			t.Errorf("%s: %v; bind: %v", sentence, err, bindErr)
		}
		if !o.saw(upstream.KindTLS) && !o.saw(upstream.KindClosed) {
			t.Errorf("%s: counted as %v", sentence, o.errors)
		}
	}
}

func TestADirectoryThatCannotEncryptIsNotSpokenToInTheClear(t *testing.T) {
	settings := settingsFor(startSample(t, 0))
	settings.StartTLS = true
	d, _ := open(t, settings)
	if got, err := d.Bind(brief(t), janeDN, "jane-secret"); !errors.Is(err, upstream.ErrUnavailable) {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestSettingsThatCannotBeMeantAreRefused(t *testing.T) {
	good := func() upstream.Settings {
		return upstream.Settings{URLs: []string{"ldap://127.0.0.1:1"}, BindDN: readerDN, Password: password("reader-secret")}
	}
	for sentence, spoil := range map[string]func(*upstream.Settings){
		"no address":                        func(s *upstream.Settings) { s.URLs = nil },
		"an address of another protocol":    func(s *upstream.Settings) { s.URLs = []string{"https://ldap.acme.example"} },
		"an address without a host":         func(s *upstream.Settings) { s.URLs = []string{"ldap://"} },
		"an address with a base":            func(s *upstream.Settings) { s.URLs = []string{"ldap://ldap.acme.example/o=acme"} },
		"an address with a password":        func(s *upstream.Settings) { s.URLs = []string{"ldap://jane:jane-secret@ldap.acme.example"} },
		"StartTLS over TLS":                 func(s *upstream.Settings) { s.URLs, s.StartTLS = []string{"ldaps://ldap.acme.example"}, true },
		"a profile that is none":            func(s *upstream.Settings) { s.Profile = "novell" },
		"an account without a password":     func(s *upstream.Settings) { s.Password = nil },
		"a base that is no name":            func(s *upstream.Settings) { s.Bases = []string{"acme"} },
		"a certificate that nobody checks":  func(s *upstream.Settings) { s.TLS = &tls.Config{InsecureSkipVerify: true} },
		"authorities that are not there":    func(s *upstream.Settings) { s.CAFile = "testdata/nothing.pem" },
		"authorities that are no authority": func(s *upstream.Settings) { s.CAFile = "doc.go" },
	} {
		settings := good()
		spoil(&settings)
		d, err := upstream.New(settings, discard(), &observed{changed: make(chan struct{})})
		if err == nil {
			d.Close()
			t.Errorf("%s is accepted", sentence)
			continue
		}
		mustHoldNoSecret(t, err.Error())
	}
}

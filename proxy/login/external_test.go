package login_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"math/big"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/aclens/aclens/proxy/login"
	"github.com/aclens/aclens/proxy/wire"
	"github.com/aclens/aclens/resolver"
)

// authority makes certificates.
type authority struct {
	certificate *x509.Certificate
	key         *ecdsa.PrivateKey
}

func newAuthority(t testing.TB) *authority {
	t.Helper()
	a := &authority{key: newKey(t)}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "Acme test authority"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	a.certificate = a.sign(t, template, template, &a.key.PublicKey)
	return a
}

func newKey(t testing.TB) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(t, err)
	return key
}

func (a *authority) sign(t testing.TB, template, parent *x509.Certificate, public any) *x509.Certificate {
	t.Helper()
	der, err := x509.CreateCertificate(rand.Reader, template, parent, public, a.key)
	must(t, err)
	certificate, err := x509.ParseCertificate(der)
	must(t, err)
	return certificate
}

// issue makes a certificate that lasts from one time to another.
func (a *authority) issue(t testing.TB, subject pkix.Name, from, until time.Duration) tls.Certificate {
	t.Helper()
	key := newKey(t)
	leaf := a.sign(t, &x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: subject, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore: time.Now().Add(from), NotAfter: time.Now().Add(until), KeyUsage: x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}, a.certificate, &key.PublicKey)
	return tls.Certificate{Certificate: [][]byte{leaf.Raw}, PrivateKey: key, Leaf: leaf}
}

// verified is the state of a connection whose client's certificate was verified.
func verified(leaf tls.Certificate) *tls.ConnectionState {
	return &tls.ConnectionState{HandshakeComplete: true, VerifiedChains: [][]*x509.Certificate{{leaf.Leaf}}}
}

func openExternal(t testing.TB) (*login.Login, *logged) {
	t.Helper()
	l, _, log := open(t, login.Settings{
		Sources:  []login.Source{{Name: "primary", Checker: login.Live(knowing())}},
		Snapshot: always(snapshotOf(t, resolver.Defaults(), people, partners)), Names: allForms,
		Certificates: []login.Certificate{
			{Subject: "CN=proxy, O=Tools", DN: ssoDN},
			{Subject: "cn=jane,o=tools", DN: strings.ToUpper(janeDN)},
			{Subject: "cn=Mary Major,ou=Sales,o=Acme", DN: ssoDN},
		},
	})
	return l, log
}

func TestACertificateStandsForWhomItIsGivenOrForItsOwnEntry(t *testing.T) {
	l, log := openExternal(t)
	a := newAuthority(t)
	tools := func(cn string) pkix.Name { return pkix.Name{CommonName: cn, Organization: []string{"Tools"}} }
	acme := func(cn string) pkix.Name { return pkix.Name{CommonName: cn, Organization: []string{"Acme"}} }
	sales := func(cn string) pkix.Name {
		return pkix.Name{CommonName: cn, Organization: []string{"Acme"}, OrganizationalUnit: []string{"Sales"}}
	}
	for _, c := range []struct {
		sentence string
		subject  pkix.Name
		code     wire.ResultCode
		key, dn  string
	}{
		{"a subject of the list", tools("Proxy"), wire.Success, ssoDN, ssoDN},
		{"a subject of the list, for an entry", tools("jane"), wire.Success, janeKey, janeDN},
		{"the list counts before the entry", sales("Mary Major"), wire.Success, ssoDN, ssoDN},
		{"the subject is an entry", acme("TLS"), wire.Success, "cn=tls,o=acme", "CN=tls,O=Acme"},
		{"the subject is nobody", acme("nobody"), wrongCode, "", ""},
		{"the subject is only above entries", pkix.Name{Organization: []string{"Partners"}}, wrongCode, "", ""},
		{"the subject is empty", pkix.Name{}, wrongCode, "", ""},
		{"the subject is in another order", pkix.Name{ExtraNames: []pkix.AttributeTypeAndValue{
			{Type: []int{2, 5, 4, 3}, Value: "proxy"}, {Type: []int{2, 5, 4, 10}, Value: "Tools"},
		}}, wrongCode, "", ""},
		{"the subject has one component more", pkix.Name{CommonName: "proxy", Organization: []string{"Tools"}, ExtraNames: []pkix.AttributeTypeAndValue{
			{Type: []int{2, 5, 4, 10}, Value: "Tools"}, {Type: []int{2, 5, 4, 3}, Value: "proxy"}, {Type: []int{1, 2, 3}, Value: "x"},
		}}, wrongCode, "", ""},
	} {
		o := l.External(t.Context(), login.Attempt{TLS: verified(a.issue(t, c.subject, -time.Hour, time.Hour))})
		mustEnd(t, c.sentence, o, c.code, c.key)
		if o.Who.DN != c.dn {
			t.Errorf("%s: as %s", c.sentence, o.Who.DN)
		}
	}
	if !strings.Contains(log.String(), "cn=nobody,o=acme") {
		t.Error("the log does not say whose certificate it was")
	}
}

func TestWithoutAVerifiedCertificateThereIsNothingExternal(t *testing.T) {
	l, _ := openExternal(t)
	leaf := newAuthority(t).issue(t, pkix.Name{CommonName: "tls", Organization: []string{"Acme"}}, -time.Hour, time.Hour)
	for sentence, state := range map[string]*tls.ConnectionState{
		"no TLS":              nil,
		"no certificate":      {HandshakeComplete: true},
		"one not verified":    {HandshakeComplete: true, PeerCertificates: []*x509.Certificate{leaf.Leaf}},
		"an empty chain":      {HandshakeComplete: true, VerifiedChains: [][]*x509.Certificate{{}}},
		"a handshake not yet": {VerifiedChains: [][]*x509.Certificate{{leaf.Leaf}}},
	} {
		mustEnd(t, sentence, l.External(t.Context(), login.Attempt{TLS: state}), wire.InappropriateAuthentication, "")
	}
}

func TestACertificateOutOfItsTimeIsRefused(t *testing.T) {
	l, _ := openExternal(t)
	a := newAuthority(t)
	subject := pkix.Name{CommonName: "tls", Organization: []string{"Acme"}}
	for sentence, leaf := range map[string]tls.Certificate{
		"over":    a.issue(t, subject, -2*time.Hour, -time.Hour),
		"not yet": a.issue(t, subject, time.Hour, 2*time.Hour),
	} {
		mustEnd(t, sentence, l.External(t.Context(), login.Attempt{TLS: verified(leaf)}), wrongCode, "")
	}
}

func TestWithoutASnapshotOnlyTheListCounts(t *testing.T) {
	l, _, _ := open(t, login.Settings{
		Sources:      []login.Source{{Name: "primary", Checker: login.Live(knowing())}},
		Certificates: []login.Certificate{{Subject: "cn=proxy,o=Tools", DN: ssoDN}},
	})
	a := newAuthority(t)
	for cn, want := range map[string]wire.ResultCode{"proxy": wire.Success, "tls": wire.Unavailable} {
		leaf := a.issue(t, pkix.Name{CommonName: cn, Organization: []string{"Tools"}}, -time.Hour, time.Hour)
		if o := l.External(t.Context(), login.Attempt{TLS: verified(leaf)}); o.Result.Code != want {
			t.Errorf("%s: %v", cn, o.Result)
		}
	}
}

func TestNobodyActsAsSomebodyElse(t *testing.T) {
	l, _ := openExternal(t)
	leaf := newAuthority(t).issue(t, pkix.Name{CommonName: "jane", Organization: []string{"Tools"}}, -time.Hour, time.Hour)
	for authzID, code := range map[string]wire.ResultCode{
		"": wire.Success, "dn:" + janeDN: wire.Success, "dn:cn=JANE doe, ou=sales,o=acme": wire.Success,
		"u:jdoe": wire.Success, "u:" + janeDN: wire.Success, "u:Jane Doe/Sales/Acme": wire.Success,
		"dn:" + ssoDN: wire.InsufficientAccessRights, "dn:": wire.InsufficientAccessRights, "u:": wire.InsufficientAccessRights,
		"dn:cn=jane,o=tools": wire.InsufficientAccessRights, "u:mmajor": wire.InsufficientAccessRights, "u:twin": wire.InsufficientAccessRights,
		"u:nobody": wire.InsufficientAccessRights, "jdoe": wire.InsufficientAccessRights, janeDN: wire.InsufficientAccessRights,
		"dn:jdoe": wire.InsufficientAccessRights, "DN:" + janeDN: wire.InsufficientAccessRights,
	} {
		key := ""
		if code == wire.Success {
			key = janeKey
		}
		mustEnd(t, "EXTERNAL as "+authzID, l.External(t.Context(), login.Attempt{TLS: verified(leaf), AuthzID: authzID}), code, key)

		plain := one(t, knowing(janeKey), allForms...)
		a := attempt("jdoe", right)
		a.AuthzID = authzID
		mustEnd(t, "PLAIN as "+authzID, plain.Plain(t.Context(), a), code, key)
		a = attempt("jdoe", wrong)
		a.AuthzID = authzID
		mustEnd(t, "with a wrong password nothing is said of "+authzID, plain.Plain(t.Context(), a), wrongCode, "")
	}
}

func TestPlainTakesNamesInEveryForm(t *testing.T) {
	for _, c := range []struct {
		sentence, name, password string
		forms                    []login.NameForm
		code                     wire.ResultCode
		key                      string
	}{
		{"a DN with its prefix", "dn:" + janeDN, right, nil, wire.Success, janeKey},
		{"a DN", janeDN, right, nil, wire.Success, janeKey},
		{"a uid with its prefix", "u:jdoe", right, allForms, wire.Success, janeKey},
		{"a uid", "jdoe", right, allForms, wire.Success, janeKey},
		{"a uid where it does not count", "u:jdoe", right, nil, wire.InvalidDNSyntax, ""},
		{"a wrong password", "dn:" + janeDN, wrong, nil, wrongCode, ""},
		{"no password", "dn:" + janeDN, "", nil, wire.UnwillingToPerform, ""},
		{"no name", "", right, nil, wrongCode, ""},
		{"no name behind the prefix", "dn:", right, nil, wrongCode, ""},
		{"no user behind the prefix", "u:", right, allForms, wrongCode, ""},
		{"neither name nor password", "", "", nil, wire.UnwillingToPerform, ""},
	} {
		mustEnd(t, c.sentence, one(t, knowing(janeKey), c.forms...).Plain(t.Context(), attempt(c.name, c.password)), c.code, c.key)
	}
}

// The state is that of a real handshake.
func TestACertificateThatTheServerVerifiedIsFound(t *testing.T) {
	l, _ := openExternal(t)
	ours, theirs := newAuthority(t), newAuthority(t)
	pool := x509.NewCertPool()
	pool.AddCert(ours.certificate)
	subject := pkix.Name{CommonName: "tls", Organization: []string{"Acme"}}
	serverKey := ours.issue(t, pkix.Name{CommonName: "127.0.0.1"}, -time.Hour, time.Hour)
	for _, c := range []struct {
		sentence    string
		ask         tls.ClientAuthType
		certificate []tls.Certificate
		code        wire.ResultCode
	}{
		{"verified", tls.VerifyClientCertIfGiven, []tls.Certificate{ours.issue(t, subject, -time.Hour, time.Hour)}, wire.Success},
		{"none given", tls.VerifyClientCertIfGiven, nil, wire.InappropriateAuthentication},
		{"taken but not verified", tls.RequestClientCert, []tls.Certificate{theirs.issue(t, subject, -time.Hour, time.Hour)}, wire.InappropriateAuthentication},
	} {
		state := handshake(t,
			&tls.Config{Certificates: []tls.Certificate{serverKey}, ClientAuth: c.ask, ClientCAs: pool},
			&tls.Config{Certificates: c.certificate, RootCAs: pool, ServerName: "127.0.0.1"})
		key := ""
		if c.code == wire.Success {
			key = "cn=tls,o=acme"
		}
		mustEnd(t, c.sentence, l.External(t.Context(), login.Attempt{TLS: &state}), c.code, key)
	}
}

func handshake(t testing.TB, server, client *tls.Config) tls.ConnectionState {
	t.Helper()
	near, far := net.Pipe()
	defer near.Close()
	defer far.Close()
	ended := make(chan error, 1)
	go func() {
		c := tls.Client(far, client)
		err := c.Handshake()
		if err == nil {
			_, err = c.Read(make([]byte, 1))
		}
		ended <- err
	}()
	s := tls.Server(near, server)
	must(t, s.Handshake())
	_, err := s.Write([]byte{0})
	must(t, err)
	must(t, <-ended)
	return s.ConnectionState()
}

package login

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"errors"
	"strings"
	"time"

	"github.com/aclens/aclens/proxy/policy"
	"github.com/aclens/aclens/proxy/wire"
	"github.com/aclens/aclens/resolver/name"
)

// External is SASL EXTERNAL (RFC 4513 section 5.2.3): the subject of the client
// certificate stands for the DN that Settings.Certificates gives it, or for the
// entry of that very DN. Without a verified certificate it is
// inappropriateAuthentication (48), with one that stands for nobody
// invalidCredentials (49). Whether an account is locked is not asked: who may
// no longer log in must lose the certificate.
func (l *Login) External(_ context.Context, a Attempt) Outcome {
	leaf := verifiedLeaf(a.TLS)
	if leaf == nil {
		return refused(wire.InappropriateAuthentication, "no verified client certificate on this connection")
	}
	if now := time.Now(); now.Before(leaf.NotBefore) || now.After(leaf.NotAfter) { // connections outlive certificates
		return refused(wire.InvalidCredentials, "client certificate is not valid at this time")
	}
	subject, err := subjectKey(leaf.RawSubject)
	if err != nil {
		l.log.Info("client certificate cannot be used", "serial", leaf.SerialNumber, "reason", err.Error())
		return refused(wire.InvalidCredentials, "subject of the client certificate is no usable name")
	}
	f := l.settings.Load()
	o := f.standsFor(subject)
	if o.Result.Code == wire.InvalidCredentials {
		l.log.Info("client certificate stands for nobody", "subject", subject)
	}
	return f.authorized(o, a.AuthzID)
}

// verifiedLeaf is the client's certificate if its chain was verified.
func verifiedLeaf(state *tls.ConnectionState) *x509.Certificate {
	if state == nil || !state.HandshakeComplete || len(state.VerifiedChains) == 0 || len(state.VerifiedChains[0]) == 0 {
		return nil
	}
	return state.VerifiedChains[0][0]
}

// standsFor finds the identity of a certificate's subject.
func (f *inForce) standsFor(subject string) Outcome {
	snap := f.snapshot()
	key, spelling := subject, ""
	if dn, ok := f.certificates[subject]; ok {
		spelling = dn
		key, _ = name.KeyOf(dn) // Settings.certificates has parsed it
	}
	if id, ok := entryOf(snap, key); ok {
		return Outcome{Who: f.entry(snap, id).who}
	}
	switch {
	case spelling != "":
		return Outcome{Who: policy.Identity{DN: spelling, Key: key}}
	case snap == nil:
		return refused(wire.Unavailable, "names cannot be looked up yet")
	}
	return refused(wire.InvalidCredentials, "client certificate stands for nobody here")
}

// subjectKey is the normalised distinguished name of an encoded subject. It
// goes by the encoding, since the fields of pkix.Name keep neither the order of
// the components nor those of unknown type.
func subjectKey(raw []byte) (string, error) {
	var subject pkix.RDNSequence
	if rest, err := asn1.Unmarshal(raw, &subject); err != nil || len(rest) > 0 {
		return "", errors.New("subject is malformed")
	}
	var dn strings.Builder
	for i := len(subject) - 1; i >= 0; i-- { // the last comes first (RFC 4514 section 2.1)
		for j, a := range subject[i] {
			value, ok := a.Value.(string)
			if !ok {
				return "", errors.New("subject holds a value that is no text")
			}
			separator := "+"
			if j == 0 {
				separator = ","
			}
			if dn.Len() > 0 {
				dn.WriteString(separator)
			}
			dn.WriteString(a.Type.String() + "=" + name.EscapeValue(value))
		}
	}
	if dn.Len() == 0 {
		return "", errors.New("subject is empty")
	}
	return name.KeyOf(dn.String())
}

// authorized refuses a success under another identity than the one asked for.
// Nobody may act as somebody else by SASL; the proxied authorization control
// (RFC 4370) is for that.
func (f *inForce) authorized(o Outcome, authzID string) Outcome {
	if o.Result.Code != wire.Success || authzID == "" || f.means(authzID, o.Who) {
		return o
	}
	o.Result = wire.Result{Code: wire.InsufficientAccessRights, Message: "not authorised to act as the requested identity"}
	o.Who, o.Proof = policy.Identity{}, nil
	return o
}

// means tells whether an authorization identity is the given one.
func (f *inForce) means(authzID string, who policy.Identity) bool {
	if dn, ok := strings.CutPrefix(authzID, dnPrefix); ok {
		key, err := name.KeyOf(dn)
		return err == nil && key == who.Key
	}
	text, ok := strings.CutPrefix(authzID, userPrefix)
	if !ok || text == "" {
		return false
	}
	t, r := f.find(text)
	return r.Code == wire.Success && t.who.Key == who.Key
}

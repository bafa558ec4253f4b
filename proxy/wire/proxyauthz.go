package wire

import (
	"strings"
	"unicode/utf8"
)

// ParseProxiedAuthorization returns the authorization identity of a proxied
// authorization control (RFC 4370 section 3): empty for anonymous, else of the
// form "dn:..." or "u:..." (RFC 4513 section 5.2.1.8). The control must be
// critical and have a value; whoever leaves that out could be taken at the
// session's own identity by a server that does not know the control.
func ParseProxiedAuthorization(c Control) (string, error) {
	if !c.Critical {
		return "", malformed("proxied authorization control, which must be critical")
	}
	if !c.HasValue || !utf8.Valid(c.Value) {
		return "", malformed("proxied authorization identity")
	}
	id := string(c.Value)
	if id != "" && !strings.HasPrefix(id, "dn:") && !strings.HasPrefix(id, "u:") {
		return "", malformed("proxied authorization identity")
	}
	return id, nil
}

// ProxiedAuthorization is the control for an authorization identity.
func ProxiedAuthorization(authzID string) Control {
	return Control{OID: ControlProxiedAuthorization, Critical: true, HasValue: true, Value: []byte(authzID)}
}

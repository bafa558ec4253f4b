package upstream

import (
	"context"
	"encoding/hex"
	"slices"
	"strings"

	"github.com/aclens/aclens/proxy/wire"
)

// Facts are what a server says about itself in its root DSE (RFC 4512 section 5.1).
type Facts struct {
	URL                  string   // configured address of the server that was asked
	Profile              Profile  // never ProfileAuto
	Vendor, Version      string   // RFC 3045
	NamingContexts       []string // "" is the root; Domino has no other
	DefaultNamingContext string   // Active Directory
	Subschema            string   // DN of the subschema entry, "" if none is named
	Controls             []string // OIDs; Domino lists none
	Extensions           []string
	Features             []string
	Mechanisms           []string // SASL
	HighestUSN           string   // Active Directory: highestCommittedUSN, decimal
	ServiceName          string   // Active Directory: DN of the server's own settings object
}

// SupportsControl tells whether the server lists the control.
func (f *Facts) SupportsControl(oid string) bool { return slices.Contains(f.Controls, oid) }

// SupportsExtension tells whether the server lists the extended operation.
func (f *Facts) SupportsExtension(oid string) bool { return slices.Contains(f.Extensions, oid) }

// rootAttributes are asked for by name too: not every server knows "+".
var rootAttributes = []string{"*", "+", "objectClass", "structuralObjectClass", "configContext",
	"namingContexts", "defaultNamingContext", "rootDomainNamingContext", "subschemaSubentry",
	"supportedControl", "supportedExtension", "supportedFeatures", "supportedSASLMechanisms", "supportedCapabilities",
	"vendorName", "vendorVersion", "highestCommittedUSN", "dsServiceName", "ibm-enabledCapabilities", "dominoMajMinVersion"}

// RootDSE asks a server what it is. Errors match ErrUnavailable, ErrRefused or ErrPartial.
func (d *Directory) RootDSE(ctx context.Context) (Facts, error) {
	var facts Facts
	err := d.read(ctx, "", func(l *link) (err error) {
		facts, err = d.facts(ctx, l)
		return err
	})
	return facts, err
}

// facts reads the root DSE over one connection. A server that hides it is asked
// in the plainest way only.
func (d *Directory) facts(ctx context.Context, l *link) (Facts, error) {
	root, _, err := d.readEntry(ctx, l, baseRequest("", everything, rootAttributes...))
	if err != nil {
		return Facts{}, err
	}
	facts := Facts{
		URL:                  l.server.url,
		Profile:              d.settings.Profile,
		Vendor:               root.text("vendorName"),
		Version:              root.text("vendorVersion"),
		NamingContexts:       root.texts("namingContexts"),
		DefaultNamingContext: root.text("defaultNamingContext"),
		Subschema:            root.text("subschemaSubentry"),
		Controls:             root.texts("supportedControl"),
		Extensions:           root.texts("supportedExtension"),
		Features:             root.texts("supportedFeatures"),
		Mechanisms:           root.texts("supportedSASLMechanisms"),
		HighestUSN:           root.text("highestCommittedUSN"),
		ServiceName:          root.text("dsServiceName"),
	}
	for i, context := range facts.NamingContexts {
		if context == "\x00" { // how Domino writes the root
			facts.NamingContexts[i] = ""
		}
	}
	if facts.Profile == ProfileAuto {
		facts.Profile = detect(root)
	}
	return facts, nil
}

// readEntry reads at most one entry; an empty one and false stand for none.
func (d *Directory) readEntry(ctx context.Context, l *link, request *wire.SearchRequest) (found entry, ok bool, err error) {
	var end outcome
	err = d.limited(ctx, l.server, d.settings.Operation, func(ctx context.Context) error {
		var err error
		end, err = l.search(ctx, request, nil, func(body []byte) error {
			e, err := newDecoder().entry(body)
			if err != nil {
				return l.server.fault("searching", KindProtocol, err)
			}
			found, ok = e, true
			return nil
		})
		return err
	})
	if err != nil {
		return entry{}, false, err
	}
	if unserving(end.result.Code) {
		return entry{}, false, l.server.notServing("searching", end.result)
	}
	if end.result.Code != wire.Success {
		return entry{}, false, &ReadError{URL: l.server.url, Base: string(request.Base), Code: end.result.Code, Message: end.result.Message}
	}
	return found, ok, nil
}

// texts returns the values of an attribute as strings.
func (e *entry) texts(attribute string) []string {
	var texts []string
	for _, v := range e.Values(attribute) {
		texts = append(texts, string(v))
	}
	return texts
}

// text returns the first value of an attribute, or "".
func (e *entry) text(attribute string) string {
	values := e.Values(attribute)
	if len(values) == 0 {
		return ""
	}
	return string(values[0])
}

// contexts are the naming contexts that hold people and groups.
func (f *Facts) contexts() []string {
	if f.Profile == ProfileActiveDirectory && f.DefaultNamingContext != "" {
		return []string{f.DefaultNamingContext} // not the schema, the configuration and the DNS zones
	}
	return slices.DeleteFunc(slices.Clone(f.NamingContexts), func(context string) bool {
		lower := strings.ToLower(context)
		return lower == "cn=changelog" || lower == "cn=accesslog" || lower == "cn=monitor"
	})
}

// identity names the server behind a connection, so that another one behind the
// same address is told apart where that is possible.
func (d *Directory) identity(ctx context.Context, l *link, f *Facts) (string, error) {
	if f.Profile != ProfileActiveDirectory || f.ServiceName == "" {
		return f.URL, nil
	}
	own, _, err := d.readEntry(ctx, l, baseRequest(f.ServiceName, everything, "invocationId"))
	if err != nil && !isCode(err, wire.NoSuchObject, wire.InsufficientAccessRights) {
		return "", err
	}
	// The invocationId changes when the server was restored from a backup, and its numbers began again.
	return f.ServiceName + " " + hex.EncodeToString([]byte(own.text("invocationId"))), nil
}

package front

import "github.com/aclens/aclens/proxy/wire"

// SupportedControls lists the controls that are served, for the root DSE (RFC 4512 section 5.1).
func SupportedControls() []string {
	return []string{
		wire.ControlPagedResults, wire.ControlSortRequest, wire.ControlVLVRequest, wire.ControlMatchedValues,
		wire.ControlAssertion, wire.ControlDeref, wire.ControlProxiedAuthorization, wire.ControlSubentries,
		wire.ControlManageDsaIT, wire.ControlDomainScope, wire.ControlRealAttributesOnly, wire.ControlPasswordPolicy,
		wire.ControlSyncRequest, wire.ControlPersistentSearch,
	}
}

// SupportedExtensions lists the extended operations that are served under the
// settings, for the root DSE.
func SupportedExtensions(s Settings) []string {
	served := []string{wire.ExtendedWhoAmI, wire.ExtendedCancel}
	if s.TLS != nil {
		served = append(served, wire.ExtendedStartTLS)
	}
	if s.Writer != nil {
		served = append(served, wire.ExtendedPasswordModify)
	}
	return served
}

// SupportedMechanisms lists the SASL mechanisms that are served, for the root DSE.
func SupportedMechanisms() []string { return []string{"EXTERNAL", "PLAIN"} }

package wire

// Controls, by the document that defines them.
const (
	ControlPagedResults          = "1.2.840.113556.1.4.319"    // RFC 2696
	ControlSortRequest           = "1.2.840.113556.1.4.473"    // RFC 2891
	ControlSortResponse          = "1.2.840.113556.1.4.474"    // RFC 2891
	ControlVLVRequest            = "2.16.840.1.113730.3.4.9"   // draft-ietf-ldapext-ldapv3-vlv
	ControlVLVResponse           = "2.16.840.1.113730.3.4.10"  // draft-ietf-ldapext-ldapv3-vlv
	ControlManageDsaIT           = "2.16.840.1.113730.3.4.2"   // RFC 3296
	ControlMatchedValues         = "1.2.826.0.1.3344810.2.3"   // RFC 3876
	ControlAssertion             = "1.3.6.1.1.12"              // RFC 4528
	ControlPreRead               = "1.3.6.1.1.13.1"            // RFC 4527
	ControlPostRead              = "1.3.6.1.1.13.2"            // RFC 4527
	ControlDontUseCopy           = "1.3.6.1.1.22"              // RFC 6171
	ControlDeref                 = "1.3.6.1.4.1.4203.666.5.16" // draft-masarati-ldap-deref
	ControlProxiedAuthorization  = "2.16.840.1.113730.3.4.18"  // RFC 4370
	ControlRealAttributesOnly    = "2.16.840.1.113730.3.4.17"  // Netscape, 389 Directory Server
	ControlVirtualAttributesOnly = "2.16.840.1.113730.3.4.19"  // Netscape, 389 Directory Server
	ControlAuthzIDRequest        = "2.16.840.1.113730.3.4.16"  // RFC 3829
	ControlAuthzIDResponse       = "2.16.840.1.113730.3.4.15"  // RFC 3829
	ControlSyncRequest           = "1.3.6.1.4.1.4203.1.9.1.1"  // RFC 4533
	ControlSyncState             = "1.3.6.1.4.1.4203.1.9.1.2"  // RFC 4533
	ControlSyncDone              = "1.3.6.1.4.1.4203.1.9.1.3"  // RFC 4533
	ControlPersistentSearch      = "2.16.840.1.113730.3.4.3"   // draft-ietf-ldapext-psearch
	ControlEntryChange           = "2.16.840.1.113730.3.4.7"   // draft-ietf-ldapext-psearch
	ControlPasswordPolicy        = "1.3.6.1.4.1.42.2.27.8.5.1" // draft-behera-ldap-password-policy
	ControlPasswordExpired       = "2.16.840.1.113730.3.4.4"   // draft-vchu-ldap-pwd-policy
	ControlPasswordExpiring      = "2.16.840.1.113730.3.4.5"   // draft-vchu-ldap-pwd-policy
	ControlAccountUsability      = "1.3.6.1.4.1.42.2.27.9.5.8" // Sun Directory Server
	ControlSubentries            = "1.3.6.1.4.1.4203.1.10.1"   // RFC 3672
	ControlSessionTracking       = "1.3.6.1.4.1.21008.108.63.1"
	ControlRelaxRules            = "1.3.6.1.4.1.4203.666.5.12" // draft-zeilenga-ldap-relax
	ControlNoOp                  = "1.3.6.1.4.1.4203.666.5.2"  // draft-zeilenga-ldap-noop
)

// Controls that Active Directory defines (MS-ADTS 3.1.1.3.4.1).
const (
	ControlDirSync            = "1.2.840.113556.1.4.841"
	ControlDomainScope        = "1.2.840.113556.1.4.1339"
	ControlExtendedDN         = "1.2.840.113556.1.4.529"
	ControlSDFlags            = "1.2.840.113556.1.4.801"
	ControlShowDeleted        = "1.2.840.113556.1.4.417"
	ControlServerNotification = "1.2.840.113556.1.4.528"
	ControlAttributeScoped    = "1.2.840.113556.1.4.1504"
	ControlTreeDelete         = "1.2.840.113556.1.4.805"
)

// Extended operations and what servers send unasked.
const (
	ExtendedStartTLS       = "1.3.6.1.4.1.1466.20037"   // RFC 4511 section 4.14
	ExtendedWhoAmI         = "1.3.6.1.4.1.4203.1.11.3"  // RFC 4532
	ExtendedPasswordModify = "1.3.6.1.4.1.4203.1.11.1"  // RFC 3062
	ExtendedCancel         = "1.3.6.1.1.8"              // RFC 3909
	NoticeOfDisconnection  = "1.3.6.1.4.1.1466.20036"   // RFC 4511 section 4.4.1
	IntermediateSyncInfo   = "1.3.6.1.4.1.4203.1.9.1.4" // RFC 4533
)

// Features for the root DSE (RFC 4512 section 5.1) and matching rules that are named by OID alone.
const (
	FeatureAllOperational   = "1.3.6.1.4.1.4203.1.5.1"  // RFC 3673
	FeatureObjectClassLists = "1.3.6.1.4.1.4203.1.5.2"  // RFC 4529
	FeatureTrueFalseFilters = "1.3.6.1.4.1.4203.1.5.3"  // RFC 4526
	FeatureLanguageTags     = "1.3.6.1.4.1.4203.1.5.4"  // RFC 3866
	FeatureLanguageRanges   = "1.3.6.1.4.1.4203.1.5.5"  // RFC 3866
	FeatureModifyIncrement  = "1.3.6.1.1.14"            // RFC 4525
	MatchingRuleInChain     = "1.2.840.113556.1.4.1941" // MS-ADTS 3.1.1.3.4.4.3
	MatchingRuleBitAnd      = "1.2.840.113556.1.4.803"  // MS-ADTS 3.1.1.3.4.4.1
	MatchingRuleBitOr       = "1.2.840.113556.1.4.804"  // MS-ADTS 3.1.1.3.4.4.2
)

// knownOIDs lets names that arrive as octets become strings without allocation.
var knownOIDs = internTable(
	ControlPagedResults, ControlSortRequest, ControlSortResponse, ControlVLVRequest, ControlVLVResponse,
	ControlManageDsaIT, ControlMatchedValues, ControlAssertion, ControlPreRead, ControlPostRead,
	ControlDontUseCopy, ControlDeref, ControlProxiedAuthorization, ControlRealAttributesOnly,
	ControlVirtualAttributesOnly, ControlAuthzIDRequest, ControlAuthzIDResponse, ControlSyncRequest,
	ControlSyncState, ControlSyncDone, ControlPersistentSearch, ControlEntryChange, ControlPasswordPolicy,
	ControlPasswordExpired, ControlPasswordExpiring, ControlAccountUsability, ControlSubentries,
	ControlSessionTracking, ControlRelaxRules, ControlNoOp, ControlDirSync, ControlDomainScope,
	ControlExtendedDN, ControlSDFlags, ControlShowDeleted, ControlServerNotification,
	ControlAttributeScoped, ControlTreeDelete, ExtendedStartTLS, ExtendedWhoAmI, ExtendedPasswordModify,
	ExtendedCancel, NoticeOfDisconnection, IntermediateSyncInfo,
)

func internTable(oids ...string) map[string]string {
	table := make(map[string]string, len(oids))
	for _, oid := range oids {
		table[oid] = oid
	}
	return table
}

func internOID(oid []byte) string {
	if known, ok := knownOIDs[string(oid)]; ok {
		return known
	}
	return string(oid)
}

package wire

import "fmt"

// ResultCode is the outcome of an operation (RFC 4511 appendix A and the IANA registry).
type ResultCode int32

// The result codes, under the names of the documents that define them.
const (
	Success                      ResultCode = 0
	OperationsError              ResultCode = 1
	ProtocolError                ResultCode = 2
	TimeLimitExceeded            ResultCode = 3
	SizeLimitExceeded            ResultCode = 4
	CompareFalse                 ResultCode = 5
	CompareTrue                  ResultCode = 6
	AuthMethodNotSupported       ResultCode = 7
	StrongerAuthRequired         ResultCode = 8
	Referral                     ResultCode = 10
	AdminLimitExceeded           ResultCode = 11
	UnavailableCriticalExtension ResultCode = 12
	ConfidentialityRequired      ResultCode = 13
	SASLBindInProgress           ResultCode = 14
	NoSuchAttribute              ResultCode = 16
	UndefinedAttributeType       ResultCode = 17
	InappropriateMatching        ResultCode = 18
	ConstraintViolation          ResultCode = 19
	AttributeOrValueExists       ResultCode = 20
	InvalidAttributeSyntax       ResultCode = 21
	NoSuchObject                 ResultCode = 32
	AliasProblem                 ResultCode = 33
	InvalidDNSyntax              ResultCode = 34
	AliasDereferencingProblem    ResultCode = 36
	InappropriateAuthentication  ResultCode = 48
	InvalidCredentials           ResultCode = 49
	InsufficientAccessRights     ResultCode = 50
	Busy                         ResultCode = 51
	Unavailable                  ResultCode = 52
	UnwillingToPerform           ResultCode = 53
	LoopDetect                   ResultCode = 54
	SortControlMissing           ResultCode = 60 // draft-ietf-ldapext-ldapv3-vlv
	OffsetRangeError             ResultCode = 61 // draft-ietf-ldapext-ldapv3-vlv
	NamingViolation              ResultCode = 64
	ObjectClassViolation         ResultCode = 65
	NotAllowedOnNonLeaf          ResultCode = 66
	NotAllowedOnRDN              ResultCode = 67
	EntryAlreadyExists           ResultCode = 68
	ObjectClassModsProhibited    ResultCode = 69
	AffectsMultipleDSAs          ResultCode = 71
	VirtualListViewError         ResultCode = 76 // draft-ietf-ldapext-ldapv3-vlv
	Other                        ResultCode = 80
	Canceled                     ResultCode = 118  // RFC 3909
	NoSuchOperation              ResultCode = 119  // RFC 3909
	TooLate                      ResultCode = 120  // RFC 3909
	CannotCancel                 ResultCode = 121  // RFC 3909
	AssertionFailed              ResultCode = 122  // RFC 4528
	AuthorizationDenied          ResultCode = 123  // RFC 4370
	SyncRefreshRequired          ResultCode = 4096 // RFC 4533: e-syncRefreshRequired
)

var resultCodeNames = map[ResultCode]string{
	Success: "success", OperationsError: "operationsError", ProtocolError: "protocolError",
	TimeLimitExceeded: "timeLimitExceeded", SizeLimitExceeded: "sizeLimitExceeded",
	CompareFalse: "compareFalse", CompareTrue: "compareTrue",
	AuthMethodNotSupported: "authMethodNotSupported", StrongerAuthRequired: "strongerAuthRequired",
	Referral: "referral", AdminLimitExceeded: "adminLimitExceeded",
	UnavailableCriticalExtension: "unavailableCriticalExtension",
	ConfidentialityRequired:      "confidentialityRequired", SASLBindInProgress: "saslBindInProgress",
	NoSuchAttribute: "noSuchAttribute", UndefinedAttributeType: "undefinedAttributeType",
	InappropriateMatching: "inappropriateMatching", ConstraintViolation: "constraintViolation",
	AttributeOrValueExists: "attributeOrValueExists", InvalidAttributeSyntax: "invalidAttributeSyntax",
	NoSuchObject: "noSuchObject", AliasProblem: "aliasProblem", InvalidDNSyntax: "invalidDNSyntax",
	AliasDereferencingProblem:   "aliasDereferencingProblem",
	InappropriateAuthentication: "inappropriateAuthentication", InvalidCredentials: "invalidCredentials",
	InsufficientAccessRights: "insufficientAccessRights", Busy: "busy", Unavailable: "unavailable",
	UnwillingToPerform: "unwillingToPerform", LoopDetect: "loopDetect",
	SortControlMissing: "sortControlMissing", OffsetRangeError: "offsetRangeError",
	NamingViolation: "namingViolation", ObjectClassViolation: "objectClassViolation",
	NotAllowedOnNonLeaf: "notAllowedOnNonLeaf", NotAllowedOnRDN: "notAllowedOnRDN",
	EntryAlreadyExists: "entryAlreadyExists", ObjectClassModsProhibited: "objectClassModsProhibited",
	AffectsMultipleDSAs: "affectsMultipleDSAs", VirtualListViewError: "virtualListViewError",
	Other: "other", Canceled: "canceled", NoSuchOperation: "noSuchOperation", TooLate: "tooLate",
	CannotCancel: "cannotCancel", AssertionFailed: "assertionFailed",
	AuthorizationDenied: "authorizationDenied", SyncRefreshRequired: "e-syncRefreshRequired",
}

// String returns the registered name of the code, or resultCode(n).
func (c ResultCode) String() string {
	if name, ok := resultCodeNames[c]; ok {
		return name
	}
	return fmt.Sprintf("resultCode(%d)", int32(c))
}

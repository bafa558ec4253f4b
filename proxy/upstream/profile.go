package upstream

import (
	"slices"
	"strings"

	"github.com/aclens/aclens/proxy/wire"
)

// Profile is a kind of directory: what it is asked for and how its changes are noticed.
type Profile string

// The profiles. ProfileGeneric is what any LDAP v3 server should understand.
const (
	ProfileAuto            Profile = "auto"
	ProfileDomino          Profile = "domino"
	ProfileOpenLDAP        Profile = "openldap"
	ProfileActiveDirectory Profile = "activedirectory"
	Profile389DS           Profile = "389ds"
	ProfileGeneric         Profile = "generic"
)

// Profiles are all that Settings may name.
var Profiles = []Profile{ProfileAuto, ProfileDomino, ProfileOpenLDAP, ProfileActiveDirectory, Profile389DS, ProfileGeneric}

const (
	capabilityActiveDirectory = "1.2.840.113556.1.4.800"  // MS-ADTS 3.1.1.3.4.3
	capabilityLightweight     = "1.2.840.113556.1.4.1851" // the same for AD LDS
	arcOfLotus                = "2.16.840.1.113678."
)

// detect tells the profile from a root DSE.
func detect(root entry) Profile {
	vendor := strings.ToLower(root.text("vendorName") + " " + root.text("vendorVersion"))
	capabilities := root.texts("supportedCapabilities")
	mentions := func(word string) bool { return strings.Contains(vendor, word) }
	switch {
	case root.text("rootDomainNamingContext") != "",
		slices.Contains(capabilities, capabilityActiveDirectory), slices.Contains(capabilities, capabilityLightweight):
		return ProfileActiveDirectory
	case mentions("389 project"), mentions("389-directory"):
		return Profile389DS
	case mentions("lotus"), mentions("domino"), isDomino(root):
		return ProfileDomino
	case root.hasClass("OpenLDAProotDSE"), root.text("configContext") != "":
		return ProfileOpenLDAP
	}
	return ProfileGeneric
}

// isDomino knows Domino by what only it announces.
func isDomino(root entry) bool {
	ofLotus := func(oid string) bool { return strings.HasPrefix(oid, arcOfLotus) }
	return root.text("dominoMajMinVersion") != "" ||
		slices.ContainsFunc(root.texts("ibm-enabledCapabilities"), ofLotus) ||
		slices.Contains(root.texts("namingContexts"), "\x00")
}

func (e *entry) hasClass(class string) bool {
	is := func(name string) bool { return strings.EqualFold(name, class) }
	return slices.ContainsFunc(e.texts("objectClass"), is) || is(e.text("structuralObjectClass"))
}

// attributes are what a full read asks for: all user attributes, and the
// operational ones that can be had without making the server compute.
func (p Profile) attributes() []string {
	switch p {
	case ProfileActiveDirectory: // knows no "+"
		return []string{"*", "modifyTimeStamp", "createTimeStamp", "structuralObjectClass"}
	case ProfileDomino: // "+" may make it resolve the nested groups of every person
		return []string{"*", "modifyTimestamp", "createTimestamp", "dominoUNID"}
	}
	return []string{"*", "+", "modifyTimestamp", "createTimestamp", "entryUUID"}
}

// noBase is what to look at where a base is not there. A DN written into a list
// without quotes becomes several at its commas, and none of them exists.
const noBase = "see whether this base is spelled right, stands in quotes if it has a comma, and may be read by the service account"

// advice says what an administrator may change where a read ended with a result
// other than success.
func (p Profile) advice(result wire.ResultCode) string {
	switch result {
	case wire.NoSuchObject:
		return noBase
	case wire.SizeLimitExceeded, wire.TimeLimitExceeded, wire.AdminLimitExceeded:
		return p.limitAdvice()
	}
	return ""
}

func (p Profile) limitAdvice() string {
	switch p {
	case ProfileDomino:
		return `raise or switch off Domino's limits "Maximum number of entries returned" and "Timeout" on the LDAP tab of the Configuration document`
	case ProfileOpenLDAP:
		return "give the service account unlimited size and time (olcLimits) in OpenLDAP"
	case Profile389DS:
		return "raise nsSizeLimit, nsTimeLimit, nsLookThroughLimit and nsPagedSizeLimit on the service account"
	case ProfileActiveDirectory:
		return "see MaxPageSize and MaxQueryDuration in the LDAP policies of Active Directory"
	}
	return "raise the size, time and look-through limits of the service account"
}

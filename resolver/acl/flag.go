package acl

import "fmt"

// Flags are the flag bits of an ACL entry as the Notes C API stores them (rule 1.2).
type Flags uint16

// The ACL_FLAG_ constants of rule 1.2.
const (
	FlagAuthorNoCreate      Flags = 0x0001
	FlagServer              Flags = 0x0002
	FlagNoDelete            Flags = 0x0004
	FlagCreatePrivateAgent  Flags = 0x0008
	FlagCreatePrivateFolder Flags = 0x0010
	FlagPerson              Flags = 0x0020
	FlagGroup               Flags = 0x0040
	FlagCreateFolder        Flags = 0x0080
	FlagCreateLotusScript   Flags = 0x0100
	FlagPublicReader        Flags = 0x0200
	FlagPublicWriter        Flags = 0x0400
	FlagMonitorsDisallowed  Flags = 0x0800
	FlagNoReplicate         Flags = 0x1000
	FlagAdminReaderAuthor   Flags = 0x4000
	FlagAdminServer         Flags = 0x8000
)

// flagNames are the symbols of rule 1.2 without their ACL_FLAG_ prefix, beside
// the spellings that the Domino REST API uses for the same bits (rule 11.9).
var flagNames = map[string]Flags{
	"AUTHOR_NOCREATE": FlagAuthorNoCreate, "SERVER": FlagServer, "NODELETE": FlagNoDelete,
	"CREATE_PRAGENT": FlagCreatePrivateAgent, "CREATE_PRFOLDER": FlagCreatePrivateFolder,
	"PERSON": FlagPerson, "GROUP": FlagGroup, "CREATE_FOLDER": FlagCreateFolder,
	"CREATE_LOTUSSCRIPT": FlagCreateLotusScript, "PUBLICREADER": FlagPublicReader, "PUBLIC_READER": FlagPublicReader,
	"PUBLICWRITER": FlagPublicWriter, "PUBLIC_WRITER": FlagPublicWriter,
	"MONITORS_DISALLOWED": FlagMonitorsDisallowed, "NOREPLICATE": FlagNoReplicate,
	"ADMIN_READERAUTHOR": FlagAdminReaderAuthor, "ADMIN_SERVER": FlagAdminServer,
}

// ParseFlag reads one flag by its symbol without prefix; an unknown one is an error.
func ParseFlag(s string) (Flags, error) {
	f, ok := flagNames[s]
	if !ok {
		return 0, fmt.Errorf("unknown ACL flag %q", s)
	}
	return f, nil
}

// Privileges are the privileges that the flags tick, before the cut to a level
// (rule 1.5): the negative bits of rule 1.2 are turned round.
func (f Flags) Privileges() Privileges {
	positive := [...]struct {
		flag Flags
		p    Privileges
	}{
		{FlagCreatePrivateAgent, CreatePrivateAgents}, {FlagCreatePrivateFolder, CreatePersonalFolders},
		{FlagCreateFolder, CreateSharedFolders}, {FlagCreateLotusScript, CreateLSJavaAgents},
		{FlagPublicReader, ReadPublicDocs}, {FlagPublicWriter, WritePublicDocs},
	}
	var p Privileges
	for _, x := range positive {
		if f&x.flag != 0 {
			p |= x.p
		}
	}
	negative := [...]struct {
		flag Flags
		p    Privileges
	}{
		{FlagAuthorNoCreate, CreateDocs}, {FlagNoDelete, DeleteDocs}, {FlagNoReplicate, ReplicateOrCopy},
	}
	for _, x := range negative {
		if f&x.flag == 0 {
			p |= x.p
		}
	}
	return p
}

// UserType reads the user type out of the flag bits (rule 2.2).
func (f Flags) UserType() UserType {
	switch f & (FlagPerson | FlagServer | FlagGroup) {
	case FlagPerson:
		return TypePerson
	case FlagServer:
		return TypeServer
	case FlagGroup, FlagGroup | FlagPerson | FlagServer:
		return TypeMixedGroup
	case FlagGroup | FlagPerson:
		return TypePersonGroup
	case FlagGroup | FlagServer:
		return TypeServerGroup
	default:
		return TypeUnspecified
	}
}

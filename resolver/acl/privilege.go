package acl

import (
	"fmt"
	"math/bits"
	"strings"
)

// Privileges is a set of the nine privileges of rule 1.3, all positive.
type Privileges uint16

// The privileges of rule 1.3. The values are those of QueryAccessPrivileges
// (rule 1.6), so that a set is that mask as it stands.
const (
	CreateDocs Privileges = 1 << iota
	DeleteDocs
	CreatePrivateAgents
	CreatePersonalFolders
	CreateSharedFolders
	CreateLSJavaAgents
	ReadPublicDocs
	WritePublicDocs
	ReplicateOrCopy

	AllPrivileges Privileges = 1<<iota - 1
)

var privilegeNames = [...]string{
	"createDocs", "deleteDocs", "createPrivateAgents", "createPersonalFolders", "createSharedFolders",
	"createLSJavaAgents", "readPublicDocs", "writePublicDocs", "replicateOrCopy",
}

// rights is a column of the table of rule 1.3.
type rights struct{ implied, optional Privileges }

var table = [Levels]rights{
	NoAccess:  {0, ReadPublicDocs | WritePublicDocs | ReplicateOrCopy},
	Depositor: {CreateDocs, ReadPublicDocs | WritePublicDocs | ReplicateOrCopy},
	Reader:    {ReadPublicDocs, CreatePrivateAgents | CreatePersonalFolders | CreateLSJavaAgents | WritePublicDocs | ReplicateOrCopy},
	Author: {ReadPublicDocs, CreateDocs | DeleteDocs | CreatePrivateAgents | CreatePersonalFolders |
		CreateLSJavaAgents | WritePublicDocs | ReplicateOrCopy},
	Editor: {CreateDocs | ReadPublicDocs | WritePublicDocs, DeleteDocs | CreatePrivateAgents | CreatePersonalFolders |
		CreateSharedFolders | CreateLSJavaAgents | ReplicateOrCopy},
	Designer: {CreateDocs | CreatePrivateAgents | CreatePersonalFolders | CreateSharedFolders | ReadPublicDocs |
		WritePublicDocs, DeleteDocs | CreateLSJavaAgents | ReplicateOrCopy},
	Manager: {CreateDocs | CreatePrivateAgents | CreatePersonalFolders | CreateSharedFolders | CreateLSJavaAgents |
		ReadPublicDocs | WritePublicDocs, DeleteDocs | ReplicateOrCopy},
}

// Implied is what the level always has (I in rule 1.3).
func (l Level) Implied() Privileges { return table[l].implied }

// Optional is what an entry may add at the level (O in rule 1.3).
func (l Level) Optional() Privileges { return table[l].optional }

// Possible is what somebody may have at the level at all.
func (l Level) Possible() Privileges { return table[l].implied | table[l].optional }

// Cut brings a set to what a level can have, plus what it implies (rules 1.5
// and 5.4). At Depositor and No Access "replicate or copy" goes with "read
// public documents" (rule 1.4, D13).
func (p Privileges) Cut(l Level) Privileges {
	p = p&l.Possible() | l.Implied()
	if l <= Depositor && p&ReadPublicDocs == 0 {
		p &^= ReplicateOrCopy
	}
	return p
}

// Has tells whether every privilege of q is in p.
func (p Privileges) Has(q Privileges) bool { return p&q == q }

// Names lists the privileges in the order of rule 1.3.
func (p Privileges) Names() []string {
	names := make([]string, 0, bits.OnesCount16(uint16(p)))
	for i, n := range privilegeNames {
		if p&(1<<i) != 0 {
			names = append(names, n)
		}
	}
	return names
}

// ParsePrivilege reads one privilege by the name that Names writes.
func ParsePrivilege(s string) (Privileges, error) {
	for i, n := range privilegeNames {
		if n == s {
			return 1 << i, nil
		}
	}
	return 0, fmt.Errorf("unknown privilege %q (%s)", s, strings.Join(privilegeNames[:], ", "))
}

// AppendPrivilegeName appends the name of the single privilege p to dst.
func AppendPrivilegeName(dst []byte, p Privileges) []byte {
	return append(dst, privilegeNames[bits.TrailingZeros16(uint16(p))]...)
}

// Package database owns which ACLs belong together and what a database is
// called: instances, replicas, keys, long forms and aliases (docs/contract.md,
// section 3).
//
// It promises that a key never changes its meaning because an export arrived,
// and refuses a set of instances in which a key could mean two things.
package database

import (
	"time"

	"github.com/aclens/aclens/resolver/acl"
	"github.com/aclens/aclens/resolver/name"
)

// Instance is one ACL as it stands in one file on one server.
type Instance struct {
	Server     name.Name // zero for a bare <acl> export
	Path       string    // as the source spells it; for a bare export the file's path below its folder, without extension
	ReplicaID  string    // 16 hex digits, upper case, or empty when not known
	Title      string
	List       *acl.List // sealed
	Log        []string  // the ACL's own log, free text
	Origin     string    // the file, with the line where there is one
	CapturedAt time.Time // zero when the source does not say
	Release    string    // Domino release that wrote it, as the source spells it, or empty
}

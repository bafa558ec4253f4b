// Package demo holds the sample that aclens can serve without any other program: a made-up organisation,
// Acme, in the shape of a Domino Directory, with the ACLs of its databases and its Server documents.
//
// It promises data only: the same bytes at every start, well-formed, with the faults that README.md lists
// and no others. It parses nothing, opens nothing outside the binary and holds no secret: every password in
// it is published there.
package demo

import (
	"embed"
	"io/fs"
)

//go:embed acme.ldif
var directory string

//go:embed servers.dxl
var servers string

//go:embed acls
var acls embed.FS

// LDIF returns the directory in LDIF (RFC 2849): people and servers below their organisations, groups flat at
// the root (rule 10.4). Each call returns its own copy.
func LDIF() []byte { return []byte(directory) }

// Servers returns the Server documents in DXL, with the items of rule 7.9. Each call returns its own copy.
func Servers() []byte { return []byte(servers) }

// ACLs returns the DXL exports of the databases (rules 11.1 to 11.8), one folder a server. Exports of two
// servers are there, so a configuration that reads them must name homeServers (docs/contract.md, section 3).
func ACLs() fs.FS {
	exports, err := fs.Sub(acls, "acls")
	if err != nil {
		// fs.Sub refuses malformed paths only, and this one is a constant.
		panic("demo: embedded ACL exports: " + err.Error())
	}
	return exports
}

//go:build !unix

package refresh

import "io/fs"

// ownedBy knows no owners here: the access control of the system stands alone.
func ownedBy(fs.FileInfo) owner { return owner{us: true, ourGroup: true} }

//go:build unix

package refresh

import (
	"io/fs"
	"os"
	"slices"
	"syscall"
)

// ownedBy reads the owner of a folder.
func ownedBy(info fs.FileInfo) owner {
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return owner{us: true, ourGroup: true} // a file system without owners
	}
	groups, _ := os.Getgroups() // none known: the folder's is not among them
	in := slices.Contains(append(groups, os.Getegid()), int(stat.Gid))
	return owner{user: stat.Uid, group: stat.Gid, us: stat.Uid == 0 || int(stat.Uid) == os.Geteuid(), ourGroup: in}
}

package server

import (
	"path"
	"strconv"
	"strings"

	"github.com/aclens/aclens/resolver/acl"
	"github.com/aclens/aclens/resolver/name"
)

// Folder is the access list of one folder of the data directory, or of a
// directory link (rule 7.16).
type Folder struct {
	Path    string   // below the data directory; either slash, any case, with or without the .dir of a link
	Entries []string // names, groups, wildcards
}

// FolderAccess tells whether the folders above a database let the subject
// through (rule 7.16), before the database's ACL counts. Each listed folder
// above must name the subject: whether the list of a subfolder would lift that
// of its parent is not documented, so it does not. fullAccess says that full
// access administration is on. The lists are documented for Notes only: behind
// one, web channels are Unknown.
func (s *Server) FolderAccess(database string, sub Subject, channel acl.Channel, fullAccess bool) (Access, Reason) {
	if channel == acl.Local {
		return Allowed, Reason{Rule: "6.3", Why: "a local database is reached without a server"}
	}
	passed := Reason{Rule: "7.16", Why: "no folder above has an access list"}
	file := clean(database)
	for _, f := range s.folders() {
		if !f.holds(file) {
			continue
		}
		if channel.IsWeb() {
			return Unknown, Reason{Rule: "7.16", Item: f.label, Why: "folder access lists are documented for Notes only"}
		}
		if fullAccess && !s.Settings.FullAdminDisabled {
			return Allowed, Reason{Rule: "7.16", Item: f.label, Why: "full access administrators pass"}
		}
		var ok bool
		if ok, passed = f.lists(sub); !ok {
			return Denied, passed
		}
	}
	return Allowed, passed
}

// FolderScope names the listed folders above a database. Two databases of one
// scope get the same answers of FolderAccess, so that whoever asks about many
// needs to ask once a scope; no folder above is the scope "".
func (s *Server) FolderScope(database string) string {
	folders := s.folders()
	if len(folders) == 0 {
		return ""
	}
	var scope []byte
	file := clean(database)
	for i, f := range folders {
		if f.holds(file) {
			scope = append(strconv.AppendInt(scope, int64(i), 10), ' ')
		}
	}
	return string(scope)
}

// readFolder is a Folder, read once.
type readFolder struct {
	label   string // the folder as spelled, for reasons
	path    string // clean, without the .dir of a link
	entries []entry
}

func readFolders(folders []Folder) []readFolder {
	read := make([]readFolder, len(folders))
	for i, f := range folders {
		read[i] = readFolder{label: f.Path, path: strings.TrimSuffix(clean(f.Path), ".dir"), entries: readEntries(f.Entries)}
		if f.Path == "" {
			read[i].label = "/"
		}
	}
	return read
}

// lists tells whether the folder's list certainly names the subject.
func (f readFolder) lists(sub Subject) (bool, Reason) {
	found, by := find(f.entries, sub)
	return found == listed, Reason{Rule: "7.16", Item: f.label, Entry: by, Why: found.String()}
}

// holds tells whether the file, written by clean, lies in the folder or below it.
func (f readFolder) holds(file string) bool {
	return f.path == "/" || strings.HasPrefix(file, f.path+"/")
}

// clean writes a path as Domino compares them: one kind of slash, folded, and
// without detours, which must not lead round a list.
func clean(p string) string {
	return path.Clean("/" + name.Fold(strings.ReplaceAll(p, `\`, "/")))
}

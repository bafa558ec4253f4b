package source

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/aclens/aclens/resolver/acl"
	"github.com/aclens/aclens/resolver/database"
	"github.com/aclens/aclens/resolver/name"
)

// A file of the export kit is JSON Lines in UTF-8: one object a database, and
// as its last line the manifest, written when the run is done:
//
//	{"server": "CN=Hub1/O=Acme", "path": "apps\\crm.nsf", "replicaId": "C1258A2F004B7D10",
//	 "title": "Customers", "capturedAt": "2026-11-21T08:15:00Z", "maxInternetAccess": "editor",
//	 "consistentAcl": true, "extendedAccess": false, "adminServer": "CN=Hub1/O=Acme",
//	 "roles": ["[Admin]"],
//	 "entries": [{"name": "-Default-", "type": "unspecified", "level": "author", "flags": ["PUBLICREADER"], "roles": []}],
//	 "log": ["..."]}
//	{"manifest": {"server": "CN=Hub1/O=Acme", "started": "2026-11-21T08:14:00Z",
//	 "expected": 1, "read": 1, "failed": 0, "digest": "sha256:..."}}
//
// Each object is one line in the file. The digest is "sha256:" and the hex
// SHA-256 over the database lines in their order, each without its own line end
// (LF or CR LF) and followed by one LF, so that moving a file between systems
// does not change it. read is the number of database lines, failed the number
// of databases that the agent found and could not read, and expected is both
// together. Empty lines do not count. flags are all bits of rule 1.2 that are
// set, by symbol without prefix.
type kitDatabase struct {
	Server            string          `json:"server"`
	Path              string          `json:"path"`
	ReplicaID         string          `json:"replicaId"`
	Title             string          `json:"title"`
	CapturedAt        string          `json:"capturedAt"`
	MaxInternetAccess *string         `json:"maxInternetAccess"`
	ConsistentACL     *bool           `json:"consistentAcl"`
	ExtendedAccess    bool            `json:"extendedAccess"`
	AdminServer       string          `json:"adminServer"`
	Roles             []string        `json:"roles"`
	Entries           json.RawMessage `json:"entries"`
	Log               []string        `json:"log"`
}

// Manifest says what one run of the export kit found on one server.
type Manifest struct {
	Server   name.Name
	Started  time.Time
	Expected int // databases on the server
	Read     int // databases in the file
	Failed   int // databases that the agent could not read
	Digest   string
}

// ErrIncomplete marks a file of the export kit that changes nothing.
var ErrIncomplete = errors.New("incomplete export")

// IncompleteError says which server keeps its last state, and why. It is
// ErrIncomplete for errors.Is.
type IncompleteError struct {
	File   string
	Server string // as spelled in the file; empty when the file does not tell
	Why    error
}

// Error names file, server and reason.
func (e *IncompleteError) Error() string {
	server := e.Server
	if server == "" {
		server = "unknown"
	}
	return fmt.Sprintf("%s: incomplete export of server %s, which keeps its last state: %v", e.File, server, e.Why)
}

// Unwrap returns ErrIncomplete and the reason.
func (e *IncompleteError) Unwrap() []error { return []error{ErrIncomplete, e.Why} }

// ReadKit reads a file of the export kit in two passes: it checks that the file
// is complete, and only then emits. A file without a complete manifest is an
// IncompleteError and nothing was emitted; so is one that changes between the
// passes, though then something may have been. A line whose words are not known
// is a fault, and databases that the agent could not read are one.
func ReadKit(r io.ReadSeeker, f File, emit func(database.Instance) error) (Manifest, []Fault, error) {
	checked, err := checkKit(r, f)
	if err != nil {
		return Manifest{}, nil, err
	}
	faults := faultList{file: f}
	if m := checked.manifest; m.Failed > 0 {
		faults.add(checked.line, "server "+m.Server.Abbreviated(), fmt.Errorf("%d of %d databases could not be read by the export", m.Failed, m.Expected))
	}
	if _, err := r.Seek(0, io.SeekStart); err != nil {
		return checked.manifest, nil, fmt.Errorf("%s: %w", f.Name, err)
	}
	again := newKitSum()
	err = eachLine(r, f, func(line []byte, number int) error {
		if number >= checked.line {
			return nil
		}
		again.add(line)
		in, d, subject := readKitLine(line, f, number, checked.manifest)
		if d.spoiled() {
			d.report(&faults, subject)
			return nil
		}
		return emit(in)
	})
	if err == nil && again.digest() != checked.manifest.Digest {
		err = checked.incomplete(errors.New("the file changed while it was read"))
	}
	return checked.manifest, faults.all(), err
}

// readKitLine reads one database line.
func readKitLine(line []byte, f File, number int, m Manifest) (database.Instance, *draftList, string) {
	in, d := database.Instance{Origin: f.at(number), CapturedAt: m.Started}, &draftList{}
	var db kitDatabase
	if err := decodeJSON(line, &db); err != nil {
		d.spoil(number, "", err)
		return in, d, "a database"
	}
	subject := subjectOf(db.Server, db.Path)
	d.spoil(number, "", place(&in, db.Server, db.Path, db.ReplicaID, db.Title))
	if in.Server.IsZero() {
		in.Server = m.Server
	}
	if in.Server.Key() != m.Server.Key() {
		d.spoil(number, "", fmt.Errorf("stands in the export of server %s", m.Server.Abbreviated()))
	}
	d.spoil(number, "", db.facts(&in, d))
	for _, r := range db.Roles {
		d.defineRole(number, r)
	}
	for _, text := range db.Log {
		d.addLog(strings.ToValidUTF8(text, ""))
	}
	d.spoil(number, "", readEntries(d, db.Entries, number))
	in.List, in.Log = d.finish(number), d.log
	return in, d, subject
}

// facts reads what belongs to the whole ACL. A maximum or consistent flag that
// the line leaves out stays unknown; without capturedAt the time is the start of
// the run, which makes the database rather too old than too young.
func (db *kitDatabase) facts(in *database.Instance, d *draftList) error {
	if db.CapturedAt != "" {
		at, err := time.Parse(time.RFC3339, db.CapturedAt)
		if err != nil {
			return fmt.Errorf("capturedAt %q is no time of RFC 3339", printable(db.CapturedAt))
		}
		in.CapturedAt = at
	}
	if db.MaxInternetAccess != nil {
		level, err := acl.ParseLevel(strings.ToLower(*db.MaxInternetAccess))
		if err != nil {
			return fmt.Errorf("maxInternetAccess: %w", err)
		}
		d.list.MaxLevel, d.list.MaxKnown = level, true
	}
	if db.ConsistentACL != nil {
		d.list.Consistent = acl.TriOf(*db.ConsistentACL)
	}
	d.list.ExtendedAccess = db.ExtendedAccess
	d.list.AdminServer = db.AdminServer
	return checkText("the administration server", db.AdminServer, maxNameBytes)
}

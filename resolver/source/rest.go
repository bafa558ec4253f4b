package source

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/aclens/aclens/resolver/database"
)

// restDatabase is one database in a file of saved Domino REST API answers. The
// file holds one such object, several one after the other, or an array of them:
//
//	{"server": "Hub1/Acme", "path": "apps/crm.nsf", "replicaId": "C1258A2F004B7D10",
//	 "title": "Customers", "capturedAt": "2026-11-21T08:15:00Z",
//	 "entries": [...], "roles": {"roles": [...]}}
//
// entries is the answer of GET /acl/entries and roles that of GET /acl/roles,
// either as it stands or the array in it (rule 11.9). path and entries must be
// there; a database without server counts as a bare export does.
type restDatabase struct {
	Server     string          `json:"server"`
	Path       string          `json:"path"`
	ReplicaID  string          `json:"replicaId"`
	Title      string          `json:"title"`
	CapturedAt string          `json:"capturedAt"`
	Entries    json.RawMessage `json:"entries"`
	Roles      json.RawMessage `json:"roles"`
}

// ReadREST reads saved answers of the Domino REST API. The maximum Internet
// access and the consistent flag of what it emits are not known (rule 11.9). An
// unknown flag, level or type, or flags that are missing, are a fault of their
// database; text that is no JSON spoils the file.
func ReadREST(r io.Reader, f File, emit func(database.Instance) error) ([]Fault, error) {
	faults := faultList{file: f}
	err := eachJSON(r, f, func(raw json.RawMessage, line int) error {
		in, d, subject := readREST(raw, f, line)
		if d.spoiled() {
			d.report(&faults, subject)
			return nil
		}
		return emit(in)
	})
	return faults.all(), err
}

func readREST(raw json.RawMessage, f File, line int) (database.Instance, *draftList, string) {
	in, d := database.Instance{Origin: f.at(line)}, &draftList{}
	var db restDatabase
	if err := decodeJSON(raw, &db); err != nil {
		d.spoil(line, "", err)
		return in, d, "a database"
	}
	subject := subjectOf(db.Server, db.Path)
	d.spoil(line, "", place(&in, db.Server, db.Path, db.ReplicaID, db.Title))
	if db.CapturedAt != "" {
		at, err := time.Parse(time.RFC3339, db.CapturedAt)
		if err != nil {
			d.spoil(line, "", fmt.Errorf("capturedAt %q is no time of RFC 3339", printable(db.CapturedAt)))
		}
		in.CapturedAt = at
	}
	entriesLine := line
	if i := bytes.Index(raw, db.Entries); len(db.Entries) > 0 && i >= 0 {
		entriesLine += bytes.Count(raw[:i], newline)
	}
	d.spoil(line, "", restRoles(d, db.Roles, line))
	d.spoil(entriesLine, "", readEntries(d, db.Entries, entriesLine))
	in.List = d.finish(line)
	return in, d, subject
}

// restRoles reads {"roles": [...]}, the array alone, or nothing.
func restRoles(d *draftList, raw json.RawMessage, line int) error {
	if len(raw) == 0 || string(raw) == "null" {
		return nil
	}
	var answer struct {
		Roles []string `json:"roles"`
	}
	var into any = &answer
	if raw[0] == '[' {
		into = &answer.Roles
	}
	if err := json.Unmarshal(raw, into); err != nil {
		return fmt.Errorf("roles: %w", jsonError(err))
	}
	if raw[0] != '[' && answer.Roles == nil {
		return errors.New("roles: neither an array nor an answer with roles")
	}
	for _, r := range answer.Roles {
		d.defineRole(line, r)
	}
	return nil
}

// RESTInstance completes an instance, of which the caller fills in everything
// but List, with the answers of GET /acl/entries and GET /acl/roles as they came
// (rule 11.9).
func RESTInstance(in database.Instance, entries, roles []byte) (database.Instance, error) {
	d := &draftList{}
	for _, raw := range [][]byte{entries, roles} {
		var any json.RawMessage
		d.spoil(1, "", decodeJSON(raw, &any))
	}
	if !d.spoiled() {
		d.spoil(1, "", restRoles(d, bytes.TrimSpace(roles), 1))
		d.spoil(1, "", readEntries(d, entries, 1))
		in.List = d.finish(1)
	}
	if d.spoiled() {
		faults := faultList{file: File{Name: in.Origin}}
		d.report(&faults, subjectOf(in.Server.Abbreviated(), in.Path))
		return database.Instance{}, &faults.listed[0]
	}
	return in, nil
}

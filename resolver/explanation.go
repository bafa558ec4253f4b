package resolver

import (
	"time"

	"github.com/aclens/aclens/resolver/database"
)

// Row is one decision as reports, who and HTTP answers write it.
type Row struct {
	User       string   `json:"user"`
	DN         string   `json:"dn"`
	Database   string   `json:"database"`
	Level      string   `json:"level"`
	LevelNum   int      `json:"levelNum"`
	Roles      []string `json:"roles"`
	Privileges []string `json:"privileges"`
	Source     string   `json:"source"`
	Winning    []string `json:"winning"`
}

// Explanation is one decision with its whole reason: the object that explain
// --json prints and effectiveAccessReason holds (docs/contract.md, section 1).
type Explanation struct {
	User       string             `json:"user"`
	DN         string             `json:"dn"`
	Database   string             `json:"database"`
	ReplicaID  string             `json:"replicaId"`
	Channel    string             `json:"channel"`
	Level      string             `json:"level"`
	LevelNum   int                `json:"levelNum"`
	ACLLevel   string             `json:"aclLevel,omitempty"`
	Roles      []string           `json:"roles"`
	Privileges []string           `json:"privileges"`
	Unknown    []string           `json:"unknown"`
	Source     string             `json:"source"`
	Winning    []string           `json:"winning"`
	Paths      []Path             `json:"paths"`
	Considered []Considered       `json:"considered"`
	Misses     []Considered       `json:"misses"`
	Contested  []Contested        `json:"contested"`
	Server     ServerAnswer       `json:"server"`
	Warnings   []string           `json:"warnings"`
	AsOf       *ExplainedAsOf     `json:"asOf,omitempty"`
	Snapshot   *ExplainedSnapshot `json:"snapshot,omitempty"`
}

// Path is one chain of groups from the subject to an entry that took part: Via
// begins with the group that the subject is a direct member of.
type Path struct {
	Entry string   `json:"entry"`
	Via   []string `json:"via"`
}

// Considered is an entry that did not decide, with the rule by which.
type Considered struct {
	Entry  string `json:"entry"`
	Source string `json:"source"`
	Level  string `json:"level"`
	Rule   string `json:"rule"`
	Why    string `json:"why"`
}

// Contested is a decision of docs/access-rules.md whose other reading would
// change the answer; Setting is empty where none chooses.
type Contested struct {
	Decision  string    `json:"decision"`
	Setting   string    `json:"setting"`
	Otherwise Otherwise `json:"otherwise"`
}

// Otherwise is the answer under another reading.
type Otherwise struct {
	Level string   `json:"level"`
	Roles []string `json:"roles"`
}

// ServerAnswer says whether the server lets the subject in.
type ServerAnswer struct {
	Name   string `json:"name"`
	Access string `json:"access"`
	Rule   string `json:"rule,omitempty"`
	Why    string `json:"why,omitempty"`
}

// ExplainedAsOf says how old the sources are; a source that is not there is left out.
type ExplainedAsOf struct {
	Directory *time.Time `json:"directory,omitempty"`
	ACL       *time.Time `json:"acl,omitempty"`
	Server    *time.Time `json:"server,omitempty"`
}

// ExplainedSnapshot names the state that the answer comes from.
type ExplainedSnapshot struct {
	ID    string `json:"id"`
	Stale bool   `json:"stale"`
}

// Stale tells whether a source is older than allowed; zero allows any age.
func (a AsOf) Stale(now time.Time, directory, acl time.Duration) bool {
	return TooOld(now, a.Directory, directory) || TooOld(now, a.ACL, acl)
}

// clockSkew is how far the clocks of two machines may differ.
const clockSkew = time.Hour

// TooOld tells whether what is of a time is older than a limit; zero allows any
// age. A time that is yet to come says nothing about the age, and would never
// grow old: it is too old as well.
func TooOld(now, at time.Time, limit time.Duration) bool {
	return limit > 0 && !at.IsZero() && (now.Sub(at) > limit || ToCome(now, at))
}

// ToCome tells whether a time is further ahead than clocks differ.
func ToCome(now, at time.Time) bool { return at.Sub(now) > clockSkew }

// Freshness is AsOf as answers write it.
func (a AsOf) Freshness() *ExplainedAsOf {
	at := func(t time.Time) *time.Time {
		if t.IsZero() {
			return nil
		}
		t = t.UTC()
		return &t
	}
	return &ExplainedAsOf{Directory: at(a.Directory), ACL: at(a.ACL), Server: at(a.Server)}
}

// Row writes a decision as a row.
func (s *Snapshot) Row(sub *Subject, db *database.Database, in *database.Instance, d *Decision) Row {
	return Row{
		User: sub.Name.Canonical(), DN: s.DN(sub), Database: s.keyOf(db, in),
		Level: d.Level.String(), LevelNum: int(d.Level), Roles: in.List.RoleNames(d.Roles),
		Privileges: d.Privileges.Names(), Source: d.Source.String(), Winning: in.List.Winning(&d.Decision),
	}
}

// keyOf names an instance: the database's key, or the long form of a replica
// that does not answer for it.
func (s *Snapshot) keyOf(db *database.Database, in *database.Instance) string {
	if in == db.Primary {
		return db.Key
	}
	return database.LongForm(in)
}

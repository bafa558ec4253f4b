package source

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"

	"github.com/aclens/aclens/resolver/acl"
	"github.com/aclens/aclens/resolver/database"
	"github.com/aclens/aclens/resolver/name"
)

// Addition is what a file by hand adds to a database that another source
// describes: facts which that source may lack (rule 11.9).
type Addition struct {
	Server    name.Name // zero: whatever server
	Path      string    // empty: by replica id alone
	ReplicaID string    // 16 hex digits, upper case, or empty
	MaxLevel  acl.Level
	MaxKnown  bool
	// Consistent is Unknown where the addition does not say.
	Consistent acl.Tri
	Origin     string // file and line
}

// Covers tells whether the addition is meant for an instance: everything that
// it names agrees. Paths are compared without case, and \ is /.
func (a *Addition) Covers(in *database.Instance) bool {
	switch {
	case !a.Server.IsZero() && a.Server.Key() != in.Server.Key():
		return false
	case a.Path != "" && foldPath(a.Path) != foldPath(in.Path):
		return false
	case a.ReplicaID != "" && a.ReplicaID != in.ReplicaID:
		return false
	}
	return a.Path != "" || a.ReplicaID != ""
}

func foldPath(p string) string { return name.Fold(strings.ReplaceAll(p, `\`, "/")) }

// Apply returns the instance with the facts that its own source lacks; what the
// source tells stays. The given instance and its list are not changed.
func (a *Addition) Apply(in database.Instance) database.Instance {
	list := *in.List
	if a.MaxKnown && !list.MaxKnown {
		list.MaxLevel, list.MaxKnown = a.MaxLevel, true
	}
	if list.Consistent == acl.Unknown {
		list.Consistent = a.Consistent
	}
	in.List = &list
	return in
}

// The YAML format. All keys but path (or, for an addition, replicaId) are
// optional; an unknown key is an error.
//
//	databases:
//	  - path: apps/crm.nsf
//	    server: Hub1/Acme
//	    replicaId: C1258A2F004B7D10
//	    title: Customers
//	    maxInternetAccess: editor        # omitted: not known
//	    consistentAcl: true              # omitted: not known
//	    adminServer: Hub1/Acme           # omitted: none
//	    roles: ["[Admin]", Buyer]        # brackets may be left out
//	    entries:                         # omitted: the rest is an addition
//	      - {name: -Default-, level: noaccess}
//	      - {name: CRM Editors, type: persongroup, level: editor,
//	         privileges: [deleteDocs], roles: [Buyer]}
//
// Case does not count in the words of levels, types and privileges.
//
// Privileges are the optional ones that are ticked, by the names of rule 1.3 as
// the answers spell them (createDocs, ...); one that is not listed is not
// granted, beyond what the level implies. One that the level cannot have is
// ignored (rule 1.5).
type yamlFile struct {
	Databases []yamlDatabase `yaml:"databases"`
}

type yamlDatabase struct {
	Path              word         `yaml:"path"`
	Server            word         `yaml:"server"`
	ReplicaID         word         `yaml:"replicaId"`
	Title             word         `yaml:"title"`
	MaxInternetAccess *word        `yaml:"maxInternetAccess"`
	ConsistentACL     *word        `yaml:"consistentAcl"`
	AdminServer       word         `yaml:"adminServer"`
	Roles             []word       `yaml:"roles"`
	Entries           *[]yamlEntry `yaml:"entries"`
}

type yamlEntry struct {
	Name       word   `yaml:"name"`
	Type       word   `yaml:"type"`
	Level      word   `yaml:"level"`
	Privileges []word `yaml:"privileges"`
	Roles      []word `yaml:"roles"`
}

func (db *yamlDatabase) subject() string { return subjectOf(string(db.Server), string(db.Path)) }

// ReadYAML reads ACLs written by hand, in the format above. A database with
// entries goes to emit, one without to add. Text that is no YAML, unknown keys
// and values of a wrong type spoil the file; an unknown word spoils its
// database, which is then a fault.
func ReadYAML(r io.Reader, f File, emit func(database.Instance) error, add func(Addition) error) ([]Fault, error) {
	body, err := parseYAML(r, f)
	if err != nil || body == nil {
		return nil, err
	}
	if err := checkYAMLKeys(body, f); err != nil {
		return nil, err
	}
	var file yamlFile
	if err := yaml.NodeToValue(body, &file, yaml.Strict()); err != nil {
		return nil, yamlError(f, err)
	}
	y := &yamlReader{file: f, body: body, faultList: faultList{file: f}}
	for i := range file.Databases {
		if err := y.database(i, &file.Databases[i], emit, add); err != nil {
			return y.all(), err
		}
	}
	return y.all(), nil
}

// yamlReader turns decoded YAML into instances and additions.
type yamlReader struct {
	file File
	body ast.Node
	faultList
}

func (y *yamlReader) database(i int, db *yamlDatabase, emit func(database.Instance) error, add func(Addition) error) error {
	at := fmt.Sprintf("$.databases[%d]", i)
	line := lineOf(y.body, at)
	d := &draftList{}
	in := database.Instance{Origin: y.file.at(line)}
	y.placed(d, line, &in, db)
	y.facts(d, at, db)
	if db.Entries == nil {
		a := Addition{
			Server: in.Server, Path: in.Path, ReplicaID: in.ReplicaID, Origin: in.Origin,
			MaxLevel: d.list.MaxLevel, MaxKnown: d.list.MaxKnown, Consistent: d.list.Consistent,
		}
		if !d.spoiled() {
			d.spoil(line, "", checkAddition(db))
		}
		if d.spoiled() {
			d.report(&y.faultList, db.subject())
			return nil
		}
		return add(a)
	}
	for j := range *db.Entries {
		y.entry(d, fmt.Sprintf("%s.entries[%d]", at, j), &(*db.Entries)[j])
	}
	if in.List = d.finish(line); d.spoiled() {
		d.report(&y.faultList, db.subject())
		return nil
	}
	return emit(in)
}

// placed reads which database is meant; only an addition may leave out the path.
func (y *yamlReader) placed(d *draftList, line int, in *database.Instance, db *yamlDatabase) {
	byReplica := db.Entries == nil && db.Path == "" && db.ReplicaID != ""
	path := string(db.Path)
	if byReplica {
		path = "-"
	}
	d.spoil(line, "", place(in, string(db.Server), path, string(db.ReplicaID), string(db.Title)))
	if byReplica {
		in.Path = ""
	}
}

func checkAddition(db *yamlDatabase) error {
	switch {
	case len(db.Roles) > 0:
		return errors.New("roles without entries")
	case db.AdminServer != "":
		return errors.New("an administration server without entries")
	case db.Title != "":
		return errors.New("a title without entries")
	case db.MaxInternetAccess == nil && db.ConsistentACL == nil:
		return errors.New("neither entries nor maxInternetAccess nor consistentAcl")
	}
	return nil
}

// facts reads what belongs to the whole ACL.
func (y *yamlReader) facts(d *draftList, at string, db *yamlDatabase) {
	d.list.AdminServer = string(db.AdminServer)
	if err := checkText("the administration server", d.list.AdminServer, maxNameBytes); err != nil {
		d.spoil(lineOf(y.body, at+".adminServer"), "", err)
	}
	if db.MaxInternetAccess != nil {
		level, err := wordByHand(acl.ParseLevel, string(*db.MaxInternetAccess))
		if err != nil {
			d.spoil(lineOf(y.body, at+".maxInternetAccess"), "", fmt.Errorf("maxInternetAccess: %w", err))
		}
		d.list.MaxLevel, d.list.MaxKnown = level, err == nil
	}
	if db.ConsistentACL != nil {
		consistent, err := truth(string(*db.ConsistentACL))
		if err != nil {
			d.spoil(lineOf(y.body, at+".consistentAcl"), "", fmt.Errorf("consistentAcl: %w", err))
		} else {
			d.list.Consistent = acl.TriOf(consistent)
		}
	}
	for i, r := range db.Roles {
		d.defineRole(lineOf(y.body, fmt.Sprintf("%s.roles[%d]", at, i)), string(r))
	}
}

func (y *yamlReader) entry(d *draftList, at string, in *yamlEntry) {
	if d.spoiled() {
		return
	}
	e, key, err := yamlDraft(in)
	if err != nil {
		d.spoil(lineOf(y.body, at+key), entryCalled(printable(string(in.Name))), err)
		return
	}
	e.line = lineOf(y.body, at)
	d.addEntry(e)
}

// yamlDraft reads the words of an entry; with an error it names the key.
func yamlDraft(in *yamlEntry) (e draftEntry, key string, err error) {
	if err := checkFilled("the name", string(in.Name), maxNameBytes); err != nil {
		return e, ".name", err
	}
	for _, r := range in.Roles {
		e.roles = append(e.roles, string(r))
	}
	e.entry = acl.NewEntry(string(in.Name), false)
	if e.entry.Type, err = wordByHand(acl.ParseUserType, string(in.Type)); err != nil {
		return e, ".type", err
	}
	if e.entry.Level, err = wordByHand(acl.ParseLevel, string(in.Level)); err != nil {
		return e, ".level", err
	}
	for _, w := range in.Privileges {
		p, err := privilegeByHand(string(w))
		if err != nil {
			return e, ".privileges", err
		}
		e.entry.Privileges |= p & e.entry.Level.Possible()
	}
	return e, "", nil
}

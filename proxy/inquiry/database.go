package inquiry

import (
	"slices"
	"time"

	"github.com/RoaringBitmap/roaring/v2"

	"github.com/aclens/aclens/proxy/view"
	"github.com/aclens/aclens/resolver"
	"github.com/aclens/aclens/resolver/acl"
	"github.com/aclens/aclens/resolver/database"
	"github.com/aclens/aclens/resolver/finding"
)

// DatabaseRef is a database by name.
type DatabaseRef struct {
	Database string `json:"database"` // key
	Title    string `json:"title,omitempty"`
}

// Summary is what may be known of a database without looking into its ACL. Each
// field needs the right to the attribute that says the same over LDAP; what may
// not be read, or is not known, is left out.
type Summary struct {
	DatabaseRef
	Aliases          []string   `json:"aliases"`
	Server           string     `json:"server,omitempty"`
	Path             string     `json:"path,omitempty"`
	ReplicaID        string     `json:"replicaId,omitempty"`
	Roles            []string   `json:"roles"`
	MaxInternetLevel string     `json:"maxInternetLevel,omitempty"`
	ConsistentACL    *bool      `json:"consistentAcl,omitempty"`
	DefaultLevel     string     `json:"defaultLevel,omitempty"`
	AnonymousLevel   string     `json:"anonymousLevel,omitempty"`
	ACLTime          *time.Time `json:"aclTime,omitempty"`
}

// Database is all that may be known of a database.
type Database struct {
	Summary
	Channel   string       `json:"channel"`
	Levels    []LevelCount `json:"levels"`    // people and servers by level on the channel, highest first
	RoleCount []RoleCount  `json:"roleCount"` // likewise by role
	ACL       []Entry      `json:"acl"`       // as written; empty without the right to reasons
	Instances []Instance   `json:"instances"` // likewise

	Findings   []finding.Finding `json:"findings"`
	FindingsOf string            `json:"findingsOf"` // see view.State.FindingsOf
	Freshness
}

// LevelCount says how many people and servers have a level.
type LevelCount struct {
	Level    string `json:"level"`
	LevelNum int    `json:"levelNum"`
	Count    int    `json:"count"`
}

// RoleCount says how many people and servers have a role.
type RoleCount struct {
	Role  string `json:"role"`
	Count int    `json:"count"`
}

// Entry is one line of an ACL as written, with how many people and servers of
// the directory its name and type mean.
type Entry struct {
	Entry      string   `json:"entry"`
	Kind       string   `json:"kind"` // name, group, wildcard, default, anonymous, replicaId or template
	Type       string   `json:"type"`
	Level      string   `json:"level"`
	LevelNum   int      `json:"levelNum"`
	Roles      []string `json:"roles"`
	Privileges []string `json:"privileges"`
	Covers     int      `json:"covers"`
	Group      string   `json:"group,omitempty"` // DN of the group that it names
}

// Instance is one file of a database on a server.
type Instance struct {
	Database   string     `json:"database"` // key, or the long form of a replica that does not answer
	Server     string     `json:"server"`
	Path       string     `json:"path"`
	Answers    bool       `json:"answers"`
	Differs    bool       `json:"differs"` // its ACL is not the answering one's (rule 6.5)
	CapturedAt *time.Time `json:"capturedAt,omitempty"`
}

// DatabaseRefs lists the databases of which something may be read, by key.
func (q *Inquiry) DatabaseRefs() []DatabaseRef {
	refs := []DatabaseRef{}
	for _, db := range q.snap.Databases().All() {
		if q.rights.AnyDatabase(db.Index) {
			refs = append(refs, DatabaseRef{db.Key, q.title(db)})
		}
	}
	return refs
}

// Databases summarises the databases of which something may be read, by key.
func (q *Inquiry) Databases() []Summary {
	list := []Summary{}
	for _, db := range q.snap.Databases().All() {
		if q.rights.AnyDatabase(db.Index) {
			list = append(list, q.summary(db))
		}
	}
	return list
}

func (q *Inquiry) summary(db *database.Database) Summary {
	may := func(attribute string) bool { return q.rights.Database(db.Index, attribute) }
	in, l := db.Primary, db.Primary.List
	s := Summary{DatabaseRef: DatabaseRef{db.Key, q.title(db)}, Aliases: slices.Clone(db.Alias), Roles: []string{}}
	if s.Aliases == nil {
		s.Aliases = []string{}
	}
	if may("databaseserver") {
		s.Server = in.Server.Canonical()
	}
	if may("databasepath") {
		s.Path = in.Path
	}
	if may("databasereplicaid") {
		s.ReplicaID = in.ReplicaID
	}
	if may("databaserole") {
		s.Roles = append(s.Roles, l.Roles...)
	}
	if l.MaxKnown && may("databasemaxinternetlevel") {
		s.MaxInternetLevel = l.MaxLevel.String()
	}
	if l.Consistent != acl.Unknown && may("databaseconsistentacl") {
		consistent := l.Consistent == acl.Yes
		s.ConsistentACL = &consistent
	}
	if e := l.Default(); e != nil && may("databasedefaultlevel") {
		s.DefaultLevel = e.Level.String()
	}
	if e := anonymous(l); e != nil && may("databaseanonymouslevel") {
		s.AnonymousLevel = e.Level.String()
	}
	if may("databaseacltime") {
		s.ACLTime = moment(in.CapturedAt)
	}
	return s
}

// anonymous is the entry for whoever has not authenticated (rule 3.10).
func anonymous(l *acl.List) *acl.Entry {
	if e := l.Anonymous(); e != nil {
		return e
	}
	return l.Default()
}

func moment(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = t.UTC()
	return &t
}

// Database tells all that may be known of one database on a channel.
func (q *Inquiry) Database(text string, c acl.Channel) (*Database, error) {
	db, _, ok := q.snap.Databases().Find(text)
	if !ok || !q.rights.AnyDatabase(db.Index) {
		return nil, ErrNotShown
	}
	d := &Database{
		Summary: q.summary(db), Channel: c.String(), Levels: []LevelCount{}, RoleCount: []RoleCount{},
		ACL: []Entry{}, Instances: []Instance{}, Findings: q.Findings(FindingFilter{Database: db.Key}), FindingsOf: q.state.FindingsOf(), Freshness: q.Freshness(),
	}
	if q.rights.Database(db.Index, "databaselevelcount") {
		d.count(db, q.snap.Access(db, c), q.rights.Database(db.Index, "databaserole"))
	}
	if q.reasons(db) {
		d.ACL, d.Instances = q.entries(db), q.instances(db)
	}
	return d, nil
}

func (d *Database) count(db *database.Database, access *resolver.Access, roles bool) {
	for l := acl.Manager; ; l-- {
		d.Levels = append(d.Levels, LevelCount{l.String(), int(l), int(access.Level(l).GetCardinality())})
		if l == acl.NoAccess {
			break
		}
	}
	if !roles {
		return
	}
	for i, role := range db.Primary.List.Roles {
		d.RoleCount = append(d.RoleCount, RoleCount{role, int(access.Role(i).GetCardinality())})
	}
}

var entryKinds = map[acl.EntryKind]string{
	acl.KindName: "name", acl.KindWildcard: "wildcard", acl.KindDefault: "default",
	acl.KindAnonymous: "anonymous", acl.KindReplicaID: "replicaId", acl.KindTemplate: "template",
}

// entries is the ACL as written, without lines that name a deny list which the
// asker may not know of.
func (q *Inquiry) entries(db *database.Database) []Entry {
	l, covered := db.Primary.List, map[int]*roaring.Bitmap{}
	for _, c := range q.inspection().Covers(db) {
		if covered[c.Entry] == nil {
			covered[c.Entry] = roaring.New()
		}
		covered[c.Entry].Or(c.Suited)
	}
	list := make([]Entry, 0, len(l.Entries))
	for i := range l.Entries {
		e := &l.Entries[i]
		if q.namesDenyList(e.Label) {
			continue
		}
		line := Entry{
			Entry: e.Label, Kind: entryKinds[e.Kind], Type: e.Type.String(), Level: e.Level.String(), LevelNum: int(e.Level),
			Roles: l.RoleNames(e.Roles), Privileges: e.Privileges.Cut(e.Level).Names(),
		}
		if whom := covered[i]; whom != nil {
			line.Covers = int(whom.GetCardinality())
		}
		if g, one, _ := q.inspection().GroupNamed(e.Key()); one && e.Kind == acl.KindName {
			line.Kind = "group"
			if q.rights.Entries().Readable(q.snap.Group(g).Entry) {
				line.Group = q.snap.Store().Entry(q.snap.Group(g).Entry).DN()
			}
		}
		list = append(list, line)
	}
	return list
}

func (q *Inquiry) instances(db *database.Database) []Instance {
	list := make([]Instance, 0, len(db.Instances))
	for _, in := range db.Instances {
		one := Instance{Database: db.Key, Server: in.Server.Abbreviated(), Path: in.Path, Answers: in == db.Primary, CapturedAt: moment(in.CapturedAt)}
		if !one.Answers {
			one.Database = database.LongForm(in)
		}
		one.Differs = slices.ContainsFunc(db.Replicas, func(d database.Difference) bool { return d.Instance == in })
		list = append(list, one)
	}
	return list
}

// FindingFilter narrows a list of findings; the zero value takes all.
type FindingFilter struct {
	Severity *finding.Severity
	Kind     string
	Database string // key
}

func (f *FindingFilter) takes(x *finding.Finding) bool {
	return (f.Severity == nil || x.Severity == *f.Severity) && (f.Kind == "" || x.Kind == f.Kind) && (f.Database == "" || x.Database == f.Database)
}

// Findings lists those that may be read, by the same rule as in the virtual
// subtree. The detail of one can name entries of an ACL: it is left out where
// these may not be read.
func (q *Inquiry) Findings(filter FindingFilter) []finding.Finding {
	list := []finding.Finding{}
	for i := range q.state.Findings {
		f := q.state.Findings[i]
		if !filter.takes(&f) {
			continue
		}
		var db *database.Database
		if f.Database != "" {
			db, _, _ = q.snap.Databases().Find(f.Database)
		}
		if !view.MayReadFinding(q.rights, &f, db) {
			continue
		}
		if !q.rights.Everything() && !q.findingWords(db) {
			continue
		}
		if !q.rights.Everything() && !(q.reasons(db) && q.rights.DenyLists()) {
			f.Detail = ""
		}
		list = append(list, f)
	}
	return list
}

// findingWords tells whether the attributes of a finding may be read.
func (q *Inquiry) findingWords(db *database.Database) bool {
	for _, attribute := range []string{"findingkind", "findingseverity", "findingsubject", "findingadvice"} {
		if !q.rights.Database(db.Index, attribute) {
			return false
		}
	}
	return true
}

package refresh

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/aclens/aclens/proxy/upstream"
	"github.com/aclens/aclens/resolver"
	"github.com/aclens/aclens/resolver/database"
	"github.com/aclens/aclens/resolver/directory"
	"github.com/aclens/aclens/resolver/finding"
	"github.com/aclens/aclens/resolver/name"
	"github.com/aclens/aclens/resolver/schema"
	"github.com/aclens/aclens/resolver/server"
)

// Defaults of Settings.
const (
	DefaultInterval  = 30 * time.Second
	DefaultFull      = 6 * time.Hour
	DefaultDebounce  = 250 * time.Millisecond
	DefaultFreshness = time.Minute
)

// Settings say what is read, how often, and who is told.
type Settings struct {
	Directories []Directory // one for each of Resolver.Directories, in that order: the first is the primary one
	Databases   Databases
	Servers     Servers
	Resolver    resolver.Settings
	Choices     string         // what else of the configuration changes answers, such as the text of filters: part of the id
	Schema      *schema.Schema // before what the directories themselves define
	Stale       Stale
	Keep        Keep
	Brake       *Brake // nil holds nothing

	Interval  time.Duration // between two looks at all files, changed or not
	Debounce  time.Duration // how long files must be quiet before a change of them is read
	Freshness time.Duration // at most so often is a Snapshot handed over of which only the age is new

	Clock   Clock // nil is the system's
	Log     *slog.Logger
	Metrics Metrics // nil counts nothing

	// Check refuses a Snapshot that must not answer; nil takes every one.
	Check func(*resolver.Snapshot) error
	// Swap makes a Snapshot the one that answers. changed is when its state, id
	// and findings, came to be; the same id comes again when only ages are new.
	Swap func(id string, s *resolver.Snapshot, findings []finding.Finding, changed time.Time)
	// Advised is told the id of the state that the findings of the next Swap, or of
	// the last one, are of, whenever that is another one; nil tells nobody.
	Advised func(id string)
	// Held is told all that the brake keeps back, whenever that is something else.
	Held func([]Held)
	// Changed is told the normalised DNs of the entries that came, changed or went
	// in a directory, after the Swap that has them, or of what is kept back; nil
	// tells nobody.
	Changed func(dnKeys []string)
	// SetCredentials replaces the values of userPassword of the entries that come
	// from LDIF files, by normalised DN; nil drops them. Nobody else gets them.
	SetCredentials func(map[string][][]byte)
}

// Directory is where the entries of one directory come from: a live one, or
// files. Its name and role are those of resolver.Settings.Directories.
type Directory struct {
	Live Live
	Feed Feed          // nil where a live one is polled
	Mode upstream.Mode // of Feed; empty is upstream.ModeAuto
	LDIF []string      // files or folders
	DXL  []string      // of Person, Group and Server documents; files or folders

	// Definitions are the attribute types and object classes that a live
	// directory publishes; nil, or an error, means that it publishes none.
	Definitions func(context.Context) (attributeTypes, objectClasses []string, err error)
	// LeftOut is how many references to other servers a live directory gave with
	// its last complete reading that were left out; nil counts none.
	LeftOut func() int

	Interval time.Duration // between two polls of a live one
	Full     time.Duration // between two complete readings of a live one
}

// Live is a directory that is asked over the network; *upstream.Directory is one.
type Live interface {
	ReadAll(ctx context.Context, emit func(directory.Draft) error) (upstream.State, error)
	ReadChanges(ctx context.Context, since upstream.State, emit func(directory.Draft) error) (upstream.State, error)
	ReadNames(ctx context.Context, since upstream.State, emit func(dnKey string)) error
}

// Feed is a directory that tells its changes by itself; *upstream.Directory is one.
type Feed interface {
	ReadContent(ctx context.Context, wanted upstream.Mode, before upstream.State, emit func(upstream.ID, directory.Draft) error) (upstream.State, error)
	ReadBelow(ctx context.Context, at upstream.State, dn string, emit func(directory.Draft) error) error
	Follow(ctx context.Context, since upstream.State, poll time.Duration, tell func(upstream.Batch) error) error
}

// Databases are the sources of ACLs, each a file or a folder but for Live, and
// how databases are named.
type Databases struct {
	DXL, Export, JSON, YAML []string
	Live                    []LiveDatabases
	Options                 database.Options
}

// LiveDatabases is a service that is asked for ACLs.
type LiveDatabases struct {
	Name     string // in messages and metrics
	Source   InstanceSource
	Interval time.Duration // between two times of asking
}

// InstanceSource gives all ACLs of a service.
type InstanceSource interface {
	// Instances asks for the ACLs. With an error nothing that it returned counts.
	Instances(ctx context.Context) ([]*database.Instance, error)
	// Faults are the databases that the last Instances could not ask for, whose
	// last ACL it gave again, if there was one.
	Faults() []error
}

// Servers are the sources of what is known about Domino servers.
type Servers struct {
	DXL      []string // of Server documents: files or folders
	Settings []ServerSettings
}

// ServerSettings is what no document says about a server.
type ServerSettings struct {
	Name     name.Name
	Settings server.Settings
}

// Stale says from what age on a source is a finding; zero is never.
type Stale struct{ Directory, ACL time.Duration }

// Metrics is told what metrics count. Its methods must not block.
type Metrics interface {
	// Refreshed says what a Snapshot that was handed over holds, and how long it
	// took to make; zero where only ages are new.
	Refreshed(c Counts, took time.Duration)
	// SourceAsOf says of when a source is: "directory NAME", "acl" or "server";
	// zero if there is none.
	SourceAsOf(source string, at time.Time)
	// RefreshError says that something could not be read or used.
	RefreshError(kind Kind)
	// Followed says how the changes of a live directory are noticed, and up to
	// when all of them were.
	Followed(directory string, mode upstream.Mode, upTo time.Time)
	// Resynced says that a directory which tells its changes is read in full.
	Resynced(directory string, reason Reason)
	// Changed counts changes of entries of a directory that were told or found.
	Changed(directory string, n int)
}

// Kind classes what went wrong, for metrics; the set is closed.
type Kind string

// The kinds of things that go wrong.
const (
	KindDirectory Kind = "directory" // a directory could not be read
	KindEntry     Kind = "entry"     // an entry of a directory was left out
	KindExport    Kind = "export"    // a file of ACLs or Server documents, or something in it, could not be used
	KindArrange   Kind = "arrange"   // the databases or servers contradict each other
	KindHeld      Kind = "held"      // a state was refused
	KindKeep      Kind = "keep"      // the state on disk could not be written or used
	KindWatch     Kind = "watch"     // files cannot be watched, only looked at
	KindFeed      Kind = "feed"      // a feed of changes ended, or is not given
)

// Kinds lists every Kind.
var Kinds = []Kind{KindDirectory, KindEntry, KindExport, KindArrange, KindHeld, KindKeep, KindWatch, KindFeed}

type noMetrics struct{}

func (noMetrics) Refreshed(Counts, time.Duration) {}
func (noMetrics) SourceAsOf(string, time.Time)    {}
func (noMetrics) RefreshError(Kind)               {}

func (noMetrics) Followed(string, upstream.Mode, time.Time) {}
func (noMetrics) Resynced(string, Reason)                   {}
func (noMetrics) Changed(string, int)                       {}

// withDefaults fills in what is not set, or says what is wrong.
func (s Settings) withDefaults() (Settings, error) {
	s.Interval = positiveOr(s.Interval, DefaultInterval)
	s.Debounce = positiveOr(s.Debounce, DefaultDebounce)
	s.Freshness = positiveOr(s.Freshness, DefaultFreshness)
	if s.Clock == nil {
		s.Clock = systemClock{}
	}
	if s.Metrics == nil {
		s.Metrics = noMetrics{}
	}
	if s.Log == nil {
		s.Log = slog.New(slog.DiscardHandler)
	}
	if s.Check == nil {
		s.Check = func(*resolver.Snapshot) error { return nil }
	}
	if s.Swap == nil {
		s.Swap = func(string, *resolver.Snapshot, []finding.Finding, time.Time) {}
	}
	if s.Advised == nil {
		s.Advised = func(string) {}
	}
	if s.Held == nil {
		s.Held = func([]Held) {}
	}
	if s.Changed == nil {
		s.Changed = func([]string) {}
	}
	if s.SetCredentials == nil {
		s.SetCredentials = func(map[string][][]byte) {}
	}
	if s.Schema == nil {
		return s, errors.New("no schema is given")
	}
	return s, s.checkDirectories()
}

func (s *Settings) checkDirectories() error {
	if len(s.Directories) == 0 || len(s.Directories) != len(s.Resolver.Directories) || len(s.Directories) > directory.MaxSources {
		return fmt.Errorf("%d directories with %d roles", len(s.Directories), len(s.Resolver.Directories))
	}
	kept := make([]Directory, len(s.Directories))
	for i, d := range s.Directories {
		d.Interval, d.Full = positiveOr(d.Interval, DefaultInterval), positiveOr(d.Full, DefaultFull)
		files := len(d.LDIF) + len(d.DXL)
		if d.Live == nil && files == 0 || d.Live != nil && files > 0 {
			return fmt.Errorf("directory %s is neither a live one nor one of files", s.Resolver.Directories[i].Name)
		}
		kept[i] = d
	}
	s.Directories = kept
	live := make([]LiveDatabases, len(s.Databases.Live))
	for i, l := range s.Databases.Live {
		l.Interval = positiveOr(l.Interval, DefaultInterval)
		live[i] = l
	}
	s.Databases.Live = live
	return nil
}

func positiveOr(d, otherwise time.Duration) time.Duration {
	if d <= 0 {
		return otherwise
	}
	return d
}

package refresh

import (
	"context"
	"errors"
	"fmt"

	"github.com/aclens/aclens/resolver"
	"github.com/aclens/aclens/resolver/database"
	"github.com/aclens/aclens/resolver/finding"
)

var errIdle = errors.New("the addition covers no database")

// Refresher reads sources into Snapshots.
type Refresher struct {
	settings Settings
	reload   chan struct{}
	releases chan releasing
	looks    chan *pendingLook
}

// New checks the settings; it reads nothing.
func New(s Settings) (*Refresher, error) {
	s, err := s.withDefaults()
	if err != nil {
		return nil, fmt.Errorf("refresh: %w", err)
	}
	return &Refresher{settings: s, reload: make(chan struct{}, 1), releases: make(chan releasing), looks: make(chan *pendingLook)}, nil
}

// Loaded is one state, loaded once.
type Loaded struct {
	ID       string
	Snapshot *resolver.Snapshot
	Findings []finding.Finding  // of the state and of its sources
	Problems []database.Problem // are among Findings, too
	Faults   []Fault            // what was left out, by file and line
	Counts   Counts
	Sources  []Source
}

// Load reads everything once, for commands; nothing is handed to Swap. A file
// of ACLs that is broken is left out and is a Fault. A directory that cannot be
// read in full, files that are missing, databases whose keys are not settled and
// a Snapshot that Check refuses are errors; one that matches ErrUnreachable is
// no fault of configuration or input.
func (r *Refresher) Load(ctx context.Context) (*Loaded, error) {
	w := newWorld(&r.settings)
	if err := w.load(ctx); err != nil {
		return nil, err
	}
	return &Loaded{
		ID: w.now.id, Snapshot: w.now.snapshot, Findings: w.findings(w.now), Problems: w.databases.problems,
		Faults: w.faults(), Counts: w.counts(w.now), Sources: w.sources(),
	}, nil
}

// againAtOnce is how often files that somebody writes are read again before the
// first state: one that is replaced is whole at the next try.
const againAtOnce = 5

// load reads everything into a world that holds nothing.
func (w *world) load(ctx context.Context) error {
	w.readExports(ctx, work{files: true, all: true})
	for range againAtOnce {
		if !w.unsettled() {
			break
		}
		w.readExports(ctx, work{files: true, all: true})
	}
	if err := w.missingFiles(); err != nil {
		return err
	}
	c, err := w.readFresh(ctx)
	for range againAtOnce {
		if !errors.Is(err, errChanging) {
			break
		}
		c, err = w.readFresh(ctx)
	}
	if err != nil {
		return err
	}
	return w.settle(c)
}

// missingFiles is why the first state cannot be made of the files.
func (w *world) missingFiles() error {
	for _, s := range w.acls.shelves() {
		if s.err != nil {
			return fmt.Errorf("listing exports: %w", s.err)
		}
	}
	if w.documents.err != nil {
		return fmt.Errorf("listing Server documents: %w", w.documents.err)
	}
	if w.databasesErr != nil {
		return w.databasesErr
	}
	return w.serversErr
}

// faults lists everything that was left out.
func (w *world) faults() []Fault {
	list := w.acls.faults()
	list = append(list, w.documents.allFaults()...)
	for _, h := range w.directories {
		list = append(list, h.faults...)
	}
	for _, a := range w.databases.idle {
		list = append(list, Fault{Severity: finding.Warning, Subject: a.Origin, Err: errIdle})
	}
	return list
}

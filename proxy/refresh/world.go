package refresh

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/aclens/aclens/proxy/upstream"
	"github.com/aclens/aclens/resolver/schema"
	"github.com/aclens/aclens/resolver/server"
)

// world is everything that was read, and the Snapshot made of it. One goroutine
// owns it.
type world struct {
	*Settings
	directories []*heldDirectory
	definitions []definitions // by directory
	schema      *schema.Schema
	acls        *acls
	documents   *shelf[[]server.Document]

	databases     *arranged      // as last arranged; nil before
	databasesErr  error          // why what is held now cannot be arranged
	keptDatabases *keptDatabases // nil if the brake keeps nothing back
	keys          registry
	servers       *servers
	serversErr    error

	now          *state // nil before the first
	heldErr      error  // why the state that was made last was refused
	newPasswords bool   // others than were handed over
	last         handed
	toldHeld     []Held
	feeds        chan saying  // from the goroutines that follow directories
	keeper       *keeper      // nil if nothing is kept on disk
	adviser      *adviser     // nil where all findings are found at once
	kept         *keptSources // of the kept state, until files were read; else nil
	resumed      bool         // the kept state answers, and not all was read since
}

// definitions are what a directory publishes of its schema.
type definitions struct{ types, classes []string }

func newWorld(s *Settings) *world {
	w := &world{
		Settings: s, definitions: make([]definitions, len(s.Directories)),
		acls: newACLs(&s.Databases), documents: newServerShelf(s.Servers.DXL), keys: registry{replicas: map[string]string{}},
	}
	for i, d := range s.Directories {
		w.directories = append(w.directories, &heldDirectory{Directory: d, name: s.Resolver.Directories[i].Name, source: uint8(i)})
	}
	return w
}

// trouble counts and logs what went wrong.
func (w *world) trouble(kind Kind, what string, err error) {
	w.Metrics.RefreshError(kind)
	w.Log.Warn("refreshing", "kind", string(kind), "what", what, "error", err)
}

// candidate is what was read towards the next state.
type candidate struct {
	fresh       bool
	released    bool    // a person took the brake off
	scans       []*scan // by directory; nil where nothing new was read
	schema      *schema.Schema
	definitions []definitions
}

// begin is a candidate in which nothing was read; a fresh one is to hold
// everything.
func (w *world) begin(fresh bool) *candidate {
	return &candidate{fresh: fresh, scans: make([]*scan, len(w.directories)), schema: w.schema, definitions: w.definitions}
}

// readFresh reads all directories into a fresh candidate.
func (w *world) readFresh(ctx context.Context) (*candidate, error) {
	c := w.begin(true)
	if err := w.readDefinitions(ctx, c); err != nil {
		return nil, err
	}
	packing := w.packAhead(c)
	for i, h := range w.directories {
		var err error
		h.packing = packing
		h.feed.halt()
		if h.Live != nil {
			c.scans[i], err = h.readAll(ctx, w.Clock, true)
		} else {
			c.scans[i], err = h.readFiles(w.Clock.Now(), true, true)
		}
		h.packing = nil
		if h.err = err; err != nil {
			return nil, fmt.Errorf("directory %s: %w", h.name, err)
		}
		h.due = w.Clock.Now().Add(h.Interval)
	}
	if packing != nil {
		c.schema = packing.schema.Load()
	}
	return c, nil
}

// readDefinitions asks the directories for their schema. One that does not give
// it is read with the schema that it gave before, or the built-in one.
func (w *world) readDefinitions(ctx context.Context, c *candidate) error {
	c.definitions, c.schema = slices.Clone(c.definitions), w.Schema
	for i, h := range w.directories {
		if h.Definitions == nil {
			continue
		}
		types, classes, err := h.Definitions(ctx)
		switch {
		case err == nil:
			c.definitions[i] = definitions{types, classes}
		case errors.Is(err, upstream.ErrUnavailable), errors.Is(err, upstream.ErrRefused), ctx.Err() != nil:
			return fmt.Errorf("directory %s: reading the schema: %w", h.name, &serviceError{err})
		default:
			w.Log.Info("directory publishes no schema", "directory", h.name, "error", err)
		}
		var left []error
		c.schema, left = c.schema.Merge(c.definitions[i].types, c.definitions[i].classes)
		for _, err := range left {
			w.Log.Debug("definition of the directory's schema is left out", "directory", h.name, "error", err)
		}
	}
	return nil
}

// redefined tells whether a directory publishes another schema than before.
func (w *world) redefined(c *candidate) bool {
	return !slices.EqualFunc(c.definitions, w.definitions, func(a, b definitions) bool {
		return slices.Equal(a.types, b.types) && slices.Equal(a.classes, b.classes)
	})
}

// readDirectories polls the directories that are due, or reads all of all. One
// that cannot be read is as it was.
func (w *world) readDirectories(ctx context.Context, todo work) *candidate {
	c := w.begin(false)
	for i, h := range w.directories {
		now := w.Clock.Now()
		due := h.Live != nil && !now.Before(h.due)
		if !due && !todo.all && (h.Live != nil || !todo.files) {
			continue
		}
		s, err := w.readDirectory(ctx, c, h, todo.all)
		h.due = w.Clock.Now().Add(h.Interval)
		if ctx.Err() != nil {
			return c
		}
		if err != nil && (h.Live != nil || h.err == nil || h.err.Error() != err.Error()) {
			w.trouble(KindDirectory, "directory cannot be read, what was read before stays", fmt.Errorf("directory %s: %w", h.name, err))
		}
		if h.err = err; c.fresh {
			return c
		}
		c.scans[i] = s
	}
	return c
}

// readDirectory reads one directory. Where its schema changed everything has to
// be read anew.
func (w *world) readDirectory(ctx context.Context, c *candidate, h *heldDirectory, all bool) (*scan, error) {
	if h.Live == nil {
		return h.readFiles(w.Clock.Now(), all, false)
	}
	w.rereads(h, all)
	if full := all || !w.Clock.Now().Before(h.fullDue); full && h.Definitions != nil {
		again := w.begin(false)
		if err := w.readDefinitions(ctx, again); err != nil {
			return nil, err
		}
		if w.redefined(again) {
			fresh, err := w.readFresh(ctx)
			if err == nil {
				*c = *fresh
			}
			return nil, err
		}
	}
	return h.readLive(ctx, w.Clock, all)
}

// readExports reads files that may have changed, or all, and asks the services
// that are due.
func (w *world) readExports(ctx context.Context, todo work) {
	trouble := func(err error) { w.trouble(KindExport, "export cannot be used, its last good state stays", err) }
	now := w.Clock.Now()
	changed := w.acls.ask(ctx, now, todo.all, trouble)
	if todo.files {
		changed = w.acls.refresh(now, todo.all, trouble) || changed
	}
	if todo.files {
		w.documents.refresh(now, todo.all, trouble)
		adopted := w.adopt()
		changed = changed || adopted
	}
	if w.databases == nil || changed || w.databasesErr != nil {
		w.rearrange(false)
	}
	w.databases.look(w.acls)
	if todo.files {
		next, err := arrangeServers(w.documents, w.Settings.Servers.Settings)
		w.serversErr = w.arranged(w.serversErr, err, "servers cannot be told apart, they stay as they were")
		if err == nil {
			w.servers = next
		}
	}
}

// rearrange makes the databases of what is held of ACLs; released is with what
// the brake keeps back.
func (w *world) rearrange(released bool) {
	next, kept, err := w.arrange(released)
	w.databasesErr = w.arranged(w.databasesErr, err, "databases cannot be arranged, they stay as they were")
	w.keptDatabases = kept
	if err == nil {
		w.databases = next
	}
}

// arranged reports an error that is new.
func (w *world) arranged(before, err error, message string) error {
	if err != nil && (before == nil || before.Error() != err.Error()) {
		w.trouble(KindArrange, message, err)
	}
	return err
}

// look brings the age of ACLs up to date where those by hand are the oldest.
func (a *arranged) look(held *acls) {
	if a != nil {
		a.asOf = held.oldest(a.set)
	}
}

// unsettled tells whether files were being written when they were read.
func (w *world) unsettled() bool {
	for _, s := range w.acls.shelves() {
		if s.unsettled() {
			return true
		}
	}
	return w.documents.unsettled() || slices.ContainsFunc(w.directories, func(h *heldDirectory) bool { return errors.Is(h.err, errChanging) })
}

// nextDue is when a poll of a directory or a question to a service is due; zero
// is never.
func (w *world) nextDue() time.Time {
	var due time.Time
	for _, h := range w.directories {
		if h.Live != nil {
			due = earlier(due, h.due)
		}
	}
	for _, l := range w.acls.live {
		due = earlier(due, l.due)
	}
	return due
}

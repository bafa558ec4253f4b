package refresh

import (
	"context"
	"slices"
	"time"
)

// Look is a wish to see what was just changed in a live directory.
type Look struct {
	Directory int           // position in Settings.Directories
	URL       string        // configured address of the server that made the change
	Gone      bool          // a name is no more: names have to be compared
	Within    time.Duration // how long an answer is of use
}

// Look reads a directory at once and waits until a state answers that was read
// from the server of the change after Look was called. False: that did not
// happen within the time, or will not, since a reading would burden the
// directory too much so soon after the last one. Where the directory is of
// files, another server is followed, or the new state is held back, it is false,
// too. Looks at one time share a reading.
func (r *Refresher) Look(ctx context.Context, l Look) bool {
	ctx, cancel := context.WithTimeout(ctx, l.Within)
	defer cancel()
	p := &pendingLook{Look: l, seen: make(chan bool, 1)}
	select {
	case r.looks <- p:
	case <-ctx.Done():
		return false
	}
	select {
	case seen := <-p.seen:
		return seen
	case <-ctx.Done():
		return false
	}
}

// pendingLook is a Look that the goroutine of Run has taken up.
type pendingLook struct {
	Look
	seen  chan bool // buffered: nobody may wait for it any more
	after uint32    // the last pass over the directory that began before
	until time.Time
}

func (p *pendingLook) end(seen bool) { p.seen <- seen }

// looks are those that wait for a reading. The goroutine of Run owns them.
type looks struct {
	world   *world
	pending []*pendingLook
}

// take takes up a look and all others that are waiting to be taken up.
func (k *looks) take(p *pendingLook, more <-chan *pendingLook) {
	for {
		k.begin(p)
		select {
		case p = <-more:
		default:
			return
		}
	}
}

// begin makes the directory due as soon as a reading may show the change.
func (k *looks) begin(p *pendingLook) {
	w := k.world
	if p.Directory < 0 || p.Directory >= len(w.directories) || w.directories[p.Directory].Live == nil {
		p.end(false)
		return
	}
	h, now := w.directories[p.Directory], w.Clock.Now()
	p.after, p.until = h.pass, now.Add(p.Within)
	if !h.expect(p, now) {
		p.end(false)
		return
	}
	k.pending = append(k.pending, p)
}

// settle ends the looks that a step has answered, and those that none will.
func (k *looks) settle() {
	now := k.world.Clock.Now()
	k.pending = slices.DeleteFunc(k.pending, func(p *pendingLook) bool {
		h := k.world.directories[p.Directory]
		switch {
		case h.hold == nil && h.shows(p):
			p.end(true)
		case h.err != nil, h.hold != nil, k.world.heldErr != nil, h.since.URL != p.URL, !h.expect(p, now):
			p.end(false)
		default: // this step was too early
			return false
		}
		return true
	})
}

// expect makes the directory due when a reading may show a change; false: that
// is too late.
func (h *heldDirectory) expect(p *pendingLook, now time.Time) bool {
	due := now
	switch {
	case h.since.Since == "":
		due = later(due, h.allDue)
	case p.Gone:
		due = later(due, h.namesDue)
	}
	if due.After(p.until) {
		return false
	}
	h.due = earlier(h.due, due)
	return true
}

// shows tells whether what is held was read after a change, where that was made.
func (h *heldDirectory) shows(p *pendingLook) bool {
	return h.since.URL == p.URL && h.readIn > p.after && (!p.Gone || h.comparedIn > p.after)
}

func later(a, b time.Time) time.Time {
	if a.Before(b) {
		return b
	}
	return a
}

// tellChanged says which entries changed.
func (w *world) tellChanged(dnKeys []string) {
	if len(dnKeys) > 0 {
		w.Settings.Changed(dnKeys)
	}
}

// keys are the normalised DNs of the entries that came, changed or went.
func (c *candidate) keys() []string {
	var keys []string
	for _, s := range c.scans {
		if s == nil {
			continue
		}
		keys = append(keys, s.gone...)
		for key := range s.put {
			keys = append(keys, key)
		}
	}
	return keys
}

package report

import (
	"context"
	"runtime"
	"sync"

	"github.com/aclens/aclens/resolver"
	"github.com/aclens/aclens/resolver/directory"
)

// batchRows is about how many rows are made at once before they are written.
const batchRows = 16 << 10

// batch is some users' rows on their way from the processor that makes them to
// the one goroutine that writes them, in order.
type batch struct {
	users []directory.ID
	rows  []Row
	text  []byte // instead of rows, for a textWriter
	count int    // rows, in either form
	made  chan struct{}
}

// Write writes the rows of a report. All processors make rows, the caller's
// goroutine writes them; memory holds a few batches at a time. It tells how many
// rows were written. The Writer is not closed.
func Write(ctx context.Context, s *resolver.Snapshot, o Options, w Writer) (int, error) {
	ctx, stop := context.WithCancel(ctx)
	workers := runtime.GOMAXPROCS(0)
	p := &pipeline{
		s: s, o: o, users: o.users(s), perBatch: max(1, batchRows/max(1, len(o.databases(s)))),
		todo: make(chan *batch), order: make(chan *batch, workers), free: make(chan *batch, 2*workers+1),
	}
	p.text, _ = w.(*textWriter)
	for range cap(p.free) {
		p.free <- &batch{}
	}
	var running sync.WaitGroup
	running.Go(func() { p.deal(ctx) })
	for range workers {
		running.Go(func() { p.make(ctx) })
	}
	rows, err := p.write(ctx, w)
	stop()
	running.Wait()
	return rows, err
}

// pipeline is one report being written.
type pipeline struct {
	s        *resolver.Snapshot
	o        Options
	users    []directory.ID
	perBatch int
	text     *textWriter // nil for other formats
	todo     chan *batch // to be made
	order    chan *batch // the same batches, in the order in which they are to be written
	free     chan *batch // to be used again
}

// deal cuts the users into batches.
func (p *pipeline) deal(ctx context.Context) {
	defer close(p.todo)
	defer close(p.order)
	for at := 0; at < len(p.users); at += p.perBatch {
		var b *batch
		select {
		case b = <-p.free:
		case <-ctx.Done():
			return
		}
		b.users = p.users[at:min(at+p.perBatch, len(p.users))]
		b.made = make(chan struct{})
		select {
		case p.order <- b:
		case <-ctx.Done():
			return
		}
		select {
		case p.todo <- b:
		case <-ctx.Done():
			return
		}
	}
}

// make decides the rows of batches until there are no more.
func (p *pipeline) make(ctx context.Context) {
	var e encoder
	if p.text != nil {
		e = p.text.encoder
	}
	w := newSweep(p.s, p.o, e)
	for b := range p.todo {
		b.rows, b.text, b.count = b.rows[:0], b.text[:0], 0
		for _, id := range b.users {
			if ctx.Err() != nil {
				break
			}
			w.user(id, func(u *User, c *Cell) bool {
				b.count++
				if e == nil {
					b.rows = append(b.rows, Row{u, c})
				} else {
					b.text = append(append(b.text, u.text...), c.text...)
				}
				return true
			})
		}
		close(b.made)
	}
}

// write passes batches on in order and counts their rows.
func (p *pipeline) write(ctx context.Context, w Writer) (int, error) {
	done, rows := 0, 0
	for b := range p.order {
		select {
		case <-b.made:
		case <-ctx.Done():
			return rows, ctx.Err()
		}
		if err := p.pass(b, w); err != nil {
			return rows, err
		}
		rows += b.count
		if done += len(b.users); p.o.Progress != nil {
			p.o.Progress(done, len(p.users))
		}
		clear(b.rows)
		p.free <- b
	}
	return rows, ctx.Err()
}

func (p *pipeline) pass(b *batch, w Writer) error {
	if p.text == nil {
		return w.Write(b.rows)
	}
	if err := p.text.flush(); err != nil {
		return err
	}
	return p.text.emit(b.text)
}

package refresh

import (
	"context"
	"sync"
	"time"
)

// Waiting between two tries of the first reading.
const (
	firstRetry = time.Second
	lastRetry  = 30 * time.Second
)

// Run reads everything and hands Snapshots to Swap until ctx ends. While a
// directory cannot be reached at the beginning it tries again and hands over
// nothing, unless a state was kept; an error of Run means that configuration or
// input does not let it begin. Swap and SetCredentials are called by the goroutine of Run alone.
func (r *Refresher) Run(ctx context.Context) error {
	w := newWorld(&r.settings)
	w.openFeeds()
	defer w.haltFeeds()
	w.keeper = w.newKeeper()
	defer w.keepLast()
	w.adviser = newAdviser(ctx, w.Clock)
	defer w.adviser.close()
	var beside sync.WaitGroup
	defer beside.Wait()
	resumed := w.resume()
	if !resumed {
		err := r.first(ctx, w)
		if ctx.Err() != nil {
			return nil
		}
		if err != nil {
			return err
		}
	}
	w.handOver()
	if resumed {
		beside.Go(w.now.snapshot.Store().Settle) // before anybody waits for an index
	}
	w.tellHeld()
	w.keepState()
	watch := newWatch(w)
	defer watch.close()
	r.follow(ctx, w, watch)
	return nil
}

// Reload reads everything again soon, whatever seems to have changed.
func (r *Refresher) Reload() {
	select {
	case r.reload <- struct{}{}:
	default: // one is under way
	}
}

// first loads until the services are there.
func (r *Refresher) first(ctx context.Context, w *world) error {
	for pause := firstRetry; ; pause = min(2*pause, lastRetry) {
		err := w.load(ctx)
		if err == nil || ctx.Err() != nil || !worthAnotherTry(err) {
			return err
		}
		w.trouble(KindDirectory, "nothing can be answered yet", err)
		retry, stop := w.Clock.Timer(pause)
		select {
		case <-ctx.Done():
		case <-r.reload:
		case <-retry:
		}
		stop()
	}
}

// work is what is to be done at a step.
type work struct {
	files bool // look at the files
	all   bool // read everything again
}

// follow does what is due, one step after the other. It begins with a look at
// the files, which were not watched when they were read first.
func (r *Refresher) follow(ctx context.Context, w *world, watch *watch) {
	filesDue := w.Clock.Now()
	waiting := looks{world: w}
	for {
		w.tendFeeds(ctx)
		waiting.settle() // behind tendFeeds: they make a directory due that is followed
		due := earlier(earlier(filesDue, w.nextDue()), earlier(w.nextFeed(), earlier(w.keeper.nextDue(), w.nextAdvice())))
		timer, stop := w.Clock.Timer(due.Sub(w.Clock.Now()))
		var todo work
		select {
		case <-ctx.Done():
		case <-r.reload:
			todo.all = true
		case q := <-r.releases:
			q.done <- w.release(q.id)
		case end := <-w.keeper.finished():
			w.keeper.pause(w.Clock.Now(), end)
		case found := <-w.adviser.finished():
			w.takeAdvice(found)
		case p := <-r.looks:
			waiting.take(p, r.looks)
		case e := <-watch.events():
			filesDue = watch.quiet(e, w.Clock.Now(), filesDue)
		case err := <-watch.errors():
			w.trouble(KindWatch, "events of files may be lost", err)
			filesDue = w.Clock.Now()
		case told := <-w.feeds:
			w.hear(ctx, told)
		case <-timer:
		}
		stop()
		if ctx.Err() != nil {
			return
		}
		w.keepState()
		w.keepAdvised()
		now := w.Clock.Now()
		todo.files = todo.all || !now.Before(filesDue)
		if !todo.files && now.Before(w.nextDue()) {
			continue
		}
		if todo.files {
			filesDue = now.Add(w.Interval)
			watch.follow(w) // before the files are read, so that no change of them is missed
		}
		w.step(ctx, todo)
		if todo.files && (w.unsettled() || watch.turned) { // a link may be turned while files are read
			filesDue = w.Clock.Now().Add(w.Debounce)
		}
	}
}

// step reads what is due and makes the next state of it.
func (w *world) step(ctx context.Context, todo work) {
	w.readExports(ctx, todo)
	c := w.readDirectories(ctx, todo)
	if ctx.Err() != nil {
		return // what was read may end where ctx did
	}
	changed := c.keys() // before anything of it is kept back: of the directory it is true all the same
	_ = w.settle(c)     // one that is refused was reported, and the old state has news: that
	w.awake()
	w.handOver()
	w.tellHeld()
	w.tellChanged(changed)
	w.keepState()
}

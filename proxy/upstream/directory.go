package upstream

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/aclens/aclens/proxy/wire"
)

// Observer is told what metrics count. Its methods are called from several
// goroutines and must not block.
type Observer interface {
	// UpstreamUp says whether the server of a configured address answers; it is
	// called at the first check and when that changes.
	UpstreamUp(url string, up bool)
	// UpstreamError says that something failed with a server.
	UpstreamError(kind Kind)
	// UpstreamReferrals says how many referrals to other servers were dropped.
	UpstreamReferrals(n int)
}

// Directory is the live directory. It is safe for concurrent use.
type Directory struct {
	settings Settings
	log      *slog.Logger
	observer Observer
	servers  []*server
	binding  chan struct{} // holds one for each bind of a client in flight
	behind   []*Directory  // where references may lead to beside here
	leads    leads
	objects  leftObjects
	left     atomic.Int64 // references that the last complete reading left out

	running  running
	stop     context.CancelFunc // ends the watchers
	watchers sync.WaitGroup
}

// New checks the settings and begins to watch the servers; it does not wait for
// any of them. Close ends what it began.
func New(settings Settings, log *slog.Logger, observer Observer) (*Directory, error) {
	settings, err := settings.withDefaults()
	if err != nil {
		return nil, err
	}
	d := &Directory{
		settings: settings,
		log:      log,
		observer: observer,
		binding:  make(chan struct{}, settings.Binds),
	}
	for _, text := range settings.URLs {
		e, err := parseEndpoint(text, settings.StartTLS)
		if err != nil {
			return nil, err
		}
		if !e.secure && !settings.StartTLS && !e.local() {
			log.Warn("passwords travel to the directory unencrypted", "url", e.url)
		}
		d.servers = append(d.servers, newServer(e, &d.settings))
	}
	if _, err := d.servers[0].tlsConfig(); err != nil {
		return nil, err
	}
	ctx, stop := context.WithCancel(context.Background())
	d.stop = stop
	for _, s := range d.servers {
		d.watchers.Go(func() { d.watch(ctx, s) })
	}
	return d, nil
}

// Close ends all requests with ErrClosed, closes the connections and waits for
// everything that New began. Connections of Client stay, and those of Author until their Close.
func (d *Directory) Close() {
	d.stop()
	d.running.close()
	d.watchers.Wait()
	for _, s := range d.servers {
		s.reads.close()
		s.binds.close()
	}
}

// order lists the servers as they are to be tried: as configured, those that
// were lost last. The preferred one, if it is not lost, comes first.
func (d *Directory) order(prefer string) []*server {
	rank := func(s *server) int {
		switch {
		case s.health() == down:
			return 2
		case s.url == prefer:
			return 0
		}
		return 1
	}
	ordered := slices.Clone(d.servers)
	slices.SortStableFunc(ordered, func(a, b *server) int { return rank(a) - rank(b) })
	return ordered
}

// eachServer tries one server after the other until one is not at fault itself.
// What try returns then, nil included, is returned; else ErrUnavailable.
func (d *Directory) eachServer(ctx context.Context, prefer string, try func(*server) error) error {
	var faults unavailableError
	for _, s := range d.order(prefer) {
		err := try(s)
		if err == nil {
			return nil
		}
		if ctx.Err() != nil {
			return gaveUp(ctx)
		}
		var fault *serverError
		again := errors.As(err, &fault) && !errors.Is(err, ErrPartial)
		d.count(err, fault)
		if !again {
			return err
		}
		s.nudge()
		faults = append(faults, err)
	}
	return faults
}

// gaveUp is the error of a caller whose context ended. Time that ran out while
// waiting for the directory means that it could not be reached.
func gaveUp(ctx context.Context) error {
	cause := context.Cause(ctx)
	if errors.Is(cause, context.DeadlineExceeded) {
		return fmt.Errorf("%w: %w", ErrUnavailable, cause)
	}
	return cause
}

func (d *Directory) count(err error, fault *serverError) {
	switch {
	case fault != nil:
		d.observer.UpstreamError(fault.kind)
	case errors.Is(err, ErrRefused):
		d.observer.UpstreamError(KindRefused)
	case errors.Is(err, ErrPartial):
		d.observer.UpstreamError(KindResult)
	}
}

// limited runs a request that ends within limit, and before if its server is lost.
func (d *Directory) limited(ctx context.Context, s *server, limit time.Duration, use func(context.Context) error) error {
	ctx, done, err := d.running.begin(ctx, s)
	if err != nil {
		return err
	}
	defer done()
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	return use(ctx)
}

// borrow runs use over a pooled connection, or a new one that open makes. A
// pooled one may have died unnoticed: then use runs once more over a new one.
func (d *Directory) borrow(p *pool, open func() (*link, error), use func(*link) error) error {
	if l := p.take(); l != nil {
		before := l.received
		err := use(l)
		silent := l.received == before
		p.put(l)
		if !died(err, silent) {
			return err
		}
	}
	l, err := open()
	if err != nil {
		return err
	}
	defer p.put(l)
	return use(l)
}

// died tells whether a connection was closed before it took up the request.
func died(err error, silent bool) bool {
	var fault *serverError
	return errors.As(err, &fault) && fault.kind == KindClosed && (silent || errors.Is(err, errNotice))
}

// open connects to a server, without a bind.
func (d *Directory) open(ctx context.Context, s *server) (l *link, err error) {
	err = d.limited(ctx, s, d.settings.Connect, func(ctx context.Context) error {
		doubt := time.AfterFunc(suspicion, s.nudge)
		defer doubt.Stop()
		conn, err := s.dial(ctx)
		if err != nil {
			return err
		}
		l = newLink(s, conn)
		return nil
	})
	return l, err
}

// openBound connects to a server and binds as the service account.
func (d *Directory) openBound(ctx context.Context, s *server) (*link, error) {
	l, err := d.open(ctx, s)
	if err != nil {
		return nil, err
	}
	if err := d.bindService(ctx, l); err != nil {
		l.close()
		return nil, err
	}
	return l, nil
}

func (d *Directory) bindService(ctx context.Context, l *link) error {
	if d.settings.BindDN == "" {
		return nil
	}
	password, err := d.settings.Password()
	if err != nil {
		return fmt.Errorf("password of the service account: %w", err)
	}
	if password == "" { // would be taken for an anonymous bind, and succeed (RFC 4513 section 5.1.2)
		return fmt.Errorf("%w: its password is empty", ErrRefused)
	}
	return d.limited(ctx, l.server, d.settings.Operation, func(ctx context.Context) error {
		result, _, err := l.bind(ctx, d.settings.BindDN, password, nil)
		switch {
		case err != nil:
			return err
		case unserving(result.Code):
			return l.server.notServing("binding", result)
		case result.Code != wire.Success:
			return &RefusedError{URL: l.server.url, Code: result.Code, Message: result.Message}
		}
		return nil
	})
}

// read runs use with a connection of the service account, at the preferred
// server if it serves.
func (d *Directory) read(ctx context.Context, prefer string, use func(*link) error) error {
	return d.eachServer(ctx, prefer, func(s *server) error {
		return d.borrow(&s.reads, func() (*link, error) { return d.openBound(ctx, s) }, use)
	})
}

package upstream

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"time"

	"github.com/aclens/aclens/proxy/wire"
)

// ErrOutcomeUnknown means that a change was sent and no answer came: it may have
// been made or not, and must not be sent again. It matches no other error here.
var ErrOutcomeUnknown = errors.New("it is not known whether the change was made")

const (
	restless  = 50 * time.Millisecond // a connection that was used within this is taken to be alive
	listening = time.Millisecond      // how long an older one is listened to for its end
)

// Author is a connection that is bound as a client, for changes under that
// client's own identity; nobody else uses it. It belongs to the caller of
// Directory.Author.
type Author struct {
	directory *Directory
	server    *server

	mu   sync.Mutex // guards link; held while a change is made
	link *link
}

// Author binds as a client over a new connection. Without success in the Result,
// or with an error, there is none; both are as with Bind.
func (d *Directory) Author(ctx context.Context, dn, password string) (author *Author, result Result, err error) {
	if dn == "" || password == "" {
		result, err = d.Bind(ctx, dn, password) // refused there
		return nil, result, err
	}
	release, err := d.reserveBind(ctx)
	if err != nil {
		return nil, Result{}, err
	}
	defer release()
	err = d.eachServer(ctx, "", func(s *server) error {
		l, err := d.open(ctx, s)
		if err != nil {
			return err
		}
		result, err = d.bindAs(ctx, l, dn, password, nil)
		if err != nil || result.Code != wire.Success {
			l.close()
			return err
		}
		l.idleSince = time.Now()
		author = &Author{directory: d, server: s, link: l}
		return nil
	})
	return author, result, err
}

// Server is the configured address of the server that changes go to.
func (a *Author) Server() string { return a.server.url }

// Alive tells whether a change can be sent. It may wait a millisecond to see
// whether the server has hung up meanwhile.
func (a *Author) Alive() bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return !a.link.broken && (time.Since(a.link.idleSince) < restless || a.link.silent())
}

// Change sends one change and waits for its answer, whatever the directory says.
// With ErrOutcomeUnknown the connection is of no more use; with any other error
// nothing was sent. Waiting ends after Settings.Operation.
func (a *Author) Change(ctx context.Context, update wire.Update, controls ...wire.Control) (result wire.Result, answered []wire.Control, err error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	l := a.link
	switch {
	case l.broken:
		return result, nil, fmt.Errorf("%w: connection of the client is closed", ErrUnavailable)
	case ctx.Err() != nil:
		return result, nil, gaveUp(ctx)
	}
	err = a.directory.limited(ctx, a.server, a.directory.settings.Operation, func(ctx context.Context) error {
		result, answered, err = l.change(ctx, update, controls)
		return err
	})
	l.idleSince = time.Now()
	if err == nil || errors.Is(err, ErrClosed) && !l.broken { // closed before anything was sent
		return result, answered, err
	}
	l.broken = true
	var fault *serverError
	errors.As(err, &fault)
	a.directory.count(err, fault)
	a.server.nudge()
	return wire.Result{}, nil, fmt.Errorf("%w: %w", ErrOutcomeUnknown, errors.New(err.Error()))
}

// Close hangs up; a change that is under way is waited for.
func (a *Author) Close() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.link.close()
	a.link.broken = true
}

// change sends one change; any result of the directory is no error. The
// controls of the answer are owned.
func (l *link) change(ctx context.Context, update wire.Update, controls []wire.Control) (result wire.Result, answered []wire.Control, err error) {
	want, _ := update.Op().Response()
	err = l.during(ctx, "changing", func() error {
		id, err := l.send(func(dst []byte, id int32) ([]byte, error) {
			return update.AppendTo(dst, id, controls...), nil
		})
		if err != nil {
			return err
		}
		m, err := l.next(id)
		for err == nil && m.Op == wire.OpIntermediateResponse { // nothing was asked that needs one
			m, err = l.next(id)
		}
		if err != nil {
			return err
		}
		if m.Op != want {
			return errUnexpected
		}
		m = m.Clone()
		if result, err = wire.ParseResult(m.Body); err != nil {
			return err
		}
		answered, err = wire.ParseControls(m.Controls)
		return err
	})
	return result, answered, err
}

// silent tells whether a connection on which nothing is outstanding is still
// open: whatever is to be read there, its end or a notice of it, ends it.
func (l *link) silent() bool {
	var one [1]byte
	if l.reader.Buffered() > 0 || l.conn.SetReadDeadline(time.Now().Add(listening)) != nil {
		l.broken = true
		return false
	}
	n, err := l.conn.Read(one[:])
	l.broken = n > 0 || !errors.Is(err, os.ErrDeadlineExceeded)
	return !l.broken
}

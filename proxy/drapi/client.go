package drapi

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"sync"
	"time"

	"github.com/aclens/aclens/resolver/database"
)

// Client asks one service. It remembers the last good ACL of every database;
// its methods may be called from several goroutines.
type Client struct {
	settings Settings
	base     *url.URL
	http     *http.Client
	targets  []target

	mu     sync.Mutex           // held while the service is asked; guards what follows
	good   []*database.Instance // by target; nil before the first success
	faults []error              // by target; nil where the last asking succeeded
}

// Fault is a database whose ACL could not be read.
type Fault struct {
	Database string    // server and path
	Kept     time.Time // of when the ACL is that is still in use; zero where there is none
	Err      error
}

// Error names the database and says what it answers with meanwhile.
func (f *Fault) Error() string {
	if f.Kept.IsZero() {
		return fmt.Sprintf("database %s: %v; it has no ACL yet and is left out", f.Database, f.Err)
	}
	return fmt.Sprintf("database %s: %v; its ACL of %s is kept", f.Database, f.Err, f.Kept.UTC().Format(time.RFC3339))
}

// Unwrap returns what is wrong.
func (f *Fault) Unwrap() error { return f.Err }

// New makes a Client, or says which setting is wrong. Nothing is asked yet.
func New(s Settings) (*Client, error) {
	if s.Token == nil {
		return nil, errors.New("no token is given")
	}
	if s.Timeout <= 0 {
		s.Timeout = DefaultTimeout
	}
	if s.MaxBody <= 0 {
		s.MaxBody = DefaultMaxBody
	}
	if s.Clock == nil {
		s.Clock = time.Now
	}
	if s.Log == nil {
		s.Log = slog.New(slog.DiscardHandler)
	}
	c := &Client{settings: s}
	var err error
	if c.base, err = s.base(); err != nil {
		return nil, err
	}
	if c.targets, err = s.targets(c.base); err != nil {
		return nil, err
	}
	config, err := s.tlsConfig()
	if err != nil {
		return nil, err
	}
	c.good = make([]*database.Instance, len(c.targets))
	c.faults = make([]error, len(c.targets))
	// A request's own time limit comes first; these end what goes on without it.
	connect := max(s.Timeout, 10*time.Second)
	c.http = &http.Client{CheckRedirect: sameOrigin, Transport: &http.Transport{
		Proxy: http.ProxyFromEnvironment, TLSClientConfig: config, ForceAttemptHTTP2: true,
		DialContext: (&net.Dialer{Timeout: connect}).DialContext, TLSHandshakeTimeout: connect,
		MaxResponseHeaderBytes: 64 << 10, MaxIdleConnsPerHost: workers, IdleConnTimeout: 30 * time.Second,
	}}
	return c, nil
}

// Close lets go of idle connections.
func (c *Client) Close() { c.http.CloseIdleConnections() }

// Faults lists the databases that the last asking could not read, in the order
// of Settings.Databases; each is a *Fault.
func (c *Client) Faults() []error {
	c.mu.Lock()
	defer c.mu.Unlock()
	var list []error
	for _, f := range c.faults {
		if f != nil {
			list = append(list, f)
		}
	}
	return list
}

// Instances asks for every database and returns the ACLs read now, and the last
// good ones of databases that could not be read, whose CapturedAt then is that
// of their reading. It is an error when none could be read, or the token is not
// there; nothing that was read before is forgotten then.
func (c *Client) Instances(ctx context.Context) ([]*database.Instance, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	token, err := c.settings.readToken()
	if err != nil {
		return nil, err
	}
	r := run{Client: c, token: token, results: make([]result, len(c.targets))}
	r.askAll(ctx)
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	return c.settle(r.results)
}

// settle takes over what was read and says what was not.
func (c *Client) settle(results []result) ([]*database.Instance, error) {
	var list []*database.Instance
	var first error
	read := 0
	for i := range results {
		if err := results[i].err; err != nil {
			c.fail(i, err)
			if first == nil {
				first = fmt.Errorf("database %s: %w", &c.targets[i], err)
			}
		} else {
			c.succeed(i, results[i].in)
			read++
		}
		if c.good[i] != nil {
			list = append(list, c.good[i])
		}
	}
	if read == 0 {
		return nil, fmt.Errorf("none of %d databases could be read; the first: %w", len(results), first)
	}
	return list, nil
}

// fail notes that a database could not be read. The log is told once for each
// reason, not at every asking.
func (c *Client) fail(i int, err error) {
	f := &Fault{Database: c.targets[i].String(), Err: err}
	if kept := c.good[i]; kept != nil {
		f.Kept = kept.CapturedAt
	}
	var before *Fault
	if !errors.As(c.faults[i], &before) || before.Err.Error() != err.Error() {
		c.settings.Log.Warn("the ACL of a database could not be read", "service", c.base.Host, "error", f)
	}
	c.faults[i] = f
}

func (c *Client) succeed(i int, in *database.Instance) {
	if c.faults[i] != nil {
		c.settings.Log.Info("the ACL of a database can be read again", "service", c.base.Host, "database", c.targets[i].String())
	}
	c.faults[i], c.good[i] = nil, in
}

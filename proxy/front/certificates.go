package front

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"sync/atomic"
	"time"
)

// certificateLook is how often the certificate files are looked at.
const certificateLook = 10 * time.Second

// CertificateFiles are PEM files; ClientCA may be empty: no client certificates
// are asked for then.
type CertificateFiles struct{ Cert, Key, ClientCA string }

// Certificates keep a TLS configuration in step with its files. New files that
// cannot be used leave the old ones in force.
type Certificates struct {
	files   CertificateFiles
	log     *slog.Logger
	failed  func()
	current atomic.Pointer[tls.Config]
	mu      sync.Mutex // guards seen
	seen    string     // sizes and times of the files in use
	stop    chan struct{}
	done    chan struct{}
}

// OpenCertificates reads the files and begins to watch them until Close. failed
// is called for each change that could not be used.
func OpenCertificates(files CertificateFiles, log *slog.Logger, failed func()) (*Certificates, error) {
	c := &Certificates{files: files, log: log, failed: failed, stop: make(chan struct{}), done: make(chan struct{})}
	first, err := c.read()
	if err != nil {
		return nil, fmt.Errorf("tls: %w", err)
	}
	c.current.Store(first)
	c.seen = c.fingerprint()
	go c.watch()
	return c, nil
}

// Config is the configuration for handshakes now and later.
func (c *Certificates) Config() *tls.Config {
	return &tls.Config{
		MinVersion:         tls.VersionTLS12,
		GetConfigForClient: func(*tls.ClientHelloInfo) (*tls.Config, error) { return c.current.Load(), nil },
		GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) {
			return &c.current.Load().Certificates[0], nil
		},
	}
}

// Close ends the watching.
func (c *Certificates) Close() {
	close(c.stop)
	<-c.done
}

func (c *Certificates) watch() {
	defer close(c.done)
	tick := time.NewTicker(certificateLook)
	defer tick.Stop()
	for {
		select {
		case <-c.stop:
			return
		case <-tick.C:
			c.look()
		}
	}
}

// Reload takes changed files into use at once, without waiting for the next look.
func (c *Certificates) Reload() { c.look() }

// look takes changed files into use.
func (c *Certificates) look() {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := c.fingerprint()
	if now == c.seen {
		return
	}
	c.seen = now
	next, err := c.read()
	if err != nil {
		c.failed()
		c.log.Error("changed certificate files cannot be used; the old ones stay in force", "error", err)
		return
	}
	c.current.Store(next)
	c.log.Info("certificate files taken into use")
}

// fingerprint tells whether a file changed.
func (c *Certificates) fingerprint() string {
	text := ""
	for _, f := range []string{c.files.Cert, c.files.Key, c.files.ClientCA} {
		if info, err := os.Stat(f); err == nil {
			text += fmt.Sprintf("%s %d %d\n", f, info.Size(), info.ModTime().UnixNano())
		}
	}
	return text
}

func (c *Certificates) read() (*tls.Config, error) {
	pair, err := tls.LoadX509KeyPair(c.files.Cert, c.files.Key)
	if err != nil {
		return nil, fmt.Errorf("reading %s and %s: %w", c.files.Cert, c.files.Key, err)
	}
	out := &tls.Config{MinVersion: tls.VersionTLS12, Certificates: []tls.Certificate{pair}}
	if c.files.ClientCA == "" {
		return out, nil
	}
	pem, err := os.ReadFile(c.files.ClientCA)
	if err != nil {
		return nil, fmt.Errorf("reading client authorities: %w", err)
	}
	out.ClientCAs = x509.NewCertPool()
	if !out.ClientCAs.AppendCertsFromPEM(pem) {
		return nil, errors.New(c.files.ClientCA + ": holds no certificate")
	}
	out.ClientAuth = tls.VerifyClientCertIfGiven
	return out, nil
}

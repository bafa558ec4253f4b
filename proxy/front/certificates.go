package front

import (
	"crypto/sha256"
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
	mu      sync.Mutex        // guards seen
	seen    [sha256.Size]byte // of what the files held when they were last read
	stop    chan struct{}
	done    chan struct{}
}

// OpenCertificates reads the files and begins to watch them until Close. failed
// is called for each change that could not be used.
func OpenCertificates(files CertificateFiles, log *slog.Logger, failed func()) (*Certificates, error) {
	c := &Certificates{files: files, log: log, failed: failed, stop: make(chan struct{}), done: make(chan struct{})}
	held := files.read()
	first, err := held.config()
	if err != nil {
		return nil, fmt.Errorf("tls: %w", err)
	}
	c.current.Store(first)
	c.seen = held.digest()
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
	held := c.files.read()
	if held.digest() == c.seen {
		return
	}
	c.seen = held.digest()
	next, err := held.config()
	if err != nil {
		c.failed()
		c.log.Error("changed certificate files cannot be used; the old ones stay in force", "error", err)
		return
	}
	c.current.Store(next)
	c.log.Info("certificate files taken into use")
}

// certificateContents are what the files hold. Sizes and times would not do:
// two pairs made in one tick of the clock have the same.
type certificateContents struct {
	files         CertificateFiles
	cert, key, ca []byte
	fault         error // of the first file that could not be read
}

func (f CertificateFiles) read() certificateContents {
	held := certificateContents{files: f}
	for _, each := range []struct {
		file string
		into *[]byte
	}{{f.Cert, &held.cert}, {f.Key, &held.key}, {f.ClientCA, &held.ca}} {
		if each.file == "" {
			continue
		}
		content, err := os.ReadFile(each.file)
		if err != nil && held.fault == nil {
			held.fault = fmt.Errorf("reading a certificate file: %w", err)
		}
		*each.into = content
	}
	return held
}

func (h *certificateContents) digest() [sha256.Size]byte {
	return sha256.Sum256(fmt.Appendf(nil, "%d %d %v\n%s%s%s", len(h.cert), len(h.key), h.fault, h.cert, h.key, h.ca))
}

func (h *certificateContents) config() (*tls.Config, error) {
	if h.fault != nil {
		return nil, h.fault
	}
	pair, err := tls.X509KeyPair(h.cert, h.key)
	if err != nil {
		return nil, fmt.Errorf("reading %s and %s: %w", h.files.Cert, h.files.Key, err)
	}
	out := &tls.Config{MinVersion: tls.VersionTLS12, Certificates: []tls.Certificate{pair}}
	if h.files.ClientCA == "" {
		return out, nil
	}
	out.ClientCAs = x509.NewCertPool()
	if !out.ClientCAs.AppendCertsFromPEM(h.ca) {
		return nil, errors.New(h.files.ClientCA + ": holds no certificate")
	}
	out.ClientAuth = tls.VerifyClientCertIfGiven
	return out, nil
}

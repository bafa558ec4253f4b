package main

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"sync/atomic"
	"time"

	"github.com/aclens/aclens/config"
	"github.com/aclens/aclens/proxy/admin"
)

// certificateLook is how often the certificate files are looked at.
const certificateLook = 10 * time.Second

// certificates keep the TLS configuration in step with its files. A new pair
// that cannot be used leaves the old one in force.
type certificates struct {
	files   config.TLS
	log     *slog.Logger
	metrics *admin.Metrics
	current atomic.Pointer[tls.Config]
	seen    string
	stop    chan struct{}
	done    chan struct{}
}

// openCertificates reads the files and begins to watch them; nil without any.
func openCertificates(files config.TLS, log *slog.Logger, metrics *admin.Metrics) (*certificates, error) {
	if files.CertFile == "" {
		return nil, nil
	}
	c := &certificates{files: files, log: log, metrics: metrics, stop: make(chan struct{}), done: make(chan struct{})}
	first, err := c.read()
	if err != nil {
		return nil, fmt.Errorf("tls: %w", err)
	}
	c.current.Store(first)
	c.seen = c.fingerprint()
	go c.watch()
	return c, nil
}

// config is the configuration for one handshake after another.
func (c *certificates) config() *tls.Config {
	if c == nil {
		return nil
	}
	return &tls.Config{
		MinVersion:         tls.VersionTLS12,
		GetConfigForClient: func(*tls.ClientHelloInfo) (*tls.Config, error) { return c.current.Load(), nil },
		GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) {
			return &c.current.Load().Certificates[0], nil
		},
	}
}

func (c *certificates) close() {
	if c != nil {
		close(c.stop)
		<-c.done
	}
}

func (c *certificates) watch() {
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

// look takes changed files into use.
func (c *certificates) look() {
	now := c.fingerprint()
	if now == c.seen {
		return
	}
	c.seen = now
	next, err := c.read()
	if err != nil {
		c.metrics.TLSReloadError()
		c.log.Error("changed certificate files cannot be used; the old ones stay in force", "error", err)
		return
	}
	c.current.Store(next)
	c.log.Info("certificate files taken into use")
}

// fingerprint tells whether a file changed.
func (c *certificates) fingerprint() string {
	text := ""
	for _, f := range []string{c.files.CertFile, c.files.KeyFile, c.files.ClientCAFile} {
		if info, err := os.Stat(f); err == nil {
			text += fmt.Sprintf("%s %d %d\n", f, info.Size(), info.ModTime().UnixNano())
		}
	}
	return text
}

func (c *certificates) read() (*tls.Config, error) {
	pair, err := tls.LoadX509KeyPair(c.files.CertFile, c.files.KeyFile)
	if err != nil {
		return nil, fmt.Errorf("reading %s and %s: %w", c.files.CertFile, c.files.KeyFile, err)
	}
	out := &tls.Config{MinVersion: tls.VersionTLS12, Certificates: []tls.Certificate{pair}}
	if c.files.ClientCAFile == "" {
		return out, nil
	}
	pem, err := os.ReadFile(c.files.ClientCAFile)
	if err != nil {
		return nil, fmt.Errorf("reading client authorities: %w", err)
	}
	out.ClientCAs = x509.NewCertPool()
	if !out.ClientCAs.AppendCertsFromPEM(pem) {
		return nil, errors.New(c.files.ClientCAFile + ": holds no certificate")
	}
	out.ClientAuth = tls.VerifyClientCertIfGiven
	return out, nil
}

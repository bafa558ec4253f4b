package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"os/signal"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/aclens/aclens/config"
	"github.com/aclens/aclens/proxy/admin"
	"github.com/aclens/aclens/proxy/change"
	"github.com/aclens/aclens/proxy/explorer"
	"github.com/aclens/aclens/proxy/front"
	"github.com/aclens/aclens/proxy/login"
	"github.com/aclens/aclens/proxy/policy"
	"github.com/aclens/aclens/proxy/view"
	"github.com/aclens/aclens/proxy/wire"
)

func serveCommand() *cobra.Command {
	var file, ldapAddr, httpAddr string
	var demo bool
	c := &cobra.Command{
		Use:   "serve (--config FILE | --demo)",
		Short: "Serve LDAP, LDAPS and HTTP until SIGTERM; SIGHUP reloads",
		Example: `  aclens serve --demo
  aclens serve --config /etc/aclens/aclens.yaml`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			switch {
			case demo && file != "":
				return usage(errors.New("--demo and --config exclude each other"))
			case demo:
				return serveDemo(c, ldapAddr, httpAddr)
			case file == "":
				return usage(errors.New("serve needs --config FILE, or --demo to try it"))
			case c.Flags().Changed("listen-ldap"):
				return usage(errors.New("--listen-ldap goes only with --demo; a configuration has listen.ldap"))
			case c.Flags().Changed("listen-http"):
				return usage(errors.New("--listen-http goes only with --demo; a configuration has listen.http"))
			}
			cfg, err := config.Load(file)
			if err != nil {
				return usage(err)
			}
			return serve(c.Context(), c.ErrOrStderr(), cfg, nil)
		},
	}
	c.Flags().StringVar(&file, "config", "", "configuration file")
	c.Flags().BoolVar(&demo, "demo", false, "serve an embedded sample directory with sample ACL exports")
	c.Flags().StringVar(&ldapAddr, "listen-ldap", "127.0.0.1:10389", "LDAP address of the demo")
	c.Flags().StringVar(&httpAddr, "listen-http", "127.0.0.1:9389", "HTTP address of the demo")
	return c
}

// service is a running aclens.
type service struct {
	log     *slog.Logger
	level   slog.LevelVar // of log
	metrics *admin.Metrics
	view    atomic.Pointer[view.View] // that answers
	reloading
	changes     *change.Log
	login       *login.Login
	writer      front.Writer       // nil: writes are off
	credentials *login.Credentials // of LDIF files
	front       *front.Server
	admin       *admin.Server // listen.http
	scraped     *admin.Server // listen.metrics: metrics and health alone
	history     *explorer.History
	audit       *auditLog
	tls         *front.Certificates // nil without TLS
	holds       holds
	reclaim     reclaimer
	draining    atomic.Bool

	manager *manager                  // nil without one
	passed  map[string][]net.Listener // what the manager opened, by the key of listen

	listeners  []listener
	wg         sync.WaitGroup
	failed     chan error
	unlockKeep func() // nil: no state.dir
	hup        chan os.Signal
}

// listener is one open address with its name in the configuration.
type listener struct {
	net.Listener
	name string
}

// serve runs until ctx is done. ready, if given, is told the addresses once
// everything listens and the first state answers.
func serve(ctx context.Context, errOut io.Writer, cfg *config.Config, ready func(*service)) error {
	s := &service{changes: change.New(time.Now), failed: make(chan error, 8), hup: make(chan os.Signal, 1)}
	s.config, s.log = cfg, newLogger(errOut, cfg.Log, &s.level)
	signal.Notify(s.hup, syscall.SIGHUP) // from the very start: unheard, it would end the process
	defer signal.Stop(s.hup)
	defer s.release()
	if err := s.openManager(); err != nil {
		return usage(err)
	}
	if err := s.build(); err != nil {
		return err
	}
	if err := s.listen(context.WithoutCancel(ctx)); err != nil { // shutdown ends it, and run says when
		return err
	}
	return s.run(ctx, ready)
}

// build makes every room; nothing listens and nothing is read yet.
func (s *service) build() error {
	v, r := buildVersion()
	s.metrics = admin.NewMetrics(v, r, runtime.Version(), func() map[string]time.Duration { return s.status().Ages() })
	s.metrics.WatchCaches(s)
	if err := s.openCertificates(); err != nil {
		return usage(err)
	}
	var err error
	if s.audit, err = openAudit(s.config.Audit.File, s.log); err != nil {
		return usage(err)
	}
	if err := s.openKeep(); err != nil {
		return usage(err)
	}
	if s.sources, err = openSources(s.config, s.log, s.metrics); err != nil {
		return err
	}
	if s.login, err = s.newLogin(); err != nil {
		return usage(err)
	}
	if err := s.openWriter(); err != nil {
		return usage(err)
	}
	if err := s.openView(); err != nil {
		return usage(err)
	}
	s.front = front.New(s.frontSettings(), front.Parts{
		Directory: frontDirectory{s}, Login: s.login, Metrics: s.metrics, Audit: s.audit, Log: s.log,
	})
	s.admin = admin.NewServer(s.metrics, s.status, s.newAPI(), s.log)
	s.scraped = admin.NewServer(s.metrics, s.status, nil, s.log)
	return nil
}

// openManager takes what the service manager passed, if there is one.
func (s *service) openManager() (err error) {
	if s.manager, err = openManager(os.Getenv, s.log); err != nil {
		return err
	}
	s.passed, err = passedListeners(os.Getenv)
	return err
}

// release closes what serve opened.
func (s *service) release() {
	s.reclaim.end()
	s.manager.close()
	s.closePassed()
	s.closeSources()
	s.audit.close()
	if s.unlockKeep != nil {
		s.unlockKeep()
	}
	if s.tls != nil {
		s.tls.Close()
	}
}

// openView makes the view that the profile of the directory asks for, as far as
// that is known. It answers at once where nothing does yet: that there is no state.
func (s *service) openView() error {
	v, err := s.newView()
	if err != nil {
		return err
	}
	s.upcoming = v
	if answers := s.view.Load(); answers == nil || answers.Current() == nil {
		s.view.Store(v)
		if answers != nil {
			answers.Retire()
		}
	}
	return nil
}

func (s *service) newView() (*view.View, error) {
	rules, err := policy.New(policySettings(s.config))
	if err != nil {
		return nil, err
	}
	settings, err := viewSettings(s.config, s.sources.profile)
	if err != nil {
		return nil, err
	}
	settings.Now = time.Now
	settings.History = s.changes
	settings.Controls = front.SupportedControls()
	settings.Extensions = front.SupportedExtensions(s.frontSettings())
	settings.Mechanisms = front.SupportedMechanisms()
	return view.New(settings, rules)
}

// openCertificates begins to watch the certificate files, if there are any.
func (s *service) openCertificates() error {
	t := s.config.TLS
	if t.CertFile == "" {
		return nil
	}
	files := front.CertificateFiles{Cert: t.CertFile, Key: t.KeyFile, ClientCA: t.ClientCAFile}
	var err error
	if s.tls, err = front.OpenCertificates(files, s.log, s.metrics.TLSReloadError); err != nil {
		return fmt.Errorf("tls: %w", err)
	}
	return nil
}

func (s *service) frontSettings() front.Settings {
	f := front.Settings{
		Limits: limitsOf(s.config), AllowPlaintextBind: s.config.Listen.AllowPlaintextBind,
		IgnoreCriticality: s.config.Controls.IgnoreCriticality, TrustedProxies: s.config.ProxyProtocol,
		ProxiedAuthorization: s.config.Controls.ProxiedAuthorization,
		Writer:               s.writer,
		ResolveAuthzID:       func(authzID string) (policy.Identity, bool) { return s.view.Load().Identity(authzID) },
	}
	if s.tls != nil {
		f.TLS = s.tls.Config
	}
	return f
}

// listenerNames are the keys of listen that open a socket.
var listenerNames = []string{"ldap", "ldaps", "http", "metrics"}

func isListener(name string) bool { return slices.Contains(listenerNames, name) }

// listen opens every listener of the configuration, or takes what was passed for it.
func (s *service) listen(ctx context.Context) error {
	l := s.config.Listen
	addresses := map[string]string{"ldap": l.LDAP, "ldaps": l.LDAPS, "http": l.HTTP, "metrics": l.Metrics}
	serve := map[string]func(net.Listener) error{
		"ldap":    func(n net.Listener) error { return s.front.Serve(ctx, "ldap", n) },
		"ldaps":   func(n net.Listener) error { return s.front.ServeTLS(ctx, "ldaps", n) },
		"http":    func(n net.Listener) error { return s.admin.Serve(s.secured(n)) },
		"metrics": func(n net.Listener) error { return s.scraped.Serve(n) },
	}
	for _, key := range listenerNames {
		sockets, err := s.open(ctx, key, addresses[key])
		if err != nil {
			s.closeListeners()
			return usage(err)
		}
		for _, n := range sockets {
			s.listeners = append(s.listeners, listener{n, key})
			s.log.Info("listening", "listener", key, "address", n.Addr().String())
			s.wg.Go(func() {
				if err := serve[key](n); err != nil {
					s.failed <- err
				}
			})
		}
	}
	return nil
}

// open is what serves one key of listen: the sockets that were passed for it, or
// one that it opens itself; none where the configuration switches it off.
func (s *service) open(ctx context.Context, key, address string) ([]net.Listener, error) {
	passed, err := s.passedFor(key, address)
	if err != nil || len(passed) > 0 || address == "" {
		return passed, err
	}
	var lc net.ListenConfig
	n, err := lc.Listen(ctx, "tcp", address)
	if errors.Is(err, syscall.EADDRINUSE) {
		return nil, fmt.Errorf("listen.%s: %w: another program has this port, perhaps another aclens; stop it or set another address", key, err)
	}
	if err != nil {
		return nil, fmt.Errorf("listen.%s: %w", key, err)
	}
	return []net.Listener{n}, nil
}

// secured puts TLS on the HTTP listener where a certificate is configured.
func (s *service) secured(l net.Listener) net.Listener {
	if s.tls == nil {
		return l
	}
	return tls.NewListener(l, s.tls.Config())
}

func (s *service) closeListeners() {
	for _, l := range s.listeners {
		_ = l.Close() // its server ends by that
	}
}

// status is what /readyz tells.
func (s *service) status() admin.Status {
	out := admin.Status{Now: time.Now(), Held: s.holds.Held()}
	st := s.view.Load().Current()
	if st == nil {
		out.Reason = "no state yet: the directory has not been read"
		return out
	}
	out.Snapshot, out.AsOf, out.Stale = st.ID, st.Snapshot.AsOf(), st.Stale()
	out.Ready = !s.view.Load().Refuses(st)
	switch {
	case s.draining.Load():
		out.Ready, out.Reason = false, "shutting down"
	case !out.Ready:
		out.Reason = "the sources are older than the configuration allows"
	}
	return out
}

// frontDirectory is the view as the front declares it.
type frontDirectory struct{ service *service }

// Prepare plans a search.
func (d frontDirectory) Prepare(r view.Request) (front.Search, wire.Result) {
	return d.service.view.Load().Prepare(r)
}

// Compare answers whether an entry has a value.
func (d frontDirectory) Compare(who policy.Identity, r *wire.CompareRequest, assertion *wire.Filter) wire.Result {
	return d.service.view.Load().Compare(who, r, assertion)
}

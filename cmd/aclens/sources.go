package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/aclens/aclens/config"
	"github.com/aclens/aclens/proxy/admin"
	"github.com/aclens/aclens/proxy/drapi"
	"github.com/aclens/aclens/proxy/refresh"
	"github.com/aclens/aclens/proxy/upstream"
	"github.com/aclens/aclens/proxy/view"
	"github.com/aclens/aclens/resolver"
	"github.com/aclens/aclens/resolver/acl"
	"github.com/aclens/aclens/resolver/database"
	"github.com/aclens/aclens/resolver/finding"
	"github.com/aclens/aclens/resolver/name"
	"github.com/aclens/aclens/resolver/server"
)

// sources are the directories and files of a configuration, opened.
type sources struct {
	config      *config.Config
	settings    refresh.Settings
	directories []*upstream.Directory // by resolver.Settings.Directories; nil for files
	services    []*drapi.Client       // of databases.rest
	profile     config.Profile        // of the primary directory, as far as it is known without asking
}

// openSources prepares everything that is read. Nothing is asked yet: what
// depends on the kind of a directory comes with findProfile and settle.
func openSources(c *config.Config, log *slog.Logger, metrics *admin.Metrics) (*sources, error) {
	s := &sources{config: c, profile: c.Directory.Profile}
	if err := s.prepare(log, metrics); err != nil {
		s.close()
		return nil, usage(err)
	}
	return s, nil
}

func (s *sources) prepare(log *slog.Logger, metrics *admin.Metrics) (err error) {
	c := s.config
	if err := s.openDirectories(log, metrics); err != nil {
		return err
	}
	if s.settings.Schema, err = view.Schema(aliasesOf(c)); err != nil {
		return fmt.Errorf("databases.aliases: %w", err)
	}
	s.settings.Choices = choices(c)
	s.settings.Log = log
	if s.settings.Databases, err = s.databaseSources(log); err != nil {
		return err
	}
	s.settings.Servers = serverSources(c)
	s.settings.Stale = refresh.Stale{Directory: c.Stale.Directory.Std(), ACL: c.Stale.ACL.Std()}
	s.settings.Brake = brakeOf(c)
	return s.settle()
}

// settle takes over what the profile says.
func (s *sources) settle() (err error) {
	s.settings.Resolver, err = resolverSettings(s.config, s.profile)
	return err
}

func (s *sources) close() {
	for _, d := range s.directories {
		if d != nil {
			d.Close()
		}
	}
	for _, client := range s.services {
		client.Close()
	}
}

func (s *sources) openDirectories(log *slog.Logger, metrics *admin.Metrics) error {
	all := []config.Directory{s.config.Directory}
	for _, second := range s.config.Secondaries {
		all = append(all, second.Directory)
	}
	for i := range all {
		d := &all[i]
		r := refresh.Directory{LDIF: d.LDIF, DXL: d.DXL}
		var live *upstream.Directory
		if d.LDAP != nil {
			var err error
			live, err = upstream.New(upstreamSettings(d.LDAP, d.Profile, s.config.Referrals), log, upstreamObserver{metrics})
			if err != nil {
				return fmt.Errorf("directory.ldap: %w", err)
			}
			r.Live, r.Definitions, r.LeftOut = live, live.Subschema, live.LeftOut
			r.Feed, r.Mode = live, upstream.Mode(d.LDAP.Refresh.Mode)
			r.Interval, r.Full = d.LDAP.Refresh.Interval.Std(), d.LDAP.Refresh.Full.Std()
		}
		s.directories = append(s.directories, live)
		s.settings.Directories = append(s.settings.Directories, r)
	}
	leadOn(s.directories)
	return nil
}

// findProfile asks the primary directory what it is, unless that is configured.
// Which groups count depends on it, so nothing may be answered before it is
// known.
func (s *sources) findProfile(ctx context.Context) error {
	live := s.directories[0]
	if live == nil || s.profile != config.ProfileAuto {
		return nil
	}
	facts, err := live.RootDSE(ctx)
	if err != nil {
		return fmt.Errorf("directory primary: finding out what it is: %w", err)
	}
	s.profile = config.Profile(facts.Profile)
	return s.settle()
}

// upstreamObserver hands what happens to directories to the metrics.
type upstreamObserver struct{ metrics *admin.Metrics }

func (o upstreamObserver) UpstreamUp(url string, up bool) {
	if o.metrics != nil {
		o.metrics.UpstreamUp(url, up)
	}
}

func (o upstreamObserver) UpstreamError(kind upstream.Kind) {
	if o.metrics != nil {
		o.metrics.UpstreamError(string(kind))
	}
}

func (o upstreamObserver) UpstreamReferrals(n int) {
	if o.metrics != nil {
		o.metrics.Referrals(n)
	}
}

func aliasesOf(c *config.Config) []string {
	aliases := make([]string, 0, len(c.Databases.Aliases))
	for a := range c.Databases.Aliases {
		aliases = append(aliases, a)
	}
	return aliases
}

// choices is what of the configuration changes answers beside the resolver's
// own settings; it is part of a snapshot's id.
func choices(c *config.Config) string {
	text := []string{string(c.View.GroupChannel), c.View.Base}
	if l := c.Directory.LDAP; l != nil {
		text = append(text, l.PersonFilter, l.GroupFilter, l.ServerFilter)
	}
	return strings.Join(text, "\n")
}

func (s *sources) databaseSources(log *slog.Logger) (refresh.Databases, error) {
	d := s.config.Databases
	out := refresh.Databases{
		DXL: d.DXL, Export: d.Export, JSON: d.JSON, YAML: d.YAML,
		Options: database.Options{
			HomeServers: d.HomeServers, Aliases: d.Aliases, Include: d.Include, Exclude: d.Exclude,
			Unasked: slices.Equal(d.Exclude, config.Defaults().Databases.Exclude),
		},
	}
	for i := range d.REST {
		client, err := restClient(&d.REST[i], log)
		if err != nil {
			return out, fmt.Errorf("databases.rest[%d]: %w", i, err)
		}
		s.services = append(s.services, client)
		out.Live = append(out.Live, refresh.LiveDatabases{Name: d.REST[i].URL, Source: client, Interval: restInterval})
	}
	return out, nil
}

// restInterval is the time between two times of asking a Domino REST API.
const restInterval = 15 * time.Minute

func restClient(r *config.REST, log *slog.Logger) (*drapi.Client, error) {
	settings := drapi.Settings{URL: r.URL, Token: r.Token.Value, Log: log}
	for _, db := range r.Databases {
		settings.Databases = append(settings.Databases, drapi.Database{Server: db.Server, Path: db.Path, ReplicaID: db.ReplicaID, Title: db.Title})
	}
	return drapi.New(settings)
}

func serverSources(c *config.Config) refresh.Servers {
	out := refresh.Servers{DXL: c.Servers.DXL}
	for _, setting := range c.Servers.Settings {
		s := server.Settings{
			Release: int(setting.Release), PersonalAgents: setting.PersonalAgents, FullAdminDisabled: setting.FullAdminDisabled,
			Enforce: map[server.Protocol]acl.Tri{
				server.HTTP: triOf(setting.Enforce.HTTP), server.IMAP: triOf(setting.Enforce.IMAP), server.POP3: triOf(setting.Enforce.POP3),
				server.LDAP: triOf(setting.Enforce.LDAP), server.DIIOP: triOf(setting.Enforce.DIIOP),
			},
		}
		for _, f := range setting.Folders {
			s.Folders = append(s.Folders, server.Folder{Path: f.Path, Entries: f.Allow})
		}
		out.Settings = append(out.Settings, refresh.ServerSettings{Name: name.Parse(setting.Name), Settings: s})
	}
	return out
}

func triOf(t config.Tri) acl.Tri {
	switch t {
	case config.Yes:
		return acl.Yes
	case config.No:
		return acl.No
	default:
		return acl.Unknown
	}
}

// loadedState is everything that a configuration names, read once.
type loadedState struct {
	*refresh.Loaded
	Stale bool
}

// named is the state as answers name it.
func (l *loadedState) named() *resolver.ExplainedSnapshot {
	return &resolver.ExplainedSnapshot{ID: l.ID, Stale: l.Stale}
}

// loadFor reads a configuration and everything that it names, once, and says on
// standard error what of it is broken and so left out of the answer.
func loadFor(c *cobra.Command, q *question) (*loadedState, error) {
	if q.snapshot != "" {
		return loadSaved(c, q)
	}
	loaded, err := loadState(c, q.config)
	if err != nil {
		return nil, err
	}
	for i := range loaded.Faults {
		if f := &loaded.Faults[i]; f.Severity == finding.Error {
			fmt.Fprintf(c.ErrOrStderr(), "aclens: left out: %v\n", f)
		}
	}
	return loaded, nil
}

// inspection looks at the sources before they are read.
type inspection func(context.Context, *sources) error

// loadState reads a configuration and everything that it names, once.
func loadState(c *cobra.Command, file string, inspect ...inspection) (*loadedState, error) {
	cfg, err := config.Load(file)
	if err != nil {
		return nil, usage(err)
	}
	log := slog.New(slog.NewTextHandler(c.ErrOrStderr(), &slog.HandlerOptions{Level: slog.LevelError}))
	loaded, err := loadConfig(c.Context(), cfg, log, inspect...)
	if err != nil {
		return nil, err
	}
	return &loadedState{loaded, staleAt(time.Now(), loaded.Snapshot.AsOf(), cfg.Stale)}, nil
}

// loadConfig reads everything that a configuration names, once.
func loadConfig(ctx context.Context, cfg *config.Config, log *slog.Logger, inspect ...inspection) (*refresh.Loaded, error) {
	s, err := openSources(cfg, log, nil)
	if err != nil {
		return nil, err
	}
	defer s.close()
	if err := s.findProfile(ctx); err != nil {
		return nil, directoryError(err)
	}
	for _, look := range inspect {
		if err := look(ctx, s); err != nil {
			return nil, err
		}
	}
	r, err := refresh.New(s.settings)
	if err != nil {
		return nil, usage(err)
	}
	loaded, err := r.Load(ctx)
	switch {
	case errors.Is(err, refresh.ErrUnreachable):
		return nil, unreached(err)
	case err != nil:
		return nil, usage(err)
	}
	return loaded, nil
}

// directoryError tells a directory that does not know us, which is a fault of the
// configuration, from one that is away.
func directoryError(err error) error {
	if errors.Is(err, upstream.ErrUnavailable) || errors.Is(err, upstream.ErrPartial) {
		return unreached(err)
	}
	if errors.Is(err, upstream.ErrRefused) {
		err = fmt.Errorf("%w; see its bindDN, and its password in bindPasswordFile or bindPassword", err)
	}
	return usage(err)
}

// staleAt tells whether a source is older than the configuration allows.
func staleAt(now time.Time, a resolver.AsOf, limits config.Stale) bool {
	return a.Stale(now, limits.Directory.Std(), limits.ACL.Std())
}

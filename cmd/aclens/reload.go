package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/aclens/aclens/config"
	"github.com/aclens/aclens/proxy/refresh"
	"github.com/aclens/aclens/proxy/view"
	"github.com/aclens/aclens/resolver"
	"github.com/aclens/aclens/resolver/finding"
)

// This file is about SIGHUP: the configuration is read again, and what can
// change while serving changes. The goroutine of follow owns the sources; the
// one that passes reloads on stands still whenever follow turns to others.

// errOtherSources ends a run because the configuration names other sources.
var errOtherSources = errors.New("the configuration names other sources")

// reloading is what a reload replaces.
type reloading struct {
	mu sync.Mutex // guards what follows, where follow and a reload could meet; readers of either goroutine need it not

	config   *config.Config // in force
	sources  *sources
	upcoming *view.View  // that the sources fill; it answers from its first state on
	former   *generation // answers until upcoming does; nil: there is none
	next     *generation // what follow is to turn to

	readyOnce sync.Once
}

// generation is a configuration with its sources.
type generation struct {
	config  *config.Config
	sources *sources
}

// restartKeys are what is taken from the configuration once, when serve begins.
var restartKeys = []string{
	"listen.ldap", "listen.ldaps", "listen.http", "listen.metrics", "tls.certFile", "tls.keyFile", "tls.clientCAFile", "writes", "state.dir", "log.format", "audit.file",
}

// keepRestartKeys puts the values in force in the place of those that would need
// a restart.
func keepRestartKeys(next, now *config.Config) {
	plaintext := next.Listen.AllowPlaintextBind
	next.Listen, next.TLS, next.Writes, next.State, next.Audit = now.Listen, now.TLS, now.Writes, now.State, now.Audit
	next.Listen.AllowPlaintextBind = plaintext
	next.Log.Format = now.Log.Format
}

// ruleKeys change at once what clients see and may, and no source.
var ruleKeys = []string{
	"listen.allowPlaintextBind", "clients", "self", "hide", "certificates", "bindNames", "bindCache", "limits", "controls", "proxyProtocol", "log", "drain",
}

// viewKeys are those of ruleKeys that the view has a part in.
var viewKeys = []string{"clients", "self", "hide", "limits.sizeLimit", "limits.lookThrough"}

// among tells whether a key, or the section that it is in, is in a list.
func among(key string, list []string) bool {
	section, _, _ := strings.Cut(key, ".")
	return slices.Contains(list, key) || slices.Contains(list, section)
}

// withRules is a configuration with the sources of one and the rules of another.
func withRules(sources, rules *config.Config) *config.Config {
	c := *sources
	c.Listen.AllowPlaintextBind = rules.Listen.AllowPlaintextBind
	c.Clients, c.Self, c.Hide, c.Certificates = rules.Clients, rules.Self, rules.Hide, rules.Certificates
	c.BindNames, c.BindCache, c.Limits, c.Controls = rules.BindNames, rules.BindCache, rules.Limits, rules.Controls
	c.ProxyProtocol, c.Log, c.Drain = rules.ProxyProtocol, rules.Log, rules.Drain
	return &c
}

// loadAgain reads the configuration file and says what of it has to wait for a
// restart, and which of the other keys are new. With an error nothing is new.
func (s *service) loadAgain() (*config.Config, []string) {
	next, err := config.Load(s.config.File())
	if err != nil {
		s.refuseReload(err)
		return nil, nil
	}
	var keys []string
	for _, key := range config.Differences(s.config, next) {
		if !slices.Contains(restartKeys, key) {
			keys = append(keys, key)
			continue
		}
		s.log.Warn("this key needs a restart; the old value stays", "file", next.File(), "line", next.Line(key), "key", key)
	}
	keepRestartKeys(next, s.config)
	return next, keys
}

func (s *service) refuseReload(err error) {
	s.metrics.ConfigReloadError()
	s.log.Error("the configuration was not taken; everything stays as it was", "error", err)
}

// reread puts the configuration file in force as it is now. True is that it
// names other sources, which could be read, and that follow has to turn to them.
func (s *service) reread(ctx context.Context) bool {
	next, keys := s.loadAgain()
	if len(keys) == 0 {
		return false
	}
	var found *sources
	if slices.ContainsFunc(keys, func(key string) bool { return !among(key, ruleKeys) }) {
		var err error
		if found, err = s.readable(ctx, next); err != nil {
			s.refuseReload(err)
			return false
		}
	}
	if err := s.applyRules(withRules(s.config, next), keys); err != nil {
		if found != nil {
			found.close()
		}
		s.refuseReload(err)
		return false
	}
	s.log.Info("the configuration was read again", "changed", keys)
	if found == nil {
		return false
	}
	s.next = &generation{next, found}
	return true
}

// readable opens the sources of a configuration and reads them once: what cannot
// be read must not take the place of what answers.
func (s *service) readable(ctx context.Context, next *config.Config) (*sources, error) {
	found, err := openSources(next, s.log, s.metrics)
	if err != nil {
		return nil, err
	}
	if err := found.tryOut(ctx, s.upcoming.CheckBase); err != nil {
		found.close()
		return nil, err
	}
	return found, nil
}

// tryOut reads everything once and throws it away.
func (s *sources) tryOut(ctx context.Context, check func(*resolver.Snapshot) error) error {
	if err := s.findProfile(ctx); err != nil {
		return err
	}
	settings := s.settings
	settings.Check = check
	r, err := refresh.New(settings)
	if err != nil {
		return err
	}
	_, err = r.Load(ctx)
	return err
}

// applyRules puts rules and limits in force, for open connections too. With an
// error nothing has changed.
func (s *service) applyRules(next *config.Config, keys []string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	before := s.config
	s.config = next
	if err := s.succeedViews(keys); err != nil {
		s.config = before
		return err
	}
	if err := s.login.Configure(s.loginSettings()); err != nil { // config has checked all that could be refused here
		s.config = before
		return fmt.Errorf("binds: %w", err)
	}
	s.front.Apply(s.frontSettings())
	s.level.Set(levelOf(next.Log))
	return nil
}

// succeedViews makes the views anew where their rules have changed. What was
// told under the old rules ends: feeds, pages, and the states of comparisons.
func (s *service) succeedViews(keys []string) error {
	if !slices.ContainsFunc(keys, func(key string) bool { return among(key, viewKeys) }) {
		return nil
	}
	answers, err := s.newView()
	if err != nil {
		return err
	}
	old := s.view.Load()
	if s.upcoming == old {
		s.upcoming = answers
	} else if s.upcoming, err = s.newView(); err != nil {
		s.upcoming = answers
	}
	st := answers.Succeed(old)
	s.view.Store(answers)
	s.history.Forget()
	if st != nil {
		s.history.Keep(st)
	}
	return nil
}

// openUpcoming makes the view that the sources fill.
func (s *service) openUpcoming() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.openView()
}

// swap makes a state of the sources the one that answers. With the first one of
// other sources everything that belongs to those takes over.
func (s *service) swap(id string, snap *resolver.Snapshot, findings []finding.Finding, changed time.Time) *view.State {
	s.mu.Lock()
	defer s.mu.Unlock()
	old := s.view.Load()
	if was := old.Current(); old != s.upcoming && was != nil {
		was.Moment() // its numbers come before those of the new view
	}
	st := s.upcoming.Swap(id, snap, findings, changed)
	if old != s.upcoming {
		s.view.Store(s.upcoming)
		old.Retire()
		s.history.Forget()
	}
	if s.former != nil {
		s.takeOver()
		s.former.sources.close()
		s.former = nil
		s.log.Info("the new sources answer")
	}
	return st
}

// advised notes of which state the findings are.
func (s *service) advised(id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.upcoming.Advised(id)
}

// takeOver lets binds and writes go to the directories of the sources.
func (s *service) takeOver() {
	if err := s.openWriter(); err != nil {
		s.refuseReload(err)
	}
	if err := s.login.Configure(s.loginSettings()); err != nil { // checked by readable and config
		s.refuseReload(err)
	}
	s.front.Apply(s.frontSettings())
}

// turnTo makes follow read other sources. Until they give a state the old ones answer.
func (s *service) turnTo(next *generation) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.former == nil && s.view.Load().Current() != nil {
		s.former = &generation{s.config, s.sources}
	} else {
		s.sources.close()
	}
	s.config, s.sources, s.next = next.config, next.sources, nil
	if s.former == nil {
		s.takeOver() // nothing answers yet
	}
}

// turnBack makes follow read the sources that still answer, because the new ones
// turned out to be unusable after all. False is that there are none.
func (s *service) turnBack(err error) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.former == nil {
		return false
	}
	s.refuseReload(err)
	s.sources.close()
	s.config, s.sources, s.former = withRules(s.former.config, s.config), s.former.sources, nil
	return true
}

// rereadWaiting is a reload while nothing answers yet: other sources are turned
// to without being tried out, since there is nothing to lose.
func (s *service) rereadWaiting(ctx context.Context) {
	next, keys := s.loadAgain()
	if len(keys) == 0 || ctx.Err() != nil {
		return
	}
	found, err := openSources(next, s.log, s.metrics)
	if err != nil {
		s.refuseReload(err)
		return
	}
	if err := s.applyRules(withRules(s.config, next), keys); err != nil {
		found.close()
		s.refuseReload(err)
		return
	}
	s.log.Info("the configuration was read again", "changed", keys)
	s.turnTo(&generation{next, found})
}

// drainDelay is drain.delay as it is in force.
func (s *service) drainDelay() time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.config.Drain.Delay.Std()
}

// closeSources closes all sources that are open.
func (s *service) closeSources() {
	for _, g := range []*generation{{sources: s.sources}, s.former, s.next} {
		if g != nil && g.sources != nil {
			g.sources.close()
		}
	}
}

package main

import (
	"context"
	"fmt"
	"net/http"
	"net/netip"
	"time"

	"github.com/aclens/aclens/config"
	"github.com/aclens/aclens/proxy/admin"
	"github.com/aclens/aclens/proxy/login"
	"github.com/aclens/aclens/proxy/policy"
	"github.com/aclens/aclens/proxy/refresh"
	"github.com/aclens/aclens/proxy/view"
	"github.com/aclens/aclens/proxy/wire"
	"github.com/aclens/aclens/resolver"
	"github.com/aclens/aclens/resolver/cache"
)

// newLogin wires who checks the passwords of which directory.
func (s *service) newLogin() (*login.Login, error) {
	s.credentials = login.NewCredentials()
	l, err := login.New(s.loginSettings(), s.log, loginMetrics{s.metrics})
	if err != nil {
		return nil, fmt.Errorf("binds: %w", err)
	}
	return l, nil
}

// loginSettings say whose passwords are checked where, and under which names.
func (s *service) loginSettings() login.Settings {
	settings := login.Settings{
		Sources:  s.loginSources(),
		Snapshot: s.snapshot,
		Cache: login.CacheSettings{
			TTL: s.config.BindCache.TTL.Std(), WhenDown: s.config.BindCache.WhenDown, IsAdmin: s.isAdmin,
		},
	}
	for _, n := range s.config.BindNames {
		settings.Names = append(settings.Names, login.NameForm(n))
	}
	for _, c := range s.config.Certificates {
		settings.Certificates = append(settings.Certificates, login.Certificate{Subject: c.Subject, DN: c.DN})
	}
	return settings
}

func (s *service) loginSources() []login.Source {
	sources := []login.Source{s.loginSource("primary", &s.config.Directory, 0)}
	for i, second := range s.config.Secondaries {
		sources = append(sources, s.loginSource(second.Name, &second.Directory, i+1))
	}
	return sources
}

func (s *service) loginSource(name string, d *config.Directory, i int) login.Source {
	out := login.Source{Name: name}
	switch {
	case d.LDAP != nil:
		live := s.sources.directories[i]
		out.Bases, out.Checker, out.Reachable = d.LDAP.Bases, login.Live(live), live.Reachable
	case len(d.LDIF) > 0:
		out.Checker = s.credentials
	default:
		out.Checker = login.NoPasswords()
	}
	return out
}

// httpLogin checks the credentials of an HTTP request by the same bind as LDAP's.
func (s *service) httpLogin(ctx context.Context, r *http.Request, user string, password []byte) (policy.Identity, error) {
	remote, _ := netip.ParseAddrPort(r.RemoteAddr) // not valid if unknown
	out := s.login.Simple(ctx, login.Attempt{
		Name: user, Password: password, Version: 3, Remote: remote, TLS: r.TLS, Listener: "http",
	})
	switch out.Result.Code {
	case wire.Success:
		return out.Who, nil
	case wire.Unavailable, wire.Busy:
		return policy.Identity{}, fmt.Errorf("bind: %s", out.Result.Code)
	default:
		return policy.Identity{}, admin.ErrRefused
	}
}

// EachCache yields the figures of the caches that answers come from.
func (s *service) EachCache(yield func(purpose string, f cache.Figures)) {
	if v := s.view.Load(); v != nil {
		v.EachCache(yield)
	}
}

// state is what answers; nil before the first.
func (s *service) state() *view.State { return s.view.Load().Current() }

// snapshot is the state that names are looked up in; nil before there is one.
func (s *service) snapshot() *resolver.Snapshot {
	if st := s.view.Load().Current(); st != nil {
		return st.Snapshot
	}
	return nil
}

// isAdmin keeps administrators out of the bind cache; whoever cannot be judged
// yet counts as one.
func (s *service) isAdmin(who policy.Identity) bool {
	st := s.view.Load().Current()
	return st == nil || st.IsAdmin(who)
}

// setCredentials takes the passwords of LDIF files into use.
func (s *service) setCredentials(values map[string][][]byte) {
	unusable, err := s.credentials.SetCredentials(values)
	if unusable > 0 || err != nil {
		s.log.Warn("passwords of LDIF files that cannot be checked", "values", unusable, "error", err)
	}
}

// loginMetrics hands what happens to binds to the metrics.
type loginMetrics struct{ metrics *admin.Metrics }

func (m loginMetrics) PasswordChecked(source string, code wire.ResultCode, took time.Duration) {
	m.metrics.PasswordChecked(source, code.String(), took)
}

func (m loginMetrics) BindCache(use login.CacheUse) { m.metrics.BindCache(string(use)) }

// refreshMetrics hands what happens to sources to the metrics.
type refreshMetrics struct{ metrics *admin.Metrics }

func (m refreshMetrics) Refreshed(_ refresh.Counts, took time.Duration) {
	m.metrics.BuildDuration(took)
}

func (m refreshMetrics) SourceAsOf(string, time.Time) {} // the age is told when it is scraped

func (m refreshMetrics) RefreshError(kind refresh.Kind) { m.metrics.RefreshError(string(kind)) }

package admin

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"github.com/aclens/aclens/proxy/view"
	"github.com/aclens/aclens/proxy/wire"
	"github.com/aclens/aclens/resolver/acl"
	"github.com/aclens/aclens/resolver/finding"
)

// Metrics counts what happens everywhere in aclens. Its methods are the
// interfaces of the rooms that report to it.
type Metrics struct {
	registry *prometheus.Registry

	connections *prometheus.GaugeVec
	accepted    *prometheus.CounterVec
	operations  *operations
	limits      *prometheus.CounterVec
	visited     prometheus.Histogram

	upstreamUp     *prometheus.GaugeVec
	upstreamErrors *prometheus.CounterVec
	passwords      *prometheus.CounterVec
	passwordTime   prometheus.Histogram
	bindCache      *prometheus.CounterVec

	buildSeconds  prometheus.Histogram
	refreshErrors *prometheus.CounterVec
	swaps         prometheus.Counter
	entries       *prometheus.GaugeVec
	databases     prometheus.Gauge
	defaults      *prometheus.GaugeVec
	anonymous     *prometheus.GaugeVec
	findings      *prometheus.GaugeVec
	logins        *prometheus.CounterVec
	sessions      prometheus.Gauge
	tlsErrors     prometheus.Counter
	reloadErrors  prometheus.Counter
	referrals     prometheus.Counter
	feeds         *feeds
	held          *prometheus.GaugeVec
	writes        *prometheus.CounterVec
	writesUnseen  prometheus.Counter
}

// latencies reaches from a cheap search to a slow directory.
var latencies = []float64{.00001, .000025, .00005, .0001, .00025, .0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10}

// visits reaches from a search that an index answers to one through everything.
var visits = []float64{0, 1, 10, 100, 1000, 10_000, 100_000, 1_000_000, 10_000_000}

// NewMetrics makes the metrics; age tells how old each source is at the moment
// of a scrape.
func NewMetrics(version, revision, goVersion string, age func() map[string]time.Duration) *Metrics {
	m := &Metrics{registry: prometheus.NewRegistry()}
	m.feeds = newFeeds(m.registry)
	counter := func(name, help string, labels ...string) *prometheus.CounterVec {
		v := prometheus.NewCounterVec(prometheus.CounterOpts{Name: "aclens_" + name, Help: help}, labels)
		m.registry.MustRegister(v)
		return v
	}
	gauge := func(name, help string, labels ...string) *prometheus.GaugeVec {
		v := prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "aclens_" + name, Help: help}, labels)
		m.registry.MustRegister(v)
		return v
	}
	m.connections = gauge("connections", "Open client connections.", "listener")
	m.accepted = counter("connections_total", "Client connections accepted.", "listener")
	m.operations = newOperations(m.registry)
	m.limits = counter("limits_total", "Times that a limit was reached.", "limit")
	m.visited = prometheus.NewHistogram(prometheus.HistogramOpts{Name: "aclens_search_visited_entries",
		Help: "Entries that a search looked at.", Buckets: visits})
	m.upstreamUp = gauge("upstream_up", "Whether a directory server answers, by its address.", "server")
	m.upstreamErrors = counter("upstream_errors_total", "Failures of directory servers.", "kind")
	m.passwords = counter("passwords_checked_total", "Passwords that a directory was asked about, by directory and LDAP result.", "directory", "result")
	m.passwordTime = prometheus.NewHistogram(prometheus.HistogramOpts{
		Name: "aclens_password_check_duration_seconds", Help: "Time for a directory to check a password.", Buckets: latencies})
	m.bindCache = counter("bind_cache_total", "Binds that reached a live directory or the bind cache, by what the cache did.", "use")
	m.buildSeconds = prometheus.NewHistogram(prometheus.HistogramOpts{Name: "aclens_snapshot_build_duration_seconds",
		Help: "Time to make a snapshot from a change.", Buckets: prometheus.ExponentialBuckets(.001, 2, 16)})
	m.refreshErrors = counter("refresh_errors_total", "Refreshes that failed and left the old state in place.", "kind")
	m.swaps = prometheus.NewCounter(prometheus.CounterOpts{Name: "aclens_snapshots_total", Help: "Snapshots that became the one that answers."})
	m.entries = gauge("snapshot_entries", "Entries in the snapshot.", "kind")
	m.databases = prometheus.NewGauge(prometheus.GaugeOpts{Name: "aclens_snapshot_databases", Help: "Databases whose ACLs are known."})
	m.defaults = gauge("databases_by_default_level", "Databases by the level of -Default-.", "level")
	m.anonymous = gauge("databases_by_anonymous_level", "Databases by the level of Anonymous, or of -Default- without such an entry.", "level")
	m.findings = gauge("findings", "Findings by kind and severity.", "kind", "severity")
	m.logins = counter("http_logins_total", "Log-ins by the explorer's form, by what became of them.", "result")
	for _, result := range []string{"accepted", "refused", "throttled", "unavailable", "forged"} {
		m.logins.WithLabelValues(result)
	}
	m.sessions = prometheus.NewGauge(prometheus.GaugeOpts{Name: "aclens_http_sessions", Help: "Sessions of the explorer that are open."})
	m.reloadErrors = prometheus.NewCounter(prometheus.CounterOpts{Name: "aclens_config_reload_errors_total",
		Help: "Changed configurations that could not be used; the old one stays."})
	m.tlsErrors = prometheus.NewCounter(prometheus.CounterOpts{Name: "aclens_tls_reload_errors_total",
		Help: "Times that changed certificate files could not be used and the old ones stayed."})
	m.referrals = prometheus.NewCounter(prometheus.CounterOpts{Name: "aclens_upstream_referrals_total", Help: "References to other servers that were left out."})
	m.writes = counter("writes_forwarded_total", "Changes sent to a directory under the client's own identity, by operation and the directory's LDAP result.", "operation", "result")
	m.writesUnseen = prometheus.NewCounter(prometheus.CounterOpts{Name: "aclens_writes_unseen_total",
		Help: "Changes that a directory made and that did not show here within two seconds."})
	m.registry.MustRegister(m.writesUnseen)
	m.held = gauge("refresh_held", "Removals that the brake keeps back until they are released, by what would vanish.", "kind")
	m.Held(nil)
	build := prometheus.NewGauge(prometheus.GaugeOpts{Name: "aclens_build_info", Help: "Always 1; the labels say what runs.",
		ConstLabels: prometheus.Labels{"version": version, "revision": revision, "goversion": goVersion}})
	build.Set(1)
	m.registry.MustRegister(m.visited, m.passwordTime, m.buildSeconds, m.swaps, m.databases, m.tlsErrors, m.reloadErrors, m.referrals, m.sessions, build, ageCollector{age},
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

// ageCollector tells the age of each source when it is scraped.
type ageCollector struct {
	age func() map[string]time.Duration
}

var ageDesc = prometheus.NewDesc("aclens_source_age_seconds", "Age of the newest state of each source.", []string{"source"}, nil)

// Describe names the metric.
func (ageCollector) Describe(ch chan<- *prometheus.Desc) { ch <- ageDesc }

// Collect asks for the ages.
func (c ageCollector) Collect(ch chan<- prometheus.Metric) {
	for source, age := range c.age() {
		ch <- prometheus.MustNewConstMetric(ageDesc, prometheus.GaugeValue, age.Seconds(), source)
	}
}

// ConnOpened counts a connection of a listener.
func (m *Metrics) ConnOpened(listener string) {
	m.connections.WithLabelValues(listener).Inc()
	m.accepted.WithLabelValues(listener).Inc()
}

// ConnClosed is the end of a connection.
func (m *Metrics) ConnClosed(listener string) { m.connections.WithLabelValues(listener).Dec() }

// Limit counts a limit that was reached.
func (m *Metrics) Limit(kind string) { m.limits.WithLabelValues(kind).Inc() }

// Searched observes how many entries a search looked at.
func (m *Metrics) Searched(visited int) { m.visited.Observe(float64(visited)) }

// UpstreamUp says whether a directory server answers.
func (m *Metrics) UpstreamUp(url string, up bool) {
	v := 0.0
	if up {
		v = 1
	}
	m.upstreamUp.WithLabelValues(url).Set(v)
}

// UpstreamError counts a failure of a directory server.
func (m *Metrics) UpstreamError(kind string) { m.upstreamErrors.WithLabelValues(kind).Inc() }

// Referrals counts references to other servers that were left out.
func (m *Metrics) Referrals(n int) { m.referrals.Add(float64(n)) }

// WriteForwarded counts a change that was sent to a directory.
func (m *Metrics) WriteForwarded(operation string, code wire.ResultCode) {
	m.writes.WithLabelValues(operation, code.String()).Inc()
}

// WriteUnseen counts a change that was made and did not show here in time.
func (m *Metrics) WriteUnseen() { m.writesUnseen.Inc() }

// PasswordChecked counts a password that a directory was asked about.
func (m *Metrics) PasswordChecked(directory, result string, took time.Duration) {
	m.passwords.WithLabelValues(directory, result).Inc()
	m.passwordTime.Observe(took.Seconds())
}

// BindCache counts what the bind cache did for a bind.
func (m *Metrics) BindCache(use string) { m.bindCache.WithLabelValues(use).Inc() }

// httpLogin counts a log-in by form: accepted, refused, throttled, unavailable,
// or forged (the form is not ours).
func (m *Metrics) httpLogin(result string) { m.logins.WithLabelValues(result).Inc() }

// httpSessions takes how many sessions are open.
func (m *Metrics) httpSessions(n int) { m.sessions.Set(float64(n)) }

// BuildDuration observes the making of a snapshot.
func (m *Metrics) BuildDuration(d time.Duration) { m.buildSeconds.Observe(d.Seconds()) }

// RefreshError counts a refresh that failed.
func (m *Metrics) RefreshError(kind string) { m.refreshErrors.WithLabelValues(kind).Inc() }

// ConfigReloadError counts configurations that could not be used at a reload.
func (m *Metrics) ConfigReloadError() { m.reloadErrors.Inc() }

// TLSReloadError counts certificate files that could not be used.
func (m *Metrics) TLSReloadError() { m.tlsErrors.Inc() }

// Swapped takes the figures of the State that answers from now on.
func (m *Metrics) Swapped(s *view.State) {
	m.swaps.Inc()
	p := s.Snapshot.Population()
	m.entries.WithLabelValues("people").Set(float64(p.People.GetCardinality()))
	m.entries.WithLabelValues("servers").Set(float64(p.Servers.GetCardinality()))
	m.entries.WithLabelValues("groups").Set(float64(p.Groups.GetCardinality()))
	m.entries.WithLabelValues("all").Set(float64(s.Snapshot.Store().Len()))
	m.databases.Set(float64(s.Snapshot.Databases().Len()))
	m.posture(s)
	m.found(s.Findings)
}

// posture counts databases by what whoever comes along may do.
func (m *Metrics) posture(s *view.State) {
	var byDefault, byAnonymous [acl.Levels]int
	for _, db := range s.Snapshot.Databases().All() {
		l := db.Primary.List
		level := acl.NoAccess
		if e := l.Default(); e != nil {
			level = e.Level
		}
		byDefault[level]++
		if e := l.Anonymous(); e != nil {
			level = e.Level
		}
		byAnonymous[level]++
	}
	for l := range acl.Levels {
		m.defaults.WithLabelValues(acl.Level(l).String()).Set(float64(byDefault[l]))
		m.anonymous.WithLabelValues(acl.Level(l).String()).Set(float64(byAnonymous[l]))
	}
}

func (m *Metrics) found(findings []finding.Finding) {
	m.findings.Reset()
	for i := range findings {
		m.findings.WithLabelValues(findings[i].Kind, findings[i].Severity.String()).Inc()
	}
}

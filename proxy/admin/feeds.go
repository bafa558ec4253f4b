package admin

import (
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/aclens/aclens/proxy/refresh"
)

// feeds are the figures about how changes of live directories are noticed.
type feeds struct {
	resyncs *prometheus.CounterVec
	changes *prometheus.CounterVec

	mu       sync.Mutex // guards what follows
	followed map[string]followed
}

// followed is how one directory is followed.
type followed struct {
	mode string
	upTo time.Time
}

var (
	feedModeDesc = prometheus.NewDesc("aclens_feed_mode", "Always 1; the label says how changes of the directory are noticed at present.", []string{"directory", "mode"}, nil)
	feedLagDesc  = prometheus.NewDesc("aclens_feed_lag_seconds", "Time since the directory was known to have told every change.", []string{"directory"}, nil)
)

func newFeeds(registry *prometheus.Registry) *feeds {
	f := &feeds{
		followed: map[string]followed{},
		resyncs: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "aclens_feed_resyncs_total",
			Help: "Full readings of directories that tell their changes, by why."}, []string{"directory", "reason"}),
		changes: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "aclens_feed_changes_total",
			Help: "Changes of entries that feeds told and that became part of a state."}, []string{"directory"}),
	}
	registry.MustRegister(f, f.resyncs, f.changes)
	return f
}

// Describe names the metrics.
func (f *feeds) Describe(ch chan<- *prometheus.Desc) {
	ch <- feedModeDesc
	ch <- feedLagDesc
}

// Collect tells how the directories are followed at the moment of a scrape.
func (f *feeds) Collect(ch chan<- prometheus.Metric) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for directory, d := range f.followed {
		ch <- prometheus.MustNewConstMetric(feedModeDesc, prometheus.GaugeValue, 1, directory, d.mode)
		ch <- prometheus.MustNewConstMetric(feedLagDesc, prometheus.GaugeValue, max(0, time.Since(d.upTo).Seconds()), directory)
	}
}

// Followed says how changes of a directory are noticed, and up to when all were.
func (m *Metrics) Followed(directory, mode string, upTo time.Time) {
	m.feeds.mu.Lock()
	defer m.feeds.mu.Unlock()
	if _, known := m.feeds.followed[directory]; !known { // a rate needs the zero that it begins with
		m.feeds.changes.WithLabelValues(directory)
		for _, reason := range refresh.Reasons {
			m.feeds.resyncs.WithLabelValues(directory, string(reason))
		}
	}
	m.feeds.followed[directory] = followed{mode, upTo}
}

// Resynced counts a full reading of a directory that tells its changes.
func (m *Metrics) Resynced(directory, reason string) {
	m.feeds.resyncs.WithLabelValues(directory, reason).Inc()
}

// Changed counts changes that a feed told.
func (m *Metrics) Changed(directory string, n int) {
	m.feeds.changes.WithLabelValues(directory).Add(float64(n))
}

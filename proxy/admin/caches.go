package admin

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/aclens/aclens/resolver/cache"
)

// CacheSource yields the figures of caches by purpose.
type CacheSource interface {
	EachCache(yield func(purpose string, f cache.Figures))
}

var (
	cacheLookups   = prometheus.NewDesc("aclens_cache_lookups_total", "Lookups in caches of what answers are made from.", []string{"cache", "result"}, nil)
	cacheEvictions = prometheus.NewDesc("aclens_cache_evictions_total", "Entries that left a cache because it was full.", []string{"cache"}, nil)
	cacheEntries   = prometheus.NewDesc("aclens_cache_entries", "Entries of a cache of the present state.", []string{"cache"}, nil)
	cacheBytes     = prometheus.NewDesc("aclens_cache_bytes", "What they take, roughly.", []string{"cache"}, nil)
)

// cacheCollector asks for the figures when it is scraped.
type cacheCollector struct{ source CacheSource }

// WatchCaches makes the figures of caches part of what is scraped.
func (m *Metrics) WatchCaches(s CacheSource) { m.registry.MustRegister(cacheCollector{s}) }

// Describe names the metrics.
func (cacheCollector) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{cacheLookups, cacheEvictions, cacheEntries, cacheBytes} {
		ch <- d
	}
}

// Collect asks for the figures.
func (c cacheCollector) Collect(ch chan<- prometheus.Metric) {
	c.source.EachCache(func(purpose string, f cache.Figures) {
		counter := func(d *prometheus.Desc, n uint64, labels ...string) {
			ch <- prometheus.MustNewConstMetric(d, prometheus.CounterValue, float64(n), labels...)
		}
		gauge := func(d *prometheus.Desc, n int) {
			ch <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, float64(n), purpose)
		}
		counter(cacheLookups, f.Hits, purpose, "hit")
		counter(cacheLookups, f.Misses, purpose, "miss")
		counter(cacheEvictions, f.Evictions, purpose)
		gauge(cacheEntries, f.Entries)
		gauge(cacheBytes, f.Weight)
	})
}

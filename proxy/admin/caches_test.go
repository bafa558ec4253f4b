package admin

import (
	"testing"
	"time"

	"github.com/aclens/aclens/resolver/cache"
)

// someCaches yields what a test wants to be told.
type someCaches map[string]cache.Figures

func (s someCaches) EachCache(yield func(purpose string, f cache.Figures)) {
	for purpose, f := range s {
		yield(purpose, f)
	}
}

func TestFiguresOfCachesAreScrapedAsTheyAre(t *testing.T) {
	m := NewMetrics("v", "r", "go", func() map[string]time.Duration { return nil })
	m.WatchCaches(someCaches{"rights": {Hits: 7, Misses: 3, Evictions: 1, Entries: 2, Weight: 512}, "search-bases": {Hits: 1}})
	got := map[string]float64{}
	families, err := m.registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range families {
		for _, each := range f.GetMetric() {
			key := f.GetName()
			for _, l := range each.GetLabel() {
				key += " " + l.GetValue()
			}
			got[key] = each.GetCounter().GetValue() + each.GetGauge().GetValue()
		}
	}
	for key, want := range map[string]float64{
		"aclens_cache_lookups_total rights hit": 7, "aclens_cache_lookups_total rights miss": 3, "aclens_cache_evictions_total rights": 1,
		"aclens_cache_entries rights": 2, "aclens_cache_bytes rights": 512, "aclens_cache_lookups_total search-bases hit": 1,
	} {
		if value, ok := got[key]; !ok || value != want {
			t.Errorf("%s is %v, want %v", key, value, want)
		}
	}
}

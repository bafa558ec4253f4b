package admin

import (
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/aclens/aclens/proxy/wire"
)

// gathered reads the counters of a metric by the values of their labels, and
// the counts of a histogram likewise.
func gathered(t *testing.T, m *Metrics, name string) map[string]uint64 {
	t.Helper()
	families, err := m.registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]uint64{}
	for _, f := range families {
		if f.GetName() != name {
			continue
		}
		for _, each := range f.GetMetric() {
			key := ""
			for _, l := range each.GetLabel() {
				key += l.GetValue() + " "
			}
			out[key] = uint64(each.GetCounter().GetValue()) + each.GetHistogram().GetSampleCount()
		}
	}
	return out
}

func TestEveryOperationIsCountedUnderItsOutcome(t *testing.T) {
	m := NewMetrics("v", "r", "go", func() map[string]time.Duration { return nil })
	names := []string{"search", "bind", "compare"}
	var mu sync.Mutex
	outcomes, seconds := map[string]uint64{}, map[string]uint64{}
	var wg sync.WaitGroup
	for seed := range uint64(4) {
		wg.Go(func() {
			r := rand.New(rand.NewPCG(seed, 3))
			for range 2000 {
				name, code := names[r.IntN(len(names))], wire.ResultCode(r.IntN(2*mostOutcomes/len(names)))
				m.Operation(name, code, time.Millisecond)
				m.BytesIn(3)
				m.BytesOut(5)
				mu.Lock()
				outcomes[name+" "+code.String()+" "]++
				seconds[name+" "]++
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	for name, want := range map[string]map[string]uint64{
		"aclens_operations_total": outcomes, "aclens_operation_duration_seconds": seconds,
		"aclens_network_bytes_total": {"in ": 3 * 8000, "out ": 5 * 8000},
	} {
		if diff := cmp.Diff(want, gathered(t, m, name)); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
	if kept := len(*m.operations.met.Load()); kept != mostOutcomes {
		t.Errorf("%d outcomes are kept, want %d", kept, mostOutcomes)
	}
}

func BenchmarkOperation(b *testing.B) {
	m := NewMetrics("v", "r", "go", func() map[string]time.Duration { return nil })
	b.ReportAllocs()
	for b.Loop() {
		m.BytesIn(60)
		m.Operation("search", wire.Success, 20*time.Microsecond)
		m.BytesOut(140)
	}
}

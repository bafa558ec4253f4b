package admin

import (
	"maps"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/aclens/aclens/proxy/wire"
)

// operations counts answered requests. To find a metric by its labels costs as
// much as decoding a request, so those that were found are kept.
type operations struct {
	total   *prometheus.CounterVec
	seconds *prometheus.HistogramVec

	mu    sync.Mutex                                    // held while met is replaced
	met   atomic.Pointer[map[outcome]operationsMetrics] // never changed once stored
	in    prometheus.Counter
	out   prometheus.Counter
	bytes *prometheus.CounterVec
}

// outcome is an operation with what became of it.
type outcome struct {
	operation string
	code      wire.ResultCode
}

type operationsMetrics struct {
	total   prometheus.Counter
	seconds prometheus.Observer
}

// mostOutcomes bounds what is kept: a directory that changes are forwarded to
// may answer with any number.
const mostOutcomes = 256

func newOperations(registry *prometheus.Registry) *operations {
	o := &operations{
		total: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "aclens_operations_total", Help: "Requests answered, by operation and LDAP result."}, []string{"operation", "result"}),
		seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "aclens_operation_duration_seconds", Help: "Time from a whole request to its last answer.", Buckets: latencies}, []string{"operation"}),
		bytes: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "aclens_network_bytes_total", Help: "LDAP octets, without TLS."}, []string{"direction"}),
	}
	o.met.Store(&map[outcome]operationsMetrics{})
	o.in, o.out = o.bytes.WithLabelValues("in"), o.bytes.WithLabelValues("out")
	registry.MustRegister(o.total, o.seconds, o.bytes)
	return o
}

// of are the metrics of an outcome.
func (o *operations) of(x outcome) operationsMetrics {
	if m, met := (*o.met.Load())[x]; met {
		return m
	}
	m := operationsMetrics{o.total.WithLabelValues(x.operation, x.code.String()), o.seconds.WithLabelValues(x.operation)}
	o.mu.Lock()
	defer o.mu.Unlock()
	if known := *o.met.Load(); len(known) < mostOutcomes {
		more := maps.Clone(known)
		more[x] = m
		o.met.Store(&more)
	}
	return m
}

// Operation counts one answered request.
func (m *Metrics) Operation(operation string, code wire.ResultCode, took time.Duration) {
	x := m.operations.of(outcome{operation, code})
	x.total.Inc()
	x.seconds.Observe(took.Seconds())
}

// BytesIn counts octets received.
func (m *Metrics) BytesIn(n int) { m.operations.in.Add(float64(n)) }

// BytesOut counts octets sent.
func (m *Metrics) BytesOut(n int) { m.operations.out.Add(float64(n)) }

package front

import (
	"net/netip"
	"time"

	"github.com/aclens/aclens/proxy/policy"
	"github.com/aclens/aclens/proxy/wire"
)

// Metrics counts what happens. Its methods are called on the hot path, by many
// goroutines. All labels come from small fixed sets: listeners are the names
// given to Serve, operations those of Event, kinds the Limit constants.
type Metrics interface {
	ConnOpened(listener string)
	ConnClosed(listener string)
	// Operation is called once for each request; what is never answered counts
	// as Success, and an abandoned search as Canceled.
	Operation(operation string, code wire.ResultCode, took time.Duration)
	BytesIn(n int) // octets of LDAP, without TLS
	BytesOut(n int)
	Limit(kind string)
	Searched(visited int) // once for each search that ran: entries looked at
}

// The kinds of limits that Metrics.Limit counts.
const (
	LimitConnections = "connections"
	LimitAddress     = "connections_per_address"
	LimitOperations  = "operations_per_connection"
	LimitMessage     = "message_bytes"
	LimitMemory      = "in_flight_bytes"
	LimitRequest     = "request" // filter depth and terms, number of attributes and controls
	LimitIdle        = "idle"
	LimitHandshake   = "handshake"
	LimitWriteStall  = "write_stall"
	LimitSearchCost  = "search_cost" // a search was ended for what it cost: lookThrough, memory for sorting
	LimitTime        = "time"        // a search took longer than the server allows; what the client allowed does not count
)

// EventKind says why an Event is told.
type EventKind string

// The kinds of events. What is both a bind and denied is a bind.
const (
	EventBind      EventKind = "bind"
	EventDenied    EventKind = "denied"
	EventExpensive EventKind = "expensive"
	EventProxied   EventKind = "proxied" // a request that begins under another identity (RFC 4370)
	EventWrite     EventKind = "write"   // a request to change something, where changes are forwarded
)

// Event is one line of the audit record. It never holds a password.
type Event struct {
	Kind        EventKind
	Connection  uint64
	Listener    string
	Remote      netip.AddrPort // not valid if unknown
	TLS         bool
	Who         policy.Identity // behind a bind: who the session now is
	Proxied     bool            // the request is one of proxied authorization
	AuthzID     string          // as whom, as the client wrote it; empty is anonymous
	As          policy.Identity // as whom, where that is granted
	Operation   string          // bind, search, compare, ... in lower case
	Target      string          // the name bound as, the base or the entry, as the client wrote it
	Method      string          // binds only: simple, anonymous, PLAIN, EXTERNAL
	NewRDN      string          // modify DN only: the new name, and where the entry moves to
	NewSuperior string
	Code        wire.ResultCode
	Took        time.Duration
	Entries     int // searches only
	Visited     int // searches only: candidates looked at
}

// Audit takes the events; Record must not block for long.
type Audit interface {
	Record(Event)
}

type noMetrics struct{}

func (noMetrics) ConnOpened(string)                                {}
func (noMetrics) ConnClosed(string)                                {}
func (noMetrics) Operation(string, wire.ResultCode, time.Duration) {}
func (noMetrics) BytesIn(int)                                      {}
func (noMetrics) BytesOut(int)                                     {}
func (noMetrics) Limit(string)                                     {}
func (noMetrics) Searched(int)                                     {}

type noAudit struct{}

func (noAudit) Record(Event) {}

package front

import (
	"crypto/tls"
	"net/netip"
	"time"

	"github.com/aclens/aclens/proxy/policy"
	"github.com/aclens/aclens/proxy/wire"
	"github.com/aclens/aclens/resolver/name"
)

// Limits bounds what clients may use up (docs/contract.md, section 2, limits).
// Where zero is not said to mean "no limit" it stands for the default.
type Limits struct {
	MessageBytes            int           // largest message of a bound client; default 4 MiB
	PreBindMessageBytes     int           // largest message of an anonymous client; default 64 KiB
	InFlightBytes           int64         // memory of all large messages and background searches; default 256 MiB
	Connections             int           // at one time; default 10000
	ConnectionsPerAddress   int           // of one client address; 0 is no limit
	OperationsPerConnection int           // expensive requests in progress at one time; default 64
	Idle                    time.Duration // without a request; 0 is no limit
	Handshake               time.Duration // of TLS, and for the PROXY header; default 10 s
	WriteStall              time.Duration // a client that takes no data for so long is cut off; default 30 s
	TimeLimit               time.Duration // of one search; 0 is no limit
	FilterDepth             int           // default 64
	FilterTerms             int           // and attributes asked for; default 10000
}

// DefaultInlineCost is the cost up to which a search is run on its
// connection's reader: some milliseconds of work.
const DefaultInlineCost = 2000

// Settings is what can change while the Server runs.
type Settings struct {
	Limits             Limits
	AllowPlaintextBind bool               // passwords in the clear from other machines
	IgnoreCriticality  []string           // OIDs of controls whose criticality is not looked at
	TLS                func() *tls.Config // asked for each handshake; nil, or a nil answer: no TLS
	TrustedProxies     []netip.Prefix     // whose connections begin with a PROXY protocol header
	InlineCost         int                // zero stands for DefaultInlineCost

	Writer Writer // nil: nothing can be changed

	// ProxiedAuthorization are the DNs that may act as somebody else (RFC 4370).
	// One that is no DN is nobody's.
	ProxiedAuthorization []string
	// ResolveAuthzID finds whom "dn:..." or "u:..." means (RFC 4513 section
	// 5.2.1.8); false: nobody, or not one alone. Nil knows nobody.
	ResolveAuthzID func(authzID string) (policy.Identity, bool)
}

// inForce is Settings with the defaults filled in.
type inForce struct {
	Settings
	ignored map[string]bool
	proxies map[string]bool // normalised DNs that may act as somebody else
	filter  wire.FilterLimits
}

func (s Settings) inForce() *inForce {
	l := &s.Limits
	orDefault(&l.MessageBytes, wire.DefaultLimit)
	orDefault(&l.PreBindMessageBytes, 64<<10)
	l.PreBindMessageBytes = min(l.PreBindMessageBytes, l.MessageBytes)
	orDefault(&l.InFlightBytes, 256<<20)
	orDefault(&l.Connections, 10000)
	orDefault(&l.OperationsPerConnection, 64)
	orDefault(&l.Handshake, 10*time.Second)
	orDefault(&l.WriteStall, 30*time.Second)
	orDefault(&s.InlineCost, DefaultInlineCost)
	f := &inForce{Settings: s, ignored: map[string]bool{}, proxies: map[string]bool{}, filter: wire.FilterLimits{Depth: l.FilterDepth, Terms: l.FilterTerms}}
	for _, oid := range s.IgnoreCriticality {
		f.ignored[oid] = true
	}
	for _, dn := range s.ProxiedAuthorization {
		if key, err := name.KeyOf(dn); err == nil && key != "" {
			f.proxies[key] = true
		}
	}
	return f
}

func orDefault[N int | int64 | time.Duration](n *N, value N) {
	if *n <= 0 {
		*n = value
	}
}

// tlsConfig returns the configuration for one handshake, or nil if there is
// none. Nothing below TLS 1.2 is spoken, whatever it says.
func (f *inForce) tlsConfig() *tls.Config {
	if f.TLS == nil {
		return nil
	}
	config := f.TLS()
	if config == nil || config.MinVersion >= tls.VersionTLS12 {
		return config
	}
	config = config.Clone()
	config.MinVersion = tls.VersionTLS12
	return config
}

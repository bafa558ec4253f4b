package upstream

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/url"
	"slices"
	"time"
)

// Defaults of Settings.
const (
	DefaultConnect   = 3 * time.Second
	DefaultOperation = 10 * time.Second
	DefaultHealth    = 5 * time.Second
	DefaultPageSize  = 1000 // the most that Active Directory gives by default
	DefaultBinds     = 64
)

// Settings say where the directory is and how it is asked.
type Settings struct {
	URLs     []string    // ldap://host[:port] or ldaps://host[:port], tried in order
	StartTLS bool        // encrypt ldap:// connections before anything else is sent
	TLS      *tls.Config // nil takes the system's authorities; below TLS 1.2 is raised, InsecureSkipVerify refused
	CAFile   string      // PEM file of the authorities to trust instead; read anew for each connection

	BindDN   string                 // service account; "" reads anonymously
	Password func() (string, error) // asked at each bind; its errors must not hold the password

	Bases     []string  // where to read; none takes the naming contexts that the server announces
	Referrals Referrals // what becomes of references to other servers
	Profile   Profile   // ProfileAuto, also if empty, finds out

	Connect   time.Duration // for a connection with its encryption, and for a free connection to bind on
	Operation time.Duration // for an answer, and between two parts of a long one
	Health    time.Duration // between two checks of a server
	PageSize  int           // entries; a server that does not list the control is read without
	Binds     int           // binds of clients at one time
}

// withDefaults fills in what is not set, or says what is wrong.
func (s Settings) withDefaults() (Settings, error) {
	s.Connect = positiveOr(s.Connect, DefaultConnect)
	s.Operation = positiveOr(s.Operation, DefaultOperation)
	s.Health = positiveOr(s.Health, DefaultHealth)
	s.PageSize = positiveOr(s.PageSize, DefaultPageSize)
	s.Binds = positiveOr(s.Binds, DefaultBinds)
	if s.Profile == "" {
		s.Profile = ProfileAuto
	}
	switch {
	case len(s.URLs) == 0:
		return s, errors.New("no directory address is given")
	case !slices.Contains(Profiles, s.Profile):
		return s, fmt.Errorf("unknown directory profile %q", s.Profile)
	case s.BindDN != "" && s.Password == nil:
		return s, fmt.Errorf("no password is given for %s", s.BindDN)
	case s.TLS != nil && s.TLS.InsecureSkipVerify:
		return s, errors.New("the directory's certificate would not be checked")
	}
	bases, err := topmost(s.Bases)
	s.Bases = bases
	return s, err
}

func positiveOr[N int | time.Duration](n, otherwise N) N {
	if n <= 0 {
		return otherwise
	}
	return n
}

// endpoint is where one server listens.
type endpoint struct {
	url     string // as configured
	address string // host:port
	host    string // what its certificate must be for
	secure  bool   // TLS from the first octet
}

var defaultPorts = map[string]string{"ldap": "389", "ldaps": "636"}

func parseEndpoint(text string, startTLS bool) (endpoint, error) {
	u, err := url.Parse(text)
	if err != nil {
		return endpoint{}, fmt.Errorf("directory address: %w", err)
	}
	port, known := defaultPorts[u.Scheme]
	switch {
	case !known:
		return endpoint{}, fmt.Errorf("directory address %s: neither ldap:// nor ldaps://", u.Redacted())
	case u.User != nil:
		return endpoint{}, fmt.Errorf("directory address %s: holds a name or password", u.Redacted())
	case u.Hostname() == "":
		return endpoint{}, fmt.Errorf("directory address %s: names no host", text)
	case u.Path != "" && u.Path != "/", u.RawQuery != "":
		return endpoint{}, fmt.Errorf("directory address %s: more than a host and a port", text)
	case u.Scheme == "ldaps" && startTLS:
		return endpoint{}, fmt.Errorf("directory address %s: StartTLS is for ldap:// only", text)
	}
	if u.Port() != "" {
		port = u.Port()
	}
	return endpoint{
		url:     text,
		address: net.JoinHostPort(u.Hostname(), port),
		host:    u.Hostname(),
		secure:  u.Scheme == "ldaps",
	}, nil
}

// local tells whether what is sent stays on this machine.
func (e endpoint) local() bool {
	ip := net.ParseIP(e.host)
	return e.host == "localhost" || ip != nil && ip.IsLoopback()
}

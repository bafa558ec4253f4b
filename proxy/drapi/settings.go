package drapi

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/url"
	"os"
	"strings"
	"time"
	"unicode"

	"github.com/aclens/aclens/resolver/database"
	"github.com/aclens/aclens/resolver/name"
)

// Defaults of Settings.
const (
	DefaultTimeout = 30 * time.Second
	DefaultMaxBody = 16 << 20 // bytes; an ACL with ten thousand entries takes two million
)

// Settings say which service is asked for which databases, and how.
type Settings struct {
	URL       string // of the service: with or without /api or /api/admin-v1 at its end
	Token     func() (string, error)
	Databases []Database

	TLS            *tls.Config // nil is the system's roots and TLS 1.2 or later
	CAFile         string      // certificates in PEM to trust instead of those of TLS
	AllowPlaintext bool        // http:// to other machines, which shows the token to the network

	Timeout time.Duration    // of one request; zero is DefaultTimeout
	MaxBody int64            // bytes of one answer; zero is DefaultMaxBody
	Clock   func() time.Time // nil is the system's
	Log     *slog.Logger     // nil logs nothing
}

// Database is one database to ask for.
type Database struct {
	Server    string // Notes name of the server
	Path      string // file path on it
	ReplicaID string // 16 hex digits, or empty where it is not known
	Title     string
}

// maxToken bounds the bytes of a token.
const maxToken = 64 << 10

// TokenFile is a token that is read anew from a file each time it is needed, so
// that a renewed one is used without a restart.
func TokenFile(path string) func() (string, error) {
	return func() (string, error) {
		f, err := os.Open(path)
		if err != nil {
			return "", fmt.Errorf("token file: %w", err)
		}
		defer f.Close()
		text, err := io.ReadAll(io.LimitReader(f, maxToken+1))
		if err != nil {
			return "", fmt.Errorf("token file: %w", err)
		}
		return string(text), nil
	}
}

// readToken asks for the token and refuses what cannot be one. Its errors do
// not hold it.
func (s *Settings) readToken() (string, error) {
	text, err := s.Token()
	if err != nil {
		return "", err
	}
	text = strings.TrimSpace(text)
	switch {
	case text == "":
		return "", errors.New("the token is empty")
	case len(text) > maxToken:
		return "", fmt.Errorf("the token is longer than %d KiB", maxToken>>10)
	case strings.ContainsFunc(text, func(r rune) bool { return r > unicode.MaxASCII || unicode.IsSpace(r) || unicode.IsControl(r) }):
		return "", errors.New("the token holds characters that a bearer token cannot have")
	}
	return text, nil
}

// apiPath is where the administration API begins.
const apiPath = "/api/admin-v1"

// base is the address of the administration API.
func (s *Settings) base() (*url.URL, error) {
	u, err := url.Parse(strings.TrimRight(s.URL, "/"))
	switch {
	case err != nil:
		return nil, errors.New("url: not an address") // the text may hold a password
	case u.Scheme != "https" && u.Scheme != "http" || u.Hostname() == "":
		return nil, errors.New("url: neither https:// nor http:// with a host")
	case u.User != nil || u.RawQuery != "" || u.ForceQuery || u.Fragment != "":
		return nil, errors.New("url: must hold neither a user, nor a query, nor a fragment")
	case u.Scheme == "http" && !s.AllowPlaintext && !isLoopback(u.Hostname()):
		return nil, fmt.Errorf("url: http:// would show the token to the network on the way to %s; use https://", u.Host)
	}
	prefix := strings.TrimSuffix(strings.TrimSuffix(u.Path, apiPath), "/api")
	u.Path, u.RawPath = prefix+apiPath, ""
	return u, nil
}

func isLoopback(host string) bool {
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback() || strings.EqualFold(host, "localhost")
}

// tlsConfig is what connections are made with.
func (s *Settings) tlsConfig() (*tls.Config, error) {
	c := &tls.Config{MinVersion: tls.VersionTLS12}
	if s.TLS != nil {
		c = s.TLS.Clone()
	}
	if s.CAFile == "" {
		return c, nil
	}
	pem, err := os.ReadFile(s.CAFile)
	if err != nil {
		return nil, fmt.Errorf("certificates: %w", err)
	}
	c.RootCAs = x509.NewCertPool()
	if !c.RootCAs.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("certificates: %s holds none in PEM", s.CAFile)
	}
	return c, nil
}

// target is a database to ask for, read.
type target struct {
	in      database.Instance // without List and CapturedAt
	nsfPath string
}

func (t *target) String() string { return t.in.Server.Abbreviated() + "!!" + t.in.Path }

// targets reads the databases and refuses one that is there twice.
func (s *Settings) targets(base *url.URL) ([]target, error) {
	if len(s.Databases) == 0 {
		return nil, errors.New("no databases to ask for")
	}
	seen := map[string]bool{}
	out := make([]target, 0, len(s.Databases))
	for _, d := range s.Databases {
		t, err := d.target(base)
		if err != nil {
			return nil, fmt.Errorf("database %s!!%s: %w", d.Server, d.Path, err)
		}
		place := string(t.in.Server.Key()) + "!!" + name.Fold(t.nsfPath)
		if seen[place] {
			return nil, fmt.Errorf("database %s is there twice", &t)
		}
		seen[place] = true
		out = append(out, t)
	}
	return out, nil
}

func (d *Database) target(base *url.URL) (target, error) {
	t := target{
		in:      database.Instance{Server: name.Parse(d.Server), Path: strings.TrimSpace(d.Path), Title: d.Title},
		nsfPath: strings.ReplaceAll(strings.TrimSpace(d.Path), `\`, "/"),
	}
	if t.in.Server.IsZero() || t.nsfPath == "" {
		return t, errors.New("server and path are needed")
	}
	if d.ReplicaID != "" {
		id, ok := name.ReplicaID(d.ReplicaID)
		if !ok {
			return t, fmt.Errorf("replica id %q is not 16 hexadecimal digits", d.ReplicaID)
		}
		t.in.ReplicaID = id
	}
	t.in.Origin = resource(base, entriesOf, t.nsfPath).String()
	return t, nil
}

// The resources of rule 11.9.
const (
	entriesOf = "acl/entries"
	rolesOf   = "acl/roles"
)

// resource is the address of a resource of one database.
func resource(base *url.URL, of, nsfPath string) *url.URL {
	u := base.JoinPath(of)
	u.RawQuery = url.Values{"nsfPath": {nsfPath}}.Encode()
	return u
}

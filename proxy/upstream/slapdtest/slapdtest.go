// Package slapdtest runs OpenLDAP's slapd for tests: a real directory on
// 127.0.0.1 with the usual schemas and a small part of Domino's, which can be
// stopped, started again on the same port, and frozen.
//
// It promises that all files live below t.TempDir and that the process is gone
// when the test ends. It refuses to skip: a test that needs slapd fails where
// slapd is missing.
package slapdtest

import (
	"bytes"
	"embed"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/go-ldap/ldap/v3"
)

//go:embed testdata/domino.schema
var schema embed.FS

// rootPassword belongs to RootDN, which exists in the test's slapd only.
const rootPassword = "root"

// Options say what is served.
type Options struct {
	Suffix     string   // "" serves the whole tree, as Domino does
	LDIF       []byte   // loaded before the start
	Overlays   []string // slapd.conf text, each beginning with the overlay's name, such as "ppolicy\nppolicy_default cn=default,o=acme"
	Directives []string // further slapd.conf lines of the database, such as "sizelimit 10"
	Global     []string // further slapd.conf lines above the database
	TLS        bool     // StartTLS, and TLSURL
}

// Server is one slapd.
type Server struct {
	URL            string // ldap://127.0.0.1:port
	TLSURL         string // ldaps://127.0.0.1:port, with Options.TLS
	CAFile         string // PEM file of the authority that signed its certificate, with Options.TLS
	RootDN, RootPW string // may do everything

	t       testing.TB
	options Options
	dir     string
	process *process
}

// Start loads the LDIF, starts slapd and returns when it answers; the test
// fails if it does not.
func Start(t testing.TB, o Options) *Server {
	t.Helper()
	s := &Server{t: t, options: o, dir: t.TempDir(), RootDN: "cn=root", RootPW: rootPassword}
	if o.Suffix != "" {
		s.RootDN += "," + o.Suffix
	}
	s.URL = "ldap://" + freeAddress(t)
	if o.TLS {
		s.TLSURL = "ldaps://" + freeAddress(t)
		s.CAFile = writeCertificates(t, s.dir)
	}
	s.configure()
	s.load()
	s.Restart()
	t.Cleanup(s.Stop)
	return s
}

// Dial opens a connection bound as RootDN, closed when the test ends.
func (s *Server) Dial() *ldap.Conn {
	s.t.Helper()
	c, err := ldap.DialURL(s.URL)
	if err != nil {
		s.t.Fatalf("connecting to slapd: %v", err)
	}
	s.t.Cleanup(func() { _ = c.Close() })
	if err := c.Bind(s.RootDN, s.RootPW); err != nil {
		s.t.Fatalf("binding to slapd as %s: %v", s.RootDN, err)
	}
	return c
}

// load fills the database with slapadd.
func (s *Server) load() {
	s.t.Helper()
	if len(s.options.LDIF) == 0 {
		return
	}
	cmd := exec.Command(program(s.t, "slapadd"), "-q", "-f", s.path("slapd.conf"))
	cmd.Stdin = bytes.NewReader(withoutVersion(s.options.LDIF))
	if out, err := cmd.CombinedOutput(); err != nil {
		s.t.Fatalf("loading LDIF with slapadd: %v\n%s", err, out)
	}
}

// withoutVersion drops the version line of RFC 2849, which slapadd takes for an
// entry if a blank line follows.
func withoutVersion(ldif []byte) []byte {
	first, rest, _ := bytes.Cut(ldif, []byte("\n"))
	if bytes.HasPrefix(first, []byte("version:")) {
		return rest
	}
	return ldif
}

func (s *Server) path(name string) string { return filepath.Join(s.dir, name) }

func (s *Server) configure() {
	s.t.Helper()
	text, err := schema.ReadFile("testdata/domino.schema")
	if err != nil {
		s.t.Fatalf("reading the embedded schema: %v", err)
	}
	writeFile(s.t, s.path("domino.schema"), text)
	writeFile(s.t, s.path("core.schema"), coreSchema(s.t))
	if err := os.Mkdir(s.path("db"), 0o700); err != nil {
		s.t.Fatalf("making the database folder: %v", err)
	}
	writeFile(s.t, s.path("slapd.conf"), []byte(s.slapdConf()))
}

// coreSchema is slapd's own, but for groups: Domino has some without members,
// which groupOfNames forbids (RFC 4519 section 3.5).
func coreSchema(t testing.TB) []byte {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(schemaFolder(t), "core.schema"))
	if err != nil {
		t.Fatalf("reading the core schema: %v", err)
	}
	class := regexp.MustCompile(`(?s)(NAME 'groupOfNames'.*?MUST )\( member \$ cn \)(\s+MAY \( )`)
	if n := len(class.FindAll(text, -1)); n != 1 {
		t.Fatalf("the core schema defines groupOfNames %d times", n)
	}
	return class.ReplaceAll(text, []byte("${1}cn${2}member $$ "))
}

// slapdConf is the whole configuration, see slapd.conf(5).
func (s *Server) slapdConf() string {
	var b strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }

	line("include %s", s.path("core.schema"))
	for _, name := range []string{"cosine", "inetorgperson", "nis"} {
		line("include %s", filepath.Join(schemaFolder(s.t), name+".schema"))
	}
	line("include %s", s.path("domino.schema"))
	if modules := moduleFolder(); modules != "" {
		line("modulepath %s", modules)
		line("moduleload back_mdb")
		line("moduleload pw-sha2")
		for _, o := range s.options.Overlays {
			line("moduleload %s", strings.Fields(o)[0])
		}
	}
	line("pidfile %s", s.path("slapd.pid"))
	if s.options.TLS {
		line("TLSCACertificateFile %s", s.path(caFile))
		line("TLSCertificateFile %s", s.path(certificateFile))
		line("TLSCertificateKeyFile %s", s.path(keyFile))
	}
	for _, g := range s.options.Global {
		line("%s", g)
	}
	line("database mdb")
	line("suffix %s", strconv.Quote(s.options.Suffix))
	line("rootdn %s", strconv.Quote(s.RootDN))
	line("rootpw %s", s.RootPW)
	line("directory %s", s.path("db"))
	line("maxsize 268435456") // octets, the file is sparse
	line("dbnosync")
	for _, d := range s.options.Directives {
		line("%s", d)
	}
	line("access to attrs=userPassword by self write by anonymous auth by * none")
	line("access to * by * read")
	for _, o := range s.options.Overlays {
		line("overlay %s", o)
	}
	return b.String()
}

func writeFile(t testing.TB, path string, content []byte) {
	t.Helper()
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatalf("writing %s: %v", filepath.Base(path), err)
	}
}

// freeAddress finds a port that nobody listens on now.
func freeAddress(t testing.TB) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatalf("finding a free port: %v", err)
	}
	defer l.Close()
	return l.Addr().String()
}

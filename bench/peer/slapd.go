package peer

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"time"
)

// Slapd are the kinds of slapd that are compared.
type Slapd string

// Kinds of slapd.
const (
	Plain    Slapd = "slapd"         // back-mdb, nothing computed
	Dynlist  Slapd = "slapd-dynlist" // the same with nested memberOf computed by the overlay dynlist
	Caching  Slapd = "slapd-pcache"  // back-ldap with the overlay pcache, in front of Plain
	rootDN         = "cn=root,o=Acme"
	rootWord       = "root" // of a slapd on 127.0.0.1 that lives as long as the run
	mapBytes       = 16 << 30
	started        = 30 * time.Second
	modules        = "/usr/lib/ldap"
	schemas        = "/etc/ldap/schema"
	fullPath       = "/usr/sbin:/usr/local/sbin:/usr/libexec"
)

// Setting is what every peer needs to know.
type Setting struct {
	Dir      string       // for files
	LDIF     string       // the directory
	Bind     []byte       // a bind that has to succeed
	Question []byte       // a search that has to give an entry
	TLS      *Certificate // for an aclens, which then listens for LDAPS, too, and whose HTTP is HTTPS; nil for none
}

// StartSlapd loads the LDIF and starts a slapd. Caching needs the address of
// the one behind it and no LDIF.
func StartSlapd(ctx context.Context, s Setting, kind Slapd, behind string) (*Peer, error) {
	dir := filepath.Join(s.Dir, string(kind))
	if err := os.MkdirAll(filepath.Join(dir, "db"), 0o700); err != nil {
		return nil, fmt.Errorf("making a folder for %s: %w", kind, err)
	}
	conf := filepath.Join(dir, "slapd.conf")
	if err := os.WriteFile(conf, []byte(slapdConf(dir, kind, behind)), 0o600); err != nil {
		return nil, fmt.Errorf("configuring %s: %w", kind, err)
	}
	if kind != Caching {
		if err := slapadd(ctx, conf, s.LDIF); err != nil {
			return nil, err
		}
	}
	addr, err := FreeAddress(ctx)
	if err != nil {
		return nil, err
	}
	program, err := find("slapd")
	if err != nil {
		return nil, err
	}
	p, err := run(ctx, string(kind), addr, nil, program, "-d", "0", "-f", conf, "-h", "ldap://"+addr) // -d 0: in the foreground
	if err != nil {
		return nil, err
	}
	if err := p.await(ctx, s.Bind, s.Question, started); err != nil {
		p.Stop()
		return nil, err
	}
	return p, nil
}

func slapadd(ctx context.Context, conf, ldif string) error {
	program, err := find("slapadd")
	if err != nil {
		return err
	}
	if text, err := exec.CommandContext(ctx, program, "-q", "-f", conf, "-l", ldif).CombinedOutput(); err != nil {
		return fmt.Errorf("loading the directory with slapadd: %w\n%s", err, text)
	}
	return nil
}

// find looks where OpenLDAP's programs are, also where an ordinary user's PATH does not reach.
func find(program string) (string, error) {
	if file, err := exec.LookPath(program); err == nil {
		return file, nil
	}
	for dir := range strings.SplitSeq(fullPath, ":") {
		if file, err := exec.LookPath(filepath.Join(dir, program)); err == nil {
			return file, nil
		}
	}
	return "", errors.New(program + " is missing: install Debian's package slapd")
}

// SlapdVersion is what slapd says of itself.
func SlapdVersion(ctx context.Context) (string, error) {
	program, err := find("slapd")
	if err != nil {
		return "", err
	}
	text, _ := exec.CommandContext(ctx, program, "-VV").CombinedOutput() // its exit status is 1 even so
	for word := range strings.FieldsSeq(string(text)) {
		if strings.Count(word, ".") >= 2 && word[0] >= '0' && word[0] <= '9' {
			return word, nil
		}
	}
	return "", errors.New("slapd does not tell its version")
}

// slapdConf is a whole slapd.conf(5).
func slapdConf(dir string, kind Slapd, behind string) string {
	var b strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	for _, name := range []string{"core", "cosine", "inetorgperson", "dyngroup"} {
		line("include %s/%s.schema", schemas, name)
	}
	line("modulepath %s", modules)
	for _, module := range []string{"back_mdb", "back_ldap", "dynlist", "pcache"} {
		line("moduleload %s", module)
	}
	line("pidfile %s/slapd.pid", dir)
	line("threads %d", max(4, 2*runtime.NumCPU()))
	line("sizelimit unlimited")
	line("timelimit unlimited")
	if kind == Caching {
		cachingDatabase(line, dir, behind)
	} else {
		mdbDatabase(line, dir, kind)
	}
	return b.String()
}

func mdbDatabase(line func(string, ...any), dir string, kind Slapd) {
	line("database mdb")
	line("suffix %q", "o=Acme")
	line("rootdn %q", rootDN)
	line("rootpw %s", rootWord)
	line("directory %s/db", dir)
	line("maxsize %d", mapBytes) // octets, the file is sparse
	line("dbnosync")
	line("index objectClass,uid,member,cn,mail eq")
	line("index entryCSN eq")
	line("access to attrs=userPassword by anonymous auth by * none")
	line("access to * by * read")
	if kind == Dynlist {
		line("overlay dynlist")
		line("dynlist-attrset groupOfURLs memberURL member+memberOf@groupOfNames*") // * follows nested groups
	}
}

// cachingDatabase keeps answers to (uid=...) with the three stored attributes.
func cachingDatabase(line func(string, ...any), dir, behind string) {
	line("database ldap")
	line("suffix %q", "o=Acme")
	line("rootdn %q", rootDN)
	line("uri ldap://%s", behind)
	line("access to * by * read")
	line("overlay pcache")
	line("pcache mdb 200000 1 1000 3600")
	line("pcacheMaxQueries 100000")
	line("pcachePersist FALSE")
	line("pcacheAttrset 0 cn mail uid")
	line("pcacheTemplate (uid=) 0 36000")
	line("directory %s/db", dir)
	line("maxsize %d", mapBytes)
	line("dbnosync")
	line("index objectClass,uid,pcacheQueryID eq")
}

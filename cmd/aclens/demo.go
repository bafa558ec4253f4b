package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/aclens/aclens/config"
	"github.com/aclens/aclens/deploy/demo"
)

// demoConfig is the configuration of the demo: the sample files, and one service
// account that may read all.
const demoConfig = `listen: {ldap: %q, http: %q}
directory: {ldif: [acme.ldif]}
databases:
  dxl: [acls]
  homeServers: [Hub1/Acme]
  aliases: {crm: apps/crm.nsf, hr: apps/hr.nsf}
  exclude: []
servers:
  dxl: [servers.dxl]
  settings:
    - {name: Hub1/Acme, enforce: {http: yes}}
    - {name: Web1/Acme, enforce: {http: yes}}
clients:
  - {dn: "cn=reader,o=acme", read: [all]}
bindNames: [dn, uid, mail, fullName]
stale: {directory: 8760h, acl: 8760h}
log: {level: warn}
`

// serveDemo unpacks the sample into a folder of its own and serves it like any
// other configuration.
func serveDemo(c *cobra.Command, ldapAddr, httpAddr string) error {
	dir, err := os.MkdirTemp("", "aclens-demo-")
	if err != nil {
		return usage(fmt.Errorf("making a folder for the demo: %w", err))
	}
	defer func() { _ = os.RemoveAll(dir) }() // what is left is in the folder for temporary files
	if err := unpackDemo(dir, ldapAddr, httpAddr); err != nil {
		return usage(err)
	}
	cfg, err := config.Load(filepath.Join(dir, "aclens.yaml"))
	if err != nil {
		return usage(demoFlags(dir, err))
	}
	err = serve(c.Context(), c.ErrOrStderr(), cfg, func(s *service) { printDemoLines(c.OutOrStdout(), s) })
	var exit *exitError
	if errors.As(err, &exit) && exit.err != nil {
		exit.err = demoFlags(dir, exit.err)
	}
	return err
}

// demoFlags says what is wrong with the addresses, all that a user can get
// wrong about the demo, in words of the command line.
func demoFlags(dir string, err error) error {
	text := strings.ReplaceAll(err.Error(), filepath.Join(dir, "aclens.yaml")+":1: ", "")
	return errors.New(strings.NewReplacer("listen.ldap:", "--listen-ldap:", "listen.http:", "--listen-http:").Replace(text))
}

func unpackDemo(dir, ldapAddr, httpAddr string) error {
	files := map[string][]byte{
		"acme.ldif": demo.LDIF(), "servers.dxl": demo.Servers(),
		"aclens.yaml": fmt.Appendf(nil, demoConfig, ldapAddr, httpAddr),
	}
	for name, content := range files {
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o600); err != nil {
			return fmt.Errorf("unpacking the demo: %w", err)
		}
	}
	return fs.WalkDir(demo.ACLs(), ".", func(path string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		to := filepath.Join(dir, "acls", filepath.FromSlash(path))
		if e.IsDir() {
			return os.MkdirAll(to, 0o700)
		}
		content, err := fs.ReadFile(demo.ACLs(), path)
		if err != nil {
			return err
		}
		return os.WriteFile(to, content, 0o600)
	})
}

// printDemoLines tells what to try. The lines are commands as they are typed.
func printDemoLines(out io.Writer, s *service) {
	addresses := map[string]string{}
	for _, l := range s.listeners {
		addresses[l.name] = l.Addr().String()
	}
	account := fmt.Sprintf("ldapsearch -x -H ldap://%s -D cn=reader,o=acme -w reader", addresses["ldap"])
	fmt.Fprintf(out, `aclens serves the sample organisation Acme. Try:

  # what Jane Doe may do, in every database
  %[1]s -b "" "(uid=jdoe)" effectiveAccess effectiveRole isMemberOf

  # who may edit in the CRM database
  %[1]s -b "" "(effectiveAccessAtLeast=crm#editor)" cn

  # the same as a group, and why: the explained decision
  %[1]s -b "cn=apps/crm.nsf,ou=databases,cn=access" "(objectClass=groupOfNames)" member
  %[1]s -b "" "(uid=jdoe)" effectiveAccessReason

  # what Jane sees of herself
  ldapsearch -x -H ldap://%[2]s -D "cn=Jane Doe,ou=Sales,o=Acme" -w jdoe -b "" "(uid=*)" effectiveAccess

Every person's password is the person's uid.
The same in a browser: http://%[3]s/ (sign in as cn=reader,o=acme with password reader, or as a person)
Metrics and readiness: http://%[3]s/metrics http://%[3]s/readyz
Stop with Ctrl-C.
`, account, addresses["ldap"], addresses["http"])
}

package clienttest

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aclens/aclens/cmd/aclens/proctest"
)

// webPage is a page with what its readers are required to be, and what comes of
// those who ask for it. Everybody's password is the name.
type webPage struct {
	name, required string
	answers        map[string]int // by log-in
}

const (
	asReader = "AuthLDAPBindDN cn=reader,o=acme\nAuthLDAPBindPassword reader\n"
	byUID    = asReader + "AuthLDAPURL ldap://%s/o=acme?uid?sub?(objectClass=inetOrgPerson)\n"
	noDepth  = "AuthLDAPMaxSubGroupDepth 0\n"
)

const ok, refused = http.StatusOK, http.StatusUnauthorized

// webPages ask as mod_authnz_ldap can: of those who are who they say they are,
// each way to be somebody who may. Jane is in CRM Editors through one group, Ida
// through two, Victor himself; Paul is in none.
var webPages = []webPage{
	{"valid-user", byUID + "Require valid-user", map[string]int{"jdoe": ok, "jmueller": ok, "jdoe:wrong": refused, "nobody": refused, "jdoe:": refused, "*": refused}},
	{"ldap-user", byUID + "Require ldap-user jdoe vstone", map[string]int{"jdoe": ok, "vstone": ok, "JDOE:jdoe": ok, "ida": refused, "jdoe:wrong": refused}},
	{"ldap-dn", byUID + "AuthLDAPCompareDNOnServer on\nRequire ldap-dn CN=jane doe, OU=people, O=acme", map[string]int{"jdoe": ok, "vstone": refused}},
	{"ldap-dn-as-text", byUID + "AuthLDAPCompareDNOnServer off\nRequire ldap-dn cn=Jane Doe,ou=people,o=acme", map[string]int{"jdoe": ok, "vstone": refused}},
	{"ldap-group-direct", byUID + noDepth + "Require ldap-group cn=CRM Editors,ou=groups,o=acme", map[string]int{"vstone": ok, "jdoe": refused, "pplain": refused}},
	{"ldap-group-nested", byUID + "AuthLDAPMaxSubGroupDepth 10\nRequire ldap-group cn=CRM Editors,ou=groups,o=acme", map[string]int{"vstone": ok, "jdoe": ok, "ida": ok, "pplain": refused, "ida:wrong": refused}},
	{"ldap-group-flattened", byUID + noDepth + "Require ldap-group cn=CRM Editors,ou=groups,ou=groups,cn=access", map[string]int{"vstone": ok, "jdoe": ok, "ida": ok, "pplain": refused}},
	{"ldap-group-unique", byUID + noDepth + "Require ldap-group cn=Suppliers,ou=groups,o=acme", map[string]int{"jmueller": ok, "jdoe": refused}},
	{"ldap-group-level", byUID + noDepth + "Require ldap-group cn=apps/crm.nsf#author,cn=apps/crm.nsf,ou=databases,cn=access", map[string]int{"jmueller": ok, "ida": ok, "pplain": refused}},
	{"ldap-attribute-role", byUID + "Require ldap-attribute effectiveRole=apps/crm.nsf#[Buyer]", map[string]int{"jdoe": ok, "ida": ok, "jmueller": refused, "pplain": refused}},
	{"ldap-attribute-bare-role", byUID + "Require ldap-attribute accessRole;x-db-crm=[Buyer]", map[string]int{"jdoe": ok, "pplain": refused}},
	{"ldap-filter", byUID + "Require ldap-filter effectiveAccessAtLeast=crm#author", map[string]int{"jdoe": ok, "jmueller": ok, "pplain": refused}},
	{"forbidden", byUID + noDepth + "AuthzSendForbiddenOnFailure On\nRequire ldap-group cn=CRM Editors,ou=groups,ou=groups,cn=access", map[string]int{"jdoe": ok, "pplain": http.StatusForbidden, "jdoe:wrong": refused}},
	// Nobody but the user: bound by a pattern, searching and comparing as himself.
	{"bind-as-user", `AuthLDAPURL ldap://%s/o=acme?cn?sub?(objectClass=inetOrgPerson)
AuthLDAPInitialBindAsUser on
AuthLDAPInitialBindPattern ^(.+)$ cn=$1,ou=people,o=acme
AuthLDAPSearchAsUser on
AuthLDAPCompareAsUser on
Require ldap-attribute isMemberOf="cn=CRM Editors,ou=groups,o=acme"`, map[string]int{"Jane Doe:jdoe": ok, "Victor Stone:vstone": ok, "Paul Plain:pplain": refused, "Jane Doe:wrong": refused, "Nobody": refused}},
}

// cookbookPages are those of the recipe, which says itself what is required.
var cookbookPages = []webPage{
	{"orders", "", map[string]int{"jdoe": ok, "ida": ok, "vstone": ok, "jmueller": http.StatusForbidden, "pplain": http.StatusForbidden, "jdoe:wrong": refused}},
	{"customers", "", map[string]int{"jdoe": ok, "jmueller": ok, "pplain": http.StatusForbidden, "jmueller:wrong": refused}},
}

// askApache asks with mod_authnz_ldap, through the web server of which it is a part.
func askApache(t *testing.T, w *world) {
	address := startApache(t, w)
	for _, page := range append(webPages, cookbookPages...) {
		for login, want := range page.answers {
			name, password, given := strings.Cut(login, ":")
			if !given {
				password = name
			}
			if got, err := visit("http://"+address+"/"+page.name, name, password); err != nil || got != want {
				t.Errorf("%s: %s gets %d (%v), want %d", page.name, login, got, err, want)
			}
		}
		if got, err := visit("http://"+address+"/"+page.name, "", ""); err != nil || got != refused {
			t.Errorf("%s: somebody unknown gets %d (%v)", page.name, got, err)
		}
	}
}

func visit(url, name, password string) (int, error) {
	request, err := http.NewRequest(http.MethodGet, url, nil)
	if err != nil {
		return 0, err
	}
	if name != "" {
		request.SetBasicAuth(name, password)
	}
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: patience}
	answer, err := client.Do(request)
	if err != nil {
		return 0, err
	}
	return answer.StatusCode, answer.Body.Close()
}

// startApache runs a server with nothing but these pages until the test ends.
func startApache(t *testing.T, w *world) string {
	t.Helper()
	folder, address := t.TempDir(), freeAddress(t)
	pages := filepath.Join(folder, "pages")
	if err := errors.Join(os.Mkdir(pages, 0o755), os.Chmod(filepath.Dir(folder), 0o755)); err != nil { // for apacheUser
		t.Fatal(err)
	}
	writePage(t, filepath.Join(pages, "open"))
	var locations strings.Builder
	for _, page := range webPages {
		writePage(t, filepath.Join(pages, page.name))
		fmt.Fprintf(&locations, "<Location /%s>\nAuthType Basic\nAuthName Acme\nAuthBasicProvider ldap\n%s\n</Location>\n", page.name, strings.Replace(page.required, "%s", w.ldap, 1))
	}
	for _, page := range cookbookPages {
		writePage(t, filepath.Join(pages, page.name))
	}
	for _, block := range recipes(t, "apache.md", "apache") {
		locations.WriteString(strings.NewReplacer("127.0.0.1:10389", w.ldap, "/etc/apache2/aclens.password", writeText(t, filepath.Join(folder, "password"), readerPassword)).Replace(block))
	}
	config := writeText(t, filepath.Join(folder, "apache.conf"), fmt.Sprintf(apacheSettings, folder, address, apacheUser(), locations.String()))
	server := exec.Command(program(t, "apache2"), "-d", folder, "-f", config, "-DFOREGROUND")
	said := &proctest.Journal{}
	server.Stdout, server.Stderr = said, said
	if err := server.Start(); err != nil {
		t.Fatalf("starting Apache: %v", err)
	}
	t.Cleanup(func() {
		if err := ended(server); err != nil {
			t.Errorf("Apache: %v", err)
		}
		if t.Failed() {
			faults, _ := os.ReadFile(filepath.Join(folder, "error.log"))
			t.Logf("Apache says:\n%s%s", said, faults)
		}
	})
	await(t, func() error {
		status, err := visit("http://"+address+"/open", "", "")
		if err == nil && status != ok {
			err = fmt.Errorf("the open page answers %d", status)
		}
		return err
	})
	return address
}

// apacheSettings keep no comparisons in memory: with AuthLDAPCompareDNOnServer,
// Apache would let everybody in once it has let in the one whose DN is required,
// whatever directory is behind it.
const apacheSettings = `
Define folder %s
Listen %s
%s
ServerName acme.example
PidFile "${folder}/pid"
DefaultRuntimeDir "${folder}"
ErrorLog "${folder}/error.log"
DocumentRoot "${folder}/pages"
LoadModule mpm_event_module /usr/lib/apache2/modules/mod_mpm_event.so
LoadModule authn_core_module /usr/lib/apache2/modules/mod_authn_core.so
LoadModule authz_core_module /usr/lib/apache2/modules/mod_authz_core.so
LoadModule authz_user_module /usr/lib/apache2/modules/mod_authz_user.so
LoadModule auth_basic_module /usr/lib/apache2/modules/mod_auth_basic.so
LoadModule ldap_module /usr/lib/apache2/modules/mod_ldap.so
LoadModule authnz_ldap_module /usr/lib/apache2/modules/mod_authnz_ldap.so
StartServers 1
ThreadsPerChild 4
LDAPOpCacheEntries 0
MinSpareThreads 1
MaxSpareThreads 8
MaxRequestWorkers 4
%s`

// apacheUser is who serves: Apache will not do it as root.
func apacheUser() string {
	if os.Geteuid() != 0 {
		return ""
	}
	return "User nobody\nGroup nogroup"
}

func writePage(t *testing.T, file string) {
	t.Helper()
	if err := os.WriteFile(file, []byte("for your eyes only\n"), 0o644); err != nil {
		t.Fatal(err)
	}
}

// freeAddress finds a port that nobody listens on now, for servers that cannot
// be told to take any.
func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatalf("finding a free port: %v", err)
	}
	defer l.Close()
	return l.Addr().String()
}

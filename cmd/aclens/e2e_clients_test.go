package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/go-ldap/ldap/v3"
)

// The people that clients read, and what they read of them.
const (
	everybody = "(|(objectClass=person)(objectClass=dominoServer))"
)

var computed = []string{"effectiveAccess", "effectiveRole", "effectiveWebAccess", "isMemberOf"}

// inquiry is what every client is asked, as testdata/clients/README.md has it.
type inquiry struct {
	address       string
	who, password string
	base          string
	questions     []string
}

// facts are what a client found: lines of fields separated by tabs, without
// order.
type facts map[string]bool

func (f facts) add(fields ...string) { f[strings.Join(fields, "\t")] = true }

// lines lists the facts of a kind.
func (f facts) lines(kind string) []string {
	var list []string
	for line := range f {
		if strings.HasPrefix(line, kind+"\t") {
			list = append(list, line)
		}
	}
	slices.Sort(list)
	return list
}

// clients are the programs and libraries that ask.
var clients = map[string]func(*testing.T, *inquiry) facts{
	"go-ldap":         askGoLDAP,
	"OpenLDAP tools":  askTools,
	"ldap3":           askScript("ldap3_client.py", python("ldap3")),
	"python-ldap":     askScript("python_ldap_client.py", python("ldap")),
	"Perl, Net::LDAP": askScript("net_ldap_client.pl", perl),
}

// askGoLDAP asks with go-ldap. It has no parser of schemas, so the published
// line is looked for.
func askGoLDAP(t *testing.T, q *inquiry) facts {
	c, err := ldap.DialURL("ldap://" + q.address)
	if err != nil {
		t.Fatalf("connecting: %v", err)
	}
	defer c.Close()
	if err := c.Bind(q.who, q.password); err != nil {
		t.Fatalf("binding: %v", err)
	}
	search := func(base string, scope int, filter string, attributes ...string) []*ldap.Entry {
		found, err := c.Search(ldap.NewSearchRequest(base, scope, ldap.NeverDerefAliases, 0, 0, false, filter, attributes, nil))
		if err != nil {
			t.Fatalf("%s: %v", filter, err)
		}
		return found.Entries
	}
	f := facts{}
	for _, e := range search(q.base, ldap.ScopeWholeSubtree, everybody, computed...) {
		for _, a := range e.Attributes {
			for _, v := range a.Values {
				f.add("read", e.DN, a.Name, v)
			}
		}
	}
	for _, question := range q.questions {
		kind, rest, _ := strings.Cut(question, "\t")
		switch fields := strings.Split(rest, "\t"); kind {
		case "filter":
			for _, e := range search(q.base, ldap.ScopeWholeSubtree, rest, "1.1") {
				f.add("filter", rest, e.DN)
			}
		case "compare":
			same, err := c.Compare(fields[0], fields[1], fields[2])
			if err != nil {
				t.Fatalf("%s: %v", question, err)
			}
			f.add(question, fmt.Sprint(same))
		case "schema":
			for _, line := range search("cn=subschema", ldap.ScopeBaseObject, "(objectClass=subschema)", "attributeTypes")[0].GetEqualFoldAttributeValues("attributeTypes") {
				if strings.Contains(line, "NAME '"+rest+"'") {
					f.add(question, strings.Fields(line)[1])
				}
			}
		}
	}
	return f
}

// askTools asks with ldapsearch and ldapcompare, one process a question.
func askTools(t *testing.T, q *inquiry) facts {
	common := []string{"-x", "-H", "ldap://" + q.address, "-D", q.who, "-w", q.password}
	search := func(each func(dn, attribute, value string), arguments ...string) {
		out, err := exec.CommandContext(brief(t), program(t, "ldapsearch"), slices.Concat(common, []string{"-LLL", "-o", "ldif-wrap=no"}, arguments)...).Output()
		if err != nil {
			t.Fatalf("ldapsearch %q: %v", arguments, explained(err))
		}
		eachLDIF(t, out, each)
	}
	f := facts{}
	search(func(dn, attribute, value string) {
		if attribute != "dn" {
			f.add("read", dn, attribute, value)
		}
	}, append([]string{"-b", q.base, everybody}, computed...)...)
	for _, question := range q.questions {
		kind, rest, _ := strings.Cut(question, "\t")
		switch fields := strings.Split(rest, "\t"); kind {
		case "filter":
			search(func(dn, _, _ string) { f.add("filter", rest, dn) }, "-b", q.base, rest, "1.1")
		case "compare":
			err := exec.CommandContext(brief(t), program(t, "ldapcompare"), slices.Concat(common, []string{"-z", fields[0], fields[1] + ":" + fields[2]})...).Run()
			var exit *exec.ExitError
			if !errors.As(err, &exit) || exit.ExitCode() != 5 && exit.ExitCode() != 6 {
				t.Fatalf("ldapcompare %q: %v", fields, err)
			}
			f.add(question, fmt.Sprint(exit.ExitCode() == 6))
		case "schema":
			search(func(_, _, line string) {
				if strings.Contains(line, "NAME '"+rest+"'") {
					f.add(question, strings.Fields(line)[1])
				}
			}, "-s", "base", "-b", "cn=subschema", "(objectClass=subschema)", "attributeTypes")
		}
	}
	return f
}

// eachLDIF reads unfolded LDIF.
func eachLDIF(t *testing.T, text []byte, each func(dn, attribute, value string)) {
	dn := ""
	lines := bufio.NewScanner(bytes.NewReader(text))
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		attribute, value, ok := strings.Cut(lines.Text(), ":")
		if !ok {
			continue
		}
		value = strings.TrimPrefix(value, " ")
		if encoded, ok := strings.CutPrefix(value, ": "); ok {
			octets, err := base64.StdEncoding.DecodeString(encoded)
			if err != nil {
				t.Fatalf("%s: %v", lines.Text(), err)
			}
			value = string(octets)
		}
		if attribute == "dn" {
			dn = value
		}
		each(dn, attribute, value)
	}
}

// askScript asks with one of testdata/clients.
func askScript(file string, interpreter func(*testing.T) string) func(*testing.T, *inquiry) facts {
	return func(t *testing.T, q *inquiry) facts {
		questions := writeText(t, filepath.Join(t.TempDir(), "questions"), strings.Join(q.questions, "\n")+"\n")
		cmd := exec.CommandContext(brief(t), interpreter(t), filepath.Join("testdata", "clients", file), "ldap://"+q.address, q.who, q.password, q.base, questions)
		cmd.Env = append(os.Environ(), "PYTHONIOENCODING=utf-8", "PYTHONDONTWRITEBYTECODE=1")
		out, err := cmd.Output()
		if err != nil {
			t.Fatalf("%s: %v", file, explained(err))
		}
		f := facts{}
		for line := range strings.Lines(string(out)) {
			f.add(strings.TrimSuffix(line, "\n"))
		}
		return f
	}
}

// python finds an interpreter that has a module: the first one of the path need
// not be the one that the packages of the system belong to.
func python(module string) func(*testing.T) string {
	return func(t *testing.T) string {
		for _, candidate := range []string{"python3", "/usr/bin/python3", "/usr/local/bin/python3"} {
			if path, err := exec.LookPath(candidate); err == nil && exec.CommandContext(brief(t), path, "-c", "import "+module).Run() == nil {
				return path
			}
		}
		t.Fatalf("no Python has the module %s; run `make test`, which installs it", module)
		return ""
	}
}

func perl(t *testing.T) string {
	path := program(t, "perl")
	if err := exec.CommandContext(brief(t), path, "-MNet::LDAP", "-e", "1").Run(); err != nil {
		t.Fatal("Perl has no Net::LDAP; run `make test`, which installs it")
	}
	return path
}

func program(t *testing.T, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		t.Fatalf("%s is not installed; run `make test`, which installs it", name)
	}
	return path
}

// brief bounds a process that a test starts.
func brief(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	t.Cleanup(cancel)
	return ctx
}

// explained adds what a program said to how it ended.
func explained(err error) error {
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return fmt.Errorf("%w: %s", err, exit.Stderr)
	}
	return err
}

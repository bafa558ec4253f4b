package config

import (
	"errors"
	"net"
	"net/netip"
	"net/url"
	"regexp"
	"strconv"
	"strings"
)

// checks are the values of the check tag. Each says what is wrong with a text,
// or "". All but text and glob let an empty text pass: need decides about that.
var checks = map[string]func(string) string{
	"text": func(s string) string { return when(s == "", "is empty") },
	"attribute": func(s string) string {
		return when(!attributeName.MatchString(s) && s != "", "is not an attribute name")
	},
	"attributes": attributesProblem,
	"client":     clientProblem,
	"dn":         func(s string) string { return when(!isDN(s) && s != "", "is not a DN such as cn=reader,o=acme") },
	"dnroot":     func(s string) string { return when(!isDN(s) && s != "", "is not a DN such as o=acme") },
	"filter": func(s string) string {
		return when(!isFilter(s) && s != "", "is not an LDAP filter such as (objectClass=person)")
	},
	"glob":      globProblem,
	"httpurl":   httpURLProblem,
	"ldapurl":   ldapURLProblem,
	"listen":    listenProblem,
	"notesname": notesNameProblem,
	"oid": func(s string) string {
		return when(!oid.MatchString(s), "is not an OID such as 1.2.840.113556.1.4.319")
	},
	"replicaid": func(s string) string {
		return when(!replicaID.MatchString(s) && s != "", "is not a replica id of 16 hex digits")
	},
	"right": rightProblem,
}

var (
	attributeName = regexp.MustCompile(`^([A-Za-z][A-Za-z0-9-]*|[0-2](\.(0|[1-9][0-9]*))+)(;[A-Za-z0-9-]+)*$`) // RFC 4512, 2.5
	oid           = regexp.MustCompile(`^[0-2](\.(0|[1-9][0-9]*))+$`)
	replicaID     = regexp.MustCompile(`^[0-9A-Fa-f]{8}:?[0-9A-Fa-f]{8}$`)
	aliasName     = regexp.MustCompile(`^[a-z0-9-]{1,32}$`)
)

func when(bad bool, problem string) string {
	if bad {
		return problem
	}
	return ""
}

// quoteRaw quotes a text as typed, unless it might hold a password: URLs may
// carry one before an @.
func quoteRaw(raw string) string {
	if strings.Contains(raw, "@") && strings.Contains(raw, ":/") {
		return "the value"
	}
	const longest = 100
	if len(raw) > longest {
		return strconv.Quote(strings.ToValidUTF8(raw[:longest], "")) + "..."
	}
	return strconv.Quote(raw)
}

func attributesProblem(s string) string {
	return when(s != "*" && s != "+" && !attributeName.MatchString(s), "is not an attribute name, * or +")
}

func clientProblem(s string) string {
	return when(s != ClientAnyone && s != ClientAnonymous && !isDN(s) && s != "", "is not a DN, * or anonymous")
}

func rightProblem(s string) string {
	if !Right(s).IsBase() || isDN(s) {
		return ""
	}
	problem := "is not one of " + strings.Join(rightWords, ", ") + ", nor a DN"
	if near := Nearest(s, rightWords); near != "" {
		problem += "; did you mean " + near + "?"
	}
	return problem
}

func globProblem(s string) string {
	switch {
	case s == "":
		return "is empty"
	case strings.Contains(s, `\`):
		return `holds a \; keys have / between folders`
	}
	return ""
}

func notesNameProblem(s string) string {
	for _, part := range strings.Split(s, "/") {
		if strings.TrimSpace(part) == "" && s != "" {
			return "is not a Notes name such as Hub1/Acme"
		}
	}
	return ""
}

func listenProblem(s string) string {
	if s == "" {
		return ""
	}
	_, port, err := net.SplitHostPort(s)
	if err != nil {
		return "is not an address such as 127.0.0.1:389 or [::1]:389"
	}
	if _, err := strconv.ParseUint(port, 10, 16); err != nil {
		return "has no port of 0 to 65535"
	}
	return ""
}

func ldapURLProblem(s string) string {
	u, err := url.Parse(s)
	switch {
	case err != nil || u.Scheme != "ldap" && u.Scheme != "ldaps":
		return "is not a URL such as ldap://127.0.0.1:389 or ldaps://ldap.example.com"
	case u.User != nil:
		return "holds a user; use bindDN and bindPasswordFile"
	case u.Hostname() == "":
		return "names no host"
	case strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.Fragment != "":
		return "holds more than a host and a port; use bases and the filters"
	}
	return portProblem(u)
}

func httpURLProblem(s string) string {
	u, err := url.Parse(s)
	switch {
	case err != nil || u.Scheme != "http" && u.Scheme != "https":
		return "is not a URL such as https://domino.example.com:8880"
	case u.User != nil:
		return "holds a user; use tokenFile"
	case u.Hostname() == "":
		return "names no host"
	case u.RawQuery != "" || u.Fragment != "":
		return "holds more than a host, a port and a path"
	}
	return portProblem(u)
}

func portProblem(u *url.URL) string {
	port := u.Port()
	if port == "" {
		return when(strings.HasSuffix(u.Host, ":"), "has no port behind the colon")
	}
	n, err := strconv.ParseUint(port, 10, 16)
	return when(err != nil || n == 0, "has no port of 1 to 65535")
}

var errPrefix = errors.New("not an address or network such as 10.0.0.7 or 10.0.0.0/8")

// parsePrefix reads an address or a network. Host bits are refused: 10.0.0.7/8
// may be meant as one address, and trusting a network then would be too much.
func parsePrefix(s string) (netip.Prefix, error) {
	if a, err := netip.ParseAddr(s); err == nil {
		if a.Zone() != "" {
			return netip.Prefix{}, errors.New("an address with a zone, which cannot be compared")
		}
		a = a.Unmap()
		return netip.PrefixFrom(a, a.BitLen()), nil
	}
	p, err := netip.ParsePrefix(s)
	switch {
	case err != nil || p.Addr().Is4In6():
		return netip.Prefix{}, errPrefix
	case p != p.Masked():
		return netip.Prefix{}, errors.New("neither an address nor a network: write " + p.Masked().String() + " or " + p.Addr().String())
	}
	return p, nil
}

// isLoopback reports whether an address to listen on can be reached from this
// machine only. A name other than localhost may be anything.
func isLoopback(listen string) bool {
	host, _, err := net.SplitHostPort(listen)
	if err != nil {
		return false
	}
	if strings.EqualFold(host, "localhost") {
		return true
	}
	a, err := netip.ParseAddr(host)
	return err == nil && a.Unmap().IsLoopback()
}

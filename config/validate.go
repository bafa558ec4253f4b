package config

import (
	"fmt"
	"slices"
	"strings"
)

// validator holds the rules that join several keys.
type validator struct {
	cfg  *Config
	file string
	errs *Errors
}

// fault adds a fault at the key, or at the nearest key around it that the file has.
func (v *validator) fault(key, format string, args ...any) {
	w := v.cfg.near(key)
	v.errs.add(Fault{v.file, w.line, w.column, key, fmt.Sprintf(format, args...)})
}

func (v *validator) all() {
	v.listeners()
	v.certificate()
	v.source("directory", &v.cfg.Directory)
	v.secondaries()
	v.databases()
	v.servers()
	v.clients()
	v.certificates()
	v.limits()
}

// near returns where the key stands, or the nearest key around it.
func (c *Config) near(key string) written {
	for key != "" {
		if w, ok := c.given[key]; ok {
			return w
		}
		key = key[:max(0, strings.LastIndexAny(key, ".["))]
	}
	return written{}
}

// faulty reports whether the key itself has a fault: rules about it would only
// repeat that.
func (v *validator) faulty(key string) bool {
	return slices.ContainsFunc(v.errs.Faults, func(f Fault) bool { return f.Key == key })
}

func (v *validator) listeners() {
	l, tls := v.cfg.Listen, v.cfg.TLS
	if l.LDAPS != "" && tls.CertFile == "" && !v.faulty("tls.certFile") {
		v.fault("listen.ldaps", "needs a certificate: set tls.certFile and tls.keyFile")
	}
	if l.HTTP != "" && !isLoopback(l.HTTP) && tls.CertFile == "" && !v.faulty("tls.certFile") {
		v.fault("listen.http", "is open to other machines without TLS; set tls.certFile and tls.keyFile, or listen on 127.0.0.1 (listen.metrics serves metrics and health anywhere)")
	}
	v.sameAddress()
}

func (v *validator) sameAddress() {
	l := v.cfg.Listen
	taken := map[string]string{}
	for _, x := range []struct{ key, address string }{
		{"listen.ldap", l.LDAP}, {"listen.ldaps", l.LDAPS}, {"listen.http", l.HTTP}, {"listen.metrics", l.Metrics},
	} {
		if x.address == "" || strings.HasSuffix(x.address, ":0") {
			continue
		}
		if other, ok := taken[x.address]; ok {
			v.fault(x.key, "is the address of %s", other)
		}
		taken[x.address] = x.key
	}
}

func (v *validator) certificate() {
	t := v.cfg.TLS
	if (t.CertFile == "") != (t.KeyFile == "") && !v.faulty("tls.certFile") && !v.faulty("tls.keyFile") {
		v.fault("tls", "certFile and keyFile belong together; one of them is missing")
	}
	if t.ClientCAFile != "" && t.CertFile == "" {
		v.fault("tls.clientCAFile", "has no effect without tls.certFile and tls.keyFile")
	}
}

// source checks that a directory has exactly one source, and what that needs.
func (v *validator) source(key string, d *Directory) {
	var have []string
	for _, s := range []struct {
		name string
		set  bool
	}{{"ldap", d.LDAP != nil}, {"ldif", len(d.LDIF) > 0}, {"dxl", len(d.DXL) > 0}} {
		if s.set || v.below(key+"."+s.name) {
			have = append(have, s.name)
		}
	}
	switch {
	case len(have) == 0:
		v.fault(key, "has no source: set exactly one of ldap, ldif and dxl")
	case len(have) > 1:
		v.fault(key, "has more than one source (%s): set exactly one of ldap, ldif and dxl", strings.Join(have, ", "))
	}
	if d.LDAP != nil {
		v.ldap(key+".ldap", d.LDAP)
	}
	if len(d.GroupNameBases) > 0 && d.GroupName != GroupNameCN {
		v.fault(key+".groupNameBases", "has no effect unless groupName is cn")
	}
}

// below reports whether a fault was found at the key or below it.
func (v *validator) below(key string) bool {
	return slices.ContainsFunc(v.errs.Faults, func(f Fault) bool {
		rest, ok := strings.CutPrefix(f.Key, key)
		return ok && (rest == "" || rest[0] == '.' || rest[0] == '[')
	})
}

func (v *validator) ldap(key string, l *LDAP) {
	secure, plain := 0, 0
	for i, u := range l.URLs {
		if strings.HasPrefix(strings.ToLower(u), "ldaps:") {
			secure++
			if l.StartTLS {
				v.fault(fmt.Sprintf("%s.urls[%d]", key, i), "is ldaps:// and TLS already; startTLS is for ldap://")
			}
			continue
		}
		plain++
	}
	if l.CAFile != "" && secure == 0 && plain > 0 && !l.StartTLS {
		v.fault(key+".caFile", "has no effect: no URL is ldaps:// and startTLS is off")
	}
	v.account(key, l)
}

// account checks name and password: a name without a password would bind as
// anonymous, which reads as success (RFC 4513, 5.1.2).
func (v *validator) account(key string, l *LDAP) {
	if v.faulty(key+".bindDN") || v.faulty(key+".bindPassword") || v.faulty(key+".bindPasswordFile") {
		return
	}
	switch {
	case l.BindDN != "" && !l.BindPassword.IsSet():
		v.fault(key+".bindDN", "has no password: set bindPasswordFile or bindPassword")
	case l.BindDN == "" && l.BindPassword.IsSet():
		given := key + ".bindPassword" + map[bool]string{true: "File"}[l.BindPassword.File() != ""]
		v.fault(given, "has no account: set bindDN")
	}
}

func (v *validator) limits() {
	l := v.cfg.Limits
	if v.below("limits") {
		return
	}
	if l.PreBindMessageBytes > l.MessageBytes {
		v.fault("limits.preBindMessageBytes", "%d is more than limits.messageBytes, %d", l.PreBindMessageBytes, l.MessageBytes)
	}
	if l.InFlightBytes < l.MessageBytes {
		v.fault("limits.inFlightBytes", "%d is less than limits.messageBytes, %d: no such message could come in", l.InFlightBytes, l.MessageBytes)
	}
}

package forward

import (
	"slices"
	"strings"

	"github.com/aclens/aclens/proxy/login"
	"github.com/aclens/aclens/proxy/wire"
	"github.com/aclens/aclens/resolver/name"
)

// target is a change that may be sent.
type target struct {
	update wire.Update
	names  []name.DN // of the entry: before and behind the change
	gone   bool      // the first of them is no more when the change is made
}

// forget empties the bind cache of what was changed. The names of everything
// below an entry move with it.
func (t *target) forget(names Names) {
	if len(t.names) > 1 {
		names.ForgetAll()
		return
	}
	names.Forget(t.names[0].Key())
}

// check refuses what is not sent. Unless the code of the result is Success there
// is no target.
func (f *Forwarder) check(c *Change, proof login.Proof) (*target, wire.Result) {
	t, r := f.target(c, proof)
	if r.Code != wire.Success {
		return nil, r
	}
	for i, dn := range t.names {
		r := f.place(dn, proof)
		if i > 0 && r.Message == otherDirectory { // the first name is where it may be
			r = wire.Result{Code: wire.AffectsMultipleDSAs, Message: "an entry cannot move to another directory"}
		}
		if r.Code != wire.Success {
			return nil, r
		}
	}
	if description, found := f.computed(t); found {
		return nil, ComputedResult(description)
	}
	return t, f.asserted(c, t.names[0])
}

// target finds which entry a change is about.
func (f *Forwarder) target(c *Change, proof login.Proof) (*target, wire.Result) {
	t := &target{update: c.Update}
	var dn string
	switch u := c.Update.(type) {
	case *wire.AddRequest:
		dn = u.DN
	case *wire.ModifyRequest:
		dn = u.DN
	case *wire.DeleteRequest:
		dn, t.gone = u.DN, true
	case *wire.ModifyDNRequest:
		return t, t.rename(u)
	case *wire.PasswordModifyRequest:
		own := *u // slapd and others want a name, without the form of RFC 4513
		own.User = strings.TrimPrefix(u.User, "dn:")
		t.update, dn = &own, own.User
		if dn == "" {
			dn = proof.DN
		}
	}
	return t, t.add(dn)
}

// rename finds the name that an entry has and the one that it gets (RFC 4511
// section 4.9).
func (t *target) rename(u *wire.ModifyDNRequest) wire.Result {
	if r := t.add(u.DN); r.Code != wire.Success || t.names[0].IsRoot() {
		return r
	}
	rdn, err := name.ParseDN(u.NewRDN)
	if err != nil || rdn.Depth() != 1 {
		return wire.Result{Code: wire.InvalidDNSyntax, Message: "new name is no relative distinguished name"}
	}
	above := t.names[0].Parent().String()
	if u.HasNewSuperior {
		above = u.NewSuperior
	}
	dn := u.NewRDN
	if above != "" {
		dn += "," + above
	}
	r := t.add(dn)
	t.gone = r.Code == wire.Success && t.names[0].Key() != t.names[1].Key()
	return r
}

func (t *target) add(dn string) wire.Result {
	parsed, err := name.ParseDN(dn)
	if err != nil {
		return wire.Result{Code: wire.InvalidDNSyntax, Message: "name is no distinguished name"}
	}
	t.names = append(t.names, parsed)
	return wire.Result{}
}

const otherDirectory = "this session's password belongs to another directory than the name"

// place refuses names that are aclens's own, nobody's, or in a directory that
// this client cannot write to.
func (f *Forwarder) place(dn name.DN, proof login.Proof) wire.Result {
	if f.settings.View().Answers(dn) {
		return wire.Result{Code: wire.UnwillingToPerform, Message: "this entry is computed and cannot be written"}
	}
	owner, ok := f.settings.Names.Owner(dn)
	switch {
	case !ok:
		return wire.Result{Code: wire.NoSuchObject, Message: "no directory here holds such names"}
	case f.settings.Directories[owner].Live == nil:
		return wire.Result{Code: wire.UnwillingToPerform, Message: "the directory of this name was read from files and cannot be written"}
	case owner != proof.Directory:
		return wire.Result{Code: wire.UnwillingToPerform, Message: otherDirectory}
	}
	return wire.Result{}
}

// computed finds a virtual attribute that a change would write, if only by a name.
func (f *Forwarder) computed(t *target) (description string, found bool) {
	computes := f.settings.View().Computes
	if description, found = Computed(t.update, computes); found {
		return description, true
	}
	try := func(d string) {
		if !found && computes(d) {
			description, found = d, true
		}
	}
	switch t.update.(type) {
	case *wire.AddRequest:
		tryNames(t.names[0], try)
	case *wire.ModifyDNRequest:
		tryNames(t.names[1], try)
	}
	return description, found
}

// Computed finds the first attribute in the list of a change that is computed.
func Computed(u wire.Update, computes func(description string) bool) (description string, found bool) {
	var names []string
	switch u := u.(type) {
	case *wire.AddRequest:
		for i := range u.Attributes {
			names = append(names, u.Attributes[i].Name)
		}
	case *wire.ModifyRequest:
		for i := range u.Changes {
			names = append(names, u.Changes[i].Name)
		}
	}
	if i := slices.IndexFunc(names, computes); i >= 0 {
		return names[i], true
	}
	return "", false
}

// ComputedResult refuses a change of an attribute that is computed
// (docs/contract.md, section 6).
func ComputedResult(description string) wire.Result {
	return wire.Result{Code: wire.ConstraintViolation, Message: "attribute " + description + " is computed and cannot be written"}
}

func tryNames(dn name.DN, try func(description string)) {
	for _, a := range dn.RDN() {
		try(a.Type)
	}
}

// asserted refuses an assertion (RFC 4528) on what the client may not read here:
// the directory would tell whether it is true.
func (f *Forwarder) asserted(c *Change, dn name.DN) wire.Result {
	for _, control := range c.Controls {
		if control.OID != wire.ControlAssertion {
			continue
		}
		filter, err := wire.ParseAssertion(control.Value, wire.FilterLimits{})
		if err != nil || !f.settings.View().MayTest(c.Who, dn.String(), &filter) {
			return wire.Result{Code: wire.AssertionFailed}
		}
	}
	return wire.Result{}
}

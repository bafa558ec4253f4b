package clienttest

import (
	"encoding/json"
	"encoding/xml"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/go-ldap/ldap/v3"
	"github.com/google/go-cmp/cmp"
)

// Programs that are not run here: their searches are made of the settings of
// the cookbook's pages, as the program makes them, and sent.

// asker sends searches as a service account, and ManageDsaIT with each where
// JNDI would.
type asker struct {
	*ldap.Conn
	controls []ldap.Control
}

func newAsker(t *testing.T, w *world, dn, password string, controls ...ldap.Control) *asker {
	t.Helper()
	c, err := ldap.DialURL("ldap://" + w.ldap)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	c.SetTimeout(patience)
	if err := c.Bind(dn, password); err != nil {
		t.Fatalf("bind as %s: %v", dn, err)
	}
	return &asker{c, controls}
}

func (a *asker) ask(t *testing.T, base string, scope int, filter string, attributes ...string) []*ldap.Entry {
	t.Helper()
	r, err := a.Search(ldap.NewSearchRequest(base, scope, 0, 0, 0, false, filter, attributes, a.controls))
	if err != nil {
		t.Fatalf("%s below %q: %v", filter, base, err)
	}
	return r.Entries
}

// page sends one page of a search and gives its entries and the cookie behind
// it. Unlike go-ldap, Keycloak marks its paging critical.
func (a *asker) page(t *testing.T, base, filter string, size uint32, cookie []byte, attributes ...string) ([]*ldap.Entry, []byte) {
	t.Helper()
	paging := ldap.NewControlPaging(size)
	paging.SetCookie(cookie)
	value := paging.Encode().Children[1].Children[0].Bytes()
	controls := append(slices.Clone(a.controls), ldap.NewControlString(ldap.ControlTypePaging, true, string(value)))
	r, err := a.Search(ldap.NewSearchRequest(base, ldap.ScopeWholeSubtree, 0, 0, 0, false, filter, attributes, controls))
	if err != nil {
		t.Fatalf("a page of %s below %q: %v", filter, base, err)
	}
	next, ok := ldap.FindControl(r.Controls, ldap.ControlTypePaging).(*ldap.ControlPaging)
	if !ok {
		t.Fatalf("%s below %q: an answer without the control of paging", filter, base)
	}
	return r.Entries, next.Cookie
}

func (a *asker) pages(t *testing.T, base, filter string, size uint32, attributes ...string) []*ldap.Entry {
	t.Helper()
	var all []*ldap.Entry
	for cookie := []byte(nil); ; {
		list, next := a.page(t, base, filter, size, cookie, attributes...)
		if len(list) > int(size) {
			t.Errorf("a page of %d has %d entries", size, len(list))
		}
		all = append(all, list...)
		if cookie = next; len(cookie) == 0 {
			return all
		}
	}
}

// valuesOf are the values of one attribute of many entries, sorted.
func valuesOf(list []*ldap.Entry, attribute string) []string {
	var out []string
	for _, e := range list {
		if attribute == "" {
			out = append(out, e.DN)
			continue
		}
		out = append(out, e.GetEqualFoldAttributeValues(attribute)...)
	}
	slices.Sort(out)
	return out
}

func wantValues(t *testing.T, what string, got []string, want ...string) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s (-right +answered):\n%s", what, diff)
	}
}

// component is a part of a realm file.
type component struct {
	Name, ProviderID string
	Config           map[string][]string
	SubComponents    map[string][]component
}

func (c *component) is(t *testing.T, key string) string {
	t.Helper()
	if len(c.Config[key]) != 1 || c.Config[key][0] == "" {
		t.Fatalf("keycloak.md: %s has no %s", c.Name, key)
	}
	return c.Config[key][0]
}

// keycloakOf reads the page: the federation and its mapper of roles.
func keycloakOf(t *testing.T) (users, roles *component) {
	t.Helper()
	var realm struct{ Components map[string][]component }
	if err := json.Unmarshal([]byte(recipes(t, "keycloak.md", "json")[0]), &realm); err != nil {
		t.Fatal(err)
	}
	users = &realm.Components["org.keycloak.storage.UserStorageProvider"][0]
	mappers := users.SubComponents["org.keycloak.storage.ldap.mappers.LDAPStorageMapper"]
	i := slices.IndexFunc(mappers, func(c component) bool { return c.ProviderID == "role-ldap-mapper" })
	if i < 0 || users.is(t, "searchScope") != "2" || mappers[i].is(t, "user.roles.retrieve.strategy") != "GET_ROLES_FROM_USER_MEMBEROF_ATTRIBUTE" {
		t.Fatal("keycloak.md has other settings than the searches of this test stand for")
	}
	return users, &mappers[i]
}

// asKeycloak sends what Keycloak sends: a log-in with its roles, a look-up by
// id, a list of everybody and of all roles in pages, the members of a role.
func asKeycloak(t *testing.T, w *world) {
	users, roles := keycloakOf(t)
	a := newAsker(t, w, users.is(t, "bindDn"), users.is(t, "bindCredential"), ldap.NewControlManageDsaIT(false))
	root := a.ask(t, "", ldap.ScopeBaseObject, "(objectClass=*)", "supportedControl", "supportedExtension", "supportedFeatures")
	if !slices.Contains(valuesOf(root, "supportedControl"), ldap.ControlTypePaging) {
		t.Error("the root DSE does not list paging")
	}
	id, memberOf := users.is(t, "uuidLDAPAttribute"), roles.is(t, "memberof.ldap.attribute")
	class := "(objectClass=" + users.is(t, "userObjectClasses") + ")"
	asked := []string{id, "objectClass", "uid", "sn", "mail", "createTimestamp", "modifyTimestamp", memberOf}
	base := users.is(t, "usersDn")
	jane := a.ask(t, base, ldap.ScopeWholeSubtree, "(&(uid=jdoe)"+class+")", asked...)
	if len(jane) != 1 || len(jane[0].GetEqualFoldAttributeValue(id)) != 36 || jane[0].GetEqualFoldAttributeValue("modifyTimestamp") == "" {
		t.Fatalf("the user jdoe: %v", valuesOf(jane, id))
	}
	newAsker(t, w, jane[0].DN, "jdoe")
	wantValues(t, "roles of jdoe", valuesOf(a.rolesOf(t, roles, jane[0]), "cn"), "apps/crm.nsf#[Buyer]", "apps/crm.nsf#author", "apps/crm.nsf#reader")
	byID := a.ask(t, base, ldap.ScopeWholeSubtree, fmt.Sprintf("(&%s(%s=%s))", class, id, jane[0].GetEqualFoldAttributeValue(id)), asked...)
	wantValues(t, "the user of an id", valuesOf(byID, "uid"), "jdoe")
	wantValues(t, "everybody, in pages", valuesOf(a.pages(t, base, class, 2, asked...), "uid"), "ida", "jdoe", "jmueller", "pplain", "vstone")
	all := a.pages(t, roles.is(t, "roles.dn"), rolesFilter(t, roles, ""), 2, "cn", "member")
	wantValues(t, "all roles, in pages", valuesOf(all, "cn"), "apps/crm.nsf#[Buyer]", "apps/crm.nsf#author", "apps/crm.nsf#designer", "apps/crm.nsf#editor", "apps/crm.nsf#manager", "apps/crm.nsf#reader")
	of := a.pages(t, base, fmt.Sprintf("(&(%s=%s)%s)", memberOf, "cn=apps/crm.nsf#[Buyer],cn=apps/crm.nsf,ou=databases,cn=access", class), 2, asked...)
	wantValues(t, "who has a role", valuesOf(of, "uid"), "ida", "jdoe", "vstone")
}

func rolesFilter(t *testing.T, roles *component, which string) string {
	return "(&" + roles.is(t, "roles.ldap.filter") + which + "(objectClass=" + roles.is(t, "role.object.classes") + "))"
}

// rolesOf asks for the entries of the roles of a user by their first names, and
// leaves out those with another DN than the user is a member of.
func (a *asker) rolesOf(t *testing.T, roles *component, user *ldap.Entry) []*ldap.Entry {
	t.Helper()
	values := user.GetEqualFoldAttributeValues(roles.is(t, "memberof.ldap.attribute"))
	below, err := ldap.ParseDN(roles.is(t, "roles.dn"))
	if err != nil {
		t.Fatal(err)
	}
	which := "(|"
	for _, v := range values {
		dn, err := ldap.ParseDN(v)
		if err != nil {
			t.Fatal(err)
		}
		if below.AncestorOfFold(dn) {
			which += "(" + roles.is(t, "role.name.ldap.attribute") + "=" + ldap.EscapeFilter(dn.RDNs[0].Attributes[0].Value) + ")"
		}
	}
	found := a.pages(t, roles.is(t, "roles.dn"), rolesFilter(t, roles, which+")"), 10, "cn", "objectClass")
	return slices.DeleteFunc(found, func(e *ldap.Entry) bool { return !slices.Contains(values, e.DN) })
}

// asLiberty sends what Liberty sends: a user, the log-in, the groups by one
// attribute, each group's entry, and a group by its name.
func asLiberty(t *testing.T, w *world) {
	var server struct {
		Registry struct {
			BaseDN  string `xml:"baseDN,attr"`
			BindDN  string `xml:"bindDN,attr"`
			Filters struct {
				User  string `xml:"userFilter,attr"`
				Group string `xml:"groupFilter,attr"`
			} `xml:"customFilters"`
			Groups struct {
				Membership struct {
					Name  string `xml:"name,attr"`
					Scope string `xml:"scope,attr"`
				} `xml:"membershipAttribute"`
			} `xml:"groupProperties"`
		} `xml:"ldapRegistry"`
	}
	if err := xml.Unmarshal([]byte(recipes(t, "websphere.md", "xml")[0]), &server); err != nil {
		t.Fatal(err)
	}
	r := &server.Registry
	if r.Groups.Membership.Scope != "all" {
		t.Fatal("websphere.md has another scope than the searches of this test stand for")
	}
	a := newAsker(t, w, r.BindDN, readerPassword, ldap.NewControlManageDsaIT(false))
	user := a.ask(t, r.BaseDN, ldap.ScopeWholeSubtree, strings.ReplaceAll(r.Filters.User, "%v", "ida"), "objectClass", "uid", "cn", "sn")
	wantValues(t, "the user", valuesOf(user, ""), "uid=ida,ou=people,o=acme")
	newAsker(t, w, user[0].DN, "ida")
	membership := a.ask(t, user[0].DN, ldap.ScopeBaseObject, "(objectClass=*)", r.Groups.Membership.Name)
	groups := valuesOf(membership, r.Groups.Membership.Name)
	wantValues(t, "the groups", groups, "cn=CRM Editors,ou=groups,o=acme", "cn=Interns,ou=groups,o=acme", "cn=Sales Team,ou=groups,o=acme", "cn=unixinterns,ou=groups,o=acme", "cn=unixsales,ou=groups,o=acme")
	for _, g := range groups {
		wantValues(t, "a group's own name", valuesOf(a.ask(t, g, ldap.ScopeBaseObject, "(objectClass=*)", "objectClass", "cn"), ""), g)
	}
	named := a.ask(t, r.BaseDN, ldap.ScopeWholeSubtree, strings.ReplaceAll(r.Filters.Group, "%v", "CRM Editors"), "objectClass", "cn")
	wantValues(t, "the group of a binding", valuesOf(named, ""), "cn=CRM Editors,ou=groups,o=acme")
}

// asSSSD sends what sssd sends: the root DSE, two lists in pages at once on one
// connection, somebody's groups, and the filter of access.
func asSSSD(t *testing.T, w *world) {
	set := map[string]string{}
	for line := range strings.Lines(recipes(t, "machines.md", "ini")[0]) {
		if key, value, ok := strings.Cut(line, " = "); ok && !strings.HasPrefix(line, "#") {
			set[key] = strings.TrimSpace(value)
		}
	}
	base, class := set["ldap_search_base"], set["ldap_group_object_class"]
	if set["ldap_schema"] != "rfc2307bis" || set["ldap_access_order"] != "filter" {
		t.Fatal("machines.md has other settings than the searches of this test stand for")
	}
	a := newAsker(t, w, set["ldap_default_bind_dn"], set["ldap_default_authtok"])
	root := a.ask(t, "", ldap.ScopeBaseObject, "(objectClass=*)", "*", "altServer", "namingContexts", "supportedControl", "supportedExtension", "supportedFeatures",
		"supportedLDAPVersion", "supportedSASLMechanisms", "defaultNamingContext", "lastUSN", "highestCommittedUSN")
	wantValues(t, "the first context", root[0].GetEqualFoldAttributeValues("defaultNamingContext"), "o=acme")
	const people = "(&(uid=*)(objectclass=posixAccount)(&(uidNumber=*)(!(uidNumber=0))))"
	groups := "(&(objectclass=" + class + ")(cn=*)(&(gidNumber=*)(!(gidNumber=0))))"
	p1, more := a.page(t, base, people, 2, nil, "uid", "modifyTimestamp", "memberOf")
	g1, further := a.page(t, base, groups, 2, nil, "cn", "gidNumber", "member", "modifyTimestamp")
	p2, _ := a.page(t, base, people, 2, more, "uid", "modifyTimestamp", "memberOf")
	g2, _ := a.page(t, base, groups, 2, further, "cn", "gidNumber", "member", "modifyTimestamp")
	wantValues(t, "everybody", valuesOf(append(p1, p2...), "uid"), "ida", "jdoe", "vstone")
	wantValues(t, "all groups", valuesOf(append(g1, g2...), "cn"), "staff", "unixinterns", "unixsales")
	jane := a.ask(t, base, ldap.ScopeWholeSubtree, strings.Replace(people, "uid=*", "uid=jdoe", 1), "uid", "modifyTimestamp")
	of := a.ask(t, base, ldap.ScopeWholeSubtree, "(&(member="+ldap.EscapeFilter(jane[0].DN)+")(objectclass="+class+")(cn=*)(&(gidNumber=*)(!(gidNumber=0))))", "cn")
	wantValues(t, "the groups of jdoe", valuesOf(of, "cn"), "unixsales")
	for dn, may := range map[string]int{jane[0].DN: 1, "cn=Jürgen Müller,ou=partners,o=acme": 1, "cn=reader,o=acme": 0} {
		if got := a.ask(t, dn, ldap.ScopeBaseObject, "(&(objectclass=*)"+set["ldap_access_filter"]+")", "1.1"); len(got) != may {
			t.Errorf("the filter of access finds %d entries for %s, want %d", len(got), dn, may)
		}
	}
}

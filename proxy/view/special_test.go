package view

import (
	"slices"
	"strings"
	"testing"

	"github.com/aclens/aclens/proxy/policy"
	"github.com/aclens/aclens/proxy/wire"
	"github.com/aclens/aclens/resolver/schema"
)

func TestTheRootDSEIsReadableByAnybody(t *testing.T) {
	s := viewSettings()
	s.NamingContexts = []string{"o=Acme", "o=Partner"}
	s.Controls, s.Extensions, s.Mechanisms, s.Version = []string{"1.2.840.113556.1.4.319"}, []string{"1.3.6.1.4.1.1466.20037"}, []string{"EXTERNAL"}, "1.2.3"
	v := newView(t, s, policy.Settings{}, build(t, demoInput(t)))
	want := map[string]string{
		"namingContexts": "o=Acme o=Partner cn=access", "defaultNamingContext": "o=Acme", "subschemaSubentry": "cn=Subschema", "supportedLDAPVersion": "3",
		"supportedControl": "1.2.840.113556.1.4.319", "supportedExtension": "1.3.6.1.4.1.1466.20037", "supportedSASLMechanisms": "EXTERNAL",
		"vendorName": "aclens", "vendorVersion": "1.2.3", "accessSnapshot": "test", "accessAsOf": "directory=20261121081500Z acl=20261121081500Z",
		"supportedFeatures":       "1.3.6.1.4.1.4203.1.5.1 1.3.6.1.4.1.4203.1.5.2 1.3.6.1.4.1.4203.1.5.3",
		"ibm-enabledCapabilities": "2.16.840.1.113678.2.2.2.2.1355 2.16.840.1.113678.2.2.2.2.1354", "objectClass": "top",
	}
	for _, dn := range []string{"", jane, reader} {
		es, a := search(t, v, dn, "", wire.ScopeBase, "(objectClass=*)", "*", "+")
		if a.Result.Code != wire.Success || len(es) != 1 || es[0].dn != "" {
			t.Fatalf("%v", a.Result)
		}
		for n, text := range want {
			if got := strings.Join(es[0].get(n), " "); got != text {
				t.Errorf("%s is %q, want %q", n, got, text)
			}
			named, _ := search(t, v, dn, "", wire.ScopeBase, "(objectClass=top)", strings.ToUpper(n))
			if got := strings.Join(named[0].get(n), " "); got != text || len(named[0].attrs) != 1 {
				t.Errorf("%s by name is %v", n, named[0].attrs)
			}
		}
		if es, _ := search(t, v, dn, "", wire.ScopeBase, "(objectClass=person)"); len(es) > 0 {
			t.Error("the filter does not matter")
		}
		if got := compare(t, v, dn, "", "supportedLDAPVersion", "3").Code; got != wire.CompareTrue {
			t.Errorf("Compare: %v", got)
		}
	}
	if none, _ := search(t, v, "", "", wire.ScopeBase, "(objectClass=*)"); none[0].get("supportedControl") != nil {
		t.Error("operational attributes without being asked for")
	}
}

func TestAnAnonymousClientSeesNothingElse(t *testing.T) {
	v := demoView(t, allRule())
	for _, base := range []string{"o=Acme", "cn=access", jane, "cn=Sales Team"} {
		for _, scope := range []wire.Scope{wire.ScopeBase, wire.ScopeOne, wire.ScopeSubtree} {
			if es, a := search(t, v, "", base, scope, "(objectClass=*)"); a.Result.Code != wire.NoSuchObject || a.Result.MatchedDN != "" || len(es) > 0 {
				t.Errorf("%s: %d entries, %v", base, len(es), a.Result)
			}
		}
	}
	for _, scope := range []wire.Scope{wire.ScopeOne, wire.ScopeSubtree, wire.ScopeChildren} {
		if es, a := search(t, v, "", "", scope, "(objectClass=*)"); a.Result.Code != wire.Success || len(es) > 0 {
			t.Errorf("the whole tree: %d entries, %v", len(es), a.Result)
		}
	}
}

func TestTheSubschemaDefinesEverythingVirtual(t *testing.T) {
	v := demoView(t)
	es, a := search(t, v, "", subschemaDN, wire.ScopeBase, "(objectClass=subschema)", "*", "+")
	if len(es) != 1 {
		t.Fatalf("%v", a.Result)
	}
	types, classes, syntaxes, rules := parseSubschema(t, &es[0])
	for _, a := range append(slices.Clone(attributes), own...) {
		d := types[strings.ToLower(a.name)]
		switch {
		case d == nil:
			t.Errorf("%s is not defined", a.name)
		case a.number > 0 && !strings.HasPrefix(d.OID, arc+".1."):
			t.Errorf("%s has the number %s", a.name, d.OID)
		case slices.Contains(attributes, a) && (!d.Operational() || !d.NoUserMod):
			t.Errorf("%s is not operational, or can be written", a.name)
		}
	}
	for _, n := range []string{classDatabase, classRecord, classFinding, "aclensContainer", classGroup} {
		if c := classes[strings.ToLower(n)]; c == nil || c.Kind != schema.Structural {
			t.Errorf("class %s: %v", n, c)
		}
	}
	for _, d := range types {
		if d.Syntax == "" || syntaxes[d.Syntax] == "" {
			t.Errorf("%s has the syntax %q, which is not published", d.Name(), d.Syntax)
		}
		for _, r := range []string{d.Equality, d.Ordering, d.Substring} {
			if r != "" && !rules[strings.ToLower(r)] {
				t.Errorf("%s has the rule %s, which is not published", d.Name(), r)
			}
		}
	}
	for _, c := range classes {
		for _, n := range append(slices.Clone(c.Must), c.May...) {
			if types[strings.ToLower(n)] == nil {
				t.Errorf("class %s has %s, which is not published", c.Name(), n)
			}
		}
	}
	if got := compare(t, v, "", "CN = subschema", "cn", "subschema").Code; got != wire.CompareTrue {
		t.Errorf("Compare: %v", got)
	}
}

// parseSubschema reads the published definitions, each number and name once.
func parseSubschema(t *testing.T, e *entry) (types map[string]*schema.Type, classes map[string]*schema.Class, syntaxes map[string]string, rules map[string]bool) {
	types, classes, syntaxes, rules = map[string]*schema.Type{}, map[string]*schema.Class{}, map[string]string{}, map[string]bool{}
	oids := map[string]string{}
	once := func(oid, n string) {
		if other := oids[oid]; other != "" {
			t.Errorf("%s is the number of %s and %s", oid, other, n)
		}
		oids[oid] = n
	}
	for _, text := range e.get("attributeTypes") {
		d, err := schema.ParseType(text)
		must(t, err)
		if strings.Contains(text, "{") {
			t.Errorf("a length: %s", text)
		}
		once(d.OID, d.Names[0])
		for _, n := range d.Names {
			types[strings.ToLower(n)] = &d
		}
	}
	for _, text := range e.get("objectClasses") {
		c, err := schema.ParseClass(text)
		must(t, err)
		once(c.OID, c.Names[0])
		for _, n := range c.Names {
			classes[strings.ToLower(n)] = &c
		}
	}
	for _, text := range e.get("ldapSyntaxes") {
		syntaxes[strings.Fields(text)[1]] = text
	}
	for _, text := range e.get("matchingRules") {
		words := strings.Fields(text)
		rules[strings.ToLower(words[1])] = true
		if words[2] == "NAME" {
			rules[strings.ToLower(strings.Trim(words[3], "'"))] = true
		}
	}
	return types, classes, syntaxes, rules
}

// Numbers are never used again: these are taken.
func TestNumbersOfAttributesStay(t *testing.T) {
	taken := map[string]int{"effectiveAccess": 1, "effectiveWebAccess": 2, "effectiveAccessAtLeast": 3, "effectiveWebAccessAtLeast": 4, "effectiveRole": 5,
		"effectiveWebRole": 6, "effectivePrivilege": 7, "effectiveAccessGroup": 8, "effectiveHighestAccess": 9, "effectiveAccessReason": 10,
		"effectiveNamesList": 11, "effectiveServerAccess": 12, "effectiveAgentRight": 13, "notesName": 14, "isDirectMemberOf": 15, "accessLevel": 16,
		"accessRole": 17, "accessPrivilege": 18, "accessSnapshot": 19, "accessAsOf": 20, "accessStale": 21, "databaseKey": 30, "accessSubject": 42,
		"findingAdvice": 52}
	used := map[int]string{}
	for _, a := range append(slices.Clone(attributes), own...) {
		if want, ok := taken[a.name]; ok && a.number != want {
			t.Errorf("%s has the number %d, not %d", a.name, a.number, want)
		}
		if other := used[a.number]; a.number > 0 && other != "" {
			t.Errorf("%s and %s have one number", a.name, other)
		}
		used[a.number] = a.name
		if (a.number > 0) == (a.oid != "") {
			t.Errorf("%s has %d and %q", a.name, a.number, a.oid)
		}
	}
}

package directory

import (
	"math/rand/v2"

	"github.com/aclens/aclens/resolver/name"
	"github.com/aclens/aclens/resolver/schema"
)

var poolDNs = []string{
	"o=Acme", "ou=Sales,o=Acme", "cn=Jane Doe,ou=Sales,o=Acme", "CN=jane doe, OU=Sales, O=acme", "cn=Bob Ray,o=Acme",
	"cn=Staff", "cn=Admins", "cn=Deep,ou=a,ou=b,ou=Sales,o=Acme", "ou=b,ou=Sales,o=Acme", "uid=ss+cn=Sandra,ou=People,dc=acme,dc=com",
	`cn=Doe\, John,o=Acme`, "cn=Inner,cn=Staff", "ou=People,dc=acme,dc=com", "no name at all", "",
}

var poolValues = []string{
	"Jane Doe", "jane  doe", " Jane Doe ", "JANE", "ja", "j", "Jan", "Doe", "a b c", "a  b", " ", "  ", "", "é", "e\u0301", "É x",
	"Straße", "ﬁn", "fin", " \u0308x", "x \u0308y", "x ", "\xff\xfe", "jane@acme.example", "JANE@ACME.example", "42", "007", "-3", "abc",
	"cn=Jane Doe,ou=Sales,o=Acme", "CN=JANE DOE,OU=SALES,O=ACME", "20261121081500Z", "20250101000000Z", "+49 221 1", "+492211", "DE", "germany",
}

var poolClasses = []string{
	"person", "inetOrgPerson", "INETORGPERSON", "organizationalPerson", "2.5.6.6", "top", "dominoPerson", "dominoGroup",
	"groupOfNames", "shelf", "Shelf", "posixAccount", "not a class",
}

var poolAttributes = []string{
	"cn", "commonName", "cn;lang-de", "sn", "givenName", "mail", "uid", "member", "description", "telephoneNumber",
	"uidNumber", "createTimestamp", "c", "oddThing", "oddThing;x-a;x-b", "altFullName", "userPassword", "jpegPhoto",
	"objectClass;x-odd", "name",
}

func randomValue(rng *rand.Rand) string { return poolValues[rng.IntN(len(poolValues))] }

func randomDraft(rng *rand.Rand) *Draft {
	d := &Draft{DN: poolDNs[rng.IntN(len(poolDNs))], Source: uint8(rng.IntN(3) * rng.IntN(2))}
	for range 1 + rng.IntN(2) {
		d.AddText("objectClass", poolClasses[rng.IntN(len(poolClasses))])
	}
	for range rng.IntN(6) {
		a := Attribute{Name: poolAttributes[rng.IntN(len(poolAttributes))]}
		for range rng.IntN(3) {
			v := randomValue(rng)
			if a.Name == "objectClass;x-odd" {
				v = poolClasses[rng.IntN(len(poolClasses))]
			}
			a.Values = append(a.Values, []byte(v))
		}
		d.Attributes = append(d.Attributes, a)
	}
	return d
}

func randomChanges(rng *rand.Rand) []Change {
	var changes []Change
	for range rng.IntN(8) {
		d := randomDraft(rng)
		if rng.IntN(5) < 2 {
			key, _ := name.KeyOf(d.DN)
			changes = append(changes, Change{Remove: key, Source: d.Source})
			continue
		}
		changes = append(changes, Change{Put: d})
		if rng.IntN(6) == 0 { // moved: gone here, come there, in one step
			key, _ := name.KeyOf(d.DN)
			moved := *d
			moved.DN = poolDNs[rng.IntN(len(poolDNs))]
			changes = append(changes, Change{Put: &moved}, Change{Remove: key, Source: d.Source})
		}
	}
	return changes
}

func randomItem(rng *rand.Rand, depth int, end ID) item {
	if depth > 0 && rng.IntN(2) == 0 {
		it := item{op: []Op{And, Or, Not}[rng.IntN(3)]}
		n := rng.IntN(4)
		if it.op == Not {
			n = 1
		}
		for range n {
			it.children = append(it.children, randomItem(rng, depth-1, end))
		}
		return it
	}
	it := item{op: []Op{Constant, Equal, Equal, Substring, Substring, GreaterOrEqual, LessOrEqual, Present, Matching, Computed}[rng.IntN(10)]}
	it.attr, it.assert = poolAttributes[rng.IntN(len(poolAttributes))], randomValue(rng)
	if rng.IntN(6) == 0 {
		it.attr = "nobodyHasThis"
	}
	if rng.IntN(5) == 0 {
		it.attr, it.assert = "objectClass", poolClasses[rng.IntN(len(poolClasses))]
	}
	if rng.IntN(6) == 0 {
		it.guard = someIDs{ids: randomIDs(rng, end)}
	}
	fillItem(rng, &it, end)
	return it
}

func fillItem(rng *rand.Rand, it *item, end ID) {
	switch it.op {
	case Constant:
		it.value = Truth(rng.IntN(3))
	case Computed:
		it.leaf = someIDs{ids: randomIDs(rng, end), shape: rng.IntN(3)}
	case Matching:
		it.rule = []string{"caseExactMatch", "caseIgnoreMatch", "integerBitAndMatch", "distinguishedNameMatch"}[rng.IntN(4)]
		if schema.Standard().Rule(it.rule) == nil {
			it.rule = "caseIgnoreMatch"
		}
		it.any, it.dnAttrs = rng.IntN(4) == 0, rng.IntN(4) == 0
	case Substring:
		cut := func() string {
			v := randomValue(rng)
			from := rng.IntN(len(v) + 1)
			return v[from : from+rng.IntN(len(v)-from+1)]
		}
		if rng.IntN(2) == 0 {
			it.initial = cut()
		}
		for range rng.IntN(3) {
			if part := cut(); part != "" {
				it.between = append(it.between, part)
			}
		}
		if rng.IntN(2) == 0 {
			it.final = cut()
		}
	}
}

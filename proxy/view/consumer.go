package view

import (
	"strings"

	"github.com/aclens/aclens/resolver/schema"
)

// ConsumerSchema is everything that aclens defines as plain user attributes, in
// the form of an OpenLDAP schema file, for servers that keep copies of computed
// entries. Attributes that such servers define themselves are left out.
func ConsumerSchema() string {
	var b strings.Builder
	b.WriteString(consumerHeader)
	for _, a := range attributes {
		if theirs[a.name] {
			continue
		}
		t := a.typeOf()
		t.NoUserMod, t.Usage = false, schema.UserApplications
		if a.number == 0 && !strings.Contains(a.oid, ".") {
			t.OID = arc + ".3." + consumerNumber[a.name] // slapd takes numeric OIDs only
		}
		b.WriteString("attributetype " + t.String() + "\n")
	}
	for _, a := range own {
		t := a.typeOf()
		t.NoUserMod, t.Usage = false, schema.UserApplications
		b.WriteString("attributetype " + t.String() + "\n")
	}
	for i := range classes {
		b.WriteString("objectclass " + classes[i].String() + "\n")
	}
	return b.String()
}

const consumerHeader = `# The attributes and object classes of aclens as user attributes, for slapd as a
# consumer of computed entries. Include it behind core, cosine and inetorgperson.
# The options of accessLevel and its like need, among the global settings:
#   attributeoptions lang- x-db-
# memberOf is left out: load the memberof overlay, or define it, to keep it too.

`

// theirs are types that a server defines itself, or an overlay of it.
var theirs = map[string]bool{"memberOf": true, "entryDN": true, "subschemaSubentry": true, "hasSubordinates": true}

// consumerNumber numbers the types, below arc.3, for which no public OID is
// known; a number is never used again.
var consumerNumber = map[string]string{"ibm-allGroups": "1"}

package view

import (
	"bytes"
	"strings"

	"github.com/aclens/aclens/proxy/wire"
	"github.com/aclens/aclens/resolver/database"
	"github.com/aclens/aclens/resolver/name"
)

// keyedDN is the name of an entry of a database by its key, where it is given by
// an alias, a replica id or in long form (docs/contract.md, section 3):
// cn=crm#editor,cn=crm,ou=databases,cn=access. Any other name stays as it is.
func (s *State) keyedDN(dn name.DN) name.DN {
	if !name.KeyUnder(dn.Key(), s.view.databasesKey) {
		return dn
	}
	var above []string // RDNs over that of the database, nearest last
	at := dn
	for ; !at.IsRoot() && at.Parent().Key() != s.view.databasesKey; at = at.Parent() {
		above = append(above, at.RDNString())
	}
	db, ok := s.databaseOfRDN(at)
	if !ok {
		return dn
	}
	if n := len(above); n > 0 {
		above[n-1] = s.keyedRDN(childOf(dn, n), db)
	}
	text := strings.Join(append(above, s.view.databaseDN(db)), ",")
	keyed, err := name.ParseDN(text)
	if err != nil {
		return dn // never: it is made of what was read
	}
	return keyed
}

// childOf is the name that lies right below the one of which n RDNs were left out.
func childOf(dn name.DN, n int) name.DN {
	for range n - 1 {
		dn = dn.Parent()
	}
	return dn
}

// databaseOfRDN is the database that cn=... names in another way than by its key.
func (s *State) databaseOfRDN(dn name.DN) (*database.Database, bool) {
	text, ok := commonValue(dn)
	if !ok {
		return nil, false
	}
	dbs := s.Snapshot.Databases()
	key, ok := dbs.KeyFor(text)
	if !ok || strings.Contains(text, "#") {
		return nil, false
	}
	db, _, ok := dbs.Find(key)
	return db, ok
}

// keyedRDN is the RDN of a group of a database: cn=<key>#<level> or cn=<key>#[Role].
func (s *State) keyedRDN(dn name.DN, db *database.Database) string {
	text, ok := commonValue(dn)
	front, rest, group := strings.Cut(text, "#")
	if key, same := s.Snapshot.Databases().KeyFor(front); !ok || !group || !same || key != db.Key {
		return dn.RDNString()
	}
	return string(name.AppendRDN(nil, "cn", db.Key+"#"+rest))
}

// commonValue is the value of an RDN that is one cn.
func commonValue(dn name.DN) (string, bool) {
	rdn := dn.RDN()
	if len(rdn) != 1 || !strings.HasPrefix(dn.Key(), "cn=") {
		return "", false
	}
	return rdn[0].Value, true
}

// keyedItem is an item on databaseKey, with the key where it has another name of
// the database.
func (s *State) keyedItem(f *wire.Filter) *wire.Filter {
	key, ok := s.Snapshot.Databases().KeyFor(strings.TrimSpace(string(f.Value)))
	if f.Kind != wire.Equality && f.Kind != wire.Approx || !ok || bytes.Contains(f.Value, []byte("#")) {
		return f
	}
	keyed := *f
	keyed.Value = []byte(key)
	return &keyed
}

package contest

import (
	"slices"

	"github.com/aclens/aclens/bench/company"
)

// values are the attributes of a person as the company knows them; those that
// it knows nothing of are left out and are not compared.
func (m *maker) values(i int, attributes []string) Values {
	v := Values{}
	for _, a := range attributes {
		switch a {
		case "cn":
			v.set("cn", m.c.Common(i))
		case "mail":
			v.set("mail", m.c.Mail(i))
		case "uid":
			v.set("uid", m.c.UID(i))
		case string(m.dialect):
			for g := range m.c.GroupsOf(i) {
				v.set(string(m.dialect), m.c.GroupDN(g))
			}
		}
	}
	m.decisions(v, i, attributes)
	for _, list := range v {
		slices.Sort(list)
	}
	return v
}

func (v Values) set(name, value string) {
	name = fold(name)
	v[name] = append(v[name], fold(value))
}

// decisions adds what follows from the access control lists.
func (m *maker) decisions(v Values, i int, attributes []string) {
	has := func(name string) bool { return slices.Contains(attributes, name) }
	if !has("effectiveAccess") && !has("effectiveHighestAccess") {
		return
	}
	highest := company.NoAccess
	for n := range m.c.Databases {
		level, roles := m.c.Decide(n, i)
		highest = max(highest, level)
		if level == company.NoAccess {
			continue
		}
		if has("effectiveAccess") {
			v.set("effectiveAccess", m.c.Key(n)+"#"+level.String())
		}
		for _, role := range roles {
			if has("effectiveRole") {
				v.set("effectiveRole", m.c.Key(n)+"#"+role)
			}
		}
	}
	if has("effectiveHighestAccess") {
		v.set("effectiveHighestAccess", highest.String())
	}
}

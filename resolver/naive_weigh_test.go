package resolver_test

import (
	"slices"
	"strings"
)

var levelOrder = []string{"noaccess", "depositor", "reader", "author", "editor", "designer", "manager"}

var privilegeOrder = []string{
	"createDocs", "deleteDocs", "createPrivateAgents", "createPersonalFolders", "createSharedFolders",
	"createLSJavaAgents", "readPublicDocs", "writePublicDocs", "replicateOrCopy",
}

// privilegeTable is rule 1.3 with a letter a level, Manager first: I implied,
// O optional, - impossible.
var privilegeTable = map[string]string{
	"createDocs":            "IIIO-I-",
	"deleteDocs":            "OOOO---",
	"createPrivateAgents":   "IIOOO--",
	"createPersonalFolders": "IIOOO--",
	"createSharedFolders":   "IIO----",
	"createLSJavaAgents":    "IOOOO--",
	"readPublicDocs":        "IIIIIOO",
	"writePublicDocs":       "IIIOOOO",
	"replicateOrCopy":       "OOOOOOO",
}

func rank(level string) int { return slices.Index(levelOrder, level) }

// cut is rules 1.4 and 1.5.
func cut(stored []string, level string) []string {
	var out []string
	for _, p := range privilegeOrder {
		letter := privilegeTable[p][6-rank(level)]
		if letter == 'I' || letter == 'O' && slices.Contains(stored, p) {
			out = append(out, p)
		}
	}
	if rank(level) <= rank("depositor") && !slices.Contains(out, "readPublicDocs") {
		out = slices.DeleteFunc(out, func(p string) bool { return p == "replicateOrCopy" })
	}
	return out
}

// evaluate is section 0 from top to bottom.
func (w *world) evaluate(a *aclDoc, who somebody, q question) verdict {
	if q.channel == "web-anonymous" && who.kind != "default" {
		who = somebody{kind: "anonymous", names: []string{"Anonymous"}}
	}
	if q.channel != "local" {
		q.stored = nil
	}
	v := verdict{server: w.serverAccess(a, who, q)}
	switch {
	case q.channel == "local" && a.consistent == "no":
		v.level, v.source, v.privileges = "manager", "local-unenforced", privilegeOrder
	case v.server == "denied":
		v.level, v.source = "noaccess", "server-denied"
	default:
		w.weigh(&v, a, who, q)
	}
	return v
}

func (w *world) weigh(v *verdict, a *aclDoc, who somebody, q question) {
	hit, source := w.hits(a, who, q)
	v.source, v.level = source, "noaccess"
	if len(hit) == 0 {
		v.source = "none" // an ACL without -Default- admits nobody
	}
	var stored, roles []string
	for _, e := range hit {
		if rank(e.level) > rank(v.level) {
			v.level = e.level
		}
		stored = append(stored, cut(e.privileges, e.level)...)
		roles = append(roles, e.roles...)
	}
	for _, e := range hit {
		if e.level == v.level {
			v.winning = append(v.winning, e.name)
		}
	}
	if len(hit) > 0 {
		v.privileges = cut(stored, v.level)
	}
	if w.fullAccess(a, who, q) {
		v.level, v.source, v.privileges, v.winning = "manager", "full-access", privilegeOrder, nil
		if w.rules.fullAccessRoles || strings.EqualFold(a.path, "webadmin.nsf") {
			roles = a.roles
		}
	} else if slices.Contains(w.rules.capped, q.channel) && v.level != "noaccess" {
		w.cap(v, a, &roles)
	}
	for _, r := range a.roles {
		if slices.Contains(roles, r) {
			v.roles = append(v.roles, r)
		}
	}
}

// cap is section 5, and rule 11.9 where the maximum is not known.
func (w *world) cap(v *verdict, a *aclDoc, roles *[]string) {
	switch {
	case a.maximum == "":
		v.level, v.privileges, *roles = "noaccess", nil, nil
	case rank(a.maximum) < rank(v.level):
		v.level = a.maximum
		v.privileges = cut(v.privileges, a.maximum)
	}
}

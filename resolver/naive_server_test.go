package resolver_test

import (
	"slices"
	"strings"
)

func (w *world) serverNamed(k string) *serverDoc {
	for i := range w.servers {
		if key(w.servers[i].name) == k {
			return &w.servers[i]
		}
	}
	return &serverDoc{name: k}
}

// serverAccess is rules 7.1 to 7.5 and 7.16: allowed, denied or unknown.
func (w *world) serverAccess(a *aclDoc, who somebody, q question) string {
	s := w.serverNamed(key(a.server))
	switch {
	case who.kind == "default" || who.kind == "database":
		if q.channel == "local" && a.consistent == "no" {
			return "allowed"
		}
		return "unknown" // the lists are about people and servers
	case q.channel == "local":
		return "allowed"
	}
	access := w.listAccess(s, who, q)
	if access == "denied" {
		return access
	}
	if folder := w.folderAccess(s, a, who, q); folder != "allowed" {
		return folder
	}
	return access
}

func isWeb(channel string) bool { return strings.HasPrefix(channel, "web-") }

func (w *world) listAccess(s *serverDoc, who somebody, q question) string {
	switch {
	case !s.known:
		return "unknown"
	case isWeb(q.channel) && s.enforce == "no":
		return "allowed"
	case isWeb(q.channel) && s.enforce == "unknown":
		return "unknown"
	}
	access := "allowed"
	if who.kind != "anonymous" { // Anonymous need not be listed
		access = w.allowed(s, who, q)
	}
	denies, shared, doubtful := w.listed(s.deny, who, q)
	switch {
	case denies || shared:
		return "denied"
	case access == "denied":
		return access
	case doubtful:
		return "unknown"
	}
	return access
}

func (w *world) allowed(s *serverDoc, who somebody, q question) string {
	listed, _, _ := w.listed(s.allow, who, q)
	known := who.dn != ""
	switch {
	case listed || s.box == "yes" && known:
		return "allowed"
	case len(s.allow) > 0 || s.box == "yes":
		return "denied"
	case s.box == "unknown" && !known:
		return "unknown"
	}
	return "allowed"
}

// listed tells whether a list names somebody; shared where somebody else has the
// name too; doubtful where only the bare common name does (rule 2.10), or one of
// several groups of one name, which neither admits nor proves anything.
func (w *world) listed(list []string, who somebody, q question) (certain, shared, doubtful bool) {
	for _, e := range list {
		switch {
		case parsed(e).IsTemplate():
		case e == "*":
			certain = certain || who.dn != ""
		case parsed(e).IsWildcard():
			certain = certain || covers(e, who)
		case who.kind == "anonymous" && key(who.names[0]) == key(e) || w.hasName(who, key(e)) || w.inListGroup(key(e), who, q):
			certain = true
		case slices.ContainsFunc(who.names, func(n string) bool { return key(n) == key(e) }):
			shared = true
		case slices.ContainsFunc(who.names, func(n string) bool { return hierarchical(n) && key(commonOf(n)) == key(e) }):
			doubtful = true
		case w.inOneOfGroups(w.groupsNamed(key(e)), who, q):
			doubtful = true
		}
	}
	return certain, shared, doubtful
}

// inListGroup: deny lists count here whatever counts in ACLs (rule 4.2), and
// for Notes users only the first directory (rule 7.5).
func (w *world) inListGroup(k string, who somebody, q question) bool {
	g := w.groupNamed(k)
	return g != nil && w.inOneOfGroups([]*doc{g}, who, q)
}

func (w *world) inOneOfGroups(groups []*doc, who somebody, q question) bool {
	return slices.ContainsFunc(groups, func(g *doc) bool {
		if !isWeb(q.channel) && g.dir > 0 || who.kind == "anonymous" || q.stored != nil {
			return false
		}
		return w.inGroup(g, who, []int{0, 2, 3, 4}, w.chain())
	})
}

func (w *world) folderAccess(s *serverDoc, a *aclDoc, who somebody, q question) string {
	passes := w.fullAccess(a, who, q)
	for folder, list := range s.folders {
		if !strings.HasPrefix(strings.ToLower(a.path), strings.ToLower(folder)+"/") {
			continue
		}
		if isWeb(q.channel) {
			return "unknown"
		}
		if listed, _, _ := w.listed(list, who, q); !listed && !passes {
			return "denied"
		}
	}
	return "allowed"
}

// fullAccess is rule 3.11; where no Server document is known the caller's word counts.
func (w *world) fullAccess(a *aclDoc, who somebody, q question) bool {
	if !q.fullAccess || q.channel != "notes" || who.kind != "person" && who.kind != "server" {
		return false
	}
	s := w.serverNamed(key(a.server))
	if s.adminDisabled {
		return false
	}
	listed, _, _ := w.listed(s.admin, who, q)
	return !s.known || listed
}

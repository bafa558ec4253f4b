package config

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
)

func (v *validator) secondaries() {
	names := map[string]int{}
	authorising := -1
	for i := range v.cfg.Secondaries {
		s := &v.cfg.Secondaries[i]
		key := v.cfg.secondaryKey(i)
		v.source(key, &s.Directory)
		if first, dup := names[strings.ToLower(s.Name)]; dup && s.Name != "" {
			v.fault(key+".name", "is the name of secondaries[%d] too", first)
		}
		names[strings.ToLower(s.Name)] = i
		if !s.GroupAuthorization {
			continue
		}
		if authorising >= 0 {
			v.fault(key+".groupAuthorization", "is set for secondaries[%d] already, and only one further directory may authorise groups (rule 4.7)", authorising)
			continue
		}
		authorising = i
	}
}

func (c *Config) secondaryKey(i int) string { return fmt.Sprintf("secondaries[%d]", i) }

func (v *validator) databases() {
	aliases := v.cfg.Databases.Aliases
	for _, name := range slices.Sorted(maps.Keys(aliases)) {
		if !aliasName.MatchString(name) {
			v.fault("databases.aliases."+shownKey(name), "an alias has 1 to 32 of a-z, 0-9 and -")
		}
	}
	for i, r := range v.cfg.Databases.REST {
		seen := map[string]int{}
		for j, db := range r.Databases {
			id := strings.ToLower(db.Server + "!!" + strings.ReplaceAll(db.Path, `\`, "/"))
			key := fmt.Sprintf("databases.rest[%d].databases[%d]", i, j)
			if v.below(key) {
				continue
			}
			if first, dup := seen[id]; dup {
				v.fault(key, "is databases[%d] of the same service", first)
				continue
			}
			seen[id] = j
		}
	}
}

// fromText reads the short form of a REST database, Server!!path.
func (r *RESTDatabase) fromText(s string) error {
	server, path, ok := strings.Cut(s, "!!")
	if !ok || notesNameProblem(server) != "" || server == "" || path == "" {
		return errors.New("a database is written Server!!path, or with the keys server and path")
	}
	r.Server, r.Path = server, path
	return nil
}

func (v *validator) servers() {
	names := map[string]int{}
	for i, s := range v.cfg.Servers.Settings {
		key := fmt.Sprintf("servers.settings[%d]", i)
		if first, dup := names[strings.ToLower(s.Name)]; dup {
			v.fault(key+".name", "is the name of servers.settings[%d] too", first)
		}
		if !v.below(key + ".name") {
			names[strings.ToLower(s.Name)] = i
		}
		paths := map[string]int{}
		for j, f := range s.Folders {
			path := strings.ToLower(strings.Trim(strings.ReplaceAll(f.Path, `\`, "/"), "/"))
			if first, dup := paths[path]; dup {
				v.fault(fmt.Sprintf("%s.folders[%d].path", key, j), "is the path of folders[%d] too", first)
			}
			paths[path] = j
		}
	}
}

func (v *validator) clients() {
	for i, c := range v.cfg.Clients {
		key := fmt.Sprintf("clients[%d]", i)
		switch {
		case v.below(key):
		case c.DN == "" && c.Group == "":
			v.fault(key, `names nobody: set dn (a DN, "*" or anonymous) or group`)
		case c.DN != "" && c.Group != "":
			v.fault(key, "names a dn and a group: write two rules")
		}
	}
}

// certificates need a verified chain, else anyone could make one with a subject
// of the list.
func (v *validator) certificates() {
	list := v.cfg.Certificates
	if len(list) > 0 && v.cfg.TLS.ClientCAFile == "" && !v.faulty("tls.clientCAFile") {
		v.fault("certificates", "need tls.clientCAFile, which says whose client certificates are believed")
	}
	subjects := map[string]int{}
	for i, c := range list {
		if first, dup := subjects[strings.ToLower(c.Subject)]; dup {
			v.fault(fmt.Sprintf("certificates[%d].subject", i), "is the subject of certificates[%d] too", first)
		}
		subjects[strings.ToLower(c.Subject)] = i
	}
}

package saved

import (
	"fmt"
	"maps"
	"slices"

	"github.com/aclens/aclens/resolver"
	"github.com/aclens/aclens/resolver/acl"
	"github.com/aclens/aclens/resolver/name"
	"github.com/aclens/aclens/resolver/server"
)

func writeServers(out *output, s *resolver.Snapshot) error {
	for _, srv := range s.Servers() {
		for _, n := range []name.Name{srv.Name, srv.Identity()} {
			if err := checkName(n); err != nil {
				return fmt.Errorf("servers: %w", err)
			}
		}
		for protocol := range srv.Settings.Enforce {
			if _, err := server.ParseProtocol(string(protocol)); err != nil {
				return fmt.Errorf("server %q: %w", srv.Identity().Abbreviated(), err)
			}
		}
		out.add(inServers, func(b []byte) []byte { return appendServer(b, srv) })
	}
	return nil
}

func appendServer(b []byte, srv *server.Server) []byte {
	b = appendText(b, srv.Name.Canonical())
	b = appendBool(b, srv.Document != nil)
	if doc := srv.Document; doc != nil {
		b = appendText(appendText(b, doc.Name.Canonical()), doc.Origin)
		b = appendNumber(b, len(doc.Lists))
		for _, item := range slices.Sorted(maps.Keys(doc.Lists)) {
			b = appendTexts(appendText(b, item), doc.Lists[item])
		}
	}
	s := &srv.Settings
	b = appendNumber(b, len(s.Enforce))
	for _, protocol := range slices.Sorted(maps.Keys(s.Enforce)) {
		b = appendNumber(appendText(b, string(protocol)), s.Enforce[protocol])
	}
	b = appendNumber(appendBool(appendBool(b, s.PersonalAgents), s.FullAdminDisabled), s.TrustedDirectories)
	b = appendNumber(b, s.Release)
	b = appendNumber(b, len(s.Folders))
	for _, f := range s.Folders {
		b = appendTexts(appendText(b, f.Path), f.Entries)
	}
	return appendBlankFields(b, s.BlankAgentFields)
}

// appendBlankFields writes the tables of rule 7.11; none at all are another
// thing than an empty list.
func appendBlankFields(b []byte, tables []server.BlankAgentFields) []byte {
	b = appendBool(b, tables != nil)
	if tables == nil {
		return b
	}
	b = appendNumber(b, len(tables))
	for _, t := range tables {
		b = appendNumber(appendNumber(b, t.From), len(t.Means))
		for _, right := range slices.Sorted(maps.Keys(t.Means)) {
			b = appendNumber(appendNumber(b, right), t.Means[right])
		}
	}
	return b
}

// maxRelease bounds numbers of Domino releases.
const maxRelease = 1 << 31

func (in *content) readServer(c *cursor) error {
	srv := &server.Server{Name: name.Parse(c.text())}
	if c.bool() {
		srv.Document = readDocument(c)
	}
	s := &srv.Settings
	if err := readEnforce(c, s); err != nil {
		return err
	}
	s.PersonalAgents, s.FullAdminDisabled, s.TrustedDirectories = c.bool(), c.bool(), acl.Tri(c.below(uint64(acl.Yes)+1))
	s.Release = int(c.below(maxRelease))
	for range c.count() {
		if !c.broken {
			s.Folders = append(s.Folders, server.Folder{Path: c.text(), Entries: c.texts()})
		}
	}
	s.BlankAgentFields = readBlankFields(c)
	in.servers = append(in.servers, srv)
	return c.err()
}

func readEnforce(c *cursor, s *server.Settings) error {
	for range c.count() {
		protocol, err := server.ParseProtocol(c.text())
		if c.broken {
			return c.err()
		}
		if err != nil {
			return err
		}
		if s.Enforce == nil {
			s.Enforce = map[server.Protocol]acl.Tri{}
		}
		s.Enforce[protocol] = acl.Tri(c.below(uint64(acl.Yes) + 1))
	}
	return nil
}

func readDocument(c *cursor) *server.Document {
	doc := &server.Document{Name: name.Parse(c.text()), Origin: c.text(), Lists: map[string][]string{}}
	for range c.count() {
		if c.broken {
			break
		}
		item := c.text()
		if values := c.texts(); values != nil {
			doc.Lists[item] = values
		} else {
			doc.Lists[item] = []string{}
		}
	}
	return doc
}

func readBlankFields(c *cursor) []server.BlankAgentFields {
	if !c.bool() {
		return nil
	}
	tables := []server.BlankAgentFields{}
	for range c.count() {
		if c.broken {
			break
		}
		t := server.BlankAgentFields{From: int(c.below(maxRelease)), Means: map[server.Right]server.Blank{}}
		for range c.count() {
			right := server.Right(c.below(uint64(server.RightScriptLibraries) + 1))
			t.Means[right] = server.Blank(c.below(uint64(server.BlankEverybody) + 1))
			if c.broken {
				break
			}
		}
		tables = append(tables, t)
	}
	return tables
}

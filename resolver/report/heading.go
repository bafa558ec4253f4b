package report

import (
	"time"

	"github.com/aclens/aclens/resolver"
	"github.com/aclens/aclens/resolver/acl"
	"github.com/aclens/aclens/resolver/finding"
)

// Heading says what a report is about, in formats that have a place for it.
type Heading struct {
	Channel   acl.Channel
	AsOf      resolver.AsOf
	Selection string            // in words: which users, databases and levels; empty for all
	Findings  []finding.Finding // what is to be said about the state; a page lists them
}

// dated is a source with how old it is (RFC 3339, UTC).
type dated struct{ key, name, at string }

// sources are those whose age is known.
func (h Heading) sources() []dated {
	var known []dated
	for _, s := range []struct {
		key, name string
		at        time.Time
	}{{"directory", "directory", h.AsOf.Directory}, {"acl", "ACLs", h.AsOf.ACL}, {"server", "Server documents", h.AsOf.Server}} {
		if !s.at.IsZero() {
			known = append(known, dated{s.key, s.name, s.at.UTC().Format(time.RFC3339)})
		}
	}
	return known
}

// words is the heading as a person reads it.
func (h Heading) words() string {
	text := "Channel " + h.Channel.String()
	if h.Selection != "" {
		text += "; only " + h.Selection
	}
	for _, s := range h.sources() {
		text += "; " + s.name + " as of " + s.at
	}
	return text
}

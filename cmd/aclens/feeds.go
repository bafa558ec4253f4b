package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/aclens/aclens/config"
	"github.com/aclens/aclens/proxy/refresh"
	"github.com/aclens/aclens/proxy/upstream"
)

// Followed hands to the metrics how a directory is followed.
func (m refreshMetrics) Followed(directory string, mode upstream.Mode, upTo time.Time) {
	m.metrics.Followed(directory, string(mode), upTo)
}

// Resynced counts a full reading of a directory that tells its changes.
func (m refreshMetrics) Resynced(directory string, reason refresh.Reason) {
	m.metrics.Resynced(directory, string(reason))
}

// Changed counts changes that a feed told.
func (m refreshMetrics) Changed(directory string, n int) { m.metrics.Changed(directory, n) }

// checkFeeds asks every live directory for the feed that its configuration
// names. serve polls where there is none; check says so.
func checkFeeds(ctx context.Context, s *sources) error {
	all := []*config.LDAP{s.config.Directory.LDAP}
	for i := range s.config.Secondaries {
		all = append(all, s.config.Secondaries[i].LDAP)
	}
	for i, live := range s.directories {
		if live == nil {
			continue
		}
		mode := all[i].Refresh.Mode
		_, err := live.Mode(ctx, upstream.Mode(mode))
		if errors.Is(err, upstream.ErrNoFeed) {
			return usage(fmt.Errorf("directory %s: ldap.refresh.mode: %s: %w", s.settings.Resolver.Directories[i].Name, mode, err))
		}
		if err != nil {
			return directoryError(err)
		}
	}
	return nil
}

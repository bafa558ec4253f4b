package main

import (
	"context"
	"fmt"

	"github.com/aclens/aclens/config"
	"github.com/aclens/aclens/proxy/forward"
	"github.com/aclens/aclens/proxy/front"
	"github.com/aclens/aclens/proxy/login"
	"github.com/aclens/aclens/proxy/refresh"
)

// manyChanges is how many entries may change at one time before the bind cache
// is emptied as a whole.
const manyChanges = 1000

// openWriter makes what changes are sent on with; there is none unless the
// configuration forwards writes.
func (s *service) openWriter() error {
	if s.writer = nil; s.config.Writes != config.WritesForward {
		return nil
	}
	settings := forward.Settings{
		Names: s.login, View: func() forward.View { return s.view.Load() }, Look: s.look, Metrics: s.metrics, Log: s.log,
	}
	for i, source := range s.loginSources() {
		d := forward.Directory{Name: source.Name}
		if live := s.sources.directories[i]; live != nil {
			d.Live = live
		}
		settings.Directories = append(settings.Directories, d)
	}
	forwarder, err := forward.New(settings)
	if err != nil {
		return fmt.Errorf("writes: %w", err)
	}
	s.writer = frontWriter{forwarder}
	return nil
}

// look reads a directory at once and tells whether a change made there shows.
func (s *service) look(ctx context.Context, directory int, server string, gone bool) bool {
	r := s.holds.releaser.Load()
	return r != nil && r.Look(ctx, refresh.Look{Directory: directory, URL: server, Gone: gone, Within: forward.DefaultPatience})
}

// changed empties the bind cache of entries that changed in a directory.
func (s *service) changed(dnKeys []string) {
	if len(dnKeys) > manyChanges {
		s.login.ForgetAll()
		return
	}
	for _, key := range dnKeys {
		s.login.Forget(key)
	}
}

// frontWriter is a Forwarder as the front declares it.
type frontWriter struct{ forwarder *forward.Forwarder }

// Author is the one who changes things in a session.
func (w frontWriter) Author(proof login.Proof, password []byte) front.Author {
	return w.forwarder.Author(proof, password)
}

package main

import (
	"context"
	"fmt"
	"log/slog"
	"os"

	"github.com/aclens/aclens/config"
	"github.com/aclens/aclens/resolver"
	"github.com/aclens/aclens/resolver/saved"
)

// readSaved reads a saved snapshot under the rules of a configuration. None of
// its sources is read; the directory is asked what it is, where the
// configuration leaves that open, since which groups count depends on it.
func readSaved(ctx context.Context, cfg *config.Config, file string, log *slog.Logger) (*resolver.Snapshot, error) {
	s, err := openSources(cfg, log, nil)
	if err != nil {
		return nil, err
	}
	defer s.close()
	if err := s.findProfile(ctx); err != nil {
		return nil, directoryError(err)
	}
	f, err := os.Open(file)
	if err != nil {
		return nil, usage(err)
	}
	defer f.Close()
	snapshot, _, err := saved.Read(f, s.settings.Schema, s.settings.Resolver)
	if err != nil {
		return nil, usage(fmt.Errorf("%s: %w", file, err))
	}
	return snapshot, nil
}

package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/aclens/aclens/config"
	"github.com/aclens/aclens/proxy/refresh"
	"github.com/aclens/aclens/resolver"
	"github.com/aclens/aclens/resolver/saved"
)

// readSaved reads a saved snapshot under the rules of a configuration. None of
// its sources is read; the directory is asked what it is, where the
// configuration leaves that open, since which groups count depends on it.
func readSaved(ctx context.Context, cfg *config.Config, file string, log *slog.Logger) (*resolver.Snapshot, saved.Meta, error) {
	s, err := openSources(cfg, log, nil)
	if err != nil {
		return nil, saved.Meta{}, err
	}
	defer s.close()
	if err := s.findProfile(ctx); err != nil {
		return nil, saved.Meta{}, directoryError(err)
	}
	f, err := os.Open(file)
	if err != nil {
		return nil, saved.Meta{}, usage(err)
	}
	defer f.Close()
	snapshot, meta, err := saved.Read(f, s.settings.Schema, s.settings.Resolver)
	if err != nil {
		return nil, saved.Meta{}, usage(fmt.Errorf("%s: %w", file, err))
	}
	return snapshot, meta, nil
}

// loadSaved is a state that was saved, as if it had been loaded.
func loadSaved(c *cobra.Command, q *question) (*loadedState, error) {
	cfg, err := config.Load(q.config)
	if err != nil {
		return nil, usage(err)
	}
	log := slog.New(slog.NewTextHandler(c.ErrOrStderr(), &slog.HandlerOptions{Level: slog.LevelError}))
	s, meta, err := readSaved(c.Context(), cfg, q.snapshot, log)
	if err != nil {
		return nil, err
	}
	return &loadedState{&refresh.Loaded{ID: meta.ID, Snapshot: s}, staleAt(time.Now(), s.AsOf(), cfg.Stale)}, nil
}

// keepState keeps a state in a file that only its owner reads, and that is whole
// or not there.
func keepState(file string, l *loadedState) error {
	v, _ := buildVersion()
	err := writeWhole(file, func(out io.Writer) error {
		return saved.Write(out, l.Snapshot, saved.Meta{ID: l.ID, Version: v, Changed: time.Now()})
	})
	if err != nil {
		return usage(fmt.Errorf("--save: %w", err))
	}
	return nil
}

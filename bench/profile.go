package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"sync"

	"github.com/aclens/aclens/bench/peer"
)

// profiled takes a CPU profile while a row is measured, and the allocations of
// the process's whole life behind it.
func (c *compared) profiled(ctx context.Context) func(row, name string, measure func()) {
	return func(row, name string, measure func()) {
		address, err := peer.ProfileAddress(c.setting, peer.From(name))
		if err != nil {
			c.say("%v", err)
			measure()
			return
		}
		seconds := max(1, int((c.pace.Time + c.pace.Warm).Seconds()))
		var wg sync.WaitGroup
		wg.Go(func() {
			url := fmt.Sprintf("http://%s/debug/pprof/profile?seconds=%d", address, seconds)
			if err := fetch(ctx, url, filepath.Join(c.profile, name+"-"+row+".cpu")); err != nil {
				c.say("%v", err)
			}
		})
		measure()
		wg.Wait()
		if err := fetch(ctx, fmt.Sprintf("http://%s/debug/pprof/allocs", address), filepath.Join(c.profile, name+"-"+row+".allocs")); err != nil {
			c.say("%v", err)
		}
	}
}

func fetch(ctx context.Context, url, file string) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
	if err != nil {
		return fmt.Errorf("fetching a profile: %w", err)
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return fmt.Errorf("fetching a profile: %w", err)
	}
	defer answer.Body.Close()
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		return fmt.Errorf("fetching a profile: %w", err)
	}
	out, err := os.Create(file)
	if err != nil {
		return fmt.Errorf("fetching a profile: %w", err)
	}
	_, err = io.Copy(out, answer.Body)
	return errors.Join(err, out.Close())
}

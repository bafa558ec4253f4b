package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/aclens/aclens/proxy/admin"
)

// drainTime is how long requests in progress may take to end after SIGTERM.
const drainTime = 15 * time.Second

// announce tells balancers, by /readyz, that no more clients are wanted, and
// gives them drain.delay to hear of it. Everything goes on meanwhile. A second
// signal, or a listener that fails, ends the waiting. beat ticks when the service
// manager waits for a sign of life, which it does until the end.
func (s *service) announce(beat <-chan time.Time) {
	s.draining.Store(true)
	delay := s.drainDelay()
	s.manager.tell("STOPPING=1", "STATUS=draining", fmt.Sprintf("EXTEND_TIMEOUT_USEC=%d", (delay+drainTime+tellTime).Microseconds()))
	if delay == 0 {
		return
	}
	again := make(chan os.Signal, 1)
	signal.Notify(again, os.Interrupt, syscall.SIGTERM)
	defer signal.Stop(again)
	s.log.Info("no longer ready", "delay", delay)
	over := time.NewTimer(delay)
	defer over.Stop()
	for {
		select {
		case <-beat:
			s.manager.tell("WATCHDOG=1")
			continue
		case <-over.C:
		case <-again:
		case err := <-s.failed:
			s.log.Warn("it ends at once", "error", err)
		}
		return
	}
}

// shutdown drains: no new connections, requests in progress end. HTTP ends
// last, so that /readyz says what goes on.
func (s *service) shutdown() {
	s.draining.Store(true)
	s.log.Info("shutting down")
	ctx, cancel := context.WithTimeout(context.Background(), drainTime)
	defer cancel()
	if err := s.front.Shutdown(ctx); err != nil {
		s.log.Warn("not everything ended by itself", "error", err)
	}
	for _, server := range []*admin.Server{s.admin, s.scraped} {
		if err := server.Shutdown(ctx); err != nil {
			s.log.Warn("http did not end by itself", "error", err)
		}
	}
	s.wg.Wait()
}

package peer

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"time"
)

// Stage is how far a start has come, and what it has cost until then.
type Stage struct {
	After time.Duration // since the program was started
	CPU   time.Duration // user and kernel
}

// Ready returns when /readyz answers 200.
func (p *Peer) Ready(ctx context.Context) (Stage, error) {
	return p.reach(ctx, func() error { return p.askReady(ctx) })
}

// Answers returns when a search gives an entry.
func (p *Peer) Answers(ctx context.Context, bind, question []byte) (Stage, error) {
	return p.reach(ctx, func() error { return ask(ctx, p.Addr, bind, question) })
}

func (p *Peer) reach(ctx context.Context, try func() error) (Stage, error) {
	ctx, cancel := context.WithTimeout(ctx, loaded)
	defer cancel()
	for {
		err := try()
		if err == nil {
			after := time.Since(p.began)
			used, err := p.CPU()
			return Stage{after, used}, err
		}
		select {
		case <-p.ended:
			return Stage{}, fmt.Errorf("%s ended:\n%s", p.Name, p.output)
		case <-ctx.Done():
			return Stage{}, fmt.Errorf("%s: %w\n%s", p.Name, err, p.output)
		case <-time.After(retry):
		}
	}
}

// A process computes nothing if it takes no more than a fiftieth of one processor
// over the whole time.
const (
	restLook  = 20 // looks within the time
	restShare = 50
)

// AtRest returns when the process has computed next to nothing for a while: what
// is to be found behind its first answer is found then. What it does now and then,
// such as looking at its files, does not count as work.
func (p *Peer) AtRest(ctx context.Context, quiet time.Duration) error {
	ctx, cancel := context.WithTimeout(ctx, loaded)
	defer cancel()
	var used []time.Duration // at the last looks
	for {
		now, err := p.CPU()
		if err != nil {
			return err
		}
		if used = append(used, now); len(used) > restLook {
			if now-used[0] <= quiet/restShare {
				return nil
			}
			used = used[1:]
		}
		select {
		case <-p.ended:
			return fmt.Errorf("%s ended:\n%s", p.Name, p.output)
		case <-ctx.Done():
			return fmt.Errorf("%s does not come to rest: %w", p.Name, ctx.Err())
		case <-time.After(quiet / restLook):
		}
	}
}

func (p *Peer) askReady(ctx context.Context) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+p.HTTP+"/readyz", http.NoBody)
	if err != nil {
		return err
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("/readyz answers %s", answer.Status)
	}
	return nil
}

// ForgetPeak makes Memory.Peak begin anew (proc(5), clear_refs).
func (p *Peer) ForgetPeak() error {
	if err := os.WriteFile(fmt.Sprintf("/proc/%d/clear_refs", p.PID()), []byte("5"), 0o200); err != nil {
		return fmt.Errorf("forgetting how much %s held: %w", p.Name, err)
	}
	return nil
}

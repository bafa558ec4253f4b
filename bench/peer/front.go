package peer

import (
	"context"
	"fmt"
	"time"
)

// filled is how long such a server may take to make its entries.
const filled = 2 * time.Minute

// StartFront starts a server of the benchmark's own program: args are its
// command line without the address.
func StartFront(ctx context.Context, s Setting, name, program string, args ...string) (*Peer, error) {
	addr, err := FreeAddress(ctx)
	if err != nil {
		return nil, err
	}
	p, err := run(ctx, name, addr, nil, program, append(args, "-addr", addr)...)
	if err != nil {
		return nil, err
	}
	if err := p.await(ctx, s.Bind, s.Question, filled); err != nil {
		p.Stop()
		return nil, fmt.Errorf("front-end peer: %w", err)
	}
	return p, nil
}

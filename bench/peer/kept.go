package peer

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"syscall"
)

// FromKept is an aclens in front of a running slapd that begins with the state
// that one before it kept. It is not the LDIF file: passwords are not kept, so
// that binds would wait until the file is read.
const FromKept From = "aclens-kept"

// keptSaid is what the log says of a start with a kept state.
const keptSaid = "a kept state answers"

func keptConfig(s Setting, from From) string {
	if from != FromKept {
		return ""
	}
	return fmt.Sprintf("state: {dir: %q}\n", filepath.Join(s.Dir, string(from), "state"))
}

// Keep runs an aclens of FromKept to its first answer and ends it as an operator
// would, so that the next one begins with its state.
func (a Aclens) Keep(ctx context.Context, s Setting, slapd string) error {
	a.StartProfile = ""
	p, err := a.Start(ctx, s, FromKept, slapd)
	if err != nil {
		return err
	}
	defer p.Stop()
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		return fmt.Errorf("ending %s: %w", p.Name, err)
	}
	ctx, cancel := context.WithTimeout(ctx, loaded)
	defer cancel()
	select {
	case <-p.ended:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("%s does not end: %w", p.Name, ctx.Err())
	}
}

// BeganKept is an error unless the process began with a kept state.
func (p *Peer) BeganKept() error {
	if !strings.Contains(p.output.String(), keptSaid) {
		return errors.New("it did not begin with a kept state:\n" + p.output.String())
	}
	return nil
}

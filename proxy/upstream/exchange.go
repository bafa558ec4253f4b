package upstream

import (
	"context"

	"github.com/aclens/aclens/proxy/wire"
)

// exchange sends one search and hands every message of its answer to take,
// which says which one is the last. Errors of take are those of the connection,
// but for a callerError.
func (l *link) exchange(ctx context.Context, s feedSearch, take func(wire.Message) (last bool, err error)) error {
	return l.during(ctx, "searching", func() error {
		id, err := l.send(func(dst []byte, id int32) ([]byte, error) {
			return wire.AppendSearchRequest(dst, id, s.request, s.controls...)
		})
		if err != nil {
			return err
		}
		for last := false; !last; {
			m, err := l.next(id)
			if err != nil {
				return err
			}
			if last, err = take(m); err != nil {
				return err
			}
		}
		return nil
	})
}

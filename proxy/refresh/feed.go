package refresh

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/aclens/aclens/proxy/upstream"
)

// share is how much longer than a comparison of names, or a full reading where
// changes cannot be told, the time to the next one is at least.
const share = 20

// readLive reads everything, or what changed where that is enough. nil means
// that it is too early to read anything.
func (h *heldDirectory) readLive(ctx context.Context, clock Clock, all bool) (*scan, error) {
	now := clock.Now()
	if !all && now.Before(h.fullDue) {
		s, err := h.readChanges(ctx, clock)
		if !errors.Is(err, upstream.ErrFullRead) {
			return s, err
		}
		if h.since.Since == "" && now.Before(h.allDue) {
			return nil, nil
		}
	}
	return h.readAll(ctx, clock, false)
}

func (h *heldDirectory) readAll(ctx context.Context, clock Clock, fresh bool) (*scan, error) {
	s, err := h.readContent(ctx, clock, fresh)
	if err != nil {
		return nil, &serviceError{err}
	}
	now := clock.Now()
	h.allDue = now.Add(share * now.Sub(s.asOf))
	s.missing()
	s.asked = true
	return s, nil
}

// readChanges reads what changed and, where that is due, the names of all
// entries before: so an entry that is deleted after its name was read is
// dropped at the next comparison, and one that came back meanwhile is a change.
func (h *heldDirectory) readChanges(ctx context.Context, clock Clock) (*scan, error) {
	if h.since.Since == "" {
		return nil, fmt.Errorf("%w: it does not tell changes", upstream.ErrFullRead)
	}
	s := h.scan(false)
	s.asOf = clock.Now()
	compare := !s.asOf.Before(h.namesDue)
	var unknown []string
	if compare {
		err := h.Live.ReadNames(ctx, h.since, func(key string) {
			if !s.met(key) {
				unknown = append(unknown, key)
			}
		})
		if err != nil {
			return nil, &serviceError{err}
		}
		now := clock.Now()
		h.namesDue = now.Add(share * now.Sub(s.asOf))
	}
	var err error
	if s.since, err = h.Live.ReadChanges(ctx, h.since, s.takeNamed); err != nil {
		return nil, &serviceError{err}
	}
	s.asked = true
	if !compare {
		return s, nil
	}
	if h.doubtful(s, unknown) {
		h.fullDue = time.Time{} // until one succeeds
		return nil, fmt.Errorf("%w: it lists entries that are no changes and not known", upstream.ErrFullRead)
	}
	s.missing()
	return s, nil
}

// doubtful tells whether the directory lists entries that neither were known
// nor are changes, such as one that a replica sent late. What a full reading
// does not find either is listed for some other reason, and no news.
func (h *heldDirectory) doubtful(s *scan, unknown []string) bool {
	unknown = slices.DeleteFunc(unknown, func(key string) bool {
		_, came := s.put[key]
		return came
	})
	doubtful := slices.ContainsFunc(unknown, func(key string) bool { return !h.odd[key] })
	h.odd = make(map[string]bool, len(unknown))
	for _, key := range unknown {
		h.odd[key] = true
	}
	return doubtful
}

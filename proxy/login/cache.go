package login

import (
	"context"
	"slices"
	"time"

	"github.com/aclens/aclens/proxy/wire"
)

// cacheUse is the bind cache as one bind may use it.
type cacheUse struct {
	login   *Login
	attempt *Attempt
	target  target
	cache   CacheSettings
	place   place
	watch   *watch // nil: the cache is not to be used
	began   time.Time
	counted bool
}

// cacheFor says what the bind cache may do for a bind; end must be called.
func (l *Login) cacheFor(f *inForce, a *Attempt, t target) *cacheUse {
	c := &cacheUse{login: l, attempt: a, target: t, cache: f.cache, began: time.Now()}
	if _, isLive := t.source.checker.(live); f.cache.TTL == 0 || !isLive {
		return c
	}
	if !a.Remote.IsValid() || f.cache.IsAdmin(t.who) {
		c.count(CacheBypass)
		return c
	}
	c.place = place{listener: a.Listener, client: a.Remote.Addr().Unmap(), dnKey: t.who.Key}
	c.watch = l.memory.begin(c.place.dnKey)
	return c
}

func (c *cacheUse) end() {
	if c.watch != nil {
		c.count(CacheBypass) // unless it was used
		c.login.memory.end(c.place.dnKey, c.watch)
	}
}

// answers tells whether the bind succeeds without asking the directory. What
// has controls wants more of an answer than memory has.
func (c *cacheUse) answers(ctx context.Context) bool {
	if c.watch == nil {
		return false
	}
	reachable := c.target.source.answers()
	if len(c.attempt.Controls) > 0 || !reachable && !c.cache.WhenDown {
		return false
	}
	use := c.recall(ctx)
	if use == CacheHit && !reachable {
		use = CacheHitDown
	}
	c.count(use)
	return use == CacheHit || use == CacheHitDown
}

// answersInOutage tells whether a bind succeeds that could not be asked. One
// that answers has looked at has had its chance.
func (c *cacheUse) answersInOutage(ctx context.Context) bool {
	critical := func(w wire.Control) bool { return w.Critical }
	if c.watch == nil || c.counted || !c.cache.WhenDown || slices.ContainsFunc(c.attempt.Controls, critical) || c.recall(ctx) != CacheHit {
		return false
	}
	c.count(CacheHitDown)
	return true
}

func (c *cacheUse) recall(ctx context.Context) CacheUse {
	return c.login.memory.recall(ctx, c.place, c.attempt.Password)
}

// keep remembers the bind, from when the directory was asked.
func (c *cacheUse) keep() {
	if c.watch != nil {
		c.login.memory.keep(c.place, c.watch, c.attempt.Password, c.began.Add(c.cache.TTL))
	}
}

// count tells the metrics once.
func (c *cacheUse) count(use CacheUse) {
	if !c.counted {
		c.counted = true
		c.login.metrics.BindCache(use)
	}
}

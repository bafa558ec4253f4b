package login

import (
	"time"

	"github.com/aclens/aclens/proxy/wire"
)

// Metrics counts what happens. Its methods are called by many goroutines.
type Metrics interface {
	// PasswordChecked is called for each password that a directory was asked about;
	// the name is that of a Source, the code Unavailable or Busy if it could not be asked.
	PasswordChecked(source string, code wire.ResultCode, took time.Duration)
	// BindCache is called once for each bind that reaches a live directory or the
	// cache, while the cache is on.
	BindCache(use CacheUse)
}

// CacheUse is what the bind cache did for one bind; the set is closed.
type CacheUse string

// The uses of the bind cache.
const (
	CacheHit      CacheUse = "hit"
	CacheHitDown  CacheUse = "hit_down" // while the directory could not be reached
	CacheMiss     CacheUse = "miss"
	CacheMismatch CacheUse = "mismatch" // another password than the one remembered
	CacheBypass   CacheUse = "bypass"   // an administrator, a control, an outage without WhenDown
)

type noMetrics struct{}

func (noMetrics) PasswordChecked(string, wire.ResultCode, time.Duration) {}
func (noMetrics) BindCache(CacheUse)                                     {}

package upstream

import (
	"sync"
	"time"
)

const (
	idleLimit = time.Minute // a connection unused for longer is closed, before a firewall forgets it
	idleReads = 2           // connections of the service account kept, a server
	idleBinds = 16          // connections for binds of clients kept, a server
)

// pool keeps idle connections of one purpose to one server.
type pool struct {
	limit int

	mu     sync.Mutex // guards what follows
	idle   []*link    // the last one was used last
	closed bool
}

// take returns the connection used last, or nil.
func (p *pool) take() *link {
	p.mu.Lock()
	defer p.mu.Unlock()
	n := len(p.idle)
	if n == 0 {
		return nil
	}
	l := p.idle[n-1]
	p.idle = p.idle[:n-1]
	return l
}

// put keeps the connection for the next user, or closes it.
func (p *pool) put(l *link) {
	l.idleSince = time.Now()
	p.mu.Lock()
	keep := !l.broken && !p.closed && len(p.idle) < p.limit
	if keep {
		p.idle = append(p.idle, l)
	}
	p.mu.Unlock()
	if !keep {
		l.close()
	}
}

// expire closes the connections that nobody used for the idle limit.
func (p *pool) expire() {
	p.mu.Lock()
	n := 0
	for n < len(p.idle) && time.Since(p.idle[n].idleSince) > idleLimit {
		n++
	}
	old := p.idle[:n:n]
	p.idle = append([]*link(nil), p.idle[n:]...)
	p.mu.Unlock()
	closeAll(old)
}

// empty closes all idle connections.
func (p *pool) empty() {
	p.mu.Lock()
	old := p.idle
	p.idle = nil
	p.mu.Unlock()
	closeAll(old)
}

// close closes all idle connections, and those in use when they come back.
func (p *pool) close() {
	p.mu.Lock()
	p.closed = true
	p.mu.Unlock()
	p.empty()
}

func closeAll(links []*link) {
	for _, l := range links {
		l.close()
	}
}

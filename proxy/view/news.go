package view

import "sync"

// news tells those who wait that another State answers.
type news struct {
	mu   sync.Mutex // guards next
	next chan struct{}
}

// wait is closed when the next State answers. Whoever waits takes it before
// looking at the State that answers now.
func (n *news) wait() <-chan struct{} {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.next == nil {
		n.next = make(chan struct{})
	}
	return n.next
}

func (n *news) tell() {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.next != nil {
		close(n.next)
		n.next = nil
	}
}

// News is closed when the next State answers.
func (v *View) News() <-chan struct{} { return v.news.wait() }

// Retire ends the feeds of a View whose place another one took: nobody is told
// anything more under its rules, and nobody waits for ever. Searches in progress
// end by themselves.
func (v *View) Retire() {
	v.retired.Store(true)
	v.news.tell()
}

package refresh

import (
	"reflect"
	"time"

	"github.com/aclens/aclens/resolver"
	"github.com/aclens/aclens/resolver/finding"
)

// handed is what was handed over last.
type handed struct {
	id       string
	asOf     resolver.AsOf
	findings []finding.Finding
	adviceOf string
	changed  time.Time // when id or findings were new
	at       time.Time
}

// handOver gives the state to whoever answers, if anything about it is news. A
// new age alone is news now and then only: whoever answers prepares each
// Snapshot for itself.
func (w *world) handOver() {
	w.tellAges()
	if w.newPasswords {
		w.newPasswords = false
		w.SetCredentials(w.passwords())
	}
	if w.now.adviceOf != w.last.adviceOf || w.last.id == "" { // of none: nobody may take that for no findings
		w.last.adviceOf = w.now.adviceOf
		w.Advised(w.now.adviceOf)
	}
	now, last := w.Clock.Now(), &w.last
	next := handed{id: w.now.id, asOf: w.now.snapshot.AsOf(), findings: w.findings(w.now), adviceOf: last.adviceOf, changed: last.changed, at: now}
	news := next.id != last.id || !sameFindings(next.findings, last.findings)
	aged := next.asOf != last.asOf && now.Sub(last.at) >= w.Freshness
	if !news && !aged {
		return
	}
	if news {
		next.changed = now
	}
	w.last = next
	w.Swap(next.id, w.now.snapshot, next.findings, next.changed)
}

// tellAges tells the ages of the directories and of ACLs and Server documents
// as a whole: there may be thousands of files.
func (w *world) tellAges() {
	for _, h := range w.directories {
		w.Metrics.SourceAsOf("directory "+h.name, h.asOf)
		w.tellFollowed(h)
	}
	w.Metrics.SourceAsOf("acl", w.databases.asOf)
	w.Metrics.SourceAsOf("server", w.servers.asOf)
}

func sameFindings(a, b []finding.Finding) bool {
	return len(a) == len(b) && (len(a) == 0 || reflect.DeepEqual(a, b))
}

// passwords are the values of userPassword of entries from files, each of the
// directory whose entry counts; nil if there are none.
func (w *world) passwords() map[string][][]byte {
	var all map[string][][]byte
	for i, h := range w.directories {
		for key, values := range h.passwords {
			if w.heldBefore(i, key) {
				continue
			}
			if all == nil {
				all = map[string][][]byte{}
			}
			all[key] = values
		}
	}
	return all
}

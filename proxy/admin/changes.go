package admin

import (
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"time"

	"github.com/aclens/aclens/proxy/policy"
	"github.com/aclens/aclens/proxy/view"
)

// longestWait is how long a question may wait for changes; it has to end before
// the time that an answer may take.
const longestWait = 45 * time.Second

// mostTold is how many changes one answer holds; the next has the others.
const mostTold = 10000

// changeLine is one change, a line of the answer.
type changeLine struct {
	Change     uint64             `json:"change"`
	Time       time.Time          `json:"time"`
	Kind       string             `json:"kind"`
	DN         string             `json:"dn"`
	EntryUUID  string             `json:"entryUUID"`
	Attributes []string           `json:"attributes,omitempty"`
	Access     *view.AccessChange `json:"access,omitempty"`
}

// lastLine ends every answer that is whole: where the next one begins.
type lastLine struct {
	Last uint64 `json:"last"`
}

// changes is GET /api/v1/changes?since=NUMBER&wait=SECONDS: what changed behind a
// number, a line of JSON each, and at the end where to go on. Without since
// nothing is told but the end. With wait the answer comes when there is something
// to tell, or when the time is up.
func (a *API) changes(w http.ResponseWriter, r *http.Request, s *view.State, who policy.Identity) {
	if who.Anonymous() {
		writeError(w, http.StatusUnauthorized, "log in with the name and password of a bind")
		return
	}
	since, wait, err := feedQuestion(r, s)
	if err != nil {
		writeError(w, http.StatusBadRequest, err.Error())
		return
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	for {
		news := s.News()
		if now := a.State(); now != nil {
			s = now
		}
		if s.Refused() {
			writeError(w, http.StatusServiceUnavailable, "no state that may be answered from")
			return
		}
		lines, last, ok := changesSince(s, who, since)
		if !ok {
			writeError(w, http.StatusGone, "what changed since is not all remembered: read everything again, and go on without since")
			return
		}
		if len(lines) > 0 {
			writeLines(w, lines, last)
			return
		}
		select {
		case <-news:
		case <-timer.C:
			writeLines(w, nil, last)
			return
		case <-r.Context().Done():
			return
		}
	}
}

// feedQuestion reads the parameters.
func feedQuestion(r *http.Request, s *view.State) (since uint64, wait time.Duration, err error) {
	p := r.URL.Query()
	since = s.Moment().Last
	if text := p.Get("since"); text != "" {
		if since, err = strconv.ParseUint(text, 10, 63); err != nil {
			return 0, 0, errors.New("since has to be the number of a change")
		}
	}
	if text := p.Get("wait"); text != "" {
		seconds, err := strconv.ParseUint(text, 10, 31)
		if err != nil {
			return 0, 0, errors.New("wait has to be a number of seconds")
		}
		wait = min(longestWait, time.Duration(seconds)*time.Second) //nolint:gosec // below 2^31
	}
	return since, wait, nil
}

func changesSince(s *view.State, who policy.Identity, since uint64) (lines []changeLine, last uint64, ok bool) {
	last = s.Moment().Last
	ok = s.Changes(who, since, func(c *view.Change) bool {
		lines = append(lines, changeLine{c.Number, c.Time, c.Kind.String(), c.DN, c.UUID.String(), c.Attributes, c.Access})
		if len(lines) == mostTold {
			last = c.Number
		}
		return len(lines) < mostTold
	})
	return lines, last, ok
}

func writeLines(w http.ResponseWriter, lines []changeLine, last uint64) {
	w.Header().Set("Content-Type", "application/jsonl")
	w.Header().Set("Cache-Control", "no-store")
	out := json.NewEncoder(w)
	for i := range lines {
		if out.Encode(&lines[i]) != nil {
			return // the client has gone: nobody to tell
		}
	}
	_ = out.Encode(lastLine{last}) // likewise
}

package refresh

import (
	"testing"

	"github.com/aclens/aclens/proxy/upstream"
)

func TestAbsenceFromAReadingIsInferredAndAChangeIsStated(t *testing.T) {
	f := newFakeLive(person("Jane Doe"), person("Rob Nash"))
	w, _ := fakeWorld(t, f)
	h := w.directories[0]
	f.remove(rob)
	f.put(person("Jane Doe", "changed"))
	full, err := h.readAll(t.Context(), w.Clock, false)
	if err != nil || len(full.gone) != 1 || full.groundOf(full.gone[0]) != Inferred || full.groundOfChanges() != Inferred {
		t.Errorf("a full reading: gone %v, %v", full.gone, err)
	}
	h.since = upstream.State{URL: h.since.URL, Server: h.since.Server, Since: h.since.Since}
	some, err := h.readChanges(t.Context(), w.Clock)
	if err != nil || len(some.gone) != 1 || some.groundOf(some.gone[0]) != Inferred || some.groundOfChanges() != Stated {
		t.Errorf("a reading of changes: gone %v, %v", some.gone, err)
	}
}

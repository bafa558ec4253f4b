package admin

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/aclens/aclens/proxy/policy"
	"github.com/aclens/aclens/proxy/view"
)

// A browser that has asked for a name and a password sends them with whatever
// another site makes it send here.
func TestAnotherSiteChangesNothingWithTheCredentialsOfABrowser(t *testing.T) {
	asked := 0
	a := &API{State: func() *view.State { return nil }, Login: func(context.Context, *http.Request, string, []byte) (policy.Identity, error) {
		asked++
		return policy.Identity{}, ErrRefused
	}}
	mux := http.NewServeMux()
	a.register(mux)
	for _, c := range []struct {
		sentence      string
		header, value string
		code, asked   int
	}{
		{"a form of another site", "Sec-Fetch-Site", "cross-site", 403, 0},
		{"a form of a neighbour", "Sec-Fetch-Site", "same-site", 403, 0},
		{"an old browser's form of another site", "Origin", "https://elsewhere.example", 403, 0},
		{"a form from here", "Sec-Fetch-Site", "same-origin", 401, 1},
		{"a program", "Accept", "application/json", 401, 1},
	} {
		asked = 0
		r := httptest.NewRequest(http.MethodPost, "https://aclens.acme.example/api/v1/document?user=a&database=b", strings.NewReader("x"))
		r.SetBasicAuth("jane", "secret")
		r.Header.Set(c.header, c.value)
		w := httptest.NewRecorder()
		mux.ServeHTTP(w, r)
		if w.Code != c.code || asked != c.asked {
			t.Errorf("%s: %d, and the password is looked at %d times", c.sentence, w.Code, asked)
		}
	}
}

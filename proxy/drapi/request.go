package drapi

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"unicode"

	"github.com/aclens/aclens/proxy/upstream"
)

// StatusError is an answer that is no success. It matches upstream.ErrRefused
// where the service does not take the token.
type StatusError struct {
	Resource string // acl/entries or acl/roles
	Code     int
	Message  string // as the service gave it, made printable and without the token; may be empty
}

// Error says what the code means for an ACL.
func (e *StatusError) Error() string {
	text := fmt.Sprintf("%s: %d %s", e.Resource, e.Code, meaning(e.Code))
	if e.Message != "" {
		text += fmt.Sprintf(" (%s)", e.Message)
	}
	return text
}

// Is makes a refused token match upstream.ErrRefused.
func (e *StatusError) Is(target error) bool {
	return target == upstream.ErrRefused && e.Code == http.StatusUnauthorized
}

// meaning is what a status code says about an ACL that was asked for.
func meaning(code int) string {
	switch {
	case code == http.StatusBadRequest:
		return "the service does not understand the request: is the path right?"
	case code == http.StatusUnauthorized:
		return "the token is not accepted: expired, or of another service"
	case code == http.StatusForbidden:
		return "the token's owner must be Manager in the ACL"
	case code == http.StatusNotFound:
		return "no such database, or no administration API at this address"
	case code == http.StatusTooManyRequests:
		return "the service asks for fewer requests"
	case code >= http.StatusInternalServerError:
		return "the service failed"
	default:
		return "unexpected answer"
	}
}

// unanswered marks that the service gave no answer at all: not reached, not in
// time, not over the TLS that is asked for.
type unanswered struct{ err error }

func (e *unanswered) Error() string { return e.err.Error() }

// Unwrap returns what went wrong.
func (e *unanswered) Unwrap() error { return e.err }

var errRedirect = errors.New("the service redirects to another address, which does not get the token")

// sameOrigin lets redirects stay where they are.
func sameOrigin(r *http.Request, via []*http.Request) error {
	if from := via[0].URL; r.URL.Scheme != from.Scheme || r.URL.Host != from.Host {
		return errRedirect
	}
	if len(via) > 3 {
		return errors.New("the service redirects again and again")
	}
	return nil
}

// get asks for one resource of a database.
func (c *Client) get(ctx context.Context, token, of, nsfPath string) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, c.settings.Timeout)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, resource(c.base, of, nsfPath).String(), http.NoBody)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", of, err)
	}
	r.Header.Set("Authorization", "Bearer "+token)
	r.Header.Set("Accept", "application/json")
	answer, err := c.http.Do(r)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", of, c.transportError(err))
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(io.LimitReader(answer.Body, c.settings.MaxBody+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf("%s: answer broken off: %w", of, c.transportError(err))
	case answer.StatusCode != http.StatusOK:
		return nil, &StatusError{Resource: of, Code: answer.StatusCode, Message: errorMessage(body, token)}
	case int64(len(body)) > c.settings.MaxBody:
		return nil, fmt.Errorf("%s: answer larger than %d bytes", of, c.settings.MaxBody)
	}
	return body, nil
}

// transportError drops the address, in which a service that redirects may have
// put anything, and marks what is no answer.
func (c *Client) transportError(err error) error {
	var wrapped *url.Error
	if errors.As(err, &wrapped) {
		err = wrapped.Err
	}
	switch {
	case errors.Is(err, errRedirect):
		return errRedirect
	case errors.Is(err, context.DeadlineExceeded):
		err = fmt.Errorf("no answer within %s: %w", c.settings.Timeout, err)
	}
	return &unanswered{err}
}

// maxMessage bounds what is repeated of a service's own words.
const maxMessage = 200

// errorMessage is the message of an error as the service words it, without the
// token, should the service repeat it.
func errorMessage(body []byte, token string) string {
	var said struct {
		Message string `json:"message"`
	}
	if json.Unmarshal(body, &said) != nil {
		return ""
	}
	text := strings.ReplaceAll(said.Message, token, "***")
	text = strings.Join(strings.Fields(strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return ' '
		}
		return r
	}, text)), " ")
	if runes := []rune(text); len(runes) > maxMessage {
		text = string(runes[:maxMessage]) + "..."
	}
	return text
}

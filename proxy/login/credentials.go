package login

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"

	"golang.org/x/crypto/bcrypt"

	"github.com/aclens/aclens/proxy/wire"
	"github.com/aclens/aclens/resolver/directory"
	"github.com/aclens/aclens/resolver/name"
)

// Credentials is the Checker of a directory that was read from LDIF files. It
// keeps no password in the clear, and spends on every wrong answer the same
// work: as much as the entry that costs most, whether the name is known or not.
type Credentials struct {
	turns   turns
	current atomic.Pointer[credentialSet]
	compare func(hash, password []byte) error // bcrypt.CompareHashAndPassword
}

type credentialSet struct {
	byKey map[string][]stored
	most  effort // of one entry, kind by kind
}

// NewCredentials has no credentials yet: until SetCredentials has been called
// nothing can be checked.
func NewCredentials() *Credentials {
	return &Credentials{turns: newTurns(), compare: bcrypt.CompareHashAndPassword}
}

// SetCredentials replaces all credentials at once: the userPassword values
// (RFC 4519 section 2.41) by normalised DN. It returns how many values are of
// an unknown or broken form and match nothing. An error leaves everything as it was.
func (c *Credentials) SetCredentials(values map[string][][]byte) (unusable int, err error) {
	set := &credentialSet{byKey: make(map[string][]stored, len(values))}
	for key, list := range values {
		var salt [saltSize]byte
		var entry []stored
		for _, value := range list {
			if _, err := rand.Read(salt[:]); err != nil {
				return 0, fmt.Errorf("making a salt: %w", err)
			}
			if s, ok := parseStored(value, salt); ok {
				entry = append(entry, s)
			} else {
				unusable++
			}
		}
		set.byKey[key] = entry
		set.most = set.most.orMore(effortOf(entry))
	}
	c.current.Store(set)
	return unusable, nil
}

// AddCredentials adds the passwords of one entry to what SetCredentials takes.
func AddCredentials(values map[string][][]byte, d *directory.Draft) error {
	key, err := name.KeyOf(d.DN)
	if err != nil {
		return fmt.Errorf("credentials of %q: %w", d.DN, err)
	}
	for _, a := range d.Attributes {
		// With options it is another attribute, such as a former password.
		if strings.EqualFold(a.Name, "userPassword") || a.Name == "2.5.4.35" {
			values[key] = append(values[key], a.Values...)
		}
	}
	return nil
}

var errNotLoaded = errors.New("credentials are not loaded yet")

// Check implements Checker. There is no password policy, so a critical control
// is refused (12).
func (c *Credentials) Check(ctx context.Context, q Question) (Verdict, error) {
	for _, control := range q.Controls {
		if control.Critical {
			return Verdict{Code: wire.UnavailableCriticalExtension, Message: "critical control is not available for this name"}, nil
		}
	}
	set := c.current.Load()
	if set == nil {
		return Verdict{}, errNotLoaded
	}
	if set.most.bcrypt > 0 {
		if err := c.turns.take(ctx); err != nil {
			return Verdict{}, err
		}
		defer c.turns.give()
	}
	if len(q.Password) > 0 && c.anyMatches(set.byKey[q.Key], q.Password) {
		return Verdict{Code: wire.Success}, nil
	}
	c.spend(set.most.less(effortOf(set.byKey[q.Key])), q.Password)
	return Verdict{Code: wire.InvalidCredentials}, nil
}

// anyMatches looks at every value, whether an earlier one matched or not.
func (c *Credentials) anyMatches(entry []stored, password []byte) bool {
	matched := false
	for i := range entry {
		if entry[i].matches(password, c.compare) {
			matched = true
		}
	}
	return matched
}

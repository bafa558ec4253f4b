package login

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/aclens/aclens/proxy/policy"
	"github.com/aclens/aclens/resolver"
	"github.com/aclens/aclens/resolver/name"
)

// NameForm is a form of name that may stand in a bind (docs/contract.md,
// section 2, bindNames).
type NameForm string

// The name forms.
const (
	ByDN       NameForm = "dn"
	ByUID      NameForm = "uid"      // in Active Directory also sAMAccountName
	ByMail     NameForm = "mail"     // in Active Directory also userPrincipalName
	ByFullName NameForm = "fullName" // a Notes name, fullName, cn or alternate name (rule 10.7)
)

// Settings is all that can change while a Login is used.
type Settings struct {
	Sources      []Source                  // by directory.Draft.Source: the first is the primary directory
	Snapshot     func() *resolver.Snapshot // returns nil while there is none
	Names        []NameForm                // none stands for ByDN
	Certificates []Certificate
	Cache        CacheSettings
}

// Certificate says for which identity the subject of a client certificate stands.
type Certificate struct {
	Subject, DN string
}

// Limits of the bind cache.
const (
	MaxCacheTTL         = time.Minute
	DefaultCacheEntries = 10000
)

// CacheSettings shape the bind cache; its contract is in the package comment.
type CacheSettings struct {
	TTL      time.Duration // 0 switches it off; at most MaxCacheTTL
	WhenDown bool          // use it also while the directory cannot be reached
	Entries  int           // at most; 0 stands for DefaultCacheEntries
	IsAdmin  func(policy.Identity) bool
}

// inForce is Settings checked and in the form that attempts need.
type inForce struct {
	sources      []*source
	snapshot     func() *resolver.Snapshot
	byDN         bool
	forms        []NameForm        // but ByDN
	certificates map[string]string // key of the subject -> DN
	cache        CacheSettings
	decoy        target // a name that nobody has
}

func (s Settings) inForce() (*inForce, error) {
	f := &inForce{snapshot: s.Snapshot, cache: s.Cache}
	if f.snapshot == nil {
		f.snapshot = func() *resolver.Snapshot { return nil }
	}
	for _, step := range []func(*inForce) error{s.sources, s.names, s.certificates, s.cache, s.decoy} {
		if err := step(f); err != nil {
			return nil, err
		}
	}
	return f, nil
}

func (s Settings) sources(f *inForce) error {
	if len(s.Sources) == 0 {
		return errors.New("log-in needs a directory")
	}
	for i := range s.Sources {
		own, err := newSource(&s.Sources[i])
		if err != nil {
			return err
		}
		f.sources = append(f.sources, own)
	}
	return nil
}

func (s Settings) names(f *inForce) error {
	f.byDN = len(s.Names) == 0
	for _, form := range s.Names {
		switch form {
		case ByDN:
			f.byDN = true
		case ByUID, ByMail, ByFullName:
			f.forms = append(f.forms, form)
		default:
			return fmt.Errorf("unknown form of bind names %q", form)
		}
	}
	slices.Sort(f.forms)
	f.forms = slices.Compact(f.forms)
	return nil
}

func (s Settings) certificates(f *inForce) error {
	f.certificates = make(map[string]string, len(s.Certificates))
	for _, c := range s.Certificates {
		subject, err := name.ParseDN(c.Subject)
		if err != nil || subject.IsRoot() {
			return fmt.Errorf("subject %q of a certificate is no distinguished name", c.Subject)
		}
		if dn, err := name.ParseDN(c.DN); err != nil || dn.IsRoot() {
			return fmt.Errorf("%q, for which certificate %q stands, is no distinguished name", c.DN, c.Subject)
		}
		if _, twice := f.certificates[subject.Key()]; twice {
			return fmt.Errorf("certificate %q is there twice", c.Subject)
		}
		f.certificates[subject.Key()] = c.DN
	}
	return nil
}

func (s Settings) cache(f *inForce) error {
	c := &f.cache
	switch {
	case c.TTL < 0 || c.TTL > MaxCacheTTL:
		return fmt.Errorf("bind cache of %v: at most %v", c.TTL, MaxCacheTTL)
	case c.TTL > 0 && c.IsAdmin == nil:
		return errors.New("bind cache does not know who is an administrator")
	}
	if c.Entries <= 0 {
		c.Entries = DefaultCacheEntries
	}
	return nil
}

// decoy makes a name that nobody has, in the first directory that can check
// passwords: names that are nobody's are checked with it.
func (s Settings) decoy(f *inForce) error {
	random := make([]byte, 16)
	if _, err := rand.Read(random); err != nil {
		return fmt.Errorf("making a name that nobody has: %w", err)
	}
	t := &f.decoy
	t.source = f.sources[0]
	for _, own := range f.sources {
		if _, blind := own.checker.(noPasswords); !blind {
			t.source = own
			break
		}
	}
	t.dn = "cn=" + hex.EncodeToString(random)
	if base := t.source.bases[0]; base != "" {
		t.dn += "," + base
	}
	key, err := name.KeyOf(t.dn)
	t.who = policy.Identity{DN: t.dn, Key: key}
	return err
}

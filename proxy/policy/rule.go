package policy

import (
	"fmt"
	"strings"

	"github.com/aclens/aclens/resolver/cache"
	"github.com/aclens/aclens/resolver/name"
)

// Who says whom a Rule is for.
type Who uint8

// Whom a rule can be for.
const (
	OneDN     Who = iota // Rule.DN
	InGroup              // the members of the group Rule.DN, direct and nested
	AnyBound             // "*": whoever has authenticated
	Anonymous            // whoever has not
)

// Rule is one entry of `clients` in the configuration.
type Rule struct {
	Who        Who
	DN         string
	Read       []string // people, groups, access, denylists, admin, all, or base DNs
	Databases  []string // globs over keys; nil is all
	Attributes []string // names; nil or "*" is all
}

// Settings are all rules together.
type Settings struct {
	Rules          []Rule
	SelfAttributes []string // what a person may read of the own entry; nil or "*" is all
	Hide           []string // attributes that nobody reads, besides the built-in secrets
}

// Policy is the compiled form of Settings.
type Policy struct {
	rules    []compiledRule
	self     attributeSet
	selfNone bool
	hide     map[string]bool
	uses     cache.Use // of the Rights that each Over keeps
}

// compiledRule is a rule with its names normalised.
type compiledRule struct {
	who        Who
	key        string
	rights     rights
	bases      []string
	databases  []string
	attributes attributeSet
}

// rights are the words of a rule's read list.
type rights struct{ people, groups, access, denylists, admin, everything bool }

// attributeSet is nil for all attributes, else folded names without options.
type attributeSet map[string]bool

// New compiles the rules; a DN that does not parse is an error that names it.
func New(s Settings) (*Policy, error) {
	if err := withoutOptions(s.SelfAttributes); err != nil {
		return nil, fmt.Errorf("self: %w", err)
	}
	p := &Policy{self: attributesOf(s.SelfAttributes), hide: map[string]bool{}}
	p.selfNone = s.SelfAttributes != nil && len(s.SelfAttributes) == 0
	for _, h := range s.Hide {
		p.hide[foldName(h)] = true
	}
	for i := range s.Rules {
		c, err := compileRule(&s.Rules[i])
		if err != nil {
			return nil, fmt.Errorf("client rule %d: %w", i+1, err)
		}
		p.rules = append(p.rules, c)
	}
	return p, nil
}

func compileRule(r *Rule) (compiledRule, error) {
	if err := withoutOptions(r.Attributes); err != nil {
		return compiledRule{}, err
	}
	c := compiledRule{who: r.Who, databases: r.Databases, attributes: attributesOf(r.Attributes)}
	if r.Who == OneDN || r.Who == InGroup {
		key, err := name.KeyOf(r.DN)
		if err != nil || key == "" {
			return c, fmt.Errorf("%q is not a DN", r.DN)
		}
		c.key = key
	}
	for _, word := range r.Read {
		if err := c.grant(word); err != nil {
			return c, err
		}
	}
	return c, nil
}

func (c *compiledRule) grant(word string) error {
	switch word {
	case "people":
		c.rights.people = true
	case "groups":
		c.rights.groups = true
	case "access":
		c.rights.access = true
	case "denylists":
		c.rights.denylists = true
	case "admin":
		c.rights.admin = true
	case "all":
		c.rights = rights{true, true, true, true, true, true}
	default:
		key, err := name.KeyOf(word)
		if err != nil || key == "" {
			return fmt.Errorf("read: %q is neither a right nor a DN", word)
		}
		c.bases = append(c.bases, key)
	}
	return nil
}

// withoutOptions refuses names such as accessLevel;x-db-crm, which would be read
// as the whole attribute and give more than they say.
func withoutOptions(names []string) error {
	for _, n := range names {
		if strings.Contains(n, ";") {
			return fmt.Errorf("attributes: %q has an option: name the attribute, and narrow databases by globs", n)
		}
	}
	return nil
}

func attributesOf(names []string) attributeSet {
	if names == nil {
		return nil
	}
	set := attributeSet{}
	for _, n := range names {
		if n == "*" {
			return nil
		}
		set[foldName(n)] = true
	}
	return set
}

func (a attributeSet) has(folded string) bool { return a == nil || a[folded] }

// foldName is an attribute's name without options, in lower case.
func foldName(s string) string {
	s, _, _ = strings.Cut(s, ";")
	return strings.ToLower(strings.TrimSpace(s))
}

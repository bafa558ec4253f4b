package main

import (
	"fmt"

	"github.com/aclens/aclens/config"
)

// unserved says in words which settings of a configuration this version reads
// and does not act on. Nothing is granted by leaving one out; an operator has to
// know all the same.
func unserved(c *config.Config) []string {
	var out []string
	add := func(key, text string) {
		out = append(out, fmt.Sprintf("line %d: %s: %s", c.Line(key), key, text))
	}
	if c.Referrals == config.ReferralsRewrite {
		add("referrals", "this version leaves the directory's references out instead of rewriting them")
	}
	return out
}

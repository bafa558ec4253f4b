package config

import (
	"os"
	"regexp"
	"strings"

	"github.com/goccy/go-yaml/ast"
)

var envName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

// text returns a scalar with its environment variables put in, and whether there
// were any. An unset variable is a fault; one that is set and empty is not.
func (d *decoder) text(at place, n ast.Node) (text string, fromEnv, ok bool) {
	raw := nodeText(n)
	if kindOf(n) != kindText || !strings.Contains(raw, "${") {
		return raw, false, true
	}
	var b strings.Builder
	ok = true
	for {
		i := strings.Index(raw, "${")
		if i < 0 {
			b.WriteString(raw)
			return b.String(), fromEnv, ok
		}
		if i > 0 && raw[i-1] == '$' { // $${ is the way to write ${
			b.WriteString(raw[:i-1] + "${")
			raw = raw[i+2:]
			continue
		}
		b.WriteString(raw[:i])
		name, rest, closed := strings.Cut(raw[i+2:], "}")
		if !closed || !envName.MatchString(name) {
			d.fault(at, "${ begins an environment variable such as ${NAME}; write $${ where ${ itself is meant")
			return "", true, false
		}
		value, set := os.LookupEnv(name)
		if !set {
			d.fault(at, "the environment variable %s is not set", name)
			ok = false
		}
		b.WriteString(value)
		raw, fromEnv = rest, true
	}
}

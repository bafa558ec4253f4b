package main

import (
	"fmt"
	"strings"

	"github.com/aclens/aclens/config"
	"github.com/aclens/aclens/resolver/database"
)

// noDatabase is the error about a text that names no database, with the one
// that was probably meant. It only suggests: an answer about another database
// than the one that was asked for would be a wrong one.
func noDatabase(set *database.Set, text string) error {
	err := fmt.Errorf("--database: no database has the key, alias, replica id or long form %q", text)
	if set.Len() == 0 {
		return fmt.Errorf("%w: no access control list was read, see aclens check", err)
	}
	if near := nearDatabase(set, text); near != "" {
		return fmt.Errorf("%w; did you mean %s?", err, near)
	}
	return err
}

// nearDatabase is the key that lacks only its folder or its extension in the
// text, if it is the only one, or else the key or alias that is spelled like it.
func nearDatabase(set *database.Set, text string) string {
	var whole, names []string
	for _, d := range set.All() {
		key := strings.ToLower(d.Key)
		stem := strings.TrimSuffix(strings.TrimSuffix(key, ".nsf"), ".ntf")
		asked := strings.ToLower(text)
		if asked != "" && (stem == asked || strings.HasSuffix(key, "/"+asked) || strings.HasSuffix(stem, "/"+asked)) {
			whole = append(whole, d.Key)
		}
		names = append(append(names, d.Key), d.Alias...)
	}
	if len(whole) == 1 {
		return whole[0]
	}
	return config.Nearest(text, names)
}

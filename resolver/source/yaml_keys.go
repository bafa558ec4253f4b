package source

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/goccy/go-yaml/ast"

	"github.com/aclens/aclens/resolver/acl"
)

// checkYAMLKeys refuses a key that the format does not have, and names those
// that may stand in its place: the library tells the key alone.
func checkYAMLKeys(body ast.Node, f File) error {
	return eachKey(body, "the file", reflect.TypeFor[yamlFile](), f)
}

// eachKey holds the keys of one mapping, and of those in it, against the fields
// of a struct. What is no mapping is left to the decoder.
func eachKey(n ast.Node, what string, t reflect.Type, f File) error {
	mapping, ok := n.(ast.MapNode)
	if !ok {
		return nil
	}
	known := yamlKeys(t)
	for at := mapping.MapRange(); at.Next(); {
		token := at.Key().GetToken()
		i := slices.Index(known, token.Value)
		if i < 0 {
			return f.errorAt(token.Position.Line, fmt.Errorf("unknown key %q; %s has %s", printable(token.Value), what, strings.Join(known, ", ")))
		}
		list, ok := at.Value().(*ast.SequenceNode)
		inner, named := yamlLists[known[i]]
		if !ok || !named {
			continue
		}
		for _, each := range list.Values {
			if err := eachKey(each, inner.what, inner.of, f); err != nil {
				return err
			}
		}
	}
	return nil
}

// yamlLists are the keys whose value is a list of mappings.
var yamlLists = map[string]struct {
	what string
	of   reflect.Type
}{
	"databases": {"a database", reflect.TypeFor[yamlDatabase]()},
	"entries":   {"an entry", reflect.TypeFor[yamlEntry]()},
}

// yamlKeys are the keys of a mapping that is decoded into a struct.
func yamlKeys(t reflect.Type) []string {
	keys := make([]string, t.NumField())
	for i := range keys {
		keys[i] = t.Field(i).Tag.Get("yaml")
	}
	return keys
}

// truth reads yes or no, by any of the words that YAML has had for them.
func truth(word string) (bool, error) {
	switch strings.ToLower(word) {
	case "true", "yes":
		return true, nil
	case "false", "no":
		return false, nil
	}
	return false, fmt.Errorf("%q is neither true nor false", printable(word))
}

// wordByHand reads a word in whatever case; the error has it as it is written.
func wordByHand[T any](parse func(string) (T, error), word string) (T, error) {
	if value, err := parse(strings.ToLower(word)); err == nil {
		return value, nil
	}
	return parse(word)
}

// privilegeByHand reads the name of a privilege in whatever case.
func privilegeByHand(word string) (acl.Privileges, error) {
	for _, name := range acl.Manager.Possible().Names() {
		if strings.EqualFold(name, word) {
			return acl.ParsePrivilege(name)
		}
	}
	return acl.ParsePrivilege(word)
}

package source

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/aclens/aclens/resolver/acl"
)

// maxJSONDepth bounds values inside each other; an ACL needs six.
const maxJSONDepth = 32

// decodeJSON reads one JSON value into v. What encoding/json lets pass and what
// could hide one value behind another is an error: a key given twice, in
// whatever case, and text that is not UTF-8. Unknown keys are passed over.
func decodeJSON(text []byte, v any) error {
	if !utf8.Valid(text) {
		return errors.New("not UTF-8")
	}
	if err := checkKeys(text); err != nil {
		return err
	}
	if err := json.Unmarshal(text, v); err != nil {
		return jsonError(err)
	}
	return nil
}

// jsonError shortens what encoding/json says about types to the key.
func jsonError(err error) error {
	var wrong *json.UnmarshalTypeError
	switch {
	case !errors.As(err, &wrong):
		return err
	case wrong.Field == "":
		return fmt.Errorf("a %s where an object belongs", wrong.Value)
	}
	return fmt.Errorf("key %s is a %s", wrong.Field, wrong.Value)
}

// checkKeys walks one JSON value.
func checkKeys(text []byte) error {
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.UseNumber()
	var w keyWalk
	for {
		tok, err := dec.Token()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if err := w.take(tok); err != nil {
			return err
		}
	}
}

// keyWalk remembers the keys of the objects that are open; nil stands for an array.
type keyWalk struct {
	open   []map[string]bool
	isKey  bool // the next text is a key
	closed bool // the value has ended
}

func (w *keyWalk) take(tok json.Token) error {
	if w.closed {
		return errors.New("text after the value")
	}
	switch t := tok.(type) {
	case json.Delim:
		if err := w.delim(t); err != nil {
			return err
		}
	case string:
		if w.isKey {
			keys, k := w.open[len(w.open)-1], strings.ToLower(t)
			if keys[k] {
				return fmt.Errorf("key %q is there twice", t)
			}
			keys[k], w.isKey = true, false
			return nil
		}
	}
	w.isKey = len(w.open) > 0 && w.open[len(w.open)-1] != nil
	w.closed = len(w.open) == 0
	return nil
}

func (w *keyWalk) delim(d json.Delim) error {
	switch d {
	case '{':
		w.open = append(w.open, map[string]bool{})
	case '[':
		w.open = append(w.open, nil)
	default:
		w.open = w.open[:len(w.open)-1]
	}
	if len(w.open) > maxJSONDepth {
		return fmt.Errorf("more than %d values inside each other", maxJSONDepth)
	}
	return nil
}

// flagEntry is an ACL entry as the REST API and the export kit write it
// (rule 11.9). Name, level and flags must be there: some flags take something
// away, so flags that are missing would be a grant.
type flagEntry struct {
	Name  *string   `json:"name"`
	Type  string    `json:"type"`
	Level string    `json:"level"`
	Flags *[]string `json:"flags"`
	Roles []string  `json:"roles"`
}

// readEntries adds the entries in a JSON array to a list. line is that on which
// the array begins.
func readEntries(d *draftList, array json.RawMessage, line int) error {
	dec := json.NewDecoder(bytes.NewReader(array))
	if open, err := dec.Token(); err != nil || open != json.Delim('[') {
		return errors.New("entries are missing or no array")
	}
	for !d.spoiled() {
		before := dec.InputOffset() // More moves it past white space
		if !dec.More() {
			break
		}
		var raw json.RawMessage
		if err := dec.Decode(&raw); err != nil {
			return err
		}
		start := bytes.Index(array[before:], raw)
		line += bytes.Count(array[before:int(before)+start], newline)
		d.flagEntry(raw, line)
		line += bytes.Count(raw, newline)
	}
	return nil
}

var newline = []byte("\n")

// flagEntry reads one entry.
func (d *draftList) flagEntry(raw json.RawMessage, line int) {
	var in flagEntry
	if err := json.Unmarshal(raw, &in); err != nil {
		d.spoil(line, "an entry", jsonError(err))
		return
	}
	if in.Name == nil {
		d.spoil(line, "an entry", fmt.Errorf("the name %w", errEmpty))
		return
	}
	e, err := in.draft(line)
	if err != nil {
		d.spoil(line, entryCalled(printable(*in.Name)), err)
		return
	}
	d.addEntry(e)
}

// draft reads the words of an entry.
func (in *flagEntry) draft(line int) (draftEntry, error) {
	e := draftEntry{roles: in.Roles, line: line}
	if err := checkFilled("the name", *in.Name, maxNameBytes); err != nil {
		return e, err
	}
	e.entry = acl.NewEntry(*in.Name, false)
	var err error
	if e.entry.Level, err = acl.ParseLevel(strings.ToLower(in.Level)); err != nil {
		return e, err
	}
	if in.Flags == nil {
		return e, errors.New("flags are missing")
	}
	var flags acl.Flags
	for _, word := range *in.Flags {
		f, err := acl.ParseFlag(strings.TrimPrefix(word, "ACL_FLAG_"))
		if err != nil {
			return e, err
		}
		flags |= f
	}
	e.entry.Privileges = flags.Privileges() & e.entry.Level.Possible()
	e.entry.Type, err = userType(in.Type, flags)
	return e, err
}

// typeFlags are the flag bits that make a user type (rule 2.2).
const typeFlags = acl.FlagPerson | acl.FlagServer | acl.FlagGroup

// userType joins the type word with the type bits among the flags. They must
// agree, except that bits may say more than the word GROUP does: of two types
// that differ one would be a guess.
func userType(word string, flags acl.Flags) (acl.UserType, error) {
	byWord, err := typeWord(word)
	if err != nil {
		return byWord, err
	}
	bits := flags & typeFlags
	byBits := bits.UserType()
	switch {
	case bits == 0:
		return byWord, nil
	case byBits == acl.TypeUnspecified:
		return byBits, errors.New("flags PERSON and SERVER without GROUP")
	case byWord == acl.TypeUnspecified || byWord == byBits:
		return byBits, nil
	case byWord == acl.TypeMixedGroup && bits&acl.FlagGroup != 0:
		return byBits, nil
	}
	return byBits, fmt.Errorf("type %q, but the flags say %s", word, byBits)
}

// typeWord reads PERSON, SERVER, GROUP, and the types of rule 11.4 with or
// without something between their words; empty is unspecified.
func typeWord(word string) (acl.UserType, error) {
	plain := strings.NewReplacer("_", "", "-", "", " ", "", "+", "").Replace(strings.ToLower(word))
	switch plain {
	case "group":
		return acl.TypeMixedGroup, nil
	case "groupperson":
		return acl.TypePersonGroup, nil
	case "groupserver":
		return acl.TypeServerGroup, nil
	}
	t, err := acl.ParseUserType(plain)
	if err != nil {
		return t, fmt.Errorf("unknown user type %q", word)
	}
	return t, nil
}

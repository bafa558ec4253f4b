package database

import (
	"strings"

	"github.com/aclens/aclens/resolver/name"
)

// longJoint stands between server and path in a long form.
const longJoint = "!!"

var keyEscaper = strings.NewReplacer("%", "%25", "#", "%23")

// EscapeKey writes '#' as %23 and '%' as %25, so that the first '#' of a value
// such as "apps/crm.nsf#editor" always ends the key (docs/contract.md, section 3).
func EscapeKey(s string) string { return keyEscaper.Replace(s) }

var keyUnescaper = strings.NewReplacer("%25", "%", "%23", "#")

// UnescapeKey is the reverse of EscapeKey. A '%' that EscapeKey would not have
// written stands for itself, so every text has exactly one meaning.
func UnescapeKey(s string) string { return keyUnescaper.Replace(s) }

// LongForm is the escaped name of one instance among all: "Web1/Acme!!apps/crm.nsf",
// the server abbreviated and spelled as its source spells it, the path as in a
// key. An instance without a server has its path alone.
func LongForm(i *Instance) string {
	if i.Server.IsZero() {
		return pathKey(i.Path)
	}
	return EscapeKey(i.Server.Abbreviated() + longJoint + foldPath(i.Path))
}

// foldPath is the form in which paths are compared: '/' for '\', lower case,
// and otherwise as LDAP compares the values that carry a key (name.Fold), so
// that two keys which differ are also two for every client.
func foldPath(path string) string {
	return name.Fold(strings.ReplaceAll(path, `\`, "/"))
}

func pathKey(path string) string { return EscapeKey(foldPath(path)) }

// place is where an instance lies. Two instances never share one.
type place struct {
	server name.Key // empty for a bare export
	path   string   // folded
}

func placeOf(i *Instance) place { return place{i.Server.Key(), foldPath(i.Path)} }

// Bounds on what is read as the name of a database. Sources keep paths below
// 4,096 bytes; longer text names nothing and costs nothing.
const (
	maxNameText = 16 << 10
	maxJoints   = 16
)

// reading is everything that one text can mean.
type reading struct {
	key    string  // the text as the key of a path
	id     string  // the text as a replica id, or empty
	places []place // the text as the path of a bare export, and as a long form
}

// readName reads a text as a key, a replica id and a long form; false if it is
// none of them.
func readName(text string) (reading, bool) {
	if len(text) > maxNameText {
		return reading{}, false
	}
	plain := UnescapeKey(text)
	path := foldPath(plain)
	if path == "" {
		return reading{}, false
	}
	r := reading{key: EscapeKey(path)}
	r.id, _ = name.ReplicaID(text)
	r.places = append(r.places, place{path: path})
	for at, joints := 0, 0; joints < maxJoints; joints++ {
		next := strings.Index(plain[at:], longJoint)
		if next < 0 {
			break
		}
		// A server or a path may itself hold "!!" or touch it with another '!'.
		at += next + 1
		server := name.Parse(plain[:at-1])
		if !server.IsZero() {
			r.places = append(r.places, place{server.Key(), foldPath(plain[at+1:])})
		}
	}
	return r, true
}

package server

import (
	"fmt"
	"slices"
	"strings"

	"github.com/aclens/aclens/resolver/acl"
	"github.com/aclens/aclens/resolver/name"
)

// Server is what is known of one Domino server: its document, if any, and what
// no document holds.
type Server struct {
	Name     name.Name // needed only without a Document
	Document *Document // nil when no Server document is known
	Settings Settings

	sealed *sealed // nil until Seal
}

// Key is what the server is found by: the name of its document, or its own.
func (s *Server) Key() name.Key {
	return s.Identity().Key()
}

// Identity is the server's name: its document's, or its own.
func (s *Server) Identity() name.Name {
	if s.Document != nil {
		return s.Document.Name
	}
	return s.Name
}

// Settings are facts about a server that its document does not carry. The zero
// value knows nothing and grants nothing.
type Settings struct {
	Release            int                  // Domino release; 0 when not stated, which is read as 6 or later
	Enforce            map[Protocol]acl.Tri // "Enforce server access settings" (rule 7.4)
	PersonalAgents     bool                 // Enforce_Personal_Agents=1 (rule 7.12)
	FullAdminDisabled  bool                 // SECURE_DISABLE_FULLADMIN=1 (rule 3.11)
	TrustedDirectories acl.Tri              // the box "users listed in all trusted directories" (rule 7.2)
	Folders            []Folder             // folder access lists (rule 7.16)
	BlankAgentFields   []BlankAgentFields   // instead of DefaultBlankAgentFields, when not nil
}

// Protocol is an Internet protocol for which a server may or may not enforce
// its access lists (rule 7.4).
type Protocol string

// The protocols of rule 7.4.
const (
	HTTP  Protocol = "http"
	IMAP  Protocol = "imap"
	POP3  Protocol = "pop3"
	LDAP  Protocol = "ldap"
	DIIOP Protocol = "diiop"
)

// Protocols lists every Protocol.
var Protocols = []Protocol{HTTP, IMAP, POP3, LDAP, DIIOP}

// ParseProtocol reads a protocol's name in lower case; any other text is an error.
func ParseProtocol(s string) (Protocol, error) {
	if p := Protocol(s); slices.Contains(Protocols, p) {
		return p, nil
	}
	words := make([]string, len(Protocols))
	for i, p := range Protocols {
		words[i] = string(p)
	}
	return "", fmt.Errorf("unknown protocol %q (%s)", s, strings.Join(words, ", "))
}

// Reason says what decided, for explain.
type Reason struct {
	Rule  string // of docs/access-rules.md
	Item  string // the item or setting that decided; empty when none did
	Entry string // its entry, as spelled; empty when the item as a whole decided
	Why   string // in words
}

package source

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode"
	"unicode/utf8"
)

// The limits that keep a hostile or broken file from filling the memory. They
// lie far above what Domino can write (rule 1.1: an ACL entry has at most 255
// characters, an ACL at most some thousand entries).
const (
	maxToken          = 16 << 20  // bytes of one XML tag, text or comment, or of one JSON line
	maxDepth          = 256       // XML elements inside each other
	maxAttributes     = 256       // attributes of one XML element
	maxAttributeBytes = 256 << 10 // their text together
	maxEntries        = 20_000    // entries of one ACL
	maxDefinedRoles   = 1000      // roles read of one ACL before giving up; acl.MaxRoles is the real bound
	maxLogEntries     = 1000      // log lines kept of one ACL
	maxLogBytes       = 64 << 10  // of one log line
	maxNameBytes      = 1024      // of an entry name: 255 characters of up to four bytes
	maxRoleBytes      = 256       // of a role name
	maxPathBytes      = 4096      // of a path, title or similar
	maxItems          = 20_000    // items of one document
	maxDocumentBytes  = 64 << 20  // text of one document's items together
)

// meter hands out bytes until an allowance is used up. The XML and JSON
// decoders gather a whole token before they return it, so the allowance is set
// afresh for each token.
type meter struct {
	r     *bufio.Reader
	left  int
	limit int // bytes of one token
	what  string
}

// slack is what decoders between meter and token may read ahead.
const slack = 64 << 10

func newMeter(r io.Reader, what string) *meter {
	return &meter{r: bufio.NewReaderSize(r, 32<<10), left: slack, limit: maxToken, what: what}
}

// byteOrderMark is what some editors put before UTF-8.
var byteOrderMark = []byte("\xEF\xBB\xBF")

// skip passes over what may stand at the beginning.
func (m *meter) skip(mark []byte) {
	if head, _ := m.r.Peek(len(mark)); bytes.Equal(head, mark) {
		_, _ = m.r.Discard(len(mark)) // it was there a line ago
	}
}

func (m *meter) refill() { m.left = m.limit + slack }

func (m *meter) tooLarge() error {
	return fmt.Errorf("%s is larger than %d KiB", m.what, m.limit>>10)
}

// ReadByte serves encoding/xml, which then adds no buffer of its own.
func (m *meter) ReadByte() (byte, error) {
	if m.left <= 0 {
		return 0, m.tooLarge()
	}
	m.left--
	return m.r.ReadByte()
}

func (m *meter) Read(p []byte) (int, error) {
	if m.left <= 0 {
		return 0, m.tooLarge()
	}
	n, err := m.r.Read(p[:min(len(p), m.left)])
	m.left -= n
	return n, err
}

// checkText refuses text that no name, role or path can be: too long, not
// decodable, or with control characters.
func checkText(what, s string, limit int) error {
	switch {
	case len(s) > limit:
		return fmt.Errorf("%s is longer than %d bytes", what, limit)
	case !utf8.ValidString(s) || strings.ContainsRune(s, utf8.RuneError):
		return fmt.Errorf("%s holds characters that could not be decoded", what)
	case strings.ContainsFunc(s, unicode.IsControl):
		return fmt.Errorf("%s %w", what, errControlCharacter)
	}
	return nil
}

var (
	errEmpty            = errors.New("is missing or empty")
	errControlCharacter = errors.New("holds a control character")
)

// checkFilled is checkText for text that must be there.
func checkFilled(what, s string, limit int) error {
	if strings.TrimSpace(s) == "" {
		return fmt.Errorf("%s %w", what, errEmpty)
	}
	return checkText(what, s, limit)
}

package shadow

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/aclens/aclens/proxy/wire"
)

// Request is one search, as a client sends it to the present server.
type Request struct {
	Base       string
	Scope      wire.Scope
	Filter     wire.Filter
	Attributes []string // none asks for all user attributes
}

// everything is the filter that all entries match.
var everything = wire.Filter{Kind: wire.Present, Attr: []byte("objectClass")}

// String is the search in one line, for people.
func (r *Request) String() string {
	text := fmt.Sprintf("base %q scope %s filter %s", r.Base, scopeWords[r.Scope], wire.FilterString(r.Filter))
	if len(r.Attributes) > 0 {
		text += " attributes " + strings.Join(r.Attributes, ",")
	}
	return text
}

// scopeWords are the scopes as ldapsearch -s calls them; the longer words of
// RFC 4516 and others are taken too.
var scopeWords = []string{"base", "one", "sub", "children"}

func parseScope(word string) (wire.Scope, error) {
	switch word = strings.ToLower(word); word {
	case "", "subtree", "wholesubtree":
		word = "sub"
	case "onelevel", "singlelevel":
		word = "one"
	case "baseobject":
		word = "base"
	case "subordinates", "subordinatesubtree":
		word = "children"
	}
	i := slices.Index(scopeWords, word)
	if i < 0 {
		return 0, fmt.Errorf("scope %q is not one of %s", word, strings.Join(scopeWords, ", "))
	}
	return wire.Scope(i), nil
}

// recorded is a search as it stands in a file.
type recorded struct {
	Base       string   `json:"base"`
	Scope      string   `json:"scope"`
	Filter     string   `json:"filter"`
	Attributes []string `json:"attributes"`
}

func (r recorded) request() (Request, error) {
	scope, err := parseScope(r.Scope)
	if err != nil {
		return Request{}, err
	}
	out := Request{Base: r.Base, Scope: scope, Filter: everything, Attributes: r.Attributes}
	if r.Filter == "" {
		return out, nil
	}
	if out.Filter, err = wire.ParseFilterString(r.Filter); err != nil {
		return Request{}, fmt.Errorf("filter: %w", err)
	}
	return out, nil
}

// maxLine bounds one line of recorded requests.
const maxLine = 1 << 20

// errNoRequest is a file that holds nothing to compare.
var errNoRequest = errors.New("holds no request")

// ReadRequests reads recorded searches: JSON Lines, an object a line with base,
// scope, filter and attributes; or records in the manner of LDIF (RFC 2849), a
// line for each of the same words, with an empty line between two records.
// Errors name the line.
func ReadRequests(in io.Reader) ([]Request, error) {
	buffered := bufio.NewReader(in)
	first, err := firstSign(buffered)
	if err != nil {
		return nil, err
	}
	lines := bufio.NewScanner(buffered)
	lines.Buffer(nil, maxLine)
	read := readRecords
	if first == '{' {
		read = readJSONLines
	}
	list, err := read(lines)
	if err == nil {
		err = lines.Err()
	}
	if err == nil && len(list) == 0 {
		err = errNoRequest
	}
	return list, err
}

// firstSign looks at the first octet that is no white space.
func firstSign(in *bufio.Reader) (byte, error) {
	for n := 1; ; n++ {
		head, err := in.Peek(n)
		if len(head) < n {
			if err == io.EOF || errors.Is(err, bufio.ErrBufferFull) {
				err = errNoRequest
			}
			return 0, err
		}
		if c := head[n-1]; !bytes.ContainsRune([]byte(" \t\r\n"), rune(c)) {
			return c, nil
		}
	}
}

func readJSONLines(lines *bufio.Scanner) ([]Request, error) {
	var list []Request
	for n := 1; lines.Scan(); n++ {
		line := bytes.TrimSpace(lines.Bytes())
		if len(line) == 0 {
			continue
		}
		var r recorded
		d := json.NewDecoder(bytes.NewReader(line))
		d.DisallowUnknownFields()
		if err := d.Decode(&r); err != nil {
			return nil, fmt.Errorf("line %d: %w", n, err)
		}
		request, err := r.request()
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", n, err)
		}
		list = append(list, request)
	}
	return list, nil
}

func readRecords(lines *bufio.Scanner) ([]Request, error) {
	var list []Request
	var r recorded
	began := 0 // line of the record, 0 between two
	end := func() error {
		if began == 0 {
			return nil
		}
		request, err := r.request()
		if err != nil {
			return fmt.Errorf("line %d: %w", began, err)
		}
		list, r, began = append(list, request), recorded{}, 0
		return nil
	}
	for n := 1; lines.Scan(); n++ {
		line := strings.TrimRight(lines.Text(), "\r")
		switch {
		case strings.HasPrefix(line, "#"):
			continue
		case strings.TrimSpace(line) == "":
			if err := end(); err != nil {
				return nil, err
			}
			continue
		}
		if began == 0 {
			began = n
		}
		if err := r.take(line); err != nil {
			return nil, fmt.Errorf("line %d: %w", n, err)
		}
	}
	return list, end()
}

// take reads one line of a record.
func (r *recorded) take(line string) error {
	word, value, ok := strings.Cut(line, ":")
	if !ok {
		return errors.New("neither JSON nor \"word: value\"")
	}
	if encoded, is := strings.CutPrefix(value, ":"); is {
		octets, err := base64.StdEncoding.DecodeString(strings.TrimSpace(encoded))
		if err != nil {
			return fmt.Errorf("%s: %w", word, err)
		}
		value = string(octets)
	}
	value = strings.TrimSpace(value)
	switch strings.ToLower(word) {
	case "base":
		r.Base = value
	case "scope":
		r.Scope = value
	case "filter":
		r.Filter = value
	case "attributes":
		r.Attributes = append(r.Attributes, strings.FieldsFunc(value, func(c rune) bool { return c == ',' || c == ' ' })...)
	default:
		return fmt.Errorf("%q is not one of base, scope, filter, attributes", word)
	}
	return nil
}

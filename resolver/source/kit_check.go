package source

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"strings"
	"time"

	"github.com/aclens/aclens/resolver/name"
)

// kitManifest is the last line of a file; every key must be there.
type kitManifest struct {
	Server   *string `json:"server"`
	Started  *string `json:"started"`
	Expected *int    `json:"expected"`
	Read     *int    `json:"read"`
	Failed   *int    `json:"failed"`
	Digest   *string `json:"digest"`
}

// kitSum is the digest of the database lines, and their number.
type kitSum struct {
	hash  hash.Hash
	lines int
}

func newKitSum() *kitSum { return &kitSum{hash: sha256.New()} }

// add counts a line; a hash never fails to be written to.
func (s *kitSum) add(line []byte) {
	s.hash.Write(line)
	s.hash.Write(newline)
	s.lines++
}

func (s *kitSum) digest() string { return "sha256:" + hex.EncodeToString(s.hash.Sum(nil)) }

// kitCheck is the first pass over a file.
type kitCheck struct {
	file     File
	sum      *kitSum
	manifest Manifest
	line     int    // of the manifest; 0 before it was met
	server   string // as the file spells it
}

// checkKit reads the whole file and returns an error unless it is complete.
func checkKit(r io.Reader, f File) (*kitCheck, error) {
	c := &kitCheck{file: f, sum: newKitSum()}
	err := eachLine(r, f, c.take)
	if err == nil {
		err = c.complete()
	}
	if err != nil {
		return nil, c.incomplete(err)
	}
	return c, nil
}

func (c *kitCheck) incomplete(why error) error {
	return &IncompleteError{File: c.file.Name, Server: printable(c.server), Why: why}
}

func (c *kitCheck) take(line []byte, number int) error {
	if c.line > 0 {
		return fmt.Errorf("line %d: text after the manifest", number)
	}
	var top struct {
		Server   string          `json:"server"`
		Manifest json.RawMessage `json:"manifest"`
	}
	if err := decodeJSON(line, &top); err != nil {
		return fmt.Errorf("line %d: %w", number, err)
	}
	if c.server == "" {
		c.server = top.Server
	}
	if top.Manifest == nil {
		c.sum.add(line)
		return nil
	}
	c.line = number
	if err := c.readManifest(top.Manifest); err != nil {
		return fmt.Errorf("line %d: manifest: %w", number, err)
	}
	return nil
}

func (c *kitCheck) readManifest(raw json.RawMessage) error {
	var m kitManifest
	if err := decodeJSON(raw, &m); err != nil {
		return err
	}
	if m.Server == nil || m.Started == nil || m.Expected == nil || m.Read == nil || m.Failed == nil || m.Digest == nil {
		return errors.New("not all of server, started, expected, read, failed and digest are there")
	}
	if err := checkFilled("the server", *m.Server, maxNameBytes); err != nil {
		return err
	}
	c.server = *m.Server
	started, err := time.Parse(time.RFC3339, *m.Started)
	if err != nil {
		return fmt.Errorf("started %q is no time of RFC 3339", printable(*m.Started))
	}
	c.manifest = Manifest{
		Server: name.Parse(*m.Server), Started: started, Expected: *m.Expected, Read: *m.Read, Failed: *m.Failed,
		Digest: strings.ToLower(*m.Digest),
	}
	return nil
}

// complete compares the manifest with the lines before it.
func (c *kitCheck) complete() error {
	m := c.manifest
	switch {
	case c.line == 0:
		return errors.New("no manifest: the run did not end, or the file was cut")
	case m.Read < 0 || m.Failed < 0 || m.Expected != m.Read+m.Failed:
		return fmt.Errorf("%d databases were expected, %d read and %d failed", m.Expected, m.Read, m.Failed)
	case m.Read != c.sum.lines:
		return fmt.Errorf("the manifest counts %d databases, the file holds %d", m.Read, c.sum.lines)
	case m.Digest != c.sum.digest():
		return errors.New("the digest is not that of the database lines")
	}
	return nil
}

// eachLine calls visit for each line that is not empty, without its line end.
func eachLine(r io.Reader, f File, visit func(line []byte, number int) error) error {
	scan := bufio.NewScanner(r)
	scan.Buffer(make([]byte, 0, 64<<10), maxToken)
	number := 0
	for scan.Scan() {
		number++
		line := bytes.TrimSuffix(scan.Bytes(), []byte("\r"))
		if number == 1 {
			line = bytes.TrimPrefix(line, byteOrderMark)
		}
		if len(bytes.TrimSpace(line)) == 0 {
			continue
		}
		if err := visit(line, number); err != nil {
			return err
		}
	}
	if errors.Is(scan.Err(), bufio.ErrTooLong) {
		return fmt.Errorf("%s: line %d: longer than %d MiB", f.Name, number+1, maxToken>>20)
	}
	return scan.Err()
}

package source

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
)

// eachJSON calls visit for each JSON value of a file, or for each member of the
// arrays at its top, with the line on which the value begins. One value at a
// time is held in memory. A file without any value is an error.
func eachJSON(r io.Reader, f File, visit func(json.RawMessage, int) error) error {
	in := &lineCounter{meter: newMeter(r, "a JSON value"), line: 1}
	in.meter.skip(byteOrderMark)
	s := jsonSteps{dec: json.NewDecoder(in)}
	for seen := false; ; seen = true {
		in.meter.refill()
		value, err := s.next()
		line := in.lineAt(s.dec.InputOffset()) - bytes.Count(value, newline)
		if errors.Is(err, io.EOF) && seen && !s.inArray {
			return nil
		}
		if errors.Is(err, io.EOF) {
			err = io.ErrUnexpectedEOF
		}
		if err != nil {
			return f.errorAt(line, err)
		}
		if value == nil {
			continue
		}
		if err := visit(value, line); err != nil {
			return err
		}
	}
}

// jsonSteps takes a stream of JSON apart into values.
type jsonSteps struct {
	dec     *json.Decoder
	inArray bool
}

// next returns the next value, or nil after a bracket of an array at the top.
func (s *jsonSteps) next() (json.RawMessage, error) {
	if !s.dec.More() {
		_, err := s.dec.Token()
		if err == nil {
			s.inArray = false
		}
		return nil, err
	}
	if !s.inArray && s.atArray() {
		s.inArray = true
		_, err := s.dec.Token()
		return nil, err
	}
	var value json.RawMessage
	err := s.dec.Decode(&value)
	return value, err
}

// atArray looks at the next byte, which More has read.
func (s *jsonSteps) atArray() bool {
	var one [1]byte
	for rest := s.dec.Buffered(); ; {
		if _, err := rest.Read(one[:]); err != nil {
			return false
		}
		if !bytes.ContainsAny(one[:], " \t\r\n") {
			return one[0] == '['
		}
	}
}

// lineCounter remembers where lines end in what the decoder has read ahead.
type lineCounter struct {
	meter *meter
	read  int64
	ends  []int64 // offsets of line ends not yet passed
	line  int
}

func (c *lineCounter) Read(p []byte) (int, error) {
	n, err := c.meter.Read(p)
	for i, b := range p[:n] {
		if b == '\n' {
			c.ends = append(c.ends, c.read+int64(i))
		}
	}
	c.read += int64(n)
	return n, err
}

// lineAt is the line of an offset; offsets never go back.
func (c *lineCounter) lineAt(offset int64) int {
	passed := 0
	for passed < len(c.ends) && c.ends[passed] < offset {
		passed++
	}
	c.line += passed
	c.ends = append(c.ends[:0], c.ends[passed:]...)
	return c.line
}

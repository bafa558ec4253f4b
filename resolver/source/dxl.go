package source

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"
)

// dxlNamespace is the namespace of DXL (rule 11.1). Exports stripped of their
// namespace are read as well.
const dxlNamespace = "http://www.lotus.com/dxl"

// dxlReader reads the tokens of a DXL file one by one, within the limits.
type dxlReader struct {
	dec   *xml.Decoder
	meter *meter
	file  File
	enc   encoding
	depth int
	line  int // on which the last token began
	room  int // bytes of text that one document may hold
	faultList
}

func newDXLReader(r io.Reader, f File) (*dxlReader, error) {
	m := newMeter(r, "an XML tag, text or comment")
	x := &dxlReader{meter: m, file: f, line: 1, room: maxDocumentBytes, faultList: faultList{file: f}}
	in, err := x.enc.sniff(m)
	if err != nil {
		return nil, f.errorAt(1, err)
	}
	x.dec = xml.NewDecoder(in)
	x.dec.CharsetReader = x.enc.open
	return x, nil
}

// next returns the next start tag, end tag or text; io.EOF after the last.
func (x *dxlReader) next() (xml.Token, error) {
	for {
		x.meter.refill()
		line, _ := x.dec.InputPos()
		tok, err := x.dec.Token()
		if errors.Is(err, io.EOF) {
			return nil, io.EOF
		}
		if err != nil {
			return nil, x.broken(err)
		}
		x.line = line
		keep, err := x.check(tok)
		if err != nil {
			return nil, x.file.errorAt(line, err)
		}
		if keep {
			return tok, nil
		}
	}
}

// broken names the line of what the decoder found.
func (x *dxlReader) broken(err error) error {
	line, _ := x.dec.InputPos()
	var syntax *xml.SyntaxError
	if errors.As(err, &syntax) {
		return x.file.errorAt(syntax.Line, fmt.Errorf("not well-formed XML: %s", syntax.Msg))
	}
	return x.file.errorAt(line, err)
}

// tagOf is the local name of a DXL element, empty for foreign ones.
func tagOf(n xml.Name) string {
	if n.Space == dxlNamespace || n.Space == "" {
		return n.Local
	}
	return ""
}

// attribute finds an attribute without a namespace of its own.
func attribute(t xml.StartElement, local string) (string, bool) {
	for _, a := range t.Attr {
		if a.Name.Space == "" && a.Name.Local == local {
			return a.Value, true
		}
	}
	return "", false
}

// boolAttribute reads true or false; any other word is an error.
func boolAttribute(t xml.StartElement, local string, absent bool) (bool, error) {
	v, ok := attribute(t, local)
	switch {
	case !ok:
		return absent, nil
	case v == "true":
		return true, nil
	case v == "false":
		return false, nil
	}
	return false, fmt.Errorf("attribute %s is %q, not true or false", local, v)
}

// skip reads over the rest of the element whose start tag was the last token.
func (x *dxlReader) skip() error {
	for open := x.depth; x.depth >= open; {
		if _, err := x.next(); err != nil {
			return x.atEnd(err)
		}
	}
	return nil
}

// atEnd turns the end of the file inside an element into an error.
func (x *dxlReader) atEnd(err error) error {
	if errors.Is(err, io.EOF) {
		return x.file.errorAt(x.line, io.ErrUnexpectedEOF)
	}
	return err
}

// text reads the rest of an element that holds text only; <break/> is a line
// end. The first error is about this text alone and the reader stands behind
// the element all the same; the second is the file's.
func (x *dxlReader) text(limit int) (string, error, error) {
	var b strings.Builder
	var flawed error
	for {
		tok, err := x.next()
		if err != nil {
			return "", nil, x.atEnd(err)
		}
		switch t := tok.(type) {
		case xml.CharData:
			if b.Len()+len(t) > limit {
				flawed = fmt.Errorf("text of more than %d bytes", limit)
				continue
			}
			b.Write(t)
		case xml.StartElement:
			if tagOf(t.Name) == "break" {
				b.WriteByte('\n')
			} else if flawed == nil {
				flawed = fmt.Errorf("unexpected element <%s> in text", t.Name.Local)
			}
			if err := x.skip(); err != nil {
				return "", nil, err
			}
		case xml.EndElement:
			return b.String(), flawed, nil
		}
	}
}

// children calls visit for each child element of the element whose start tag
// was the last token. visit reads the child to its end.
func (x *dxlReader) children(visit func(xml.StartElement) error) error {
	for {
		tok, err := x.next()
		if err != nil {
			return x.atEnd(err)
		}
		switch t := tok.(type) {
		case xml.StartElement:
			if err := visit(t); err != nil {
				return err
			}
		case xml.EndElement:
			return nil
		}
	}
}

// roots calls visit for each element at the root, and for the children of
// wrappers around several exports.
func (x *dxlReader) roots(visit func(xml.StartElement) error) error {
	var root func(t xml.StartElement) error
	root = func(t xml.StartElement) error {
		switch tagOf(t.Name) {
		case "dxl", "databases", "documents":
			return x.children(root)
		}
		return visit(t)
	}
	for {
		tok, err := x.next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if t, ok := tok.(xml.StartElement); ok {
			if err := root(t); err != nil {
				return err
			}
		}
	}
}

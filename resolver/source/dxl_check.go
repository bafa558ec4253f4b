package source

import (
	"encoding/xml"
	"errors"
	"fmt"
	"regexp"
	"strings"
)

// check says whether a token is one for the caller, or is to be passed over.
func (x *dxlReader) check(tok xml.Token) (bool, error) {
	switch t := tok.(type) {
	case xml.StartElement:
		if x.depth++; x.depth > maxDepth {
			return false, fmt.Errorf("more than %d elements inside each other", maxDepth)
		}
		return true, checkAttributes(t)
	case xml.EndElement:
		x.depth--
		return true, nil
	case xml.CharData:
		if x.depth == 0 {
			return false, checkOutside(t)
		}
		return true, nil
	case xml.Directive:
		return false, x.checkDirective(t)
	case xml.ProcInst:
		return false, x.checkInstruction(t)
	default:
		return false, nil
	}
}

// checkAttributes finds what encoding/xml lets pass: an attribute given twice
// could hide one value behind another.
func checkAttributes(t xml.StartElement) error {
	if len(t.Attr) > maxAttributes {
		return fmt.Errorf("element <%s> has more than %d attributes", t.Name.Local, maxAttributes)
	}
	size := len(t.Name.Local)
	for i, a := range t.Attr {
		size += len(a.Name.Local) + len(a.Value)
		for _, b := range t.Attr[:i] {
			if a.Name == b.Name {
				return fmt.Errorf("element <%s> has attribute %s twice", t.Name.Local, a.Name.Local)
			}
		}
	}
	if size > maxAttributeBytes {
		return fmt.Errorf("the attributes of one element are larger than %d KiB", maxAttributeBytes>>10)
	}
	return nil
}

// checkOutside allows between the elements at the root what concatenated
// exports leave there: white space and byte order marks.
func checkOutside(text []byte) error {
	if strings.Trim(string(text), "\ufeff \t\r\n") != "" {
		return errors.New("text outside of any element")
	}
	return nil
}

// docType is a document type without internal subset, which is read over and
// never fetched. Whatever else begins with <! may define entities.
var docType = regexp.MustCompile(`^DOCTYPE\s+[\w:.-]+(\s+SYSTEM\s+('[^']*'|"[^"]*")|\s+PUBLIC\s+('[^']*'|"[^"]*")\s+('[^']*'|"[^"]*"))?\s*$`)

func (x *dxlReader) checkDirective(t xml.Directive) error {
	if x.depth > 0 {
		return errors.New("a document type inside an element")
	}
	if len(t) > maxPathBytes || !docType.Match(t) {
		return errors.New("a document type with an internal subset or another declaration is refused")
	}
	return nil
}

func (x *dxlReader) checkInstruction(t xml.ProcInst) error {
	if t.Target != "xml" {
		return nil
	}
	if x.depth > 0 {
		return errors.New("an XML declaration inside an element")
	}
	return x.enc.agree(string(t.Inst))
}

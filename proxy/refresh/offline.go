package refresh

import (
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/aclens/aclens/resolver/source"
)

// readFiles reads a directory of files, all of them or none: a group that is
// missing may be one that takes access away. nil means that no file changed.
func (h *heldDirectory) readFiles(now time.Time, all, fresh bool) (*scan, error) {
	files, err := h.files()
	if err != nil {
		return nil, err
	}
	if !all && !fresh && h.still(files) {
		return nil, nil
	}
	s := h.scan(fresh)
	s.full = true
	for _, f := range files {
		seen, err := readFile(f.path, now, func(r io.ReadSeeker) error { return f.read(s, r) })
		if err != nil {
			return nil, err
		}
		s.seen = append(s.seen, seen)
		s.asOf = earlier(s.asOf, seen.info.ModTime())
	}
	s.missing()
	return s, nil
}

// offline is a file of a directory and how it is read.
type offline struct {
	found
	read func(*scan, io.Reader) error
}

func (h *heldDirectory) files() ([]offline, error) {
	var list []offline
	ldif, err := expand(h.LDIF, ldifFiles)
	if err != nil {
		return nil, err
	}
	for _, f := range ldif {
		list = append(list, offline{f, func(s *scan, r io.Reader) error { return s.readLDIF(f.path, r) }})
	}
	dxl, err := expand(h.DXL, dxlFiles)
	if err != nil {
		return nil, err
	}
	for _, f := range dxl {
		list = append(list, offline{f, func(s *scan, r io.Reader) error { return s.readDXL(f.path, r) }})
	}
	if len(list) == 0 {
		return nil, fmt.Errorf("no LDIF or DXL file in %v", slices.Concat(h.LDIF, h.DXL))
	}
	return list, nil
}

// still tells whether these are the files that were read, and none changed.
func (h *heldDirectory) still(files []offline) bool {
	if len(files) != len(h.seen) {
		return false
	}
	for i, f := range files {
		if !h.seen[i].still(f.path) {
			return false
		}
	}
	return true
}

func (s *scan) readLDIF(path string, r io.Reader) error {
	hands := func() source.Hand[ready] { return s.newHand().makeOfLent }
	return source.ReadLDIFAhead(r, source.File{Name: path}, hands, func(r ready) error { return s.takeOnce(path, &r) })
}

// readDXL reads documents. A conflict document is a fault to report; any other
// fault spoils the directory.
func (s *scan) readDXL(path string, r io.Reader) error {
	faults, err := source.ReadDirectory(r, source.File{Name: path}, s.take)
	if err != nil {
		return err
	}
	if err := firstSpoiling(faults); err != nil {
		return err
	}
	for _, f := range faults {
		s.faults = append(s.faults, faultOf(f))
	}
	return nil
}

package refresh

import (
	"crypto/sha256"
	"fmt"
	"io"
	"maps"
	"slices"
	"time"

	"github.com/aclens/aclens/resolver/name"
	"github.com/aclens/aclens/resolver/server"
	"github.com/aclens/aclens/resolver/source"
)

// servers are the Server documents and settings as they last agreed.
type servers struct {
	list []*server.Server
	sum  [sha256.Size]byte
	asOf time.Time // zero without documents
}

func readServers(r io.ReadSeeker, f source.File) (docs []server.Document, faults []source.Fault, err error) {
	faults, err = source.ReadServers(r, f, func(d server.Document) error {
		docs = append(docs, d)
		return nil
	})
	return docs, faults, err
}

func newServerShelf(paths []string) *shelf[[]server.Document] {
	return &shelf[[]server.Document]{paths: paths, extensions: dxlFiles, read: readServers, strict: true}
}

// arrangeServers joins documents and settings. A document that is left out could
// hold the list that keeps somebody out, so two that differ are an error, and a
// file with a fault is not used (the shelf is strict).
func arrangeServers(docs *shelf[[]server.Document], settings []ServerSettings) (*servers, error) {
	byKey, err := joinDocuments(docs)
	if err != nil {
		return nil, err
	}
	told := map[name.Key]bool{}
	for _, each := range settings {
		k := each.Name.Key()
		if told[k] {
			return nil, fmt.Errorf("the settings of server %s are given twice", each.Name.Abbreviated())
		}
		told[k] = true
		if byKey[k] == nil {
			byKey[k] = &server.Server{Name: each.Name}
		}
		byKey[k].Settings = each.Settings
	}
	s := &servers{list: make([]*server.Server, 0, len(byKey)), asOf: docs.oldest()}
	for _, k := range slices.Sorted(maps.Keys(byKey)) {
		s.list = append(s.list, byKey[k])
	}
	s.sum = sumOfServers(s.list)
	return s, nil
}

// joinDocuments makes one server of each name that documents have.
func joinDocuments(docs *shelf[[]server.Document]) (map[name.Key]*server.Server, error) {
	byKey := map[name.Key]*server.Server{}
	for _, f := range docs.files {
		if f.good == nil {
			continue
		}
		for i := range *f.good {
			doc := &(*f.good)[i]
			k := doc.Name.Key()
			if byKey[k] == nil {
				byKey[k] = &server.Server{Document: doc}
			}
			if before := byKey[k].Document; !sameLists(before.Lists, doc.Lists) {
				return nil, fmt.Errorf("server %s has two documents that differ, in %s and %s",
					doc.Name.Abbreviated(), before.Origin, doc.Origin)
			}
		}
	}
	return byKey, nil
}

func sameLists(a, b map[string][]string) bool {
	return maps.EqualFunc(a, b, slices.Equal)
}

func sumOfServers(list []*server.Server) (sum [sha256.Size]byte) {
	h := sha256.New()
	for _, s := range list {
		write(h, s.Identity().Canonical(), fmt.Sprintf("%#v", s.Settings))
		if s.Document == nil {
			continue
		}
		for _, item := range server.Items {
			if values, ok := s.Document.Lists[item]; ok {
				write(h, item)
				write(h, values...)
			}
		}
	}
	h.Sum(sum[:0])
	return sum
}

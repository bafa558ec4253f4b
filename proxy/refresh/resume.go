package refresh

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/aclens/aclens/resolver"
	"github.com/aclens/aclens/resolver/database"
	"github.com/aclens/aclens/resolver/directory"
	"github.com/aclens/aclens/resolver/saved"
	"github.com/aclens/aclens/resolver/server"
)

var errOtherSettings = errors.New("it was made under other settings")

// resume takes the kept state for the present one, if there is one that may
// answer. One that is damaged, of other settings or refused is left alone, and
// everything is read as if there were none.
func (w *world) resume() bool {
	if w.keeper == nil {
		return false
	}
	var err error
	if w.keys.replicas, err = readKeys(w.keeper.Dir); err != nil {
		w.trouble(KindKeep, "kept registry of keys is not used", err)
		w.keys.replicas = map[string]string{}
	}
	s, meta, err := w.readKept()
	if errors.Is(err, fs.ErrNotExist) {
		return false
	}
	if err == nil {
		err = w.takeKept(s, meta)
	}
	if err != nil {
		w.trouble(KindKeep, "kept state is not used", err)
		return false
	}
	w.Log.Info("a kept state answers until the sources are read", "snapshot", meta.ID, "changed", meta.Changed,
		"directory", meta.AsOf.Directory, "acl", meta.AsOf.ACL)
	return true
}

func (w *world) readKept() (*resolver.Snapshot, saved.Meta, error) {
	f, err := os.Open(filepath.Join(w.keeper.Dir, snapshotFile))
	if err != nil {
		return nil, saved.Meta{}, err
	}
	defer f.Close()
	if m, err := saved.Heading(bufio.NewReader(f)); err != nil || m.Choices != w.keeper.Choices {
		if err == nil {
			err = errOtherSettings
		}
		return nil, m, err
	}
	if _, err := f.Seek(0, 0); err != nil {
		return nil, saved.Meta{}, err
	}
	return saved.Read(f, w.Schema, w.Resolver)
}

// takeKept makes a Snapshot with what was beside it the present state.
func (w *world) takeKept(s *resolver.Snapshot, m saved.Meta) error {
	if err := w.Check(s); err != nil {
		return err
	}
	definitions, err := readDefinitions(m.Parts[partDefinitions], len(w.directories))
	if err != nil {
		return err
	}
	marks := m.Parts[partMarks]
	if err := w.takeMarks(s.Store(), marks); err != nil {
		return err
	}
	w.readParts(m.Parts)
	w.definitions, w.schema = definitions, s.Store().Schema()
	w.databases = &arranged{set: s.Databases(), sum: sumOfSet(s.Databases()), asOf: s.AsOf().ACL}
	w.servers = &servers{list: s.Servers(), sum: sumOfServers(s.Servers()), asOf: s.AsOf().Server}
	w.now = &state{id: m.ID, snapshot: s, schema: w.schema, databases: w.databases, servers: w.servers}
	w.keys.learn(w.databases.set)
	for _, h := range w.directories {
		h.asOf = m.AsOf.Directory
	}
	w.keeper.id, w.keeper.asOf, w.last.changed = m.ID, s.AsOf(), m.Changed
	w.kept, w.resumed = newKeptSources(s), true
	return nil
}

func readDefinitions(text []byte, directories int) ([]definitions, error) {
	var list [][2][]string
	if err := json.Unmarshal(text, &list); err != nil || len(list) != directories {
		return nil, fmt.Errorf("%w: definitions of %d directories: %w", saved.ErrDamaged, len(list), err)
	}
	out := make([]definitions, len(list))
	for i, d := range list {
		out[i] = definitions{d[0], d[1]}
	}
	return out, nil
}

// takeMarks finds the digest of every entry.
func (w *world) takeMarks(st *directory.Store, marks []byte) error {
	n := st.Len()
	for range st.Shadowed() {
		n++
	}
	for _, h := range w.directories {
		h.entries, h.total = newMarks(n/len(w.directories)), digest{}
	}
	bad := false
	eachEntry(st, func(e directory.Entry) {
		if len(marks) < digestBytes || int(e.Source()) >= len(w.directories) {
			bad = true
			return
		}
		h, d := w.directories[e.Source()], digestOf(marks)
		h.entries.set(e.Key(), mark{digest: d})
		h.total, marks = h.total.plus(d), marks[digestBytes:]
	})
	if bad || len(marks) > 0 {
		return fmt.Errorf("%w: %s does not fit the entries", saved.ErrDamaged, partMarks)
	}
	return nil
}

// keptSources are ACLs and Server documents of the kept state by the file or
// service that they came from: what a source keeps that is broken now.
type keptSources struct {
	instances map[string][]*database.Instance
	documents map[string][]server.Document
}

func newKeptSources(s *resolver.Snapshot) *keptSources {
	k := &keptSources{map[string][]*database.Instance{}, map[string][]server.Document{}}
	for _, db := range s.Databases().All() {
		for _, in := range db.Instances {
			at := fileOf(in.Origin)
			k.instances[at] = append(k.instances[at], in)
		}
	}
	for _, srv := range s.Servers() {
		if srv.Document != nil {
			at := fileOf(srv.Document.Origin)
			k.documents[at] = append(k.documents[at], *srv.Document)
		}
	}
	return k
}

// fileOf takes the line off a place in a file.
func fileOf(origin string) string {
	if i := strings.LastIndexByte(origin, ':'); i > 0 && strings.Trim(origin[i+1:], "0123456789") == "" {
		return origin[:i]
	}
	return origin
}

// adopt gives sources that could not be read since the start what the kept state
// has of them, and tells whether any got ACLs.
func (w *world) adopt() (acls bool) {
	if w.kept == nil {
		return false
	}
	for _, s := range w.acls.shelves() {
		acls = adoptFiles(s, w.kept.instances, exportOf) || acls
	}
	for _, l := range w.acls.live {
		if l.err == nil || !l.asOf.IsZero() {
			continue
		}
		for origin, list := range w.kept.instances {
			if strings.HasPrefix(origin, l.Name) {
				l.instances, acls = append(l.instances, list...), true
			}
		}
	}
	if acls {
		w.acls.settleServers()
	}
	adoptFiles(w.documents, w.kept.documents, func(list []server.Document) []server.Document { return list })
	w.kept = nil
	return acls
}

func exportOf(list []*database.Instance) export {
	return export{instances: list, server: list[0].Server.Key()}
}

// adoptFiles fills the files of a shelf that are broken, or all of them where
// they cannot even be listed.
func adoptFiles[T, E any](s *shelf[T], kept map[string][]E, made func([]E) T) (any bool) {
	if s.err != nil && len(s.files) == 0 {
		for path := range kept {
			if under(path, s.paths) {
				s.files = append(s.files, &aFile[T]{found: found{path: path}, err: s.err})
			}
		}
	}
	for _, f := range s.files {
		if list := kept[f.path]; f.err != nil && f.good == nil && len(list) > 0 {
			content := made(list)
			f.good, any = &content, true
		}
	}
	return any
}

// aFile is kept, which the arguments of adoptFiles call something else.
type aFile[T any] = kept[T]

// awake notes that nothing depends on the kept state any more, once every
// directory has been read. From then on passwords that no file holds are wrong,
// and not unknown.
func (w *world) awake() {
	if !w.resumed {
		return
	}
	for _, h := range w.directories {
		if h.fullDue.IsZero() {
			return
		}
	}
	w.resumed, w.newPasswords = false, true
}

// under tells whether a file is one of some paths or lies below one.
func under(path string, paths []string) bool {
	for _, p := range paths {
		if path == p || strings.HasPrefix(path, strings.TrimSuffix(p, string(filepath.Separator))+string(filepath.Separator)) {
			return true
		}
	}
	return false
}

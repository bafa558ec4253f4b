package saved

import (
	"bufio"
	"fmt"
	"io"
	"time"

	"github.com/aclens/aclens/resolver"
	"github.com/aclens/aclens/resolver/schema"
)

// Meta is what is kept beside a Snapshot. Only AsOf and the names of the
// directories are looked at here.
type Meta struct {
	ID      string            // of the Snapshot, as its maker calls it
	Version string            // of the program that wrote it, for people
	Changed time.Time         // when the state came to be
	AsOf    resolver.AsOf     // that of the Snapshot; Write takes it from there
	Choices string            // the settings that it was made under, in whatever form tells two apart
	Feed    map[string]string // how far each source was read, opaque
	Parts   map[string][]byte // what others keep beside the Snapshot, by name, opaque; Heading leaves them out
}

// Write writes a Snapshot with what goes with it. Times are kept in UTC. An
// error that is not the writer's means that s holds something which must not be
// written, or cannot be read back; what was written by then is worthless.
func Write(w io.Writer, s *resolver.Snapshot, m Meta) error {
	buffered := bufio.NewWriterSize(w, blockBytes)
	out := newOutput(buffered)
	m.AsOf = s.AsOf()
	out.add(inMeta, func(b []byte) []byte { return appendMeta(b, &m, s.Settings().Directories) })
	out.close()
	for _, part := range []func(*output, *resolver.Snapshot) error{writeStore, writeDatabases, writeServers, partsOf(&m)} {
		if err := part(out, s); err != nil {
			return fmt.Errorf("saving a snapshot: %w", err)
		}
		out.close()
	}
	if err := out.end(); err != nil {
		return fmt.Errorf("saving a snapshot: %w", err)
	}
	if err := buffered.Flush(); err != nil {
		return fmt.Errorf("saving a snapshot: %w", err)
	}
	return nil
}

// Read reads what Write wrote. The Snapshot is made under settings, which must
// name the same directories in the same order, and under base: the built-in
// schema with whatever the program defines itself. It is the reader's to see
// that Meta.Choices are those under which it wants answers: databases and
// servers are as they were arranged then.
func Read(r io.Reader, base *schema.Schema, settings resolver.Settings) (*resolver.Snapshot, Meta, error) {
	p := &pieces{base: base, settings: settings}
	err := p.read(newInput(r))
	var s *resolver.Snapshot
	if err == nil {
		s, err = p.snapshot()
	}
	if err != nil {
		return nil, Meta{}, fmt.Errorf("saved snapshot: %w", err)
	}
	return s, *p.meta, nil
}

// Heading reads what Write put beside the Snapshot, and no more of r than that:
// for whoever has to know the choices before it can say under which settings to
// Read. The rest may be damaged; nothing of it counts until Read has taken all.
func Heading(r io.Reader) (Meta, error) {
	var m *Meta
	in := newInput(r)
	err := in.head()
	if err == nil {
		_, err = in.block(inMeta, func(b *block) (err error) {
			m, _, err = readHeading(b)
			return err
		})
	}
	if err == nil && m == nil {
		err = fmt.Errorf("%w: it has no heading", ErrDamaged)
	}
	if err != nil {
		return Meta{}, fmt.Errorf("saved snapshot: %w", err)
	}
	return *m, nil
}

package refresh

import "time"

// Source is one source of the state and how old it is.
type Source struct {
	Name      string // "directory NAME", or of a file of ACLs or Server documents, or a service
	Directory bool
	AsOf      time.Time // zero if it was never read
}

// sources lists the directories, then the files and services.
func (w *world) sources() []Source {
	var list []Source
	for _, h := range w.directories {
		list = append(list, Source{Name: "directory " + h.name, Directory: true, AsOf: h.asOf})
	}
	return append(list, w.acls.sources()...)
}

func (a *acls) sources() []Source {
	var list []Source
	for _, s := range a.shelves() {
		for _, f := range s.files {
			if f.good == nil {
				list = append(list, Source{Name: f.path})
				continue
			}
			at := f.from
			for _, in := range f.good.instances {
				at = earlier(at, in.CapturedAt)
			}
			if s == a.yaml {
				at = a.looked
			}
			list = append(list, Source{Name: f.path, AsOf: at})
		}
	}
	for _, l := range a.live {
		list = append(list, Source{Name: l.Name, AsOf: l.asOf})
	}
	return list
}

// Counts say how much a state holds.
type Counts struct {
	Entries, People, Groups, Servers int            // of the directories as they are seen
	ByDirectory                      map[string]int // entries that each directory holds
	Databases, Instances, Documents  int            // Documents are those of servers
}

func (w *world) counts(s *state) Counts {
	p := s.snapshot.Population()
	c := Counts{
		Entries: s.snapshot.Store().Len(), People: int(p.People.GetCardinality()), Groups: int(p.Groups.GetCardinality()),
		Servers: int(p.Servers.GetCardinality()), ByDirectory: map[string]int{}, Databases: s.databases.set.Len(),
	}
	for _, h := range w.directories {
		c.ByDirectory[h.name] = h.entries.len()
	}
	for _, db := range s.databases.set.All() {
		c.Instances += len(db.Instances)
	}
	for _, srv := range s.servers.list {
		if srv.Document != nil {
			c.Documents++
		}
	}
	return c
}

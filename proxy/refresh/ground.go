package refresh

// Ground is why something is taken for gone: what a person may have to be asked
// about, and what nobody may be asked about.
type Ground uint8

// The grounds. The zero value is the weaker one.
const (
	// Inferred is absence from what should have been everything: a reading, a
	// list of names, a set of files, or what a feed says is present. A directory
	// that hides or lost a part looks like that, too.
	Inferred Ground = iota
	// Stated is the directory's own word, through a feed: this entry was deleted,
	// moved or modified.
	Stated
)

func (g Ground) String() string {
	if g == Stated {
		return "stated"
	}
	return "inferred"
}

// groundOf is why a scan takes an entry for gone.
func (s *scan) groundOf(key string) Ground {
	if s.stated[key] {
		return Stated
	}
	return Inferred
}

// groundOfChanges is on what the new content of entries stands, such as a group
// that has fewer members: a change that was told as one, or a reading of
// everything.
func (s *scan) groundOfChanges() Ground {
	if s.full {
		return Inferred
	}
	return Stated
}

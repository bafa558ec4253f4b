package finding

import (
	"fmt"
	"strings"

	"github.com/aclens/aclens/resolver"
	"github.com/aclens/aclens/resolver/acl"
	"github.com/aclens/aclens/resolver/database"
	"github.com/aclens/aclens/resolver/name"
)

// databaseView is one database on the way to its findings.
type databaseView struct {
	key  string
	in   *database.Instance
	list *acl.List
}

// ofDatabase finds what is wrong with the ACL that answers for a database.
func (v *view) ofDatabase(db *database.Database) []Finding {
	d := &databaseView{key: db.Key, in: db.Primary, list: db.Primary.List}
	found := v.unknownEntries(d)
	found = append(found, d.settings()...)
	found = append(found, d.openings()...)
	found = append(found, v.entryFindings(d)...)
	return append(found, v.setFindings(d, db)...)
}

// finding is one about the database, with the texts of its subjects.
func (d *databaseView) finding(kind, detail string, subjects []string) Finding {
	f := New(kind, d.key, detail)
	f.Database, f.Count, f.Subjects = d.key, len(subjects), listed(subjects)
	return f
}

// plain is one about the database as a whole.
func (d *databaseView) plain(kind, detail string) Finding {
	f := New(kind, d.key, detail)
	f.Database = d.key
	return f
}

// settings finds what the ACL as a whole lacks, or its source does not tell.
func (d *databaseView) settings() []Finding {
	var found []Finding
	l := d.list
	told := l.MaxKnown || l.Consistent != acl.Unknown // an ACL without settings tells nothing of any
	if l.AdminServer == "" && told {
		found = append(found, d.plain("no-administration-server", ""))
	}
	if !l.MaxKnown {
		found = append(found, d.plain("maximum-unknown", ""))
	}
	if l.ExtendedAccess {
		found = append(found, d.plain("extended-acl", ""))
	}
	for i := range l.Entries {
		if e := &l.Entries[i]; e.Unknown.Cut(e.Level)&acl.ReplicateOrCopy != 0 {
			return append(found, d.plain("replicate-unknown", ""))
		}
	}
	return found
}

// openings finds what those get whom no entry names.
func (d *databaseView) openings() []Finding {
	var found []Finding
	public, detail := []string{}, ""
	look := func(e *acl.Entry, label, kind string) {
		if e == nil {
			return
		}
		if e.Level > acl.NoAccess {
			found = append(found, d.plain(kind, fmt.Sprintf("%s is %s", label, e.Level)))
		}
		extra := e.Privileges.Cut(e.Level) & (acl.ReadPublicDocs | acl.WritePublicDocs) &^ e.Level.Implied()
		if extra == 0 {
			return
		}
		public = append(public, label)
		if detail != "" {
			detail += "; "
		}
		detail += fmt.Sprintf("%s has %s", label, strings.Join(extra.Names(), " and "))
	}
	look(d.list.Default(), acl.DefaultName, "default-above-noaccess")
	look(d.list.Anonymous(), acl.AnonymousName, "anonymous-above-noaccess")
	if d.list.Anonymous() == nil {
		found = append(found, d.plain("no-anonymous-entry", ""))
	}
	if len(public) > 0 {
		found = append(found, d.finding("public-documents", detail, public))
	}
	return found
}

// entryFindings finds what single entries are, whoever they mean.
func (v *view) entryFindings(d *databaseView) []Finding {
	lists := map[string][]string{}
	var found []Finding
	deny := false
	for i := range d.list.Entries {
		e := &d.list.Entries[i]
		switch {
		case e.Kind == acl.KindTemplate:
			lists["template-entries"] = append(lists["template-entries"], e.Label)
		case e.Kind != acl.KindName:
			continue
		case e.Name.HasAtInCommonName():
			lists["at-in-common-name"] = append(lists["at-in-common-name"], e.Label)
		}
		if ids := v.x.CommonHolders(e.Key()); len(ids) > 1 && len(v.x.Holders(e.Key())) == 0 {
			f := v.duplicates("duplicate-common-name", e.Name, ids)
			f.Database = d.key
			found = append(found, f)
		}
		if word, ok := v.uncounted(e.Key()); ok && e.Kind == acl.KindName {
			lists[word] = append(lists[word], e.Label)
			deny = deny || word == "group-not-counted" && v.isDenyList(e.Key())
		}
	}
	for word, texts := range lists {
		f := d.finding(word, "", texts)
		f.DenyList = deny && word == "group-not-counted"
		found = append(found, f)
	}
	return found
}

// uncounted tells what is wrong with a group that an ACL names and that gives
// nothing; a type that does not exist has a finding of its own.
func (v *view) uncounted(k name.Key) (word string, ok bool) {
	if len(v.x.Holders(k)) > 0 {
		return "", false // the entry means somebody all the same
	}
	id, one, several := v.x.GroupNamed(k)
	switch {
	case one && v.s.Group(id).Type == resolver.TypeMailOnly:
		return "mail-only-group", !v.x.Counts(id)
	case one:
		return "group-not-counted", !v.x.Counts(id) && !v.s.Group(id).TypeDoubtful()
	case several:
		return "", false
	}
	_, idle := v.shared.idle[k]
	return "group-not-counted", idle
}

func (v *view) isDenyList(k name.Key) bool {
	id, one, _ := v.x.GroupNamed(k)
	return one && v.s.Group(id).DenyList()
}

package refresh

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/aclens/aclens/resolver/acl"
	"github.com/aclens/aclens/resolver/database"
	"github.com/aclens/aclens/resolver/finding"
	"github.com/aclens/aclens/resolver/name"
	"github.com/aclens/aclens/resolver/source"
)

// export is what one file of ACLs holds.
type export struct {
	instances []*database.Instance
	additions []source.Addition
	server    name.Key // of the export kit: whose databases they are, all of them
}

// keep takes an instance from a reader.
func (x *export) keep(in database.Instance) error {
	x.instances = append(x.instances, &in)
	return nil
}

func (x *export) add(a source.Addition) error {
	x.additions = append(x.additions, a)
	return nil
}

func readDXL(r io.ReadSeeker, f source.File) (x export, faults []source.Fault, err error) {
	faults, err = source.ReadDatabases(r, f, x.keep)
	return x, faults, err
}

func readREST(r io.ReadSeeker, f source.File) (x export, faults []source.Fault, err error) {
	faults, err = source.ReadREST(r, f, x.keep)
	return x, faults, err
}

func readYAML(r io.ReadSeeker, f source.File) (x export, faults []source.Fault, err error) {
	faults, err = source.ReadYAML(r, f, x.keep, x.add)
	return x, faults, err
}

func readKit(r io.ReadSeeker, f source.File) (x export, faults []source.Fault, err error) {
	manifest, faults, err := source.ReadKit(r, f, x.keep)
	x.server = manifest.Server.Key()
	return x, faults, err
}

// acls are all sources of ACLs.
type acls struct {
	dxl, json, yaml, kit *shelf[export]
	byServer             map[name.Key]*kept[export] // of the kit: the file that each server's databases come from
	live                 []*heldLive
	looked               time.Time // when the files were last looked at
}

// heldLive is a service that gives ACLs, as it was last asked with success.
type heldLive struct {
	LiveDatabases
	instances []*database.Instance
	asOf      time.Time // zero before the first success
	due       time.Time
	err       error
	faults    []error // of databases, behind the last success
}

func newACLs(d *Databases) *acls {
	a := &acls{
		dxl:  &shelf[export]{paths: d.DXL, extensions: dxlFiles, read: readDXL},
		json: &shelf[export]{paths: d.JSON, extensions: jsonFiles, read: readREST},
		yaml: &shelf[export]{paths: d.YAML, extensions: yamlFiles, read: readYAML},
		kit:  &shelf[export]{paths: d.Export, extensions: kitFiles, read: readKit},
	}
	for _, l := range d.Live {
		a.live = append(a.live, &heldLive{LiveDatabases: l})
	}
	return a
}

func (a *acls) shelves() []*shelf[export] { return []*shelf[export]{a.dxl, a.kit, a.json, a.yaml} }

func (a *acls) refresh(now time.Time, all bool, trouble func(error)) (changed bool) {
	for _, s := range a.shelves() {
		changed = s.refresh(now, all, trouble) || changed
	}
	if changed {
		a.settleServers()
	}
	a.looked = now
	return changed
}

// settleServers finds for each server the file of the export kit that counts.
// An incomplete file lets its server keep the last state, also if that came in
// a file which is gone; one that does not say its server lets all keep theirs.
func (a *acls) settleServers() {
	now := map[name.Key]*kept[export]{}
	var doubt, every = map[name.Key]bool{}, false
	for _, f := range a.kit.files {
		if f.err == nil {
			now[f.good.server] = f
			continue
		}
		server := incompleteOf(f.err)
		doubt[server] = true
		every = every || server == ""
	}
	for _, f := range a.kit.files {
		if f.err != nil && f.good != nil && now[f.good.server] == nil {
			now[f.good.server] = f
		}
	}
	for server, f := range a.byServer {
		if now[server] == nil && (every || doubt[server]) {
			now[server] = f
		}
	}
	a.byServer = now
}

// incompleteOf is the server that a broken file of the kit says it is of, or
// empty.
func incompleteOf(err error) name.Key {
	var incomplete *source.IncompleteError
	if errors.As(err, &incomplete) && incomplete.Server != "" {
		return name.Parse(incomplete.Server).Key()
	}
	return ""
}

// ask asks the services that are due.
func (a *acls) ask(ctx context.Context, now time.Time, all bool, trouble func(error)) (changed bool) {
	for _, l := range a.live {
		if !all && now.Before(l.due) {
			continue
		}
		l.due = now.Add(l.Interval)
		instances, err := l.Source.Instances(ctx)
		if ctx.Err() != nil {
			return changed
		}
		if err != nil {
			l.err = fmt.Errorf("databases of %s: %w", l.Name, &serviceError{err})
			trouble(l.err)
			continue
		}
		l.instances, l.asOf, l.err, changed = instances, now, nil, true
		before := l.faults
		l.faults = l.Source.Faults()
		for _, f := range l.faults {
			if !slices.ContainsFunc(before, func(b error) bool { return b.Error() == f.Error() }) {
				trouble(f)
			}
		}
	}
	return changed
}

// instances are all ACLs that are held, with the facts added that their own
// source lacks and the time that they are of. Those by hand are of no time.
func (a *acls) instances() (list []*database.Instance, idle []source.Addition) {
	take := func(in *database.Instance, from time.Time) {
		each := *in
		if each.CapturedAt.IsZero() {
			each.CapturedAt = from
		}
		list = append(list, &each)
	}
	var additions []source.Addition
	for _, s := range a.shelves() {
		for _, f := range s.files {
			if f.good == nil || s == a.kit {
				continue
			}
			from := f.from
			if s == a.yaml {
				from = time.Time{}
			}
			for _, in := range f.good.instances {
				take(in, from)
			}
			additions = append(additions, f.good.additions...)
		}
	}
	a.fromKit(take)
	for _, l := range a.live {
		for _, in := range l.instances {
			take(in, l.asOf)
		}
	}
	return list, addFacts(list, additions)
}

// fromKit takes the databases of the export kit: of each server from the file
// that counts. Complete files are all taken, so that two of one server are seen
// to contradict each other.
func (a *acls) fromKit(take func(*database.Instance, time.Time)) {
	taken := map[*kept[export]]bool{}
	each := func(f *kept[export]) {
		if taken[f] {
			return
		}
		taken[f] = true
		for _, in := range f.good.instances {
			take(in, f.from)
		}
	}
	for _, f := range a.kit.files {
		if f.err == nil {
			each(f)
		}
	}
	for _, f := range a.byServer {
		each(f)
	}
}

// addFacts completes instances and returns the additions that cover none. Of
// two that say different maxima the lower one counts, and of two that contradict
// each other about the consistent ACL the one that enforces it.
func addFacts(list []*database.Instance, additions []source.Addition) (idle []source.Addition) {
	slices.SortStableFunc(additions, func(a, b source.Addition) int { return int(a.MaxLevel) - int(b.MaxLevel) })
	strict := func(in *database.Instance) bool {
		return slices.ContainsFunc(additions, func(a source.Addition) bool { return a.Consistent == acl.Yes && a.Covers(in) })
	}
	for _, addition := range additions {
		covers := false
		for _, in := range list {
			if addition.Covers(in) {
				facts := addition
				if facts.Consistent == acl.No && strict(in) {
					facts.Consistent = acl.Yes
				}
				*in, covers = facts.Apply(*in), true
			}
		}
		if !covers {
			idle = append(idle, addition)
		}
	}
	return idle
}

// faults lists everything wrong with the sources.
func (a *acls) faults() []Fault {
	var list []Fault
	for _, s := range a.shelves() {
		list = append(list, s.allFaults()...)
	}
	for _, l := range a.live {
		if l.err != nil {
			list = append(list, Fault{Severity: finding.Error, File: l.Name, Err: l.err})
		}
		for _, f := range l.faults {
			list = append(list, Fault{Severity: finding.Error, File: l.Name, Err: f})
		}
	}
	return list
}

func (a *acls) troubles() []finding.Finding {
	var list []finding.Finding
	for _, s := range a.shelves() {
		list = append(list, s.troubles()...)
	}
	for _, l := range a.live {
		if l.err != nil {
			list = append(list, brokenFile(l.Name, l.err, !l.asOf.IsZero()))
		}
		var texts []string
		for _, err := range l.faults {
			texts = append(texts, err.Error())
		}
		if len(texts) > 0 {
			list = append(list, leftOut(l.Name, texts))
		}
	}
	return list
}

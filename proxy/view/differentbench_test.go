package view

import (
	"fmt"
	"syscall"
	"testing"
	"time"

	"github.com/aclens/aclens/proxy/policy"
	"github.com/aclens/aclens/resolver"
	"github.com/aclens/aclens/resolver/acl"
	"github.com/aclens/aclens/resolver/database"
	"github.com/aclens/aclens/resolver/directory"
)

// BenchmarkDifference is what it costs to find what differs between two States.
func BenchmarkDifference(b *testing.B) {
	snap := company(b)
	v := newView(b, viewSettings(), policy.Settings{Rules: []policy.Rule{allRule()}}, snap)
	everybody := draft("cn=Group 7", "objectClass", "dominoGroup", "cn", "Group 7", "groupType", "0")
	attribute := make([]directory.Change, companyPeople)
	for i := range companyPeople {
		dn := fmt.Sprintf("cn=Jane Doe %d,ou=Unit %d,o=Acme", i, i%40)
		everybody.AddText("member", dn)
		d := draft(dn, "objectClass", "dominoPerson", "cn", fmt.Sprintf("Jane Doe %d", i), "sn", "Roe")
		attribute[i].Put = &d
	}
	for _, c := range []struct {
		name   string
		change resolver.Change
	}{
		{"everybody comes into one group", resolver.Change{Entries: []directory.Change{{Put: &everybody}}}},
		{"an attribute of everybody is another", resolver.Change{Entries: attribute}},
		{"one access control list gives more", resolver.Change{Databases: promoted(b, snap.Databases())}},
	} {
		b.Run(c.name, func(b *testing.B) {
			before := v.Current()
			next, _ := snap.Update(c.change)
			after := v.Swap("next", next, nil, testTime)
			found, used := 0, cpuTime()
			for b.Loop() {
				found = len(Differences(before, after))
			}
			b.ReportMetric(float64(found), "changes")
			b.ReportMetric(float64((cpuTime()-used).Microseconds())/float64(b.N*companyPeople), "µs-CPU/person")
			v.Swap("before", snap, nil, testTime)
		})
	}
}

// promoted are the databases with other levels in one of the lists.
func promoted(b *testing.B, set *database.Set) *database.Set {
	var all []*database.Instance
	for i, db := range set.All() {
		in := *db.Primary
		if i == 7 {
			l := &acl.List{Roles: in.List.Roles, MaxLevel: acl.Manager, MaxKnown: true, Consistent: in.List.Consistent}
			for _, e := range in.List.Entries {
				e.Level = min(e.Level+1, acl.Manager)
				l.Entries = append(l.Entries, e)
			}
			must(b, l.Seal())
			in.List = l
		}
		all = append(all, &in)
	}
	out, _, err := database.Arrange(all, database.Options{})
	must(b, err)
	return out
}

// cpuTime is what the process has used, user and kernel.
func cpuTime() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		panic(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

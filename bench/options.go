package main

import (
	"flag"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aclens/aclens/bench/company"
)

// allPeers are the names of -peers; the order is that of the table.
const allPeers = "slapd,slapd-dynlist,slapd-pcache,aclens-slapd,aclens-ldif,loop,vjeantet,gldap"

const defaultTime = 2 * time.Second

// options are the command line.
type options struct {
	size                    company.Size
	conns, inFlight         int
	idle, pool              int
	time                    time.Duration
	peers, rows             string
	dir, profile, root, svg string
	sizes                   string
}

func (o *options) sizeFlags(flags *flag.FlagSet) {
	flags.IntVar(&o.size.People, "people", 20_000, "people")
	flags.IntVar(&o.size.Groups, "groups", 4_000, "groups, nested")
	flags.IntVar(&o.size.Depth, "depth", 6, "layers of groups")
	flags.IntVar(&o.size.FanOut, "fanout", 3, "groups in a group")
	flags.IntVar(&o.size.Memberships, "memberships", 3, "groups that a person is in directly")
	flags.IntVar(&o.size.Databases, "databases", 200, "databases")
	flags.IntVar(&o.size.Entries, "entries", 20, "entries of an access control list")
	flags.Uint64Var(&o.size.Seed, "seed", 1, "what chance begins with")
}

// sizeArgs are the flags that make the same company in another process.
func (o *options) sizeArgs() []string {
	s := o.size
	var args []string
	for _, f := range []struct {
		name  string
		value int
	}{
		{"people", s.People}, {"groups", s.Groups}, {"depth", s.Depth}, {"fanout", s.FanOut},
		{"memberships", s.Memberships}, {"databases", s.Databases}, {"entries", s.Entries}, {"seed", int(s.Seed)},
	} {
		args = append(args, "-"+f.name, strconv.Itoa(f.value))
	}
	return args
}

// wants tells whether a list of names with commas has one; an empty list has all.
func wants(list, name string) bool {
	return list == "" || slices.Contains(strings.Split(list, ","), name)
}

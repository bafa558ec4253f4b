package main

import (
	"context"
	"flag"
	"fmt"
	"net"
	"strings"

	"github.com/aclens/aclens/bench/company"
	"github.com/aclens/aclens/bench/front"
)

// serve is this program as a peer, in a process of its own.
func serve(args []string) error {
	var o options
	var kind, addr, answers string
	flags := flag.NewFlagSet("bench serve", flag.ContinueOnError)
	o.sizeFlags(flags)
	flags.StringVar(&kind, "kind", "", "loop, vjeantet or gldap")
	flags.StringVar(&addr, "addr", "127.0.0.1:0", "where to listen")
	flags.StringVar(&answers, "answers", "", "file of the answers that the loop repeats")
	if err := flags.Parse(args); err != nil {
		return err
	}
	listening := func(net.Addr) {}
	switch kind {
	case "loop":
		return serveLoop(addr, answers)
	case "vjeantet":
		return front.Vjeantet(addr, tree(company.New(o.size)), listening)
	case "gldap":
		return front.Gldap(addr, tree(company.New(o.size)), listening)
	}
	return fmt.Errorf("no peer is called %q", kind)
}

func serveLoop(addr, file string) error {
	answers, err := front.ReadAnswersFile(file)
	if err != nil {
		return err
	}
	var lc net.ListenConfig
	l, err := lc.Listen(context.Background(), "tcp", addr)
	if err != nil {
		return fmt.Errorf("the loop's listener: %w", err)
	}
	return front.Loop(l, answers)
}

// tree is what the library servers answer from.
func tree(c *company.Company) *front.Tree {
	entries := make([]*front.Entry, c.People)
	for i := range entries {
		entries[i] = &front.Entry{DN: c.DN(i), Attributes: []front.Attribute{
			{Name: "cn", Values: []string{c.Common(i)}}, {Name: "mail", Values: []string{c.Mail(i)}}, {Name: "uid", Values: []string{c.UID(i)}},
		}}
	}
	return front.NewTree(entries, strings.ToLower)
}

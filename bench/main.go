// Command bench compares aclens with its peers: it makes a company up, starts
// every peer on it, drives them with the same requests and prints one table.
//
// It promises that anyone with the repository, Go and Debian's slapd gets the
// same table from the same flags, but for the speed of the machine. It refuses
// to print a figure for an answer that is wrong.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:], os.Stdout)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, out io.Writer) error {
	if len(args) > 0 {
		switch args[0] {
		case "serve":
			return serve(args[1:])
		case "start":
			return start(ctx, args[1:], out)
		}
	}
	o, err := parse(args)
	if err != nil {
		return err
	}
	if o.sizes != "" {
		return plotSizes(ctx, o, out)
	}
	return compare(ctx, o, out)
}

// parse reads the command line of a comparison.
func parse(args []string) (options, error) {
	var o options
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	o.sizeFlags(flags)
	flags.IntVar(&o.conns, "conns", 8, "connections")
	flags.IntVar(&o.inFlight, "inflight", 1, "requests in flight on each connection")
	flags.IntVar(&o.idle, "idle", 1000, "idle connections of the row that has some")
	flags.IntVar(&o.pool, "pool", 20_000, "different people that are asked for, at most")
	flags.DurationVar(&o.time, "time", defaultTime, "how long a row is measured on a peer")
	flags.StringVar(&o.peers, "peers", allPeers, "peers, by name, with commas")
	flags.StringVar(&o.rows, "rows", "", "rows, by name, with commas; empty for all")
	flags.StringVar(&o.dir, "dir", "", "folder for the files of the run, kept; empty for one that is removed")
	flags.StringVar(&o.profile, "profile", "", "folder for a CPU profile and the allocations of aclens in every row; empty for none")
	flags.StringVar(&o.root, "root", "..", "folder of the module whose cmd/aclens is built")
	flags.StringVar(&o.sizes, "sizes", "", "instead of the table, draw cost against these numbers of people, with commas")
	flags.StringVar(&o.svg, "svg", "cost.svg", "file to draw into")
	return o, flags.Parse(args)
}

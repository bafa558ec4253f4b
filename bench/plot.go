package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"

	"github.com/aclens/aclens/bench/contest"
	"github.com/aclens/aclens/bench/plot"
)

// plotSizes measures the same rows at several sizes, each five people to a
// group as the default has it, and draws cost against size.
func plotSizes(ctx context.Context, o options, out io.Writer) error {
	lines := []plot.Line{}
	index := map[[2]string]int{}
	for text := range strings.SplitSeq(o.sizes, ",") {
		people, err := strconv.Atoi(text)
		if err != nil {
			return fmt.Errorf("-sizes: %w", err)
		}
		at := o
		at.size.Groups = max(1, o.size.Groups*people/o.size.People)
		at.size.People = people
		figures, rows, err := figuresOf(ctx, at, out)
		if err != nil {
			return err
		}
		for _, f := range figures {
			if f.Why != nil {
				continue
			}
			key := [2]string{f.Row, f.Peer}
			if _, ok := index[key]; !ok {
				index[key] = len(lines)
				lines = append(lines, plot.Line{Name: f.Peer + ": " + titleOf(rows, f.Row)})
			}
			l := &lines[index[key]]
			l.Points = append(l.Points, plot.Point{X: float64(people), Y: f.PerOperation().Seconds() * 1e6})
		}
	}
	svg := plot.LogLog("CPU of the server for one search", "people", "µs", lines)
	if err := os.WriteFile(o.svg, svg, 0o644); err != nil { //nolint:gosec // a picture for everybody
		return fmt.Errorf("drawing: %w", err)
	}
	return nil
}

func titleOf(rows []contest.Row, key string) string {
	for _, r := range rows {
		if r.Key == key {
			return r.Title
		}
	}
	return key
}

// figuresOf is compare that also returns what it printed.
func figuresOf(ctx context.Context, o options, out io.Writer) ([]contest.Figure, []contest.Row, error) {
	c := newCompared(o, out)
	defer c.close()
	if err := c.run(ctx); err != nil {
		return nil, nil, err
	}
	return c.figures, c.asked, nil
}

package contest

import (
	"fmt"
	"io"
	"time"
)

// Table prints figures as two tables of Markdown: what an operation costs on
// every peer, and what else was seen. base is the peer that ratios refer to.
func Table(out io.Writer, rows []Row, peers []string, figures []Figure, base, limit string) {
	at := map[[2]string]Figure{}
	for _, f := range figures {
		if f.Why == nil {
			at[[2]string{f.Row, f.Peer}] = f
		}
	}
	costs(out, rows, peers, at, base)
	fmt.Fprintln(out)
	details(out, rows, peers, at, base, limit)
}

// cost is what a row is judged by: CPU an operation, or an entry of a stream.
func (r *Row) cost(f Figure) time.Duration {
	if r.Stream {
		return f.PerEntry()
	}
	return f.PerOperation()
}

// reference is the figure that a row's ratios refer to: the same row on the
// peer, or, where the peer cannot answer it, its plain search or plain stream.
func (r *Row) reference(at map[[2]string]Figure, name string) (Figure, bool) {
	if f, ok := at[[2]string{r.Key, name}]; ok {
		return f, true
	}
	key := "uid"
	if r.Stream {
		key = "stream"
	}
	f, ok := at[[2]string{key, name}]
	return f, ok
}

func costs(out io.Writer, rows []Row, peers []string, at map[[2]string]Figure, base string) {
	fmt.Fprintf(out, "| CPU of the server (µs, and as a multiple of %s) |", base)
	for _, p := range peers {
		fmt.Fprintf(out, " %s |", p)
	}
	fmt.Fprint(out, "\n|---|")
	for range peers {
		fmt.Fprint(out, "---|")
	}
	fmt.Fprintln(out)
	for _, r := range rows {
		unit := "an operation"
		if r.Stream {
			unit = "an entry"
		}
		fmt.Fprintf(out, "| %s, %s |", r.Title, unit)
		for _, p := range peers {
			f, ok := at[[2]string{r.Key, p}]
			if !ok {
				fmt.Fprint(out, " |")
				continue
			}
			fmt.Fprintf(out, " %s%s |", micros(r.cost(f)), ratio(&r, f, at, base))
		}
		fmt.Fprintln(out)
	}
}

func ratio(r *Row, f Figure, at map[[2]string]Figure, name string) string {
	ref, ok := r.reference(at, name)
	if !ok || r.cost(ref) == 0 || f.Peer == name {
		return ""
	}
	return fmt.Sprintf(" (%s)", times(float64(r.cost(f))/float64(r.cost(ref))))
}

func details(out io.Writer, rows []Row, peers []string, at map[[2]string]Figure, base, limit string) {
	fmt.Fprintf(out, "| operation | peer | operations/s | CPU µs/operation | × %s | × %s | p50 | p99 | first entry p50 | entries | octets | octets/µs of CPU | own memory, MB | kB an idle connection |\n", base, limit)
	fmt.Fprintln(out, "|---|---|---|---|---|---|---|---|---|---|---|---|---|---|")
	for _, r := range rows {
		for _, p := range peers {
			f, ok := at[[2]string{r.Key, p}]
			if !ok {
				continue
			}
			fmt.Fprintf(out, "| %s | %s | %.0f | %s |%s |%s | %s | %s | %s | %d | %d | %.0f | %.0f | %s |\n",
				r.Key, p, f.Rate(), micros(f.PerOperation()), ratio(&r, f, at, base), ratio(&r, f, at, limit),
				short(f.Seen.Answer.At(0.5)), short(f.Seen.Answer.At(0.99)), short(f.Seen.First.At(0.5)),
				f.Seen.OpsEntries/f.Seen.Ops, f.Seen.OpsOctets/f.Seen.Ops,
				float64(f.Seen.Octets)/max(1, float64(f.CPU.Microseconds())), float64(f.Memory.Own)/1e6, kilo(f.Idle))
		}
	}
}

func kilo(octets int64) string {
	if octets == 0 {
		return ""
	}
	return fmt.Sprintf("%.1f", float64(octets)/1e3)
}

func micros(d time.Duration) string {
	us := float64(d) / float64(time.Microsecond)
	switch {
	case us >= 100:
		return fmt.Sprintf("%.0f", us)
	case us >= 10:
		return fmt.Sprintf("%.1f", us)
	}
	return fmt.Sprintf("%.2f", us)
}

func times(x float64) string {
	if x >= 10 {
		return fmt.Sprintf("%.0f×", x)
	}
	return fmt.Sprintf("%.2f×", x)
}

func short(d time.Duration) string {
	switch {
	case d == 0:
		return ""
	case d < time.Millisecond:
		return d.Round(time.Microsecond).String()
	}
	return d.Round(10 * time.Microsecond).String()
}

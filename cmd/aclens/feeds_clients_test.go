package main

import (
	"bufio"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// running a client that follows a feed for as long as a test lasts.
type follower struct {
	mu   sync.Mutex // guards tree
	tree map[string]map[string][]string
}

func (f *follower) set(tree map[string]map[string][]string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.tree = tree
}

func (f *follower) is(want map[string]map[string][]string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if diff := cmp.Diff(want, f.tree); diff != "" {
		return fmt.Errorf("the copy differs (-provider +copy):\n%s", diff)
	}
	return nil
}

// follow runs a program whose output read turns into copies.
func (w *world) follow(t *testing.T, read func(io.Reader, *follower), name string, arguments ...string) *follower {
	t.Helper()
	ctx, stop := context.WithCancel(context.Background())
	cmd := exec.CommandContext(ctx, name, arguments...)
	var said strings.Builder
	cmd.Stderr = &said
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	f, done := &follower{}, make(chan struct{})
	go func() {
		defer close(done)
		read(out, f)
	}()
	t.Cleanup(func() {
		stop()
		<-done
		_ = cmd.Wait() // it is ended
		if t.Failed() {
			t.Logf("%s said %s", name, said.String())
		}
	})
	return f
}

// readJSON takes a copy from each line.
func readJSON(r io.Reader, f *follower) {
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, 1<<24)
	for lines.Scan() {
		var whole map[string]map[string][]string
		if json.Unmarshal(lines.Bytes(), &whole) != nil {
			return
		}
		tree := map[string]map[string][]string{}
		for dn, e := range whole {
			own := map[string][]string{}
			for a, values := range e {
				own[strings.ToLower(a)] = folded(values)
			}
			tree[strings.ToLower(dn)] = own
		}
		f.set(tree)
	}
}

func folded(values []string) []string {
	var out []string
	for _, v := range values {
		out = append(out, strings.ToLower(v))
	}
	slices.Sort(out)
	return out
}

// readSync takes the entries that ldapsearch prints. It tells no states of them:
// one that is gone comes with its name alone, since every other has a class.
func readSync(r io.Reader, f *follower) {
	lines := bufio.NewScanner(r)
	tree, e, dn := map[string]map[string][]string{}, map[string][]string{}, ""
	for lines.Scan() {
		n, v, ok := strings.Cut(lines.Text(), ": ")
		switch {
		case strings.HasPrefix(lines.Text(), "#") || strings.HasPrefix(lines.Text(), "control:"):
		case ok:
			if strings.HasSuffix(n, ":") {
				b, _ := base64.StdEncoding.DecodeString(v)
				n, v = strings.TrimSuffix(n, ":"), string(b)
			}
			if n = strings.ToLower(n); n == "dn" {
				dn = strings.ToLower(v)
			} else {
				e[n] = folded(append(e[n], v))
			}
		case lines.Text() == "" && dn != "":
			if tree[dn] = e; len(e) == 0 {
				delete(tree, dn)
			}
			e, dn = map[string][]string{}, ""
			shown := map[string]map[string][]string{}
			for k, v := range tree {
				shown[k] = v
			}
			f.set(shown)
		}
	}
}

func TestClientsOfTheFieldFollowAStreamOfChanges(t *testing.T) {
	w := nested(t, "dn")
	upstream, client := w.slapd.Dial(), w.bound(reader, secretWord)
	named := []string{"objectClass", "o", "ou", "cn", "sn", "uid", "description", "member", "effectiveAccess", "isMemberOf"}
	followers := map[string]*follower{
		"python-ldap": w.follow(t, readJSON, python("ldap.syncrepl")(t),
			append([]string{"testdata/feeds/syncrepl.py", "ldap://" + w.address("ldap"), reader, secretWord, "o=acme"}, named...)...),
		"ldapsearch": w.follow(t, readSync, program(t, "ldapsearch"), append([]string{"-x", "-LL", "-o", "ldif-wrap=no", "-H", "ldap://" + w.address("ldap"), "-D", reader,
			"-w", secretWord, "-b", "o=acme", "-E", "sync=rp", "(objectClass=*)"}, named...)...),
	}
	d := rand.New(rand.NewPCG(4, 4))
	for round := range 3 {
		for i := range 12 {
			w.change(t, d, upstream, i)
		}
		w.mark(t, upstream, client, fmt.Sprint("round ", round))
		for name, f := range followers {
			await(t, func() error {
				want, err := entries(client, "o=acme", named)
				if err == nil {
					err = f.is(want)
				}
				if err != nil {
					err = fmt.Errorf("%s, round %d: %w", name, round, err)
				}
				return err
			})
		}
	}
}

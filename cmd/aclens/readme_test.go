package main

import (
	"bytes"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/go-ldap/ldap/v3"
	"github.com/google/go-cmp/cmp"

	"github.com/aclens/aclens/cmd/aclens/proctest"
	"github.com/aclens/aclens/proxy/upstream/slapdtest"
)

const readme = "../../README.md"

func readmeText(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile(readme)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// rows are the cells of the table below a heading.
func rows(t *testing.T, heading string) [][]string {
	t.Helper()
	_, section, ok := strings.Cut(readmeText(t), "\n"+heading+"\n")
	if !ok {
		t.Fatalf("README.md has no heading %q", heading)
	}
	var table [][]string
	for line := range strings.Lines(section) {
		if strings.HasPrefix(line, "#") {
			break
		}
		if !strings.HasPrefix(line, "| `") {
			continue
		}
		cells := strings.Split(strings.Trim(strings.TrimSpace(line), "|"), "|")
		for i := range cells {
			cells[i] = strings.TrimSpace(cells[i])
		}
		table = append(table, cells)
	}
	return table
}

func TestTheReadmeListsEveryCommandAndNoOther(t *testing.T) {
	var said, there []string
	for _, row := range rows(t, "## Commands") {
		said = append(said, strings.Trim(row[0], "`"))
	}
	for _, c := range commands() {
		there = append(there, c.CommandPath())
	}
	slices.Sort(said)
	slices.Sort(there)
	if diff := cmp.Diff(there, said); diff != "" {
		t.Errorf("the table of commands (-program +README):\n%s", diff)
	}
}

// block is a fenced piece of README.md.
type block struct {
	kind, text string
}

func (b *block) serves() bool { return b.kind == "sh" && strings.Contains(b.text, "aclens serve") }

func readmeBlocks(t *testing.T) []block {
	t.Helper()
	var list []block
	for _, m := range regexp.MustCompile("(?ms)^```(\\w*)\n(.*?)^```$").FindAllStringSubmatch(readmeText(t), -1) {
		list = append(list, block{m[1], m[2]})
	}
	return list
}

// tour runs the blocks of README.md from top to bottom, in a folder of their
// own: the sh ones as they are typed, with ports and the address of the
// directory exchanged for free ones; a text block has to be what the one before
// it printed; a yaml one becomes the file that its first line names. What serves
// runs until the next one that does.
type tour struct {
	t         *testing.T
	dir       string
	exchange  *strings.Replacer
	readiness string
	serving   *exec.Cmd
	log       *proctest.Journal // of what serves
	printed   string
}

func TestWhatTheReadmeShowsIsWhatHappens(t *testing.T) {
	for _, name := range []string{"sh", "ldapsearch", "curl"} {
		program(t, name)
	}
	ldif, err := os.ReadFile("testdata/nested/people.ldif")
	if err != nil {
		t.Fatal(err)
	}
	ldif, _, _ = bytes.Cut(ldif, []byte("# two groups of one common name")) // those are an error to check
	slapd := slapdtest.Start(t, slapdtest.Options{Suffix: "o=acme", LDIF: ldif})
	setPassword(t, slapd, reader, "reader")
	ldapPort, httpPort := port(t), port(t)
	listen := fmt.Sprintf("--listen-ldap 127.0.0.1:%s --listen-http 127.0.0.1:%s", ldapPort, httpPort)
	w := &tour{
		t: t, dir: t.TempDir(), readiness: "http://127.0.0.1:" + httpPort + "/readyz",
		exchange: strings.NewReplacer(
			"go run ./cmd/aclens serve --demo", "aclens serve --demo "+listen,
			"127.0.0.1:10389", "127.0.0.1:"+ldapPort, "127.0.0.1:9389", "127.0.0.1:"+httpPort, "ldap://127.0.0.1:389", slapd.URL,
			"# aclens.yaml\n", fmt.Sprintf("# aclens.yaml\nlisten: {ldap: 127.0.0.1:%s, http: 127.0.0.1:%s}\n", ldapPort, httpPort),
		),
	}
	t.Cleanup(w.stop)
	ran := map[string]int{}
	for _, b := range readmeBlocks(t) {
		ran[b.kind]++
		w.show(&b)
	}
	if ran["sh"] < 8 || ran["text"] < 4 || ran["yaml"] < 2 {
		t.Errorf("README.md shows less than it did: %v", ran)
	}
}

func port(t *testing.T) string {
	t.Helper()
	p, err := freePort()
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func (w *tour) show(b *block) {
	w.t.Helper()
	text := w.exchange.Replace(b.text)
	switch {
	case b.serves():
		w.serve(text)
	case b.kind == "sh":
		cmd := w.shell(text)
		out, err := cmd.Output()
		if err != nil {
			w.t.Fatalf("README.md shows\n%s\nand that fails: %v\n%s", b.text, explained(err), out)
		}
		w.printed = string(out)
	case b.kind == "text":
		if diff := cmp.Diff(strings.TrimSpace(b.text), strings.TrimSpace(w.printed)); diff != "" {
			w.t.Errorf("README.md shows another answer than there is (-README +answer):\n%s", diff)
		}
	case b.kind == "yaml":
		first, _, _ := strings.Cut(b.text, "\n")
		file := filepath.Join(w.dir, strings.TrimPrefix(first, "# "))
		if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
			w.t.Fatal(err)
		}
		writeText(w.t, file, text)
	}
}

// shell runs commands in the folder of the tour; the first that fails ends it.
func (w *tour) shell(text string) *exec.Cmd {
	cmd := exec.CommandContext(brief(w.t), "sh", "-e", "-c", text)
	cmd.Dir = w.dir
	cmd.Env = append(os.Environ(), "GORACE=atexit_sleep_ms=0")
	return cmd
}

// serve starts a service in the background and waits until it answers.
func (w *tour) serve(text string) {
	w.t.Helper()
	w.stop()
	cmd := exec.Command("sh", "-c", "exec "+text)
	cmd.Dir = w.dir
	cmd.Env = append(os.Environ(), "GORACE=atexit_sleep_ms=0")
	w.log = &proctest.Journal{}
	cmd.Stdout, cmd.Stderr = w.log, w.log
	if err := cmd.Start(); err != nil {
		w.t.Fatalf("starting %q: %v", text, err)
	}
	w.serving = cmd
	if err := eventually(func() error { return httpStatus(w.readiness, http.StatusOK) }); err != nil {
		w.stop()
		w.t.Fatalf("%s does not serve: %v\n%s", text, err, w.log)
	}
}

// stop ends what serves, which has to end well.
func (w *tour) stop() {
	if w.serving == nil {
		return
	}
	_ = w.serving.Process.Signal(syscall.SIGTERM) // if it has ended, Wait tells how
	if err := w.serving.Wait(); err != nil {
		w.t.Errorf("what served ends with %v", err)
	}
	w.serving = nil
}

func TestTheDemoPrintsCommandsThatFindSomething(t *testing.T) {
	ldapPort, httpPort := port(t), port(t)
	w := &tour{t: t, dir: t.TempDir(), exchange: strings.NewReplacer(), readiness: "http://127.0.0.1:" + httpPort + "/readyz"}
	t.Cleanup(w.stop)
	w.serve(fmt.Sprintf("aclens serve --demo --listen-ldap 127.0.0.1:%s --listen-http 127.0.0.1:%s", ldapPort, httpPort))
	const last = "Stop with Ctrl-C.\n"
	await(t, func() error {
		if !strings.HasSuffix(w.log.String(), last) {
			return fmt.Errorf("it has printed\n%s", w.log)
		}
		return nil
	})
	lines := regexp.MustCompile(`(?m)^ +ldapsearch .*$`).FindAllString(w.log.String(), -1)
	for _, line := range lines {
		w.show(&block{"sh", line})
		if !strings.Contains(w.printed, "\ndn: ") {
			t.Errorf("%s finds nothing:\n%s", line, w.printed)
		}
	}
	if len(lines) < 4 {
		t.Errorf("it shows %d commands", len(lines))
	}
}

// series is a metric as the README and a scrape tell of it.
type series struct {
	kind   string
	labels []string
}

var labelName = regexp.MustCompile("`(\\w+)`")

func TestTheReadmeListsEveryMetricAndNoOther(t *testing.T) {
	noLeaks(t)
	r := everyMetric(t)
	said := map[string]series{}
	for _, row := range rows(t, "### Metrics") {
		s := series{kind: row[1], labels: []string{}}
		for _, m := range labelName.FindAllStringSubmatch(row[2], -1) {
			s.labels = append(s.labels, m[1])
		}
		slices.Sort(s.labels)
		said[strings.Trim(row[0], "`")] = s
	}
	await(t, func() error {
		text, err := scrape(r.url("/metrics"))
		if err != nil {
			return err
		}
		if diff := cmp.Diff(scraped(text), said, cmp.AllowUnexported(series{})); diff != "" {
			err = fmt.Errorf("the table of metrics (-program +README):\n%s", diff)
		}
		return err
	})
}

// everyMetric is a service to which everything has happened that is counted.
func everyMetric(t *testing.T) *running {
	t.Helper()
	slapd := newSlapd(t)
	dir := t.TempDir()
	if err := unpackSample(dir); err != nil {
		t.Fatal(err)
	}
	r := startIn(t, dir, fmt.Sprintf(liveConfig, slapd.URL)+"bindCache: {ttl: 10s}\nlimits: {filterDepth: 2}\nwrites: forward\n")
	r.awaitReady(http.StatusOK)
	c := r.bound(reader, secretWord)
	if err := c.Bind(jane, "jdoe"); err != nil { // into the cache, and out of it
		t.Errorf("binding: %v", err)
	}
	if err := c.Del(ldap.NewDelRequest(reader, nil)); !ldap.IsErrorWithCode(err, ldap.LDAPResultInsufficientAccessRights) {
		t.Errorf("what Jane may not delete: %v", err)
	}
	deep := "(&(&(&(&(uid=jdoe)))))"
	if _, err := values(c, "", deep, "cn"); err == nil {
		t.Errorf("%s is not too deep", deep)
	}
	broken := filepath.Join(dir, "acls", "broken.dxl")
	writeText(t, broken, "<database")
	slapd.Stop()
	if err := r.dial().Bind(jane, "another"); !ldap.IsErrorWithCode(err, ldap.LDAPResultUnavailable) {
		t.Errorf("a bind without a directory ends with %v", err)
	}
	return r
}

// scraped are the metrics of aclens with the labels that they are written with.
func scraped(text string) map[string]series {
	found := map[string]series{}
	for line := range strings.Lines(text) {
		if name, kind, ok := strings.Cut(strings.TrimPrefix(strings.TrimSpace(line), "# TYPE "), " "); ok && strings.HasPrefix(line, "# TYPE aclens_") {
			found[name] = series{kind: kind, labels: []string{}}
		}
	}
	sample := regexp.MustCompile(`(?m)^(aclens_\w+?)(?:_bucket|_sum|_count)?(?:\{([^}]*)\})? \S+$`)
	label := regexp.MustCompile(`(\w+)="`)
	for _, m := range sample.FindAllStringSubmatch(text, -1) {
		name := m[1]
		if found[name].kind == "" {
			continue
		}
		s := series{kind: found[name].kind, labels: []string{}}
		for _, l := range label.FindAllStringSubmatch(m[2], -1) {
			if l[1] != "le" {
				s.labels = append(s.labels, l[1])
			}
		}
		slices.Sort(s.labels)
		found[name] = s
	}
	return found
}

func TestMetricsHoldNoNames(t *testing.T) {
	noLeaks(t)
	r := everyMetric(t)
	text, err := scrape(r.url("/metrics"))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"jane", "jdoe", "reader,", "acme", "crm.nsf", secretWord} {
		for line := range strings.Lines(text) {
			if strings.HasPrefix(line, "aclens_") && strings.Contains(strings.ToLower(line), strings.ToLower(name)) {
				t.Errorf("%s holds %q", strings.TrimSpace(line), name)
			}
		}
	}
}

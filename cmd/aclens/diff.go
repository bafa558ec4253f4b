package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/aclens/aclens/config"
	"github.com/aclens/aclens/resolver"
	"github.com/aclens/aclens/resolver/finding"
	"github.com/aclens/aclens/resolver/report"
	"github.com/aclens/aclens/resolver/saved"
)

func diffCommand() *cobra.Command {
	var q question
	var before, after string
	c := &cobra.Command{
		Use:   "diff --config FILE --before FILE --after FILE",
		Short: "What changes for whom between two ACL exports, directories or saved snapshots; 1 if anything does",
		Long: `Compares two states that differ in one source: ACL exports (DXL, JSON Lines of
the export kit, REST answers in JSON, YAML; a file or a folder), or directories
(LDIF, or DXL of Person and Group documents). Everything else is read as the
configuration says. A saved snapshot holds a state whole, directory, ACLs and
servers; of the configuration only the rules count for it. Ends with 1 if
anything changes for anybody.`,
		Example: "  aclens diff --config aclens.yaml --before acls-monday/ --after acls-friday/",
		Args:    cobra.NoArgs,
		RunE:    func(c *cobra.Command, _ []string) error { return diff(c, &q, before, after) },
	}
	q.flags(c)
	c.Flags().BoolVar(&q.asJSON, "json", false, "print one JSON object a line")
	c.Flags().StringVar(&before, "before", "", "the state before (required)")
	c.Flags().StringVar(&after, "after", "", "the state after (required)")
	colorFlag(c)
	_ = c.MarkFlagRequired("before")
	_ = c.MarkFlagRequired("after")
	return c
}

func diff(c *cobra.Command, q *question, before, after string) error {
	channel, err := q.parsedChannel()
	if err != nil {
		return err
	}
	if err := oneKind(before, after); err != nil {
		return usage(err)
	}
	var sides [2]*resolver.Snapshot
	for i, file := range []string{before, after} {
		if sides[i], err = loadSide(c, q.config, file); err != nil {
			return err
		}
	}
	out := painted(c)
	if q.asJSON {
		out = c.OutOrStdout()
	}
	table := tabwriter.NewWriter(out, 0, 8, 2, ' ', 0)
	n := 0
	for change := range report.Diff(sides[0], sides[1], channel) {
		n++
		if q.asJSON {
			err = writeJSON(out, change)
		} else {
			_, err = fmt.Fprintf(table, "%s\t%s\t%s -> %s\t%s\n", change.User, change.Database, accessWords(change.Before), accessWords(change.After), change.Cause)
		}
		if err != nil {
			return fmt.Errorf("writing the differences: %w", err)
		}
	}
	if err := table.Flush(); err != nil {
		return fmt.Errorf("writing the differences: %w", err)
	}
	if q.asJSON {
		out = c.ErrOrStderr()
	}
	fmt.Fprintf(out, "%d changes\nBefore: as of %s\nAfter: as of %s\n", n, ages(sides[0].AsOf().Freshness()), ages(sides[1].AsOf().Freshness()))
	if n > 0 {
		return problems()
	}
	return nil
}

// oneKind refuses to compare ACLs with a directory: each side would have its own
// file beside the other source of the configuration, and the two would differ in
// nothing that anybody asked about. A saved snapshot goes with either.
func oneKind(before, after string) error {
	var kinds [2]fileKind
	for i, file := range []string{before, after} {
		kind, err := kindOfFile(file)
		if err != nil {
			return err
		}
		if kind == savedSnapshot {
			return nil
		}
		kinds[i] = kind
	}
	if kinds[0].ofDirectory() != kinds[1].ofDirectory() {
		return fmt.Errorf("%s and %s cannot be compared: one is a directory, the other are access control lists", before, after)
	}
	return nil
}

func (k fileKind) ofDirectory() bool { return k == directoryLDIF || k == directoryDXL }

func accessWords(a report.Access) string {
	return strings.Join(append([]string{a.Level}, a.Roles...), " ")
}

// loadSide reads the configuration with one source taken from file, or a state
// that was saved whole.
func loadSide(c *cobra.Command, configFile, file string) (*resolver.Snapshot, error) {
	cfg, err := config.Load(configFile)
	if err != nil {
		return nil, usage(err)
	}
	kind, err := kindOfFile(file)
	if err != nil {
		return nil, usage(err)
	}
	log := slog.New(slog.NewTextHandler(c.ErrOrStderr(), &slog.HandlerOptions{Level: slog.LevelError}))
	if kind == savedSnapshot {
		snapshot, _, err := readSaved(c.Context(), cfg, file, log)
		return snapshot, err
	}
	replaceSource(cfg, kind, file)
	loaded, err := loadConfig(c.Context(), cfg, log)
	if err != nil {
		return nil, err
	}
	for i := range loaded.Faults {
		if loaded.Faults[i].Severity == finding.Error { // half a state is no side to compare
			return nil, usage(&loaded.Faults[i])
		}
	}
	return loaded.Snapshot, nil
}

// replaceSource puts a file in the place of the source that it is a kind of.
func replaceSource(cfg *config.Config, kind fileKind, file string) {
	switch kind {
	case directoryLDIF, directoryDXL:
		d := &cfg.Directory
		d.LDAP, d.LDIF, d.DXL = nil, nil, nil
		if kind == directoryLDIF {
			d.LDIF = []string{file}
		} else {
			d.DXL = []string{file}
		}
		return
	}
	homes, aliases := cfg.Databases.HomeServers, cfg.Databases.Aliases
	cfg.Databases = config.Databases{HomeServers: homes, Aliases: aliases, Include: cfg.Databases.Include, Exclude: cfg.Databases.Exclude}
	switch kind {
	case aclKit:
		cfg.Databases.Export = []string{file}
	case aclREST:
		cfg.Databases.JSON = []string{file}
	case aclYAML:
		cfg.Databases.YAML = []string{file}
	default:
		cfg.Databases.DXL = []string{file}
	}
}

// fileKind is what a file holds.
type fileKind uint8

const (
	aclDXL fileKind = iota
	aclKit
	aclREST
	aclYAML
	directoryLDIF
	directoryDXL
	savedSnapshot
)

var kindsByExtension = map[string]fileKind{".jsonl": aclKit, ".json": aclREST, ".yaml": aclYAML, ".yml": aclYAML, ".ldif": directoryLDIF}

// kindOfFile tells by the first bytes of a saved snapshot, else by the extension,
// and for DXL by the root of the first file, what a file or folder holds.
func kindOfFile(file string) (fileKind, error) {
	info, err := os.Stat(file)
	if err != nil {
		return 0, err
	}
	if info.IsDir() {
		first, err := firstFile(file)
		if err != nil {
			return 0, err
		}
		file = first
	}
	head, err := headOf(file)
	if err != nil {
		return 0, err
	}
	if saved.Detect(head) {
		if info.IsDir() {
			return 0, fmt.Errorf("%s is a saved snapshot: name the file itself", file)
		}
		return savedSnapshot, nil
	}
	if kind, ok := kindsByExtension[strings.ToLower(filepath.Ext(file))]; ok {
		return kind, nil
	}
	if bytes.Contains(head, []byte("<acl")) {
		return aclDXL, nil
	}
	if bytes.Contains(head, []byte("<document")) {
		return directoryDXL, nil
	}
	return aclDXL, nil
}

// headBytes is how much of a file is looked at for its kind.
const headBytes = 64 << 10

func headOf(file string) ([]byte, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, headBytes))
}

// errFound ends a walk at the first file.
var errFound = errors.New("found")

func firstFile(dir string) (string, error) {
	found := ""
	err := filepath.WalkDir(dir, func(path string, e os.DirEntry, err error) error {
		if err != nil || e.IsDir() || strings.HasPrefix(e.Name(), ".") {
			return err
		}
		found = path
		return errFound
	})
	if errors.Is(err, errFound) {
		return found, nil
	}
	return "", errors.Join(fmt.Errorf("%s holds no file", dir), err)
}

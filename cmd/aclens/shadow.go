package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/aclens/aclens/config"
	"github.com/aclens/aclens/proxy/policy"
	"github.com/aclens/aclens/proxy/shadow"
	"github.com/aclens/aclens/proxy/upstream"
	"github.com/aclens/aclens/proxy/view"
	"github.com/aclens/aclens/proxy/wire"
	"github.com/aclens/aclens/resolver/name"
)

// shadowing is what the command is told.
type shadowing struct {
	question
	against, bindDN, passwordFile, caFile string
	startTLS                              bool
	as                                    string
	requests, users, attributes, walk     string
	bases, groupBases                     []string
	limit, rate                           int
	patience                              time.Duration
}

// somePerson is what people are found by on the present server, which has no
// other idea of a person than object classes.
const somePerson = "(|(objectClass=person)(objectClass=posixAccount))"

func shadowCommand() *cobra.Command {
	var q shadowing
	c := &cobra.Command{
		Use:   "shadow --config FILE --against URL",
		Short: "Ask the present server and aclens the same, and say where they differ; 1 if anywhere",
		Long: `Compares what aclens would answer under this configuration with what the server
answers that clients ask at present. Without --requests, people are looked up on
both sides, then each of them is read. With --walk, what a client finds that
climbs nested groups by repeated searches is held against one attribute of
aclens. Nothing is ever written.

A request file holds a JSON object a line (base, scope, filter, attributes), or
records of such lines with an empty line between them.

0 no difference; 1 differences; 2 usage, configuration or input; 3 the present
server, or the directory of the configuration, cannot be reached.`,
		Example: `  aclens shadow --config aclens.yaml --against ldap://127.0.0.1:389 --bind-dn cn=reader,o=acme --walk isMemberOf=member
  aclens shadow --config aclens.yaml --against ldap://127.0.0.1:389 --bind-dn cn=reader,o=acme --password-file secrets/reader --attributes isMemberOf=memberOf,mail --users '(uid=j*)'`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return shadowAnswers(c, &q) },
	}
	f := c.Flags()
	f.StringVar(&q.config, "config", "", "configuration file (required)")
	f.BoolVar(&q.asJSON, "json", false, "print one JSON object")
	f.StringVar(&q.against, "against", "", "address of the present server: ldap://host[:port] or ldaps://host[:port] (required)")
	f.StringVar(&q.bindDN, "bind-dn", "", "account on the present server; without it the searches are anonymous")
	f.StringVar(&q.passwordFile, "password-file", "", "file that holds its password; without it the password is asked for, or read from standard input")
	f.StringVar(&q.caFile, "ca-file", "", "PEM file of the authorities to trust instead of the system's")
	f.BoolVar(&q.startTLS, "start-tls", false, "encrypt a connection to ldap:// first")
	f.StringVar(&q.as, "as", "", "DN under whose rights aclens answers; without it that of --bind-dn")
	f.StringVar(&q.requests, "requests", "", "file of recorded searches to compare, instead of people")
	f.StringVar(&q.users, "users", somePerson, "filter of the people to compare")
	f.StringArrayVar(&q.bases, "base", nil, "DN below which people are; may be repeated; without it the naming contexts of aclens")
	f.StringVar(&q.attributes, "attributes", "", "attributes to compare, with commas: a name, or aclens' name=present name; without it all user attributes. With --requests it only translates names")
	f.StringVar(&q.walk, "walk", "", "climb the groups of each entry on the present server and compare: aclens' attribute=member attribute[+another]")
	f.StringArrayVar(&q.groupBases, "group-base", nil, "DN below which groups are climbed; may be repeated; without it as --base")
	f.IntVar(&q.limit, "limit", 0, "people, or requests, to compare at most; 0 is all")
	f.IntVar(&q.rate, "rate", 100, "searches a second on the present server at most; 0 is as many as it answers")
	f.DurationVar(&q.patience, "timeout", upstream.DefaultOperation, "how long the present server may take for an answer")
	colorFlag(c)
	_ = c.MarkFlagRequired("config")
	_ = c.MarkFlagRequired("against")
	return c
}

func shadowAnswers(c *cobra.Command, q *shadowing) error {
	comparison, err := q.comparison()
	if err != nil {
		return usage(err)
	}
	requests, filter, err := q.asked()
	if err != nil {
		return usage(err)
	}
	ours, err := q.ours(c)
	if err != nil {
		return err
	}
	comparison.Ours, comparison.Schema = ours, ours.View.Current().Snapshot.Store().Schema()
	if err := q.settleBases(c.Context(), ours, comparison); err != nil {
		return usage(err)
	}
	theirs, closeTheirs, err := q.theirs(c)
	if err != nil {
		return err
	}
	defer closeTheirs()
	comparison.Theirs = theirs
	var report *shadow.Report
	if q.requests != "" {
		report, err = comparison.Requests(c.Context(), requests)
	} else {
		report, err = comparison.People(c.Context(), q.bases, filter, q.limit)
	}
	return q.tell(c, report, err)
}

// tell prints what was compared, also where the present server went away on the way.
func (q *shadowing) tell(c *cobra.Command, report *shadow.Report, failed error) error {
	var err error
	if q.asJSON {
		err = writeJSON(c.OutOrStdout(), report)
	} else {
		err = report.Print(painted(c))
	}
	switch {
	case err != nil:
		return fmt.Errorf("writing the differences: %w", err)
	case errors.Is(failed, shadow.ErrAway):
		return unreached(failed)
	case failed != nil:
		return usage(failed)
	case q.bindDN == "" && report.Entries == 0 && report.Differing() > 0:
		fmt.Fprintf(c.ErrOrStderr(), "aclens: %s gave no entry that aclens has too; it was asked anonymously: --bind-dn names an account\n", q.against)
		return problems()
	case report.Differing() > 0:
		return problems()
	}
	return nil
}

// comparison is what the flags say about names and groups.
func (q *shadowing) comparison() (*shadow.Comparison, error) {
	pairs, err := shadow.ParsePairs(q.attributes)
	if err != nil {
		return nil, fmt.Errorf("--attributes: %w", err)
	}
	out := &shadow.Comparison{Pairs: pairs, Only: len(pairs) > 0 && q.requests == ""}
	if q.walk == "" {
		return out, nil
	}
	if out.Walk, err = shadow.ParseWalk(q.walk); err != nil {
		return nil, fmt.Errorf("--walk: %w", err)
	}
	return out, nil
}

// asked is the recorded requests, or the filter of people.
func (q *shadowing) asked() ([]shadow.Request, wire.Filter, error) {
	switch {
	case q.limit < 0:
		return nil, wire.Filter{}, errors.New("--limit: less than 0")
	case q.rate < 0:
		return nil, wire.Filter{}, errors.New("--rate: less than 0")
	case q.patience <= 0:
		return nil, wire.Filter{}, errors.New("--timeout: not above 0")
	}
	filter, err := wire.ParseFilterString(q.users)
	if err != nil {
		return nil, filter, fmt.Errorf("--users: %w", err)
	}
	if q.requests == "" {
		return nil, filter, nil
	}
	f, err := os.Open(q.requests)
	if err != nil {
		return nil, filter, fmt.Errorf("--requests: %w", err)
	}
	defer f.Close()
	list, err := shadow.ReadRequests(f)
	if err != nil {
		return nil, filter, fmt.Errorf("--requests: %s: %w", q.requests, err)
	}
	if q.limit > 0 {
		list = list[:min(q.limit, len(list))]
	}
	return list, filter, nil
}

// ours is the view that serve would answer from, to one identity.
func (q *shadowing) ours(c *cobra.Command) (*shadow.Ours, error) {
	var who policy.Identity
	if dn := q.identity(); dn != "" {
		key, err := name.KeyOf(dn)
		if err != nil {
			return nil, usage(fmt.Errorf("--as: %w", err))
		}
		who = policy.Identity{DN: dn, Key: key}
	}
	cfg, err := config.Load(q.config)
	if err != nil {
		return nil, usage(err)
	}
	v, err := answering(c, cfg)
	if err != nil {
		return nil, err
	}
	return &shadow.Ours{View: v, Who: who, Base: cfg.View.Base}, nil
}

// identity is the DN under whose rights aclens answers.
func (q *shadowing) identity() string {
	if q.as != "" {
		return q.as
	}
	return q.bindDN
}

// answering is a view of everything that a configuration names, read once.
func answering(c *cobra.Command, cfg *config.Config) (*view.View, error) {
	log := slog.New(slog.NewTextHandler(c.ErrOrStderr(), &slog.HandlerOptions{Level: slog.LevelError}))
	profile := config.ProfileAuto
	loaded, err := loadConfig(c.Context(), cfg, log, func(_ context.Context, s *sources) error {
		profile = s.profile
		return nil
	})
	if err != nil {
		return nil, err
	}
	rules, err := policy.New(policySettings(cfg))
	if err != nil {
		return nil, usage(err)
	}
	settings, err := viewSettings(cfg, profile)
	if err != nil {
		return nil, usage(err)
	}
	settings.Now = time.Now
	v, err := view.New(settings, rules)
	if err != nil {
		return nil, usage(err)
	}
	if err := v.CheckBase(loaded.Snapshot); err != nil {
		return nil, usage(err)
	}
	v.Swap(loaded.ID, loaded.Snapshot, loaded.Findings, settings.Now())
	return v, nil
}

// settleBases takes the naming contexts of aclens for what the flags do not say.
func (q *shadowing) settleBases(ctx context.Context, ours *shadow.Ours, c *shadow.Comparison) error {
	if len(q.bases) == 0 {
		contexts, err := ours.NamingContexts(ctx)
		if err != nil {
			return err
		}
		q.bases = contexts
	}
	if c.Walk != nil {
		c.Walk.Bases = q.groupBases
		if len(c.Walk.Bases) == 0 {
			c.Walk.Bases = q.bases
		}
	}
	for _, dn := range slices.Concat(q.bases, q.groupBases) {
		if _, err := name.ParseDN(dn); err != nil {
			return fmt.Errorf("--base: %w", err)
		}
	}
	return nil
}

// theirs connects to the present server.
func (q *shadowing) theirs(c *cobra.Command) (*shadow.Theirs, func(), error) {
	settings := upstream.Settings{
		URLs: []string{q.against}, StartTLS: q.startTLS, CAFile: q.caFile, BindDN: q.bindDN, Bases: []string{""},
		Operation: q.patience,
	}
	if q.bindDN != "" {
		password, err := readPassword(q.bindDN, q.passwordFile, c.InOrStdin(), c.ErrOrStderr())
		if err != nil {
			return nil, nil, usage(err)
		}
		settings.Password = func() (string, error) { return password, nil }
	}
	log := slog.New(slog.NewTextHandler(c.ErrOrStderr(), &slog.HandlerOptions{Level: slog.LevelError}))
	d, err := upstream.New(settings, log, upstreamObserver{})
	if err != nil {
		return nil, nil, usage(fmt.Errorf("--against: %w", err))
	}
	conn, _, err := d.Client(c.Context())
	if err != nil {
		d.Close()
		return nil, nil, directoryError(fmt.Errorf("--against %s: %w", strings.TrimSpace(q.against), err))
	}
	return shadow.NewTheirs(conn, q.rate, q.patience), func() { _ = conn.Close(); d.Close() }, nil
}

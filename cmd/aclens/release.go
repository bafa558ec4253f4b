package main

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/aclens/aclens/config"
	"github.com/aclens/aclens/proxy/admin"
	"github.com/aclens/aclens/proxy/refresh"
)

// releaseTimeout is how long a running aclens may take to release; it ends the
// reading that is under way first.
const releaseTimeout = 55 * time.Second

// releasing is what the command is told.
type releasing struct {
	config, user, passwordFile, held, url string
}

func releaseCommand() *cobra.Command {
	var q releasing
	c := &cobra.Command{
		Use:   "release --config FILE --user NAME [--held ID]",
		Short: "Show what the brake holds in a running aclens, and let it happen",
		Long: `Shows what vanished from a source, was more than brake allows and is therefore
still served. With --held ID, the id that was shown, it is released: what
vanished is gone from then on. The name needs the right admin.

0 nothing is held, or it is released; 1 something is held; 2 usage, log-in or
an id under which nothing is held any longer; 3 aclens cannot be reached.`,
		Example: `  aclens release --config aclens.yaml --user cn=admin,o=acme
  aclens release --config aclens.yaml --user cn=admin,o=acme --password-file /run/secrets/admin --held 3f1c09ab5527d1e0`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return release(c, &q) },
	}
	c.Flags().StringVar(&q.config, "config", "", "configuration file of the running aclens (required)")
	c.Flags().StringVar(&q.user, "user", "", "name to log in with, as for a bind (required)")
	c.Flags().StringVar(&q.passwordFile, "password-file", "", "file that holds the password; without it the password is asked for, or read from standard input")
	c.Flags().StringVar(&q.held, "held", "", "id of what is to be released; without it what is held is only shown")
	c.Flags().StringVar(&q.url, "url", "", "address of the running aclens, if it is not listen.http of the configuration")
	_ = c.MarkFlagRequired("config") // the flag is there
	_ = c.MarkFlagRequired("user")   // likewise
	return c
}

func release(c *cobra.Command, q *releasing) error {
	cfg, err := config.Load(q.config)
	if err != nil {
		return usage(err)
	}
	call, err := newCaller(cfg, q)
	if err != nil {
		return usage(err)
	}
	if call.password, err = readPassword(q.user, q.passwordFile, c.InOrStdin(), c.ErrOrStderr()); err != nil {
		return usage(err)
	}
	ctx, cancel := context.WithTimeout(c.Context(), releaseTimeout)
	defer cancel()
	var answer admin.HeldAnswer
	if err := call.do(ctx, http.MethodGet, "/api/v1/held", nil, &answer); err != nil {
		return err
	}
	if q.held == "" {
		return showHeld(c.OutOrStdout(), answer.Held)
	}
	for i := range answer.Held {
		h := &answer.Held[i]
		if h.ID != q.held {
			continue
		}
		printHeld(c.OutOrStdout(), h)
		var done admin.ReleaseAnswer
		if err := call.do(ctx, http.MethodPost, "/api/v1/release", admin.ReleaseRequest{ID: h.ID}, &done); err != nil {
			return err
		}
		fmt.Fprintf(c.OutOrStdout(), "released %s\n", done.Released.ID)
		return nil
	}
	return usage(fmt.Errorf("--held: %w: %q", refresh.ErrNotHeld, q.held))
}

// showHeld prints what is held and how to release it.
func showHeld(out io.Writer, list []refresh.Held) error {
	if len(list) == 0 {
		fmt.Fprintln(out, "nothing is held")
		return nil
	}
	for i := range list {
		printHeld(out, &list[i])
		fmt.Fprintf(out, "  to release it: --held %s\n", list[i].ID)
	}
	return problems()
}

func printHeld(out io.Writer, h *refresh.Held) {
	fmt.Fprintf(out, "%s, held since %s\n", h.Source, h.Since.UTC().Format(time.RFC3339))
	section := func(what string, v refresh.Vanished, names []string) {
		if v.Gone == 0 {
			return
		}
		fmt.Fprintf(out, "  %d of %d %s would vanish:\n", v.Gone, v.Of, what)
		for _, n := range names {
			fmt.Fprintf(out, "    %s\n", n)
		}
		if more := v.Gone - len(names); more > 0 {
			fmt.Fprintf(out, "    and %d more\n", more)
		}
	}
	n := &h.Names
	section("people", h.People, n.People)
	section("groups", h.Groups, append(n.Groups, n.DenyLists...))
	var members []string
	for _, m := range append(n.Memberships, n.DenyMemberships...) {
		members = append(members, m.Member+" in "+m.Group)
	}
	section("memberships", h.Memberships, members)
	section("databases", h.Databases, n.Databases)
	if h.Keys > 0 {
		fmt.Fprintf(out, "  %d keys would stand for other databases:\n", h.Keys)
		for _, key := range n.Keys {
			fmt.Fprintf(out, "    %s\n", key)
		}
	}
}

// readPassword reads the password of a user from its file, a terminal or standard input.
func readPassword(user, file string, in io.Reader, errOut io.Writer) (string, error) {
	if file != "" {
		text, err := os.ReadFile(file)
		if err != nil {
			return "", fmt.Errorf("--password-file: %w", err)
		}
		return strings.TrimRight(string(text), "\r\n"), nil
	}
	if f, ok := in.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		fmt.Fprintf(errOut, "Password of %s: ", user)
		text, err := term.ReadPassword(int(f.Fd()))
		fmt.Fprintln(errOut)
		if err != nil {
			return "", fmt.Errorf("reading the password: %w", err)
		}
		return string(text), nil
	}
	line, err := bufio.NewReader(in).ReadString('\n')
	if err != nil && err != io.EOF {
		return "", fmt.Errorf("reading the password from standard input: %w", err)
	}
	if line = strings.TrimRight(line, "\r\n"); line == "" {
		return "", errors.New("no password: give --password-file, or the password on standard input")
	}
	return line, nil
}

// caller asks the API of a running aclens.
type caller struct {
	base           string
	user, password string
	client         *http.Client
}

// newCaller finds the address of the configuration. Its certificate is trusted
// for that, whoever signed it: it is the one that the running aclens shows.
func newCaller(cfg *config.Config, q *releasing) (*caller, error) {
	transport := &http.Transport{DisableKeepAlives: true}
	call := &caller{user: q.user, client: &http.Client{
		Transport:     transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
	scheme := "http"
	if cfg.TLS.CertFile != "" {
		scheme = "https"
		pool, name, err := ownCertificate(cfg.TLS.CertFile)
		if err != nil {
			return nil, err
		}
		transport.TLSClientConfig = &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}
		if q.url == "" {
			transport.TLSClientConfig.ServerName = name
		}
	}
	if q.url != "" {
		u, err := url.Parse(q.url)
		if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
			return nil, fmt.Errorf("--url: %q is neither http:// nor https:// with a host", q.url)
		}
		call.base = strings.TrimSuffix(q.url, "/")
		return call, nil
	}
	if cfg.Listen.HTTP == "" {
		return nil, errors.New("listen.http is empty: there is nothing to ask")
	}
	host, port, err := net.SplitHostPort(cfg.Listen.HTTP)
	if err != nil {
		return nil, fmt.Errorf("listen.http: %w", err)
	}
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	call.base = scheme + "://" + net.JoinHostPort(host, port)
	return call, nil
}

// ownCertificate trusts the certificates of a file, and says for which name the
// first one is.
func ownCertificate(file string) (*x509.CertPool, string, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, "", fmt.Errorf("tls.certFile: %w", err)
	}
	pool, err := x509.SystemCertPool()
	if err != nil {
		pool = x509.NewCertPool()
	}
	pool.AppendCertsFromPEM(text)
	block, _ := pem.Decode(text)
	if block == nil {
		return nil, "", fmt.Errorf("tls.certFile: %s holds no certificate", file)
	}
	leaf, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		return nil, "", fmt.Errorf("tls.certFile: %w", err)
	}
	for _, n := range leaf.DNSNames {
		return pool, n, nil
	}
	return pool, "", nil
}

// do asks once; errors carry the exit status.
func (call *caller) do(ctx context.Context, method, path string, body, into any) error {
	var sent io.Reader
	if body != nil {
		text, err := json.Marshal(body)
		if err != nil {
			return usage(err)
		}
		sent = bytes.NewReader(text)
	}
	r, err := http.NewRequestWithContext(ctx, method, call.base+path, sent)
	if err != nil {
		return usage(err)
	}
	r.SetBasicAuth(call.user, call.password)
	answer, err := call.client.Do(r)
	if err != nil {
		return unreached(err)
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return refusal(answer)
	}
	if err := json.NewDecoder(answer.Body).Decode(into); err != nil {
		return unreached(fmt.Errorf("%s%s: not the answer of an aclens: %w", call.base, path, err))
	}
	return nil
}

// refusal is what an answer other than 200 means.
func refusal(answer *http.Response) error {
	var said struct {
		Error string `json:"error"`
	}
	_ = json.NewDecoder(answer.Body).Decode(&said) // what is no JSON says nothing
	err := fmt.Errorf("aclens says %s: %s", answer.Status, said.Error)
	if answer.StatusCode >= http.StatusInternalServerError || answer.StatusCode == http.StatusTooManyRequests {
		return unreached(err)
	}
	return usage(err)
}

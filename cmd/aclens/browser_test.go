package main

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/google/go-cmp/cmp"
)

// browserPatience is how long a page may take to do what is waited for.
const browserPatience = 20 * time.Second

// artifacts is where pictures go, for people to look at.
const artifacts = "../../test-artifacts"

// browser is one page in a Chromium of the test's own, with everything that the
// page asked the network for and complained about.
type browser struct {
	t    *testing.T
	ctx  context.Context
	dir  string // that the page lies in
	page string // URL

	pictures string // how the names of pictures begin

	mu    sync.Mutex // guards asked and said
	asked []string
	said  []string
}

// openBrowser starts Chromium on a file.
func openBrowser(t *testing.T, file string) *browser {
	t.Helper()
	b := startBrowser(t, "report")
	b.dir, b.page = filepath.Dir(file), (&url.URL{Scheme: "file", Path: file}).String()
	b.do(chromedp.EmulateViewport(1400, 900), chromedp.Navigate(b.page))
	return b
}

// startBrowser starts Chromium; its pictures begin with a word.
func startBrowser(t *testing.T, pictures string) *browser {
	t.Helper()
	program, err := chromiumProgram()
	if err != nil {
		t.Fatalf("no Chromium for this test; make test-deps installs it: %v", err)
	}
	options := append(slices.Clone(chromedp.DefaultExecAllocatorOptions[:]), chromedp.ExecPath(program), chromedp.UserDataDir(t.TempDir()),
		chromedp.NoSandbox, chromedp.DisableGPU, chromedp.Flag("disable-component-update", true))
	b := &browser{t: t, pictures: pictures}
	allocator, stop := chromedp.NewExecAllocator(context.Background(), options...)
	t.Cleanup(stop)
	b.ctx, stop = chromedp.NewContext(allocator)
	t.Cleanup(stop)
	t.Cleanup(b.close)
	if err := chromedp.Listen(b.ctx, b.hear); err != nil {
		t.Fatalf("starting %s: %v", program, err)
	}
	return b
}

func chromiumProgram() (program string, err error) {
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if program, err = exec.LookPath(name); err == nil {
			return program, nil
		}
	}
	return "", err
}

// close waits until the browser is gone, so that its folder can be removed.
func (b *browser) close() {
	ctx, stop := context.WithTimeout(b.ctx, browserPatience)
	defer stop()
	if err := chromedp.Cancel(ctx); err != nil {
		b.t.Errorf("closing the browser: %v", err)
	}
}

// hear notes what the page asks for and what its console shows.
func (b *browser) hear(event any) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch e := event.(type) {
	case *network.EventRequestWillBeSent:
		b.asked = append(b.asked, e.Request.URL)
	case *runtime.EventExceptionThrown:
		b.said = append(b.said, fmt.Sprintf("exception: %s %+v", e.ExceptionDetails.Text, e.ExceptionDetails.Exception))
	case *runtime.EventConsoleAPICalled:
		b.said = append(b.said, fmt.Sprintf("console: %s", e.Type))
	case *log.EventEntryAdded:
		b.said = append(b.said, fmt.Sprintf("log: %s: %s", e.Entry.Level, e.Entry.Text))
	}
}

// checkQuiet fails unless the page asked for itself alone and its console is
// empty.
func (b *browser) checkQuiet() {
	b.t.Helper()
	b.mu.Lock()
	defer b.mu.Unlock()
	if diff := cmp.Diff([]string{b.page}, b.asked); diff != "" {
		b.t.Errorf("requests:\n%s", diff)
	}
	for _, text := range b.said {
		b.t.Errorf("console: %s", text)
	}
}

// do runs actions with a limit on their time.
func (b *browser) do(actions ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	for _, action := range actions {
		ask(b, action)
	}
}

func ask[T any](b *browser, action chromedp.Action[T]) T {
	b.t.Helper()
	ctx, stop := context.WithTimeout(b.ctx, browserPatience)
	defer stop()
	value, err := chromedp.Run(ctx, action)
	if err != nil {
		b.t.Fatal(err)
	}
	return value
}

func evaluate[T any](b *browser, expression string) T {
	b.t.Helper()
	return ask(b, chromedp.Evaluate[T](expression))
}

// run runs a statement.
func (b *browser) run(statement string) {
	b.t.Helper()
	evaluate[bool](b, statement+"; true")
}

// until waits until an expression is true.
func (b *browser) until(expression string) {
	b.t.Helper()
	ctx, stop := context.WithTimeout(b.ctx, browserPatience)
	defer stop()
	if _, err := chromedp.Run(ctx, chromedp.Poll[bool](expression)); err != nil {
		b.t.Fatalf("waiting for %s: %v", expression, err)
	}
}

// settled waits until the page has done what was typed.
func (b *browser) settled() {
	b.t.Helper()
	b.until(`document.getElementById("count").getAttribute("aria-busy") !== "true"`)
}

func (b *browser) text(selector string) string {
	b.t.Helper()
	return evaluate[string](b, fmt.Sprintf("document.querySelector(%q).textContent", selector))
}

func (b *browser) attribute(selector, name string) string {
	b.t.Helper()
	return evaluate[string](b, fmt.Sprintf("document.querySelector(%q).getAttribute(%q) ?? ''", selector, name))
}

func (b *browser) press(key string) {
	b.t.Helper()
	b.do(chromedp.KeyEvent(key))
}

func (b *browser) click(selector string) {
	b.t.Helper()
	b.do(chromedp.Click(chromedp.CSS(selector)))
}

func (b *browser) typeInto(selector, text string) {
	b.t.Helper()
	b.do(chromedp.SendKeys(chromedp.CSS(selector), text))
}

// tabTo presses Tab until the focus is on an element that the selector picks.
func (b *browser) tabTo(selector string) {
	b.t.Helper()
	for range 60 {
		b.press(kb.Tab)
		if evaluate[bool](b, fmt.Sprintf("document.activeElement.matches(%q)", selector)) {
			return
		}
	}
	b.t.Fatalf("sixty times Tab do not reach %s", selector)
}

func (b *browser) rows() [][]string {
	b.t.Helper()
	return evaluate[[][]string](b, tableRows)
}

// checkTable compares the rows that are drawn with the first ones of a list.
func (b *browser) checkTable(when string, want []reportRow) {
	b.t.Helper()
	got := b.rows()
	if len(got) < 10 || len(got) > len(want) {
		b.t.Fatalf("%s: %d rows drawn of %d", when, len(got), len(want))
	}
	if diff := cmp.Diff(cellsOf(want[:len(got)]), got); diff != "" {
		b.t.Errorf("%s:\n%s", when, diff)
	}
}

// picture takes one of the page in light and one in dark.
func (b *browser) picture(name string) {
	b.t.Helper()
	if err := os.MkdirAll(artifacts, 0o750); err != nil {
		b.t.Fatal(err)
	}
	for _, scheme := range []string{"light", "dark"} {
		b.scheme(scheme)
		png := ask(b, chromedp.CaptureScreenshot())
		if err := os.WriteFile(filepath.Join(artifacts, fmt.Sprintf("%s-%s-%s.png", b.pictures, name, scheme)), png, 0o600); err != nil {
			b.t.Fatal(err)
		}
	}
	b.scheme("light")
}

// scheme is what the person's system prefers.
func (b *browser) scheme(scheme string) {
	b.t.Helper()
	params := emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}}}
	if _, err := chromedp.Call(b.ctx, emulation.SetEmulatedMedia, params); err != nil {
		b.t.Fatal(err)
	}
}

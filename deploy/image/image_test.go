// Package image_test builds and starts what the Dockerfile builds and starts, as
// far as that goes without an engine for containers.
package image_test

import (
	"bytes"
	"debug/elf"
	"encoding/json"
	"fmt"
	"io/fs"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"
)

const root = "../.."

// patience bounds every wait; nothing waits so long unless it fails.
const patience = 30 * time.Second

// instructions are those of the Dockerfile by their first word, lines joined.
func instructions(t *testing.T) map[string][]string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, "Dockerfile"))
	if err != nil {
		t.Fatal(err)
	}
	plain := regexp.MustCompile(`(?m)^#.*\n`).ReplaceAllString(string(text), "")
	list := map[string][]string{}
	for line := range strings.Lines(strings.ReplaceAll(plain, "\\\n", " ")) {
		if word, rest, ok := strings.Cut(strings.TrimSpace(line), " "); ok {
			list[word] = append(list[word], strings.TrimSpace(rest))
		}
	}
	return list
}

// only is the one instruction that begins with a word and holds a text.
func only(t *testing.T, word, holding string) string {
	t.Helper()
	var found []string
	for _, line := range instructions(t)[word] {
		if strings.Contains(line, holding) {
			found = append(found, line)
		}
	}
	if len(found) != 1 {
		t.Fatalf("%d lines %s with %q in the Dockerfile", len(found), word, holding)
	}
	return found[0]
}

// build runs the go build line of the Dockerfile in a folder of sources.
func build(t *testing.T, src, arch string) string {
	t.Helper()
	out := filepath.Join(t.TempDir(), "aclens")
	line, _, _ := strings.Cut(only(t, "RUN", "go build"), "&&")
	if !strings.Contains(line, "-o /out/aclens ") {
		t.Fatalf("the Dockerfile builds something else: %s", line)
	}
	cmd := exec.CommandContext(t.Context(), "sh", "-e", "-c", strings.Replace(line, "/out/aclens", out, 1))
	cmd.Dir = src
	cmd.Env = append(os.Environ(), "GOFLAGS=", "TARGETOS=linux", "TARGETARCH="+arch, "VERSION=1.2.3", "REVISION=0123abc")
	if text, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", line, err, text)
	}
	return out
}

// elsewhere is a copy of the sources, without what the image's build leaves out.
func elsewhere(t *testing.T) string {
	t.Helper()
	to := t.TempDir()
	for _, folder := range []string{"cmd", "config", "deploy/demo", "proxy", "resolver"} {
		err := filepath.WalkDir(filepath.Join(root, folder), func(path string, e fs.DirEntry, err error) error {
			if err != nil {
				return err
			}
			rel, err := filepath.Rel(root, path)
			if err != nil {
				return err
			}
			switch {
			case e.IsDir() && e.Name() == "testdata":
				return fs.SkipDir
			case e.IsDir():
				return os.MkdirAll(filepath.Join(to, rel), 0o700)
			case strings.HasSuffix(path, "_test.go"), strings.HasSuffix(path, ".md"):
				return nil
			}
			return copyFile(path, filepath.Join(to, rel))
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, file := range []string{"go.mod", "go.sum"} {
		if err := copyFile(filepath.Join(root, file), filepath.Join(to, file)); err != nil {
			t.Fatal(err)
		}
	}
	return to
}

func copyFile(from, to string) error {
	content, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	return os.WriteFile(to, content, 0o600)
}

func TestTheSameSourceGivesTheSameStaticBinary(t *testing.T) {
	for arch, machine := range map[string]elf.Machine{"amd64": elf.EM_X86_64, "arm64": elf.EM_AARCH64} {
		t.Run(arch, func(t *testing.T) {
			here, there := build(t, root, arch), build(t, elsewhere(t), arch)
			a, err := os.ReadFile(here)
			if err != nil {
				t.Fatal(err)
			}
			b, err := os.ReadFile(there)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(a, b) {
				t.Error("two builds from two folders differ")
			}
			home, err := filepath.Abs(root)
			if err != nil {
				t.Fatal(err)
			}
			if bytes.Contains(a, []byte(home)) {
				t.Errorf("the binary says that it was built in %s", home)
			}
			f, err := elf.NewFile(bytes.NewReader(a))
			if err != nil {
				t.Fatal(err)
			}
			if f.Machine != machine {
				t.Errorf("it is for %v", f.Machine)
			}
			for _, p := range f.Progs {
				if p.Type == elf.PT_INTERP || p.Type == elf.PT_DYNAMIC {
					t.Errorf("it is not static: it has %v", p.Type)
				}
			}
		})
	}
}

// secluded lets a program see one folder and nothing else, as a user without
// rights.
func secluded(cmd *exec.Cmd, dir string) {
	const nobody = 65532
	attr := &syscall.SysProcAttr{Chroot: dir, Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
	if os.Geteuid() != 0 {
		attr.Credential = nil
		attr.Cloneflags = syscall.CLONE_NEWUSER
		attr.UidMappings = []syscall.SysProcIDMap{{ContainerID: nobody, HostID: os.Geteuid(), Size: 1}}
		attr.GidMappings = []syscall.SysProcIDMap{{ContainerID: nobody, HostID: os.Getegid(), Size: 1}}
	}
	cmd.SysProcAttr = attr
	cmd.Dir = "/"
}

// imageRoot is the root of the image: the binary and the folder of its state.
func imageRoot(t *testing.T, arch string) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.Rename(build(t, root, arch), filepath.Join(dir, "aclens")); err != nil {
		t.Fatal(err)
	}
	state := filepath.Join(dir, "var", "lib", "aclens")
	if err := os.MkdirAll(state, 0o755); err != nil {
		t.Fatal(err)
	}
	for path := dir; path != filepath.Dir(os.TempDir()) && len(path) > 1; path = filepath.Dir(path) {
		_ = os.Chmod(path, 0o755) // temporary folders are their owner's alone; what is not ours is open already
		if path == os.TempDir() {
			break
		}
	}
	if os.Geteuid() == 0 {
		if err := os.Chown(state, 65532, 65532); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestTheBinaryServesInAnEmptyRoot(t *testing.T) {
	if user := only(t, "USER", ""); user != "65532:65532" {
		t.Errorf("the image runs as %s", user)
	}
	arch := map[string]string{"x86_64": "amd64", "aarch64": "arm64"}[machine(t)]
	dir := imageRoot(t, arch)
	env := []string{only(t, "ENV", "TMPDIR=")}
	ldap, http := freePort(t), freePort(t)
	serve := exec.Command("/aclens", "serve", "--demo", "--listen-ldap", "127.0.0.1:"+ldap, "--listen-http", "127.0.0.1:"+http)
	var log bytes.Buffer
	serve.Stdout, serve.Stderr, serve.Env = &log, &log, env
	secluded(serve, dir)
	if err := serve.Start(); err != nil {
		t.Fatalf("starting it in an empty root (as root, or with user namespaces): %v", err)
	}
	health := strings.ReplaceAll(only(t, "HEALTHCHECK", "CMD"), ":9389/", ":"+http+"/")
	_, list, _ := strings.Cut(health, "CMD ")
	var words []string
	if err := json.Unmarshal([]byte(list), &words); err != nil {
		t.Fatalf("HEALTHCHECK is no list of words: %v", err)
	}
	err := eventually(func() error {
		check := exec.CommandContext(t.Context(), words[0], words[1:]...)
		check.Env = env
		secluded(check, dir)
		if out, err := check.CombinedOutput(); err != nil {
			return fmt.Errorf("%w: %s", err, out)
		}
		return nil
	})
	_ = serve.Process.Signal(syscall.SIGTERM) // if it has ended, Wait tells how
	if ended := serve.Wait(); ended != nil {
		t.Errorf("it ends with %v", ended)
	}
	if err != nil {
		t.Errorf("the health check says %v\n%s", err, &log)
	}
}

func machine(t *testing.T) string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "uname", "-m").Output()
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(out))
}

func freePort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	_, port, err := net.SplitHostPort(l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	return port
}

func eventually(try func() error) error {
	deadline := time.After(patience)
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		err := try()
		if err == nil {
			return nil
		}
		select {
		case <-deadline:
			return err
		case <-tick.C:
		}
	}
}

// The image's Go has to be the one that go.mod asks for: another one gives
// another binary, or fetches a toolchain in the middle of a build.
func TestTheImageIsBuiltWithTheGoOfTheModule(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(root, "go.mod"))
	if err != nil {
		t.Fatal(err)
	}
	version := regexp.MustCompile(`(?m)^go (\d+\.\d+\.\d+)$`).FindSubmatch(text)
	if version == nil {
		t.Fatal("go.mod names no release of Go")
	}
	only(t, "FROM", "golang:"+string(version[1])+"-")
	only(t, "FROM", "scratch")
}

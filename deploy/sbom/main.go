// Command sbom lists what a built aclens is made of, as CycloneDX 1.5 JSON:
//
//	go run ./deploy/sbom bin/aclens > aclens.cdx.json
//
// It reads what the Go linker wrote into the binary, so that it promises what
// runs and not what a checkout might hold: modules, their versions and
// checksums, replacements, and the Go release. Equal binaries give equal lists.
// It refuses to guess licences, to ask the network, and to list what only tests use.
package main

import (
	"debug/buildinfo"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime/debug"
	"slices"
	"strings"

	"github.com/google/uuid"
)

func main() {
	if err := run(os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintf(os.Stderr, "sbom: %v\n", err)
		os.Exit(2)
	}
}

func run(args []string, out io.Writer) error {
	if len(args) != 1 {
		return errors.New("give one program that was built by Go")
	}
	info, err := buildinfo.ReadFile(args[0])
	if err != nil {
		return fmt.Errorf("reading %s: %w", args[0], err)
	}
	enc := json.NewEncoder(out)
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false)
	return enc.Encode(listed(info))
}

// bill is a CycloneDX document (specification 1.5).
type bill struct {
	Format       string       `json:"bomFormat"`
	Spec         string       `json:"specVersion"`
	Serial       string       `json:"serialNumber"`
	Version      int          `json:"version"`
	Metadata     metadata     `json:"metadata"`
	Components   []component  `json:"components"`
	Dependencies []dependency `json:"dependencies"`
}

type metadata struct {
	Component component `json:"component"`
}

type component struct {
	Ref        string     `json:"bom-ref"`
	Type       string     `json:"type"`
	Name       string     `json:"name"`
	Version    string     `json:"version"`
	Scope      string     `json:"scope,omitempty"`
	Hashes     []hash     `json:"hashes,omitempty"`
	PURL       string     `json:"purl"`
	Properties []property `json:"properties,omitempty"`
}

type hash struct {
	Algorithm string `json:"alg"`
	Content   string `json:"content"`
}

type property struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

type dependency struct {
	Ref string   `json:"ref"`
	On  []string `json:"dependsOn"`
}

func listed(info *debug.BuildInfo) bill {
	main := componentOf(&info.Main, "application")
	for _, s := range info.Settings {
		if slices.Contains([]string{"GOOS", "GOARCH", "CGO_ENABLED", "vcs.revision", "vcs.modified"}, s.Key) {
			main.Properties = append(main.Properties, property{"go:build:" + s.Key, s.Value})
		}
	}
	b := bill{Format: "CycloneDX", Spec: "1.5", Version: 1, Metadata: metadata{main}, Components: []component{standardLibrary(info.GoVersion)}}
	for _, m := range info.Deps {
		b.Components = append(b.Components, componentOf(m, "library"))
	}
	on := make([]string, len(b.Components))
	for i := range b.Components {
		on[i] = b.Components[i].Ref
	}
	b.Dependencies = []dependency{{main.Ref, on}}
	b.Serial = "urn:uuid:" + uuid.NewSHA1(uuid.NameSpaceURL, []byte(info.String())).String()
	return b
}

// standardLibrary is what the Go release itself brings.
func standardLibrary(release string) component {
	version := strings.TrimPrefix(strings.Fields(release + " ")[0], "go")
	ref := "pkg:golang/std@" + version
	return component{Ref: ref, Type: "library", Name: "std", Version: version, Scope: "required", PURL: ref}
}

// componentOf is a module, or the one that stands in its place.
func componentOf(m *debug.Module, kind string) component {
	if m.Replace != nil {
		m = m.Replace
	}
	c := component{Type: kind, Name: m.Path, Version: m.Version, PURL: "pkg:golang/" + m.Path}
	if strings.HasPrefix(m.Version, "v") { // a build outside of a repository has none
		c.PURL += "@" + strings.ReplaceAll(m.Version, "+", "%2B")
	}
	c.Ref = c.PURL
	if kind == "library" {
		c.Scope = "required"
	}
	// A module's checksum is the SHA-256 of the list of its files and theirs.
	if sum, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(m.Sum, "h1:")); err == nil && strings.HasPrefix(m.Sum, "h1:") {
		c.Hashes = []hash{{"SHA-256", hex.EncodeToString(sum)}}
	}
	return c
}

package config

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"strings"
)

const masked = "***"

// Secret is a password or token that no formatting verb, logger or encoder shows.
type Secret struct {
	// Behind a pointer, so that fmt shows an address even where the secret sits
	// in an unexported field and its methods cannot be called.
	value *string
	file  string
}

// NewSecret holds a value given inline.
func NewSecret(value string) Secret { return Secret{value: &value} }

// SecretFile holds the path of a file that is read at each Value.
func SecretFile(path string) Secret { return Secret{file: path} }

// IsSet reports whether a value or a file was given.
func (s Secret) IsSet() bool { return s.value != nil || s.file != "" }

// File returns the path of the secret's file, or "".
func (s Secret) File() string { return s.file }

// maxSecretBytes bounds what is read from a secret's file: a path that points at
// something else must not fill the memory.
const maxSecretBytes = 64 << 10

var (
	errNotRegular = errors.New("not a regular file")
	errSecretSize = fmt.Errorf("larger than %d bytes", maxSecretBytes)
)

// Value returns the secret; one from a file is read anew each time, so that it
// can be rotated, and loses one trailing line end. Errors name the file only.
func (s Secret) Value() (string, error) {
	if s.file == "" {
		if s.value == nil {
			return "", nil
		}
		return *s.value, nil
	}
	info, err := os.Stat(s.file)
	if err != nil {
		return "", fmt.Errorf("reading secret: %w", err)
	}
	if !info.Mode().IsRegular() { // a pipe would be waited for
		return "", fmt.Errorf("reading secret: %w", &fs.PathError{Op: "open", Path: s.file, Err: errNotRegular})
	}
	f, err := os.Open(s.file)
	if err != nil {
		return "", fmt.Errorf("reading secret: %w", err)
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, maxSecretBytes+1))
	if err != nil {
		return "", fmt.Errorf("reading secret: %w", err)
	}
	if len(b) > maxSecretBytes {
		return "", fmt.Errorf("reading secret: %w", &fs.PathError{Op: "read", Path: s.file, Err: errSecretSize})
	}
	v := strings.TrimSuffix(string(b), "\n")
	return strings.TrimSuffix(v, "\r"), nil
}

// String returns ***, or "" where there is no secret.
func (s Secret) String() string {
	if !s.IsSet() {
		return ""
	}
	return masked
}

// Format writes what String returns, whatever the verb.
func (s Secret) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, s.String()) }

// GoString writes what String returns.
func (s Secret) GoString() string { return s.String() }

// LogValue is what slog shows.
func (s Secret) LogValue() slog.Value { return slog.StringValue(s.String()) }

// MarshalText is what JSON, XML and text encoders show.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// MarshalYAML is what YAML encoders show.
func (s Secret) MarshalYAML() (any, error) { return s.String(), nil }

package config

import (
	"errors"
	"strings"
	"testing"
)

// Whatever the bytes are, Parse returns a configuration or faults, each a single
// line that names the file, and the same ones the next time.
func FuzzConfigNeverPanics(f *testing.F) {
	for _, source := range []string{"ldap", "ldif", "dxl"} {
		_, text := contract(f, source)
		f.Add([]byte(text))
	}
	f.Add([]byte(Example))
	for _, c := range faultCases {
		f.Add([]byte(c.text))
	}
	for _, c := range directoryCases {
		f.Add([]byte(c.text))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) > 1<<14 {
			return // the parser's time grows with the square
		}
		c, err := Parse(data, "fuzz.yaml")
		if err == nil {
			if c == nil {
				t.Fatal("neither a configuration nor a fault")
			}
			return
		}
		var errs *Errors
		if !errors.As(err, &errs) || len(errs.Faults) == 0 || c != nil {
			t.Fatalf("got %v beside %v", c, err)
		}
		for _, fault := range errs.Faults {
			if s := fault.String(); !strings.HasPrefix(s, "fuzz.yaml") || strings.ContainsAny(s, "\n\r\x00") {
				t.Fatalf("a fault is not one line: %q", s)
			}
		}
		if _, again := Parse(data, "fuzz.yaml"); again == nil || again.Error() != err.Error() {
			t.Fatalf("first\n%v\nthen\n%v", err, again)
		}
	})
}

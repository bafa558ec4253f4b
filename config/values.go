package config

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// Duration is a span of time; days are written 7d.
type Duration time.Duration

// Std returns the duration as the standard library has it.
func (d Duration) Std() time.Duration { return time.Duration(d) }

// String writes the duration with as few units as say it exactly: 90m is 1h30m.
func (d Duration) String() string {
	if d == 0 {
		return "0s"
	}
	s := time.Duration(d).String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}

// MarshalText writes what String does.
func (d Duration) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

var errDuration = errors.New("not a duration such as 500ms, 30s, 15m, 6h or 7d")

// parseDuration reads Go's notation with days in front (7d, 1d12h), never negative.
func parseDuration(s string) (Duration, error) {
	if s == "0" {
		return 0, nil
	}
	var days time.Duration
	rest := s
	if n, after, ok := strings.Cut(s, "d"); ok {
		v, err := strconv.ParseUint(n, 10, 32)
		if err != nil || v > math.MaxInt64/uint64(24*time.Hour) {
			return 0, errDuration
		}
		days, rest = time.Duration(v)*24*time.Hour, after
	}
	if rest == "" && s != "" {
		return Duration(days), nil
	}
	d, err := time.ParseDuration(rest)
	if err != nil || strings.ContainsAny(rest, "+-") || days+d < days {
		return 0, errDuration
	}
	return Duration(days + d), nil
}

// Size is a number of bytes; in the file also as 64KiB, 4MiB or 1GiB.
type Size int64

// Int returns the size as an int.
func (s Size) Int() int { return int(s) }

var errSize = errors.New("not a number of bytes such as 65536, 64KiB, 4MiB or 1GiB")

var sizeUnits = []struct {
	suffix string
	bytes  int64
}{{"KiB", 1 << 10}, {"MiB", 1 << 20}, {"GiB", 1 << 30}}

func parseSize(s string) (Size, error) {
	unit, digits := int64(1), s
	for _, u := range sizeUnits {
		if d, ok := strings.CutSuffix(s, u.suffix); ok {
			unit, digits = u.bytes, strings.TrimRight(d, " ")
			break
		}
	}
	n, err := strconv.ParseUint(digits, 10, 63)
	if err != nil || int64(n) > math.MaxInt64/unit {
		return 0, errSize
	}
	return Size(int64(n) * unit), nil
}

// Percent is a share of 0 to 100 percent.
type Percent float64

// Of returns that share of n, as a fraction of things.
func (p Percent) Of(n int) float64 { return float64(p) / 100 * float64(n) }

// String writes the share as in the file, 10%.
func (p Percent) String() string { return strconv.FormatFloat(float64(p), 'f', -1, 64) + "%" }

// MarshalText writes what String does.
func (p Percent) MarshalText() ([]byte, error) { return []byte(p.String()), nil }

var errPercent = errors.New("not a share such as 10% (0% to 100%, with the sign)")

func parsePercent(s string) (Percent, error) {
	digits, ok := strings.CutSuffix(s, "%")
	if !ok || strings.Trim(digits, "0123456789.") != "" {
		return 0, errPercent
	}
	v, err := strconv.ParseFloat(digits, 64)
	if err != nil || v > 100 {
		return 0, errPercent
	}
	return Percent(v), nil
}

// Release is the first number of a Domino release: 12 for 12.0.2.
type Release int

var errRelease = errors.New("not a Domino release such as 12 or 14.5")

func parseRelease(s string) (Release, error) {
	if strings.Trim(s, "0123456789.") != "" {
		return 0, errRelease
	}
	first, _, _ := strings.Cut(s, ".")
	n, err := strconv.Atoi(first)
	if err != nil || n < 4 || n > 99 {
		return 0, errRelease
	}
	return Release(n), nil
}

// String writes the number.
func (r Release) String() string { return fmt.Sprint(int(r)) }

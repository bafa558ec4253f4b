package schema

import (
	"encoding/binary"
	"time"
)

// clock is a generalized time as it is read (RFC 4517 section 3.3.13).
type clock struct {
	year, month, day     int
	hour, minute, second int
	unit                 int    // seconds that the fraction is a fraction of: 3600, 60 or 1
	fraction             []byte // decimal digits, without zeros at the end
	zone                 int    // minutes east of UTC
}

// appendTime appends a generalized time so that bytes stand in the order of
// time: minutes since 1970 in UTC, the second of the minute, which may be 60,
// and the digits of its fraction.
func appendTime(dst, value []byte) ([]byte, bool) {
	var c clock
	if !c.read(value) {
		return dst, false
	}
	fraction := c.fraction
	if c.unit > 1 && len(fraction) > 0 {
		var seconds int
		seconds, fraction = scaleFraction(fraction, c.unit)
		c.minute += seconds / 60
		c.second += seconds % 60
	}
	at := time.Date(c.year, time.Month(c.month), c.day, c.hour, c.minute-c.zone, 0, 0, time.UTC)
	minutes := floorDiv(at.Unix(), 60)
	dst = binary.BigEndian.AppendUint64(dst, uint64(minutes)^1<<63)
	dst = append(dst, byte(c.second))
	return append(dst, fraction...), true
}

func floorDiv(a, b int64) int64 {
	if a%b < 0 {
		return a/b - 1
	}
	return a / b
}

// read takes the value apart; false if it is no generalized time.
func (c *clock) read(v []byte) bool {
	ok := true
	number := func(width, least, most int) (n int) {
		n, v, ok = cutNumber(v, width, least, most, ok)
		return n
	}
	c.year = number(4, 0, 9999)
	c.month = number(2, 1, 12)
	c.day = number(2, 1, 31)
	c.hour = number(2, 0, 23)
	c.unit = 3600
	if startsWithDigit(v) {
		c.minute, c.unit = number(2, 0, 59), 60
	}
	if c.unit == 60 && startsWithDigit(v) {
		c.second, c.unit = number(2, 0, 60), 1
	}
	if !ok || c.day > daysIn(c.year, c.month) {
		return false
	}
	if v, ok = c.readFraction(v); !ok {
		return false
	}
	return c.readZone(v)
}

func startsWithDigit(v []byte) bool { return len(v) > 0 && isDigit(v[0]) }

// cutNumber reads digits of a fixed width within bounds, unless something
// before has failed already.
func cutNumber(v []byte, width, least, most int, ok bool) (int, []byte, bool) {
	if !ok || len(v) < width {
		return 0, v, false
	}
	n := 0
	for _, c := range v[:width] {
		if !isDigit(c) {
			return 0, v, false
		}
		n = n*10 + int(c-'0')
	}
	return n, v[width:], least <= n && n <= most
}

func daysIn(year, month int) int {
	return time.Date(year, time.Month(month)+1, 0, 0, 0, 0, 0, time.UTC).Day()
}

func (c *clock) readFraction(v []byte) (rest []byte, ok bool) {
	if len(v) == 0 || v[0] != '.' && v[0] != ',' {
		return v, true
	}
	v = v[1:]
	end := 0
	for end < len(v) && isDigit(v[end]) {
		end++
	}
	c.fraction = v[:end]
	for len(c.fraction) > 0 && c.fraction[len(c.fraction)-1] == '0' {
		c.fraction = c.fraction[:len(c.fraction)-1]
	}
	return v[end:], end > 0
}

// readZone reads Z or a difference to UTC, which must be there.
func (c *clock) readZone(v []byte) bool {
	if len(v) == 1 && v[0] == 'Z' {
		return true
	}
	if len(v) != 3 && len(v) != 5 || v[0] != '+' && v[0] != '-' {
		return false
	}
	hours, rest, ok := cutNumber(v[1:], 2, 0, 23, true)
	minutes := 0
	if len(rest) > 0 {
		minutes, _, ok = cutNumber(rest, 2, 0, 59, ok)
	}
	c.zone = hours*60 + minutes
	if v[0] == '-' {
		c.zone = -c.zone
	}
	return ok
}

// scaleFraction multiplies a decimal fraction by a whole number below 10000
// and returns the whole part and the fraction that is left.
func scaleFraction(digits []byte, by int) (int, []byte) {
	left := make([]byte, len(digits))
	carry := 0
	for i := len(digits) - 1; i >= 0; i-- {
		carry += int(digits[i]-'0') * by
		left[i] = '0' + byte(carry%10)
		carry /= 10
	}
	for len(left) > 0 && left[len(left)-1] == '0' {
		left = left[:len(left)-1]
	}
	return carry, left
}

package front

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"net/netip"
	"strconv"
	"strings"
)

const (
	proxySignature = "\r\n\r\n\x00\r\nQUIT\n" // of version 2
	proxyLine      = 107                      // the longest header of version 1, its end included
)

var errProxyHeader = errors.New("malformed PROXY header")

// readProxyHeader reads one PROXY protocol header, version 1 or 2, and not an
// octet more. It returns the client's address: own for a connection that the
// proxy makes for itself, and one that is not valid if the proxy does not know.
func readProxyHeader(r io.Reader, own netip.AddrPort) (netip.AddrPort, error) {
	start := make([]byte, len(proxySignature))
	if _, err := io.ReadFull(r, start); err != nil {
		return netip.AddrPort{}, err
	}
	if string(start) == proxySignature {
		return readProxyBinary(r, own)
	}
	if bytes.HasPrefix(start, []byte("PROXY ")) {
		return readProxyText(r, start)
	}
	return netip.AddrPort{}, errProxyHeader
}

func readProxyText(r io.Reader, line []byte) (netip.AddrPort, error) {
	var one [1]byte
	for !bytes.HasSuffix(line, []byte("\r\n")) {
		if len(line) == proxyLine {
			return netip.AddrPort{}, errProxyHeader
		}
		if _, err := io.ReadFull(r, one[:]); err != nil {
			return netip.AddrPort{}, err
		}
		line = append(line, one[0])
	}
	fields := strings.Split(string(line[:len(line)-2]), " ")
	if fields[1] == "UNKNOWN" {
		return netip.AddrPort{}, nil
	}
	if len(fields) != 6 || fields[1] != "TCP4" && fields[1] != "TCP6" {
		return netip.AddrPort{}, errProxyHeader
	}
	addr, err := netip.ParseAddr(fields[2])
	if err != nil || addr.Zone() != "" || addr.Is4() != (fields[1] == "TCP4") {
		return netip.AddrPort{}, errProxyHeader
	}
	port, err := strconv.ParseUint(fields[4], 10, 16)
	if err != nil {
		return netip.AddrPort{}, errProxyHeader
	}
	return netip.AddrPortFrom(addr.Unmap(), uint16(port)), nil
}

// readProxyBinary reads what follows the signature of version 2.
func readProxyBinary(r io.Reader, own netip.AddrPort) (netip.AddrPort, error) {
	var head [4]byte // version and command, family, length
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return netip.AddrPort{}, err
	}
	body := make([]byte, binary.BigEndian.Uint16(head[2:]))
	if _, err := io.ReadFull(r, body); err != nil {
		return netip.AddrPort{}, err
	}
	switch head[0] {
	case 0x20: // LOCAL
		return own, nil
	case 0x21: // PROXY
		return proxyAddress(head[1], body)
	}
	return netip.AddrPort{}, errProxyHeader
}

// proxyAddress decodes source and destination; what follows them is not looked at.
func proxyAddress(family byte, body []byte) (netip.AddrPort, error) {
	size := 0
	switch family {
	case 0x11: // TCP over IPv4
		size = 4
	case 0x21: // TCP over IPv6
		size = 16
	default:
		return netip.AddrPort{}, nil
	}
	if len(body) < 2*size+4 {
		return netip.AddrPort{}, errProxyHeader
	}
	addr, _ := netip.AddrFromSlice(body[:size])
	return netip.AddrPortFrom(addr.Unmap(), binary.BigEndian.Uint16(body[2*size:])), nil
}

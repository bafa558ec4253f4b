package acl

import (
	"fmt"
	"strings"
)

// Channel is the way in which a subject reaches a database (rules 5.2 and 6.3).
type Channel uint8

// The channels of docs/contract.md, section 1.
const (
	Notes Channel = iota
	WebPassword
	WebSession
	WebSSO
	WebClientCert
	WebAnonymous
	Local
)

var channelNames = [...]string{"notes", "web-password", "web-session", "web-sso", "web-clientcert", "web-anonymous", "local"}

// String is the name of the channel in commands and configuration.
func (c Channel) String() string { return channelNames[c] }

// ParseChannel reads the name of a channel.
func ParseChannel(s string) (Channel, error) {
	for i, n := range channelNames {
		if n == s {
			return Channel(i), nil
		}
	}
	return Notes, fmt.Errorf("unknown channel %q (%s)", s, strings.Join(channelNames[:], ", "))
}

// IsWeb tells whether the channel is an Internet protocol.
func (c Channel) IsWeb() bool { return c >= WebPassword && c <= WebAnonymous }

// ChannelSet is a set of channels.
type ChannelSet uint8

// ChannelsOf makes a set.
func ChannelsOf(cs ...Channel) ChannelSet {
	var s ChannelSet
	for _, c := range cs {
		s |= 1 << c
	}
	return s
}

// Has tells whether c is in the set.
func (s ChannelSet) Has(c Channel) bool { return s&(1<<c) != 0 }

// Package wire is the LDAP v3 message layer (RFC 4511): it cuts whole messages
// out of a byte stream under a size limit, decodes requests and answers, and
// appends both to byte slices.
//
// It promises that no input makes it panic, that it never holds more memory
// than a small multiple of the bytes that have arrived, that no decoding is
// nested deeper than the caller's limits, and that a message that is not
// understood completely is an error and never a guess. Everything it writes
// uses definite lengths in their shortest form.
//
// It reads BER as LDAP allows it: lengths need not be minimal and any octet but
// zero is a true boolean, but indefinite lengths, lengths of more than four
// octets and multi-octet tags are refused. Trailing components whose
// context-specific tag is unknown are ignored in protocol operations, as RFC
// 4511 section 4 demands; everywhere else what trails is malformed.
//
// It refuses to hold policy: it knows nothing of identities, rights, schema or
// sessions, and it opens no sockets. Slices in decoded values point into the
// bytes that were decoded, unless a type says that it owns them.
package wire

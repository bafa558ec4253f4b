// Package saved writes a Snapshot as bytes and reads it back: the last good
// state that a proxy starts from when its directory is away, and one side of a
// comparison (docs/contract.md, state.dir and aclens diff).
//
// It promises that what was read answers as what was written did; that equal
// Snapshots of equal history are equal bytes; that bytes which are damaged, cut
// off, longer than they say or of another version of the format are refused with
// the place and the reason, and never used by half; that no bytes make it panic
// or take memory out of proportion to their number; and that no credential is
// written or read.
//
// It refuses to open files, to keep the settings of the resolver (whoever reads
// brings them), and to vouch for who wrote the bytes: checksums find damage, not
// forgery. Only the owner may be able to write where they are kept.
//
// # Format, version 1
//
//	magic(12) version(4) block* "done" 32(4) SHA-256 of all before it(32)
//	block = tag(4) length(4) payload(length) CRC-32C of the three(4)
//
// Numbers of fixed width are big-endian. In payloads a number is an unsigned
// varint, a text is its length and its octets, a list is its length and its
// elements, and a time is 0 where there is none or 1, seconds (a zigzag varint
// that counts from 1970) and nanoseconds, in UTC. The blocks, in this order:
//
//	meta  once   what Meta holds, and the names of the directories
//	schm  once   definitions beyond the built-in schema, attribute descriptions by number
//	entr  any    entries by ID, as attributes with the numbers of schm
//	hidn  any    entries that those of an earlier directory hide
//	data  any    databases with their instances and ACLs
//	serv  any    servers with their documents and settings
//	part  any    what others keep beside the Snapshot, each under a name of its own
//
// A record lies in one block, and means the same whatever stands in the others:
// blocks are read on all cores and taken in order. Indexes, groups and keys are
// not written: they are made again, so that no fact is there twice and no index
// can contradict the entries; those over values of attributes once somebody asks
// for them.
package saved

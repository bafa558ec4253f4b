// Package login turns a credential into an identity: names and passwords,
// SASL PLAIN, and client certificates (SASL EXTERNAL).
//
// It promises that a password is right only if the directory that owns the name
// says so, or the file that the directory was read from; that a directory which
// cannot be asked is unavailable (52) and never a wrong password (49); that a
// wrong password, a name that nobody has and one that several have are answered
// alike, with like work; that a name which the snapshot knows is sent to the
// directory as the directory spells it, and any other one in a form that no two
// readers of distinguished names take apart differently; that diagnostic
// messages of a directory, which may tell of its inside, stay here; and that
// passwords are in no error, no log and no result.
//
// It refuses to throttle failures, which is the directory's business and done
// there with knowledge of all its clients; to try a second directory when the
// first refuses; and to say what an identity may see.
//
// # The bind cache
//
// It is off unless CacheSettings.TTL is set. What it does, all of it:
//
//   - Only binds that the live directory answered with success are remembered,
//     and none whose answer said more than success, such as that the password
//     is about to expire. A failure is never remembered.
//   - A bind is remembered for TTL, at most 60 s, counted from when the directory
//     was asked. An answer from memory does not prolong that.
//   - It answers only the same name and password from the same client address on
//     the same listener. A miss or another password goes to the directory.
//   - What is kept of a password is bcrypt, with a salt of its own, at cost 6 over a
//     MAC with a key of this process. The hash never leaves memory and lives a
//     minute, and whoever reads that memory also sees passwords that come by; it
//     shall only keep a core dump from being a list of passwords. Four
//     milliseconds a guess do that, and a bind from memory stays cheaper than the
//     round trip that it saves. Memory-hard functions were measured too: their
//     garbage, megabytes a bind, makes the collector walk the whole snapshot.
//   - Forget drops what is remembered of an entry and voids binds that are under way;
//     it is to be called for every entry that changes or goes. How soon that is
//     after the change depends on the feed of changes.
//   - A bind with controls goes to the directory, since memory has no answer to them.
//   - When the directory is known to be out of reach, from Source.Reachable or
//     from the last bind, memory is used only with WhenDown; otherwise the bind
//     goes to the directory, and the answer is 52 if it is still away.
//   - Administrators (CacheSettings.IsAdmin) are never remembered.
//   - It holds at most CacheSettings.Entries binds; the oldest go first.
//
// Within TTL a bind from memory does not see that the account was locked or its
// password changed unless Forget was called.
package login

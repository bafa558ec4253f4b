// Package forward sends what clients want to change to the directory, each
// change under the client's own identity (docs/contract.md, section 6).
//
// It promises that a change goes over a connection that is bound as the very
// client that asks for it, with the credential that the directory took from it,
// and never over one of the service account; that it is sent once, and an end
// that is not known is said to be unknown; that what is aclens's own, virtual
// attributes and the virtual subtree, is refused before anything is sent; that
// nothing which the client may not read comes back with the answer, and no
// referral does; and that whoever is told of success is also told if the change
// does not show in answers yet.
//
// It refuses to change files, to act for sessions whose credential is not at
// hand (client certificates, the bind cache, proxied authorization, anonymous
// ones), to evaluate the directory's access control, and to look at passwords:
// it holds a client's password as long as the session that gave it, in memory
// alone, for no other purpose than to bind with it.
package forward

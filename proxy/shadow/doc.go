// Package shadow asks two servers the same and says where they differ: the view
// that aclens would serve, in process and under the rights of one identity, and
// the server that answers at present. It is for those who are about to put
// aclens in the place of that server, or of a client that climbs nested groups
// by itself.
//
// It promises that order, spelling of names and upper case make no difference
// where the schema says so, that what aclens would answer in addition comes
// first, since that may be a wrong yes, and that an answer which did not come
// whole is never compared. It refuses to write, to compare or show credentials,
// and to guess which side is right.
package shadow

// Package admin is the HTTP side of aclens: metrics for Prometheus, liveness
// and readiness, the API for programs, and the sessions of people
// (docs/http.md; docs/contract.md, section 7).
//
// It promises bounded label values, base units, and never a DN or a name in a
// label; that nothing but metrics and health is answered before a log-in; and
// that a session holds an identity and never rights. It refuses to know what a
// metric means for an answer, and to draw pages.
package admin

// Package admin is the HTTP side of aclens: metrics for Prometheus, liveness
// and readiness (docs/contract.md, section 7).
//
// It promises bounded label values, base units, and never a DN or a name in a
// label. It refuses to know what a metric means for an answer: it only counts.
package admin

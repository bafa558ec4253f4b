package main

import (
	"github.com/aclens/aclens/config"
	"github.com/aclens/aclens/proxy/upstream"
)

// referralsOf is what becomes of references of a directory to other servers.
func referralsOf(mode config.ReferralMode) upstream.Referrals {
	switch mode {
	case config.ReferralsRewrite:
		return upstream.KeepReferrals
	case config.ReferralsChase:
		return upstream.ChaseReferrals
	default:
		return upstream.DropReferrals
	}
}

// leadOn lets references lead from each directory to those after it: to one
// before it a directory of less authority would choose what is read there.
func leadOn(directories []*upstream.Directory) {
	for i, d := range directories {
		if d == nil {
			continue
		}
		var behind []*upstream.Directory
		for _, other := range directories[i+1:] {
			if other != nil {
				behind = append(behind, other)
			}
		}
		d.LeadTo(behind...)
	}
}

package view

import (
	"testing"

	"github.com/aclens/aclens/proxy/wire"
)

func TestARecordIsFoundByTheNameOfItsSubjectAlone(t *testing.T) {
	v := demoView(t, allRule())
	below := ",ou=subjects,cn=apps/crm.nsf,ou=databases,cn=access"
	for subject, want := range map[string]wire.ResultCode{
		`CN\3DJane Doe/OU\3DSales/O\3DAcme`: wire.Success, `-default-`: wire.Success,
		"jdoe": wire.NoSuchObject, "Jane Doe": wire.NoSuchObject, "jane.doe@acme.example": wire.NoSuchObject,
	} {
		es, a := runQuery(t, v, requested(t, reader, "accessSubject="+subject+below, wire.ScopeBase, "(objectClass=*)", "1.1"))
		if a.Result.Code != want || (len(es) == 1) != (want == wire.Success) {
			t.Errorf("%s: %v, %d entries, want %v", subject, a.Result, len(es), want)
		}
	}
}

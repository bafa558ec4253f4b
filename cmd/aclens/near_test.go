package main

import (
	"strings"
	"testing"

	"github.com/aclens/aclens/resolver/acl"
	"github.com/aclens/aclens/resolver/database"
	"github.com/aclens/aclens/resolver/name"
)

func TestADatabaseThatIsNotThereIsSuggestedFromWhatIs(t *testing.T) {
	var instances []*database.Instance
	for _, path := range []string{"apps/crm.nsf", "apps/orders.nsf", "old/orders.nsf"} {
		instances = append(instances, &database.Instance{Server: name.Parse("Hub1/Acme"), Path: path, List: &acl.List{}})
	}
	set, _, err := database.Arrange(instances, database.Options{Aliases: map[string]string{"shop": "apps/orders.nsf"}})
	if err != nil {
		t.Fatal(err)
	}
	none, _, err := database.Arrange(nil, database.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		sentence, asked, ends string
		in                    *database.Set
	}{
		{"a key without its extension", "apps/crm", "did you mean apps/crm.nsf?", set},
		{"a file without its folder, in capitals", "CRM.nsf", "did you mean apps/crm.nsf?", set},
		{"a stem alone", "crm", "did you mean apps/crm.nsf?", set},
		{"an alias with a slip", "shpo", "did you mean shop?", set},
		{"a key with a slip", "apps/crn.nsf", "did you mean apps/crm.nsf?", set},
		{"a word like none of them", "payroll-2024", `"payroll-2024"`, set},
		{"where nothing was read", "crm", "no access control list was read, see aclens check", none},
	} {
		if got := noDatabase(c.in, c.asked).Error(); !strings.HasSuffix(got, c.ends) {
			t.Errorf("%s: %s", c.sentence, got)
		}
	}
}

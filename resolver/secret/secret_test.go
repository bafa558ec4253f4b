package secret_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/aclens/aclens/resolver/secret"
)

func TestAttributeKnowsCredentialsUnderEverySpelling(t *testing.T) {
	for sentence, descriptions := range map[string][]string{
		"a name in any case is known":        {"userPassword", "USERPASSWORD", "userpassword", "HTTPPassword", "httppassword"},
		"options do not hide an attribute":   {"userPassword;lang-de", "userPKCS12;binary", "unicodePwd;range=0-1", "userPassword;"},
		"an OID is as good as its name":      {"2.5.4.35", "OID.2.5.4.35", "oid.2.5.4.35;lang-de", "1.2.840.113556.1.4.90"},
		"spaces around it do not matter":     {" userPassword", "userPassword ", "userPassword ;binary"},
		"a family is known by its beginning": {"msLAPS-Password", "mslaps-encryptedpasswordhistory", "msLAPS-NotYetInvented"},
		"every kind of directory is covered": {"sambaNTPassword", "dominoHTTPPassword", "pwdHistory", "ms-Mcs-AdmPwd",
			"krbPrincipalKey", "ipaNTHash", "nsDS5ReplicaCredentials", "olcRootPW", "authPassword", "supplementalCredentials"},
	} {
		for _, d := range descriptions {
			if !secret.Attribute(d) {
				t.Errorf("%s: %q is not known as secret", sentence, d)
			}
		}
	}
}

func TestAttributeLeavesOthersAlone(t *testing.T) {
	for _, d := range []string{"", ";", "cn", "mail", "userCertificate", "userCertificate;binary", "checkPassword", "2.5.4.3",
		"2.5.4.350", "12.5.4.35", "userPasswordHint", "xuserPassword", "lang-de;userPassword", "mslaps", "pwdChangedTime",
		"sshPublicKey", "oid."} {
		if secret.Attribute(d) {
			t.Errorf("%q is taken for a secret", d)
		}
	}
}

func TestNamesIsTheWholeListInOrder(t *testing.T) {
	names := secret.Names()
	if !slices.IsSorted(names) {
		t.Error("names are not sorted")
	}
	if len(slices.Compact(slices.Clone(names))) != len(names) {
		t.Error("a name is listed twice")
	}
	for _, n := range names {
		if n != strings.ToLower(n) {
			t.Errorf("%q is not lower case", n)
		}
		if !secret.Attribute(strings.Replace(n, "*", "x", 1)) {
			t.Errorf("%q is listed but not known", n)
		}
	}
}

func FuzzOptionsAndCaseChangeNothing(f *testing.F) {
	f.Add("userPassword", "lang-de")
	f.Add("msLAPS-Password", "")
	f.Add("cn", "binary")
	f.Fuzz(func(t *testing.T, base, option string) {
		if strings.ContainsAny(base, ";") || strings.ToLower(strings.ToUpper(base)) != strings.ToLower(base) {
			return // no attribute name in ASCII
		}
		want := secret.Attribute(base)
		for _, same := range []string{base + ";" + option, strings.ToUpper(base), strings.ToLower(base)} {
			if secret.Attribute(same) != want {
				t.Errorf("%q and %q differ", base, same)
			}
		}
	})
}

package name

import "testing"

func FuzzDNKeyIsStable(f *testing.F) {
	for _, seed := range []string{"", "cn=Jane Doe,ou=Sales,o=Acme", `cn=Doe\, Jane+uid=jd,o=Acme`, `cn="a;b",o=\C3\9C`, "1.2.3=#0402FF00", "cn=a\u0308\u0345,oid.2.5.4.3=\u0130"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		d, err := ParseDN(text)
		key, keyErr := KeyOf(text)
		if (err == nil) != (keyErr == nil) || key != d.Key() {
			t.Fatalf("%q: %q, %v and %q, %v", text, d.Key(), err, key, keyErr)
		}
		if err != nil {
			return
		}
		if again, err := KeyOf(key); err != nil || again != key {
			t.Fatalf("key %q has key %q, %v", key, again, err)
		}
		for !d.IsRoot() {
			parent, ok := ParentKey(d.Key())
			if !ok || parent != d.Parent().Key() || !d.Under(d.Parent()) || d.Parent().Under(d) {
				t.Fatalf("%q: parent %q, %q", d.Key(), parent, d.Parent().Key())
			}
			d = d.Parent()
		}
	})
}

func FuzzNameSurvivesTheRoundTrip(f *testing.F) {
	for _, seed := range []string{"", "Jane Doe/Sales/Acme/US", "*/Acme", "[*/Acme]", `CN=a"/"b+uid="@"/O=c`, "CN=uid=x", "a//", `""""/"x`, "O=\u00a0/\u0345"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		n := Parse(text)
		checkRoundTrip(t, n, string(n.Key()))
		NamesList(n, []string{text}, []string{text})
		if d, err := ParseDN(text); err == nil {
			checkRoundTrip(t, FromDN(d), d.Key())
		}
	})
}

func FuzzFoldIsStable(f *testing.F) {
	for _, seed := range []string{"", " A  b ", "\u0130\u0345\u0308", "a\xffB", "\u1e9e\u212b\u03c2"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		folded := Fold(text)
		if again := Fold(folded); again != folded {
			t.Fatalf("%q folds to %q, and that to %q", text, folded, again)
		}
		if composed := string(appendFoldComposed(nil, text)); composed != folded {
			t.Fatalf("%q folds to %q, composing to %q", text, folded, composed)
		}
	})
}

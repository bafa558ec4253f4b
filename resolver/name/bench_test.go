package name

import "testing"

func BenchmarkParse(b *testing.B) {
	benchmark(b, map[string]func(){
		"canonical":   func() { Parse("CN=Jane Doe/OU=Sales/O=Acme") },
		"abbreviated": func() { Parse("Jane Doe/Sales/Acme") },
		"flat":        func() { Parse("Sales Team") },
	})
}

func BenchmarkKeyOf(b *testing.B) {
	texts := map[string]string{
		"mixed case":  "CN=Jane Doe,OU=Sales,O=Acme",
		"normalised":  "cn=jane doe,ou=sales,o=acme",
		"escaped":     `CN=Doe\, Jane,OU=Sales,O=Acme`,
		"umlaut":      "CN=Jürgen Doe,OU=Vertrieb,O=Acme",
		"two valued":  "CN=Jane Doe+UID=jdoe,O=Acme",
		"long labels": "commonName=Jane Doe,organizationName=Acme",
	}
	runs := map[string]func(){}
	for title, text := range texts {
		runs[title] = func() {
			if _, err := KeyOf(text); err != nil {
				b.Fatal(err)
			}
		}
	}
	benchmark(b, runs)
}

func BenchmarkParseDN(b *testing.B) {
	benchmark(b, map[string]func(){"plain": func() {
		if _, err := ParseDN("CN=Jane Doe,OU=Sales,O=Acme"); err != nil {
			b.Fatal(err)
		}
	}})
}

func BenchmarkWildcardKeys(b *testing.B) {
	n := Parse("Jane Doe/Sales/Acme")
	benchmark(b, map[string]func(){"two levels": func() { n.WildcardKeys() }})
}

func benchmark(b *testing.B, runs map[string]func()) {
	for title, run := range runs {
		b.Run(title, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				run()
			}
		})
	}
}

func TestLookingUpADistinguishedNameAllocatesNothing(t *testing.T) {
	for _, text := range []string{"CN=Jane Doe,OU=Sales,O=Acme", `cn=Doe\, Jane,o=Acme`, "CN=Jürgen Doe,O=Acme", "cn=jane doe,o=acme"} {
		index := map[string]int{mustParseDN(t, text).Key(): 1}
		found := 0
		allocs := testing.AllocsPerRun(100, func() {
			var buf [128]byte
			key, err := AppendKey(buf[:0], text)
			if err == nil {
				found = index[string(key)]
			}
		})
		if allocs != 0 || found != 1 {
			t.Errorf("%q: %v allocations, found %d", text, allocs, found)
		}
	}
	if allocs := testing.AllocsPerRun(100, func() { _, _ = KeyOf("CN=Jane Doe,O=Acme") }); allocs > 1 {
		t.Errorf("a key costs %v allocations, want 1", allocs)
	}
}

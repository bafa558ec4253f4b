package wire

import (
	"errors"
	"fmt"
	"io"
	"net"
	"testing"

	ldap "github.com/go-ldap/ldap/v3"
	"github.com/google/go-cmp/cmp"
)

// peer joins a go-ldap client to a goroutine that answers each message with
// what answer appends. go-ldap is the independent twin of this package.
func peer(t *testing.T, answer func(dst []byte, m Message) []byte) *ldap.Conn {
	t.Helper()
	ours, theirs := net.Pipe()
	done := make(chan error, 1)
	go func() { done <- serve(ours, answer) }()
	client := ldap.NewConn(theirs, false)
	client.Start()
	t.Cleanup(func() {
		_ = client.Close()
		if err := <-done; err != nil {
			t.Errorf("the server ended with %v", err)
		}
	})
	return client
}

func serve(conn net.Conn, answer func([]byte, Message) []byte) error {
	defer conn.Close()
	r := NewReader(conn)
	for {
		m, err := r.Next()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		if out := answer(nil, m); len(out) > 0 {
			if _, err := conn.Write(out); err != nil {
				return err
			}
		}
	}
}

func TestGoLDAPSearchIsUnderstoodAndUnderstands(t *testing.T) {
	var seen string
	client := peer(t, func(dst []byte, m Message) []byte {
		if m.Op != OpSearchRequest {
			return nil
		}
		r, err := ParseSearch(m.Body, FilterLimits{})
		controls, controlErr := ParseControls(m.Controls)
		if err := errors.Join(err, controlErr); err != nil || len(controls) != 1 {
			return AppendResult(dst, m.ID, OpSearchDone, Result{Code: ProtocolError, Message: fmt.Sprint(err)})
		}
		p, _ := ParsePaged(controls[0].Value)
		seen = fmt.Sprintf("%s %d %d %d %d %v %s %s | %s %v %d", r.Base, r.Scope, r.Deref, r.SizeLimit, r.TimeLimit,
			r.TypesOnly, FilterString(r.Filter), r.Attributes, controls[0].OID, controls[0].Critical, p.Size)
		w := BeginEntry(dst, m.ID, "cn=Jane Doe,o=acme")
		w.Attribute("cn", "Jane Doe", "Doe")
		w.AttributeBytes("jpegPhoto", make([]byte, 7_000))
		dst = AppendReference(w.End(), m.ID, []string{"ldap://hub.acme.example/"})
		return AppendResult(dst, m.ID, OpSearchDone, Result{}, Control{OID: ControlPagedResults, Value: AppendPagedValue(nil, 7, []byte("next"))})
	})
	for range 300 { // past the message ids 127, 128 and 255
		request := ldap.NewSearchRequest("o=acme", ldap.ScopeWholeSubtree, ldap.DerefAlways, 0, 30, true,
			"(&(cn=J*n*e)(!(mail=*)))", []string{"cn", "mail"}, []ldap.Control{ldap.NewControlPaging(500)})
		got, err := client.Search(request)
		if err != nil {
			t.Fatal(err)
		}
		if want := "o=acme 2 3 0 30 true (&(cn=J*n*e)(!(mail=*))) [cn mail] | 1.2.840.113556.1.4.319 false 500"; seen != want {
			t.Fatalf("understood %s\nwant %s", seen, want)
		}
		if len(got.Entries) != 1 || got.Entries[0].DN != "cn=Jane Doe,o=acme" || len(got.Referrals) != 1 ||
			cmp.Diff([]string{"Jane Doe", "Doe"}, got.Entries[0].GetAttributeValues("cn")) != "" ||
			len(got.Entries[0].GetRawAttributeValue("jpegPhoto")) != 7_000 {
			t.Fatalf("go-ldap understood %v %v", got.Entries, got.Referrals)
		}
		page, ok := ldap.FindControl(got.Controls, ControlPagedResults).(*ldap.ControlPaging)
		if !ok || string(page.Cookie) != "next" {
			t.Fatalf("go-ldap understood the controls as %v", got.Controls)
		}
	}
}

func TestGoLDAPOperationsAreUnderstoodAndUnderstand(t *testing.T) {
	var seen string
	client := peer(t, func(dst []byte, m Message) []byte {
		op, ok := m.Op.Response()
		if !ok {
			return nil
		}
		var err error
		if seen, err = describe(m); err != nil {
			return AppendResult(dst, m.ID, op, Result{Code: ProtocolError, Message: err.Error()})
		}
		code := UnwillingToPerform
		if m.Op == OpCompareRequest {
			code = CompareTrue
		}
		return AppendResult(dst, m.ID, op, Result{Code: code, MatchedDN: "o=acme", Message: "read only"})
	})
	for name, tc := range map[string]struct {
		call func() error
		want string
	}{
		"bind":    {func() error { return client.Bind("cn=reader,o=acme", "secret") }, `bind version 3 name "cn=reader,o=acme" mechanism "" secret`},
		"compare": {func() error { return isTrue(client.Compare("cn=a,o=acme", "sn", "Doe")) }, "cn=a,o=acme sn Doe"},
		"modify": {func() error {
			m := ldap.NewModifyRequest("cn=a,o=acme", nil)
			m.Replace("mail", []string{"x", "y"})
			m.Delete("l", nil)
			return client.Modify(m)
		}, "{cn=a,o=acme [{2 {mail [x y]}} {1 {l []}}]}"},
		"add": {func() error {
			a := ldap.NewAddRequest("cn=a,o=acme", nil)
			a.Attribute("cn", []string{"a"})
			return client.Add(a)
		}, "{cn=a,o=acme [{cn [a]}]}"},
		"delete": {func() error { return client.Del(ldap.NewDelRequest("cn=a,o=acme", nil)) }, "{cn=a,o=acme}"},
		"rename": {
			func() error {
				return client.ModifyDN(ldap.NewModifyDNRequest("cn=a,o=acme", "cn=b", true, "ou=x,o=acme"))
			},
			"{cn=a,o=acme cn=b true ou=x,o=acme true}",
		},
		"extended": {func() error { _, err := client.WhoAmI(nil); return err }, "{1.3.6.1.4.1.4203.1.11.3 [] false}"},
	} {
		err := tc.call()
		if seen != tc.want {
			t.Errorf("%s: understood %s, want %s", name, seen, tc.want)
		}
		var answer *ldap.Error
		if name == "compare" {
			if err != nil {
				t.Errorf("compare: %v", err)
			}
		} else if !errors.As(err, &answer) || answer.ResultCode != uint16(UnwillingToPerform) || answer.Err.Error() != "read only" {
			t.Errorf("%s: go-ldap understood %v", name, err)
		}
	}
}

func isTrue(v bool, err error) error {
	if err == nil && !v {
		return errors.New("compared false")
	}
	return err
}

// describe decodes a request and prints what it says.
func describe(m Message) (string, error) {
	var v any
	var err error
	switch m.Op {
	case OpBindRequest:
		r, err := ParseBind(m.Body)
		return fmt.Sprintf("%v %s", r, r.Password), err
	case OpCompareRequest:
		r, err := ParseCompare(m.Body)
		return fmt.Sprintf("%s %s %s", r.Entry, r.Attr, r.Value), err
	case OpModifyRequest:
		v, err = ParseModify(m.Body)
	case OpAddRequest:
		v, err = ParseAdd(m.Body)
	case OpDelRequest:
		v, err = ParseDelete(m.Body)
	case OpModifyDNRequest:
		v, err = ParseModifyDN(m.Body)
	case OpExtendedRequest:
		v, err = ParseExtended(m.Body)
	}
	return fmt.Sprint(v), err
}

package wire

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// parseUpdate reads a message that changes something.
func parseUpdate(m Message) (Update, error) {
	switch m.Op {
	case OpAddRequest:
		r, err := ParseAdd(m.Body)
		return &r, err
	case OpModifyRequest:
		r, err := ParseModify(m.Body)
		return &r, err
	case OpDelRequest:
		r, err := ParseDelete(m.Body)
		return &r, err
	case OpModifyDNRequest:
		r, err := ParseModifyDN(m.Body)
		return &r, err
	case OpExtendedRequest:
		e, err := ParseExtended(m.Body)
		if err != nil || e.OID != ExtendedPasswordModify {
			return nil, err
		}
		r, err := ParsePasswordModify(&e)
		return &r, err
	}
	return nil, nil
}

func passwordModify(parts ...[]byte) []byte {
	return tlv(0x77, tlv(0x80, []byte(ExtendedPasswordModify)), tlv(0x81, tlv(0x30, parts...)))
}

// updates are spelled as this package spells them: definite, shortest lengths.
func updates() map[string][]byte {
	long := strings.Repeat("x", 7000)
	mail := tlv(0x30, str("mail"), tlv(0x31, str("a@acme.example"), str("b@acme.example")))
	controls := tlv(0xa0, tlv(0x30, str(ControlManageDsaIT), truth(0xff)), tlv(0x30, str(ControlAssertion), truth(0xff), str(string(present("cn")))))
	return map[string][]byte{
		"add":                               envelope(1, tlv(0x68, str("cn=a,o=acme"), tlv(0x30, mail, tlv(0x30, str("jpegPhoto"), tlv(0x31, str("\x00\xff")))))),
		"a long add":                        envelope(2, tlv(0x68, str("cn=a,o=acme"), tlv(0x30, tlv(0x30, str("description"), tlv(0x31, str(long)))))),
		"add without attributes":            envelope(3, tlv(0x68, str("cn=a,o=acme"), tlv(0x30))),
		"modify in every way":               envelope(4, tlv(0x66, str("o=acme"), tlv(0x30, tlv(0x30, enum(0), mail), tlv(0x30, enum(1), tlv(0x30, str("fax"), tlv(0x31))), tlv(0x30, enum(2), mail), tlv(0x30, enum(3), mail)))),
		"delete":                            envelope(5, tlv(0x4a, []byte("cn=a,o=acme")), controls),
		"delete of a long name":             envelope(6, tlv(0x4a, []byte("cn="+long))),
		"rename":                            envelope(7, tlv(0x6c, str("cn=a,o=acme"), str("cn=b"), truth(0xff))),
		"rename that keeps the old value":   envelope(8, tlv(0x6c, str("cn=a,o=acme"), str("cn=b"), truth(0)), controls),
		"move":                              envelope(9, tlv(0x6c, str("cn=a,o=acme"), str("cn=b"), truth(0xff), tlv(0x80, []byte("ou=x,o=acme")))),
		"move below the root":               envelope(10, tlv(0x6c, str("cn=a,o=acme"), str("cn=b"), truth(0xff), tlv(0x80))),
		"password without a value":          envelope(11, tlv(0x77, tlv(0x80, []byte(ExtendedPasswordModify)))),
		"password of whoever asks":          envelope(12, passwordModify()),
		"password of somebody, new and old": envelope(13, passwordModify(tlv(0x80, []byte("cn=a")), tlv(0x81, []byte("old")), tlv(0x82, []byte("new")))),
		"empty password":                    envelope(14, passwordModify(tlv(0x82)), controls),
	}
}

func TestUpdatesAreWrittenAsTheyWereRead(t *testing.T) {
	for name, octets := range updates() {
		m, err := ParseMessage(octets)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		update, err := parseUpdate(m)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		controls, err := ParseControls(m.Controls)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if update.Op() != m.Op {
			t.Errorf("%s is %v", name, update.Op())
		}
		if got := update.AppendTo([]byte("before"), m.ID, controls...); !bytes.Equal(got, append([]byte("before"), octets...)) {
			t.Errorf("%s: written as %.200x, read from %.200x", name, got, octets)
		}
	}
}

func FuzzUpdatesMeanTheSameWrittenAgain(f *testing.F) {
	for _, octets := range updates() {
		f.Add(octets)
	}
	f.Fuzz(func(t *testing.T, octets []byte) {
		m, err := ParseMessage(octets)
		if err != nil {
			return
		}
		update, err := parseUpdate(m)
		if err != nil && !errors.Is(err, ErrMalformed) {
			t.Fatalf("untyped error %v", err)
		}
		if err != nil || update == nil {
			return
		}
		again, err := ParseMessage(update.AppendTo(nil, m.ID))
		if err != nil || again.Op != m.Op || again.ID != m.ID {
			t.Fatalf("%x: written again it is %v of message %d, %v", octets, again.Op, again.ID, err)
		}
		second, err := parseUpdate(again)
		if diff := cmp.Diff(update, second, cmp.AllowUnexported(PasswordModifyRequest{})); err != nil || diff != "" {
			t.Fatalf("%x: %v\n%s", octets, err, diff)
		}
	})
}

func TestMalformedPasswordModifyRequestsAreRefused(t *testing.T) {
	for name, value := range map[string][]byte{
		"empty":                   {},
		"no sequence":             str("x"),
		"octets behind":           append(tlv(0x30), 0),
		"fields out of order":     tlv(0x30, tlv(0x82, []byte("new")), tlv(0x80, []byte("cn=a"))),
		"a field twice":           tlv(0x30, tlv(0x82, []byte("new")), tlv(0x82, []byte("new"))),
		"something else":          tlv(0x30, tlv(0x83, []byte("x"))),
		"a field that is cut off": {0x30, 3, 0x80, 5, 'c'},
	} {
		if r, err := ParsePasswordModify(&ExtendedRequest{Value: value, HasValue: true}); !errors.Is(err, ErrMalformed) {
			t.Errorf("%s: %+v, %v", name, r, err)
		}
	}
}

func TestPasswordModifyRequestsArePrintedWithoutPasswords(t *testing.T) {
	r := PasswordModifyRequest{User: "o=acme", Old: "hunter2", New: "hunter2"}
	for _, text := range []string{fmt.Sprint(r), fmt.Sprintf("%+v", &r), fmt.Sprintf("%#v", r)} {
		if strings.Contains(text, "hunter2") || !strings.Contains(text, "o=acme") {
			t.Errorf("printed as %s", text)
		}
	}
}

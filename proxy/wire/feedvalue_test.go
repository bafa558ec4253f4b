package wire

import (
	"bytes"
	"encoding/hex"
	"errors"
	"testing"
)

// feedRewriters write a decoded value of a feed of changes again.
var feedRewriters = map[string]func([]byte) ([]byte, error){
	"sync request": func(b []byte) ([]byte, error) {
		r, err := ParseSyncRequest(b)
		return AppendSyncRequest(nil, r), err
	},
	"sync state": func(b []byte) ([]byte, error) {
		s, err := ParseSyncState(b)
		return AppendSyncState(nil, s), err
	},
	"sync done": func(b []byte) ([]byte, error) {
		d, err := ParseSyncDone(b)
		return AppendSyncDone(nil, d), err
	},
	"sync info": func(b []byte) ([]byte, error) {
		i, err := ParseSyncInfo(b)
		return AppendSyncInfo(nil, i), err
	},
	"persistent search": func(b []byte) ([]byte, error) {
		p, err := ParsePersistentSearch(b)
		return AppendPersistentSearch(nil, p), err
	},
	"entry change": func(b []byte) ([]byte, error) {
		e, err := ParseEntryChange(b)
		return AppendEntryChange(nil, e), err
	},
	"DirSync request": func(b []byte) ([]byte, error) {
		r, err := ParseDirSyncRequest(b)
		return AppendDirSyncRequest(nil, r), err
	},
	"DirSync response": func(b []byte) ([]byte, error) {
		r, err := ParseDirSyncResponse(b)
		return AppendDirSyncResponse(nil, r), err
	},
}

const someUUID = "000102030405060708090a0b0c0d0e0f"

// feedValues are values as the documents have them, in their shortest form.
var feedValues = []struct{ sentence, kind, octets string }{
	{"a first synchronization", "sync request", "3003 0a0101"},
	{"one that goes on from a cookie, and would take everything", "sync request", "3009 0a0103 0401 63 0101ff"},
	{"an added entry", "sync state", "3015 0a0101 0410" + someUUID},
	{"a deleted entry with a cookie", "sync state", "3018 0a0103 0410" + someUUID + "0401 63"},
	{"an end that says nothing", "sync done", "3000"},
	{"an end after a delete phase", "sync done", "3006 0401 63 0101ff"},
	{"a new cookie", "sync info", "8001 63"},
	{"the end of a refresh", "sync info", "a103 0401 63"},
	{"the end of a present phase that a delete phase follows", "sync info", "a206 0401 63 010100"},
	{"entries that are present", "sync info", "a314 3112 0410" + someUUID},
	{"entries that are gone", "sync info", "a317 0101ff 3112 0410" + someUUID},
	{"no entries", "sync info", "a302 3100"},
	{"a persistent search", "persistent search", "3009 02010f 0101ff 0101ff"},
	{"an addition", "entry change", "3003 0a0101"},
	{"a new name with a number", "entry change", "300c 0a0108 0404 636e3d61 020105"},
	{"a first DirSync", "DirSync request", "3008 020101 020107 0400"},
	{"a DirSync of changed values only", "DirSync request", "300c 020480000801 020107 0401 63"},
	{"more to come", "DirSync response", "3009 020101 020100 0401 63"},
}

func TestValuesOfFeedsAreReadAndWrittenAsTheDocumentsSay(t *testing.T) {
	for _, tc := range feedValues {
		want := unhex(t, tc.octets)
		got, err := feedRewriters[tc.kind](want)
		if err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s: %v\n got %s\nwant %s", tc.sentence, err, hex.EncodeToString(got), hex.EncodeToString(want))
		}
		for end := range want {
			if _, err := feedRewriters[tc.kind](want[:end]); !errors.Is(err, ErrMalformed) {
				t.Errorf("%s, cut after %d octets: %v", tc.sentence, end, err)
			}
		}
		if _, err := feedRewriters[tc.kind](append(want, 0)); !errors.Is(err, ErrMalformed) {
			t.Errorf("%s with more behind it: %v", tc.sentence, err)
		}
	}
}

func TestMalformedValuesOfFeedsAreRefused(t *testing.T) {
	for sentence, tc := range map[string]struct{ kind, octets string }{
		"a mode that is none":                {"sync request", "3003 0a0102"},
		"a UUID that is too short":           {"sync state", "3005 0a0101 0400"},
		"a state that is none":               {"sync state", "3015 0a0104 0410" + someUUID},
		"a choice that is none":              {"sync info", "a400"},
		"a set of something else":            {"sync info", "a305 3103 020101"},
		"two kinds of change at once":        {"entry change", "3003 0a0103"},
		"no kind of change":                  {"entry change", "3003 0a0100"},
		"flags of nine octets":               {"DirSync request", "3010 0209000000000000000001 020107 0400"},
		"a boolean of two octets":            {"persistent search", "300a 02010f 0102ffff 0101ff"},
		"an answer whose cookie is a number": {"DirSync response", "3009 020101 020100 020163"},
	} {
		if _, err := feedRewriters[tc.kind](unhex(t, tc.octets)); !errors.Is(err, ErrMalformed) {
			t.Errorf("%s: %v", sentence, err)
		}
	}
}

func TestDirSyncFlagsMayComeAsAPositiveNumber(t *testing.T) {
	r, err := ParseDirSyncRequest(unhex(t, "300d 02050080000001 020107 0401 63"))
	if err != nil || r.Flags != DirSyncIncrementalValues|DirSyncObjectSecurity || r.MaxBytes != 7 || string(r.Cookie) != "c" {
		t.Errorf("%+v, %v", r, err)
	}
}

func FuzzValuesOfFeedsComeBackAsTheyWereRead(f *testing.F) {
	for _, tc := range feedValues {
		f.Add(unhex(f, tc.octets))
	}
	f.Fuzz(func(t *testing.T, value []byte) {
		for kind, rewrite := range feedRewriters {
			once, err := rewrite(value)
			if err != nil {
				continue
			}
			again, err := rewrite(once)
			if err != nil || !bytes.Equal(once, again) {
				t.Errorf("%s: %x became %x and then %x, %v", kind, value, once, again, err)
			}
		}
	})
}

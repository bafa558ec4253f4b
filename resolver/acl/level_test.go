package acl

import "testing"

func TestLevelsAreNumberedAndSpelledAsDominoDoes(t *testing.T) {
	rows := []struct {
		level  Level
		number int
		word   string
	}{
		{NoAccess, 0, "noaccess"}, {Depositor, 1, "depositor"}, {Reader, 2, "reader"}, {Author, 3, "author"},
		{Editor, 4, "editor"}, {Designer, 5, "designer"}, {Manager, 6, "manager"},
	}
	if len(rows) != Levels {
		t.Fatalf("%d levels in the table, Levels is %d", len(rows), Levels)
	}
	for _, r := range rows {
		if int(r.level) != r.number || r.level.String() != r.word {
			t.Errorf("%s is %d %q, want %d (rule 1.1)", r.word, r.level, r.level, r.number)
		}
		if got, err := ParseLevel(r.word); err != nil || got != r.level {
			t.Errorf("ParseLevel(%q) = %v, %v", r.word, got, err)
		}
	}
}

func TestTextThatIsNoLevelIsAnErrorAndNoAccess(t *testing.T) {
	for _, s := range []string{"", "Manager", "MANAGER", " manager", "no access", "none", "6", "level(7)", "editor\x00"} {
		if got, err := ParseLevel(s); err == nil || got != NoAccess {
			t.Errorf("ParseLevel(%q) = %v, %v; want an error and noaccess", s, got, err)
		}
	}
}

func TestALevelOutOfRangeHasASpellingThatIsNoLevel(t *testing.T) {
	s := Level(9).String()
	if _, err := ParseLevel(s); err == nil {
		t.Errorf("%q reads back as a level", s)
	}
}

func TestChannelsReadBackAndOnlyInternetOnesAreWeb(t *testing.T) {
	rows := []struct {
		channel Channel
		word    string
		web     bool
	}{
		{Notes, "notes", false}, {WebPassword, "web-password", true}, {WebSession, "web-session", true},
		{WebSSO, "web-sso", true}, {WebClientCert, "web-clientcert", true}, {WebAnonymous, "web-anonymous", true},
		{Local, "local", false},
	}
	for i, r := range rows {
		got, err := ParseChannel(r.word)
		if err != nil || got != r.channel || r.channel.String() != r.word || r.channel.IsWeb() != r.web {
			t.Errorf("%s: read as %v (%v), written %s, web %v", r.word, got, err, r.channel, r.channel.IsWeb())
		}
		set := ChannelsOf(r.channel)
		for j, o := range rows {
			if set.Has(o.channel) != (i == j) {
				t.Errorf("the set of %s alone answers %v for %s", r.word, set.Has(o.channel), o.word)
			}
		}
	}
	for _, s := range []string{"", "web", "Notes", "http"} {
		if _, err := ParseChannel(s); err == nil {
			t.Errorf("ParseChannel(%q) is no error", s)
		}
	}
}

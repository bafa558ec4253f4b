package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/aclens/aclens/config"
	"github.com/aclens/aclens/proxy/refresh"
)

// errOtherProfile ends a run that began from a kept state, when the directory
// turns out to be of another kind now.
var errOtherProfile = errors.New("the directory is of another kind than when the state was kept")

// openKeep makes the folder of the kept state and takes it for this process. A
// folder where nothing can be locked is one that cannot be written to, or on a
// file system without locks: that is no reason not to serve.
func (s *service) openKeep() error {
	dir := s.config.State.Dir
	if dir == "" {
		return nil
	}
	doubt, err := refresh.OpenKeep(dir)
	if err != nil {
		return fmt.Errorf("state.dir: %w", err)
	}
	if doubt != "" {
		s.log.Warn("state.dir is safe as long as its group is", "doubt", doubt)
	}
	unlock, err := refresh.LockKeep(dir)
	s.unlockKeep = unlock
	if errors.Is(err, refresh.ErrKeepInUse) {
		return fmt.Errorf("state.dir: %w; each one needs a folder of its own", err)
	}
	if err != nil {
		s.log.Warn("state.dir cannot be locked and cleared: another aclens that keeps its state there may go unnoticed", "error", err)
	}
	return nil
}

// keep says where the state is kept and under which settings.
func (s *service) keep() refresh.Keep {
	v, _ := buildVersion()
	return refresh.Keep{
		Dir: s.config.State.Dir, Choices: keptChoices(s.config, s.sources.profile), Version: v,
		Parts: []refresh.Part{{Name: "change/log", Save: s.keptChanges, Load: s.changes.Restore}},
	}
}

// keptChanges is the history of the state that answers. Without it consumers of
// feeds begin again after a start, and nothing else is lost.
func (s *service) keptChanges() func() []byte {
	octets := s.changes.HoldAt(s.view.Load().Current())
	return func() []byte {
		b, err := octets()
		if err != nil {
			s.log.Warn("changes are not kept", "error", err)
			return nil
		}
		return b
	}
}

// keptChoices stands for all of a configuration that a kept state depends on: in
// front the kind of the directory, which is asked for where it is not
// configured, then a digest of what is read, from where, and how it is taken.
// Secrets, times and whatever shapes only what clients see are not part of it.
func keptChoices(c *config.Config, profile config.Profile) string {
	all := struct {
		Directory   config.Directory
		Secondaries []config.Secondary
		Databases   config.Databases
		Servers     config.Servers
		Rules       config.Rules
		Base        string
	}{withoutSecrets(c.Directory), slices.Clone(c.Secondaries), c.Databases, c.Servers, c.Rules, c.View.Base}
	for i := range all.Secondaries {
		all.Secondaries[i].Directory = withoutSecrets(all.Secondaries[i].Directory)
	}
	all.Databases.REST = slices.Clone(all.Databases.REST)
	for i := range all.Databases.REST {
		all.Databases.REST[i].Token = config.Secret{}
	}
	text, err := json.Marshal(all)
	if err != nil {
		panic(err) // words and numbers can always be written
	}
	sum := sha256.Sum256(text)
	return string(profile) + " " + hex.EncodeToString(sum[:])
}

func withoutSecrets(d config.Directory) config.Directory {
	if d.LDAP != nil {
		l := *d.LDAP
		l.BindPassword, l.Refresh, l.Timeouts = config.Secret{}, config.Refresh{}, config.Timeouts{}
		d.LDAP = &l
	}
	return d
}

// takeKeptProfile takes the kind of the directory from the kept state, so that
// it can answer before the directory does. False is that there is nothing to
// take, or no need to.
func (s *service) takeKeptProfile() bool {
	if s.config.State.Dir == "" || s.sources.directories[0] == nil || s.sources.profile != config.ProfileAuto {
		return false
	}
	choices, err := refresh.KeptChoices(s.config.State.Dir)
	if err != nil {
		return false // Run says why, if it is not just that there is none
	}
	word, _, _ := strings.Cut(choices, " ")
	profile := config.Profile(word)
	if choices != keptChoices(s.config, profile) {
		return false
	}
	s.sources.profile = profile
	if err := s.sources.settle(); err != nil {
		s.sources.profile = config.ProfileAuto
		return false
	}
	return true
}

// confirming are the directories, of which the primary one is asked what it is
// before everything of it is read.
func (s *service) confirming(stop context.CancelCauseFunc) []refresh.Directory {
	list := slices.Clone(s.sources.settings.Directories)
	definitions, live, taken := list[0].Definitions, s.sources.directories[0], s.sources.profile
	list[0].Definitions = func(ctx context.Context) (types, classes []string, err error) {
		facts, err := live.RootDSE(ctx)
		if err != nil {
			return nil, nil, err
		}
		if found := config.Profile(facts.Profile); found != taken {
			s.sources.profile = config.ProfileAuto
			err := fmt.Errorf("%w: %s and not %s", errOtherProfile, found, taken)
			stop(err)
			return nil, nil, err
		}
		return definitions(ctx)
	}
	return list
}

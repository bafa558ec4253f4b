package refresh

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aclens/aclens/resolver/database"
	"github.com/aclens/aclens/resolver/name"
)

// registry is which replica id each key of a database has ever stood for: a key
// never changes its meaning, also when the database that had it is gone.
type registry struct {
	replicas map[string]string // by key
	dirty    bool              // something was learned that is not on disk
}

// learn remembers what the keys of a set mean. What is known stays, unless a
// person released the key.
func (r *registry) learn(set *database.Set) {
	for _, db := range set.All() {
		if db.ReplicaID != "" && r.replicas[db.Key] == "" {
			r.replicas[db.Key], r.dirty = db.ReplicaID, true
		}
	}
}

// forget lets keys mean something else.
func (r *registry) forget(keys []string) {
	for _, key := range keys {
		delete(r.replicas, key)
		r.dirty = true
	}
}

// changed lists the databases of a set whose key stands for another one.
func (r *registry) changed(set *database.Set) []*database.Database {
	var list []*database.Database
	for _, db := range set.All() {
		if was := r.replicas[db.Key]; was != "" && db.ReplicaID != "" && was != db.ReplicaID {
			list = append(list, db)
		}
	}
	return list
}

// keptDatabases is what the brake keeps back of the databases: those that are
// not in any export stay, and those that would take another one's key are left
// out.
type keptDatabases struct {
	id       string
	since    time.Time // when the brake first held
	asOf     time.Time // of the ACLs before that
	vanished []string  // keys of databases that stay; nil if they are not held
	of       int
	taken    []string // keys that would mean another database
	takers   []string // replica ids of those databases
	stay     []*database.Instance
	out      map[*database.Instance]bool
}

// arrange says which of the instances that are held are one database, with what
// the brake and the registry of keys keep back of that.
func (w *world) arrange(released bool) (*arranged, *keptDatabases, error) {
	list, idle := w.acls.instances()
	next, err := w.acls.arrange(list, idle, w.Settings.Databases.Options)
	if err != nil {
		return nil, w.keptDatabases, err
	}
	if released {
		w.keys.forget(keysOf(w.keys.changed(next.set)))
		return next, nil, nil
	}
	kept := w.keepBack(next.set)
	if kept == nil {
		return next, nil, nil
	}
	next, err = w.acls.arrange(kept.apply(list), idle, w.Settings.Databases.Options)
	if err == nil && len(w.keys.changed(next.set)) > 0 {
		err = errors.New("keys of databases would mean something else")
	}
	if err != nil {
		return nil, kept, fmt.Errorf("with what is held back: %w", err)
	}
	return next, kept, nil
}

// keepBack finds what has to be kept back of a set; nil is nothing.
func (w *world) keepBack(next *database.Set) *keptDatabases {
	k := &keptDatabases{since: w.Clock.Now(), out: map[*database.Instance]bool{}}
	if w.databases != nil {
		k.asOf = w.databases.asOf
	}
	if before := w.keptDatabases; before != nil {
		k.since, k.asOf = before.since, before.asOf
	}
	for _, db := range w.keys.changed(next) {
		k.taken, k.takers = append(k.taken, db.Key), append(k.takers, db.ReplicaID)
		for _, in := range db.Instances {
			k.out[in] = true
		}
		if w.databases == nil {
			continue
		}
		if old, _, ok := w.databases.set.Find(w.keys.replicas[db.Key]); ok && old.Key == db.Key {
			k.stay = append(k.stay, old.Instances...)
		}
	}
	k.vanish(w, next)
	if len(k.taken)+len(k.vanished) == 0 {
		return nil
	}
	k.identify()
	return k
}

// vanish finds the databases that are in the present set and in no export, if
// they are more than the brake lets pass.
func (k *keptDatabases) vanish(w *world, next *database.Set) {
	if w.Brake == nil || w.databases == nil {
		return
	}
	keys, replicas := map[string]bool{}, map[string]bool{}
	for _, db := range next.All() {
		keys[db.Key] = true
		if db.ReplicaID != "" {
			replicas[db.ReplicaID] = true
		}
	}
	var gone []*database.Database
	for _, db := range w.databases.set.All() {
		if !keys[db.Key] && !replicas[db.ReplicaID] {
			gone = append(gone, db)
		}
	}
	k.of = w.databases.set.Len()
	if !(Vanished{len(gone), k.of}).beyond(w.Brake.Databases) {
		return
	}
	k.vanished = keysOf(gone)
	for _, db := range gone {
		k.stay = append(k.stay, db.Instances...)
	}
}

// apply leaves out and adds what is kept back, but for files that are there
// again.
func (k *keptDatabases) apply(list []*database.Instance) []*database.Instance {
	list = slices.DeleteFunc(slices.Clone(list), func(in *database.Instance) bool { return k.out[in] })
	there := map[place]bool{}
	for _, in := range list {
		there[placeOf(in)] = true
	}
	for _, in := range k.stay {
		if at := placeOf(in); !there[at] {
			there[at] = true
			each := *in
			if each.CapturedAt.IsZero() {
				each.CapturedAt = k.asOf // it is not looked at any more
			}
			list = append(list, &each)
		}
	}
	return list
}

// place is one file on one server.
type place struct {
	server name.Key
	path   string
}

func placeOf(in *database.Instance) place {
	return place{in.Server.Key(), strings.ToLower(strings.ReplaceAll(in.Path, `\`, "/"))}
}

func (k *keptDatabases) identify() {
	sum := sha256.New()
	write(sum, "held databases")
	write(sum, k.vanished...)
	write(sum, k.taken...)
	write(sum, k.takers...)
	k.id = hex.EncodeToString(sum.Sum(nil)[:8])
}

func keysOf(list []*database.Database) []string {
	keys := make([]string, len(list))
	for i, db := range list {
		keys[i] = db.Key
	}
	return keys
}

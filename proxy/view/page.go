package view

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"slices"
	"sync"
	"time"

	"github.com/aclens/aclens/proxy/wire"
	"github.com/aclens/aclens/resolver/directory"
)

// How many States with pages stay alive, and for how long after they were replaced.
const (
	keptStateCount = 16
	keptStateTime  = 15 * time.Minute
)

// keptStates keeps the States that cookies were given out for, so that a paged
// search goes on where it began, whatever was swapped in meanwhile. A State of
// which nobody has a cookie goes when it is replaced: with a million people each
// one that stays holds a hundred megabytes of its own.
type keptStates struct {
	mu      sync.Mutex // guards what follows, and State.replaced
	current *State
	paged   []*State // with cookies, in the order of their first
}

func (s *State) forgotten(now time.Time) bool {
	return !s.replaced.IsZero() && now.Sub(s.replaced) > keptStateTime
}

// keep makes a State the one that answers.
func (k *keptStates) keep(s *State, now time.Time) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.current != nil {
		k.current.replaced = now
	}
	k.current = s
	k.tidy(now)
}

// note is called for each cookie of a State. That may have been replaced while
// the search ran which gives the cookie out.
func (k *keptStates) note(s *State, now time.Time) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if !slices.Contains(k.paged, s) {
		k.paged = append(k.paged, s)
	}
	k.tidy(now)
}

func (k *keptStates) tidy(now time.Time) {
	k.paged = slices.DeleteFunc(k.paged, func(s *State) bool { return s.forgotten(now) })
	if n := len(k.paged) - keptStateCount; n > 0 {
		k.paged = slices.Delete(k.paged, 0, n)
	}
}

func (k *keptStates) find(serial uint64, now time.Time) *State {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.current != nil && k.current.serial == serial {
		return k.current
	}
	for _, s := range k.paged {
		if s.serial == serial && !s.forgotten(now) {
			return s
		}
	}
	return nil
}

// A cookie is serial(8) stage(4) id(4) sent(4) request(8) mac(16): the State,
// where the page begins, and what was asked by whom over which connection. Nobody
// else can make one.
const (
	cookieBody  = 28
	cookieSize  = cookieBody + 16
	requestPart = 8
)

func (r *run) cookie(next position) []byte {
	r.view.kept.note(r.state, r.view.settings.Now())
	b := make([]byte, 0, cookieSize)
	b = binary.BigEndian.AppendUint64(b, r.state.serial)
	b = binary.BigEndian.AppendUint32(b, uint32(next.stage))
	b = binary.BigEndian.AppendUint32(b, uint32(next.id))
	b = binary.BigEndian.AppendUint32(b, uint32(next.sent))
	b = append(b, r.request.ofPages()...)
	return append(b, r.view.mac(b)...)
}

func (v *View) mac(b []byte) []byte {
	m := hmac.New(sha256.New, v.cookieKey[:])
	m.Write(b)
	return m.Sum(nil)[:cookieSize-cookieBody]
}

// ofPages is the digest together with the connection.
func (r *Request) ofPages() []byte {
	sum := sha256.Sum256(binary.BigEndian.AppendUint64(r.digest(), r.Session))
	return sum[:requestPart]
}

// digest stands for everything in a request that a cookie must fit.
func (r *Request) digest() []byte {
	h := sha256.New()
	write := func(b []byte) {
		var n [4]byte
		binary.BigEndian.PutUint32(n[:], uint32(len(b)))
		h.Write(n[:])
		h.Write(b)
	}
	s := r.Search
	write([]byte(r.Identity.Key))
	write(s.Base)
	write([]byte{byte(s.Scope), byte(s.Deref), boolByte(s.TypesOnly), boolByte(r.RealOnly)})
	write(filterOctets(&s.Filter))
	write(binary.BigEndian.AppendUint32(nil, uint32(len(s.Attributes))))
	for _, a := range s.Attributes {
		write(a)
	}
	r.writeControls(write)
	return h.Sum(nil)
}

// filterOctets is a filter as no other is written. Its text would not do: an
// attribute's name may hold anything, so that "a=b" being there reads like
// "a" beginning with "b=".
func filterOctets(f *wire.Filter) []byte {
	b, err := wire.AppendFilter(nil, f)
	if err != nil {
		return []byte(wire.FilterString(*f)) // not of the wire, which has no such filter
	}
	return b
}

func boolByte(b bool) byte {
	if b {
		return 1
	}
	return 0
}

// resume takes up a paged search at its cookie. A cookie that is not ours, does
// not fit the request, whose State is gone, or whose owner has lost a right since
// is refused (53).
func (q *Query) resume() wire.Result {
	if v := q.request.VLV; v != nil {
		q.keepState(v.ContextID)
		return wire.Result{}
	}
	p := q.request.Page
	if p == nil || len(p.Cookie) == 0 {
		return wire.Result{}
	}
	if !q.open(p.Cookie) {
		return wire.Result{Code: wire.UnwillingToPerform, Message: "the paged results cookie is not valid (any more): begin again"}
	}
	return wire.Result{}
}

// open goes on from a cookie, or tells that it cannot.
func (q *Query) open(c []byte) bool {
	if len(c) != cookieSize || !hmac.Equal(c[cookieBody:], q.view.mac(c[:cookieBody])) {
		return false
	}
	if string(c[cookieBody-requestPart:cookieBody]) != string(q.request.ofPages()) {
		return false
	}
	st := q.view.kept.find(binary.BigEndian.Uint64(c), q.view.settings.Now())
	if st == nil || st != q.state && !q.state.rights(q.request.Identity).Cover(st.rights(q.request.Identity)) {
		return false
	}
	q.state = st
	q.from = position{stage: int(binary.BigEndian.Uint32(c[8:])), id: directory.ID(binary.BigEndian.Uint32(c[12:])),
		sent: int(binary.BigEndian.Uint32(c[16:])), begun: true}
	return true
}

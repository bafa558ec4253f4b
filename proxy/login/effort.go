package login

import (
	"fmt"

	"golang.org/x/crypto/bcrypt"
)

// effort is the work of checking one password: how many times each hash runs
// over it, and for bcrypt the rounds together (2 to the power of the cost).
type effort struct {
	digests [digestKinds]int
	bcrypt  int
}

func effortOf(entry []stored) effort {
	var e effort
	for i := range entry {
		if s := &entry[i]; s.bcrypt != nil {
			e.bcrypt += 1 << s.cost
		} else {
			e.digests[s.kind]++
		}
	}
	return e
}

// orMore is the greater one of two efforts, kind by kind.
func (e effort) orMore(o effort) effort {
	for i := range e.digests {
		e.digests[i] = max(e.digests[i], o.digests[i])
	}
	e.bcrypt = max(e.bcrypt, o.bcrypt)
	return e
}

// less is what is left of an effort after another one, which is not greater.
func (e effort) less(o effort) effort {
	for i := range e.digests {
		e.digests[i] -= o.digests[i]
	}
	e.bcrypt -= o.bcrypt
	return e
}

// noHash is the salt and the sum of a bcrypt hash that nobody knows the password of.
const noHash = "Zr0k8TQfWlC2Yy5vNqLbVuHs1mXdE9oRi4jAGn7cBtPgKeUwzF3xO"

// spend does work for nothing. Every number of rounds that sums of bcrypt hashes
// differ by is a sum of powers of two, none below 2 to the power of bcrypt.MinCost.
func (c *Credentials) spend(e effort, password []byte) {
	for kind, times := range e.digests {
		for range times {
			digestOf(digestKind(kind), password, nil)
		}
	}
	for cost := bcrypt.MinCost; e.bcrypt>>cost > 0; cost++ {
		if e.bcrypt>>cost&1 == 1 {
			_ = c.compare(fmt.Appendf(nil, "$2a$%02d$%s", cost, noHash), password) // only the time matters
		}
	}
}

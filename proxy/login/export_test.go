package login

import "golang.org/x/crypto/bcrypt"

// Cheapen makes the cache cost less, for tests that are not about its price.
func (l *Login) Cheapen() { l.memory.cost = bcrypt.MinCost }

// WhileComparing has something done each time that the cache compares a password.
func (l *Login) WhileComparing(do func()) {
	l.memory.compare = func(hash, password []byte) error {
		do()
		return bcrypt.CompareHashAndPassword(hash, password)
	}
}

// Hashes are what the cache keeps of passwords.
func (l *Login) Hashes() [][]byte {
	l.memory.mu.Lock()
	defer l.memory.mu.Unlock()
	var hashes [][]byte
	for _, r := range l.memory.binds.Values() {
		hashes = append(hashes, r.hash)
	}
	return hashes
}

// Remembered is how many binds the cache holds, whether they are out of date or not.
func (l *Login) Remembered() int {
	l.memory.mu.Lock()
	defer l.memory.mu.Unlock()
	return l.memory.binds.Len()
}

// Indexed is how many entries the cache can forget, and how many binds are under way.
func (l *Login) Indexed() (entries, underWay int) {
	l.memory.mu.Lock()
	defer l.memory.mu.Unlock()
	return len(l.memory.byDN), len(l.memory.watches)
}

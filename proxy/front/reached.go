package front

// reached is the URL of the address that the client's connection was made to;
// empty if that is none of TCP.
func (s *session) reached() string {
	if s.address != "" {
		return s.address
	}
	addr := addressOf(s.raw.LocalAddr())
	if !addr.IsValid() {
		return ""
	}
	scheme := "ldap://" // also with StartTLS, which a URL does not tell
	if s.listener == "ldaps" {
		scheme = "ldaps://"
	}
	s.address = scheme + addr.String()
	return s.address
}

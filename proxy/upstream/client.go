package upstream

import (
	"context"
	"time"

	"github.com/go-ldap/ldap/v3"
)

// Client opens a go-ldap connection bound as the service account, and returns the configured address of its server. It belongs to the
// caller, who closes it and gives it time limits. Errors match ErrUnavailable or ErrRefused.
func (d *Directory) Client(ctx context.Context) (client *ldap.Conn, url string, err error) {
	err = d.eachServer(ctx, "", func(s *server) error {
		l, err := d.openBound(ctx, s)
		if err != nil {
			return err
		}
		client, err = l.handOver()
		url = s.url
		return err
	})
	return client, url, err
}

// handOver makes a go-ldap connection of the link, which ends with it.
func (l *link) handOver() (*ldap.Conn, error) {
	conn, pending := l.conn, l.reader.Buffered()
	if err := conn.SetDeadline(time.Time{}); err != nil || l.broken || pending > 0 {
		l.broken = true
		l.close()
		return nil, l.server.fault("handing over the connection", KindProtocol, errUnexpected)
	}
	l.broken = true
	l.reader.Release()
	const encrypted = true // as far as go-ldap may know: it must not begin StartTLS again
	client := ldap.NewConn(conn, encrypted)
	client.Start()
	return client, nil
}

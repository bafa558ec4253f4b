package upstream

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"os"
	"time"

	"github.com/aclens/aclens/proxy/wire"
)

// longAgo is a deadline that ends what goes on.
var longAgo = time.Unix(1, 0)

// dial connects to the server, encrypted as configured; ctx bounds all of it.
// Errors are a *serverError.
func (s *server) dial(ctx context.Context) (net.Conn, error) {
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", s.address)
	if err != nil {
		return nil, s.fault("connecting", KindConnect, because(ctx, err))
	}
	if !s.secure && !s.settings.StartTLS {
		return conn, nil
	}
	encrypted, err := s.encrypt(ctx, conn)
	if err != nil {
		_ = conn.Close() // it failed already
		return nil, s.fault("encrypting the connection", KindTLS, because(ctx, err))
	}
	return encrypted, nil
}

func (s *server) encrypt(ctx context.Context, conn net.Conn) (net.Conn, error) {
	config, err := s.tlsConfig()
	if err != nil {
		return nil, err
	}
	if !s.secure {
		if err := startTLS(ctx, conn); err != nil {
			return nil, err
		}
	}
	encrypted := tls.Client(conn, config)
	return encrypted, encrypted.HandshakeContext(ctx)
}

// tlsConfig reads the authorities anew, so that they can be replaced.
func (s *server) tlsConfig() (*tls.Config, error) {
	config := &tls.Config{}
	if s.settings.TLS != nil {
		config = s.settings.TLS.Clone()
	}
	config.MinVersion = max(config.MinVersion, tls.VersionTLS12)
	if config.ServerName == "" {
		config.ServerName = s.host
	}
	if s.settings.CAFile == "" {
		return config, nil
	}
	pem, err := os.ReadFile(s.settings.CAFile)
	if err != nil {
		return nil, fmt.Errorf("reading the authorities to trust: %w", err)
	}
	config.RootCAs = x509.NewCertPool()
	if !config.RootCAs.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("reading the authorities to trust: no certificate in %s", s.settings.CAFile)
	}
	return config, nil
}

// startTLS asks for encryption (RFC 4511 section 4.14).
func startTLS(ctx context.Context, conn net.Conn) error {
	stop := context.AfterFunc(ctx, func() { _ = conn.SetDeadline(longAgo) })
	defer stop()
	const id = 1
	if _, err := conn.Write(wire.AppendExtendedRequest(nil, id, wire.ExtendedStartTLS, nil)); err != nil {
		return fmt.Errorf("asking for TLS: %w", err)
	}
	reader := wire.NewReader(conn)
	defer reader.Release()
	m, err := reader.Next()
	if err != nil {
		return fmt.Errorf("asking for TLS: %w", err)
	}
	if m.ID != id || m.Op != wire.OpExtendedResponse {
		return fmt.Errorf("asking for TLS: %w", errUnexpected)
	}
	result, err := wire.ParseResult(m.Body)
	if err != nil {
		return fmt.Errorf("asking for TLS: %w", err)
	}
	if result.Code != wire.Success {
		return fmt.Errorf("directory refused TLS: %s", described(result.Code, result.Message))
	}
	if reader.Buffered() > 0 {
		return errors.New("directory sent data in the clear behind its agreement to TLS")
	}
	return nil
}

// because prefers the reason why ctx ended to the error that its end made.
func because(ctx context.Context, err error) error {
	if cause := context.Cause(ctx); cause != nil {
		return cause
	}
	return err
}

package mqttgw

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"sync"
	"time"

	paho "github.com/eclipse/paho.mqtt.golang"
)

const (
	// keepAlive and pingTimeout are, together, how long a network that swallows everything goes unnoticed.
	keepAlive      = 6 * time.Second
	pingTimeout    = 4 * time.Second
	writeTimeout   = 10 * time.Second
	connectTimeout = 10 * time.Second
	// goodbye is how long the DISCONNECT may take to be sent, in milliseconds.
	goodbye = 250
)

// session is one connection to the broker, from CONNECT to its end. The broker's session goes on with the next one.
//
// paho could reconnect by itself, and we do not let it: it sends again from its store, whose order is lost, and completes
// the tokens of the connection before without an error, so that nobody knows what the broker has acknowledged. With a
// client for each connection, a token without error is a PUBACK.
type session struct {
	client paho.Client // nil where there is a link
	link   Link
	// lost is closed at the end of the connection, whoever ended it; cause says why.
	lost chan struct{}

	mu    sync.Mutex
	cause error
}

var (
	errNoAnswer     = errors.New("no answer from the broker")
	errDisconnected = errors.New("disconnected")
)

// openSession connects, and answers once the broker has accepted. Messages may come before that.
func openSession(ctx context.Context, c BrokerConfig, clientID string, onMessage func(*session, paho.Message)) (*session, error) {
	if c.Link != nil {
		return openLink(c.Link, onMessage)
	}
	options, err := c.options(clientID)
	if err != nil {
		return nil, err
	}
	s := &session{lost: make(chan struct{})}
	options.SetDefaultPublishHandler(func(_ paho.Client, m paho.Message) {
		if !s.over() { // what comes later is delivered again
			onMessage(s, m)
		}
	})
	options.SetConnectionLostHandler(func(_ paho.Client, err error) { s.end(err) })
	s.client = paho.NewClient(options)
	if err := await(ctx, s.client.Connect(), 2*connectTimeout); err != nil {
		s.close()
		return nil, fmt.Errorf("connect: %w", err)
	}
	return s, nil
}

// options are those of a gateway's session.
func (c BrokerConfig) options(clientID string) (*paho.ClientOptions, error) {
	o := paho.NewClientOptions().
		SetClientID(clientID).SetUsername(c.Username).SetPassword(c.Password).
		SetProtocolVersion(4).
		// The broker keeps what it could not deliver, and what we have not acknowledged.
		SetCleanSession(false).
		SetAutoAckDisabled(true).
		// Handlers run one after the other, and must not wait.
		SetOrderMatters(true).
		SetAutoReconnect(false).SetConnectRetry(false).SetResumeSubs(false).
		SetStore(noStore{}).
		SetKeepAlive(keepAlive).SetPingTimeout(pingTimeout).
		SetWriteTimeout(writeTimeout).SetConnectTimeout(connectTimeout)
	if c.Dial != nil {
		o.AddBroker("memory://embedded")
		o.SetCustomOpenConnectionFn(func(*url.URL, paho.ClientOptions) (net.Conn, error) { return c.Dial() })
		return o, nil
	}
	o.AddBroker(c.URL)
	o.SetDialer(&net.Dialer{Timeout: connectTimeout})
	trust, err := c.tls()
	if err != nil {
		return nil, err
	}
	return o.SetTLSConfig(trust), nil
}

func (c BrokerConfig) tls() (*tls.Config, error) {
	config := &tls.Config{MinVersion: tls.VersionTLS12}
	if c.CAFile == "" {
		return config, nil
	}
	pem, err := os.ReadFile(c.CAFile)
	if err != nil {
		return nil, fmt.Errorf("read the broker's authorities: %w", err)
	}
	config.RootCAs = x509.NewCertPool()
	if !config.RootCAs.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("%s: there is no certificate in it", c.CAFile)
	}
	return config, nil
}

// subscribe asks for the filters at QoS 1. A filter that the broker does not grant so is an error. By a link everything comes.
func (s *session) subscribe(ctx context.Context, filters []string) error {
	if s.link != nil {
		return nil
	}
	wanted := make(map[string]byte, len(filters))
	for _, f := range filters {
		wanted[f] = 1
	}
	token, ok := s.hand(func() paho.Token { return s.client.SubscribeMultiple(wanted, nil) }).(*paho.SubscribeToken)
	if !ok {
		return s.why()
	}
	if err := await(ctx, token, connectTimeout); err != nil {
		return fmt.Errorf("subscribe: %w", err)
	}
	granted := token.Result() // paho does not make an error of a refusal
	for _, f := range filters {
		if code, answered := granted[f]; !answered || code != 1 {
			return fmt.Errorf("subscribe: the broker does not grant %s at QoS 1 (0x%02x)", f, code)
		}
	}
	return nil
}

// unsubscribe ends subscriptions, and does not mind those that there are not.
func (s *session) unsubscribe(ctx context.Context, filters []string) error {
	token := s.hand(func() paho.Token { return s.client.Unsubscribe(filters...) })
	if err := await(ctx, token, connectTimeout); err != nil {
		return fmt.Errorf("unsubscribe: %w", err)
	}
	return nil
}

// publish hands a payload over for sending. At QoS 1 the token is done when the broker has acknowledged it, or has an
// error.
func (s *session) publish(name string, qos byte, payload []byte) paho.Token {
	if s.link != nil {
		return publishedToken{s.link.Publish(name, qos, payload)}
	}
	return s.hand(func() paho.Token { return s.client.Publish(name, qos, false, payload) })
}

// hand gives paho something to send. When the connection ends meanwhile, paho would wait on for writeTimeout; we do not.
func (s *session) hand(send func() paho.Token) paho.Token {
	handed := make(chan paho.Token, 1)
	go func() { handed <- send() }()
	select {
	case token := <-handed:
		return token
	case <-s.lost:
		return lostToken{s}
	}
}

// lostToken is the token of what was not sent, because the session had ended.
type lostToken struct{ of *session }

// Wait implements paho.Token.
func (lostToken) Wait() bool { return true }

// WaitTimeout implements paho.Token.
func (lostToken) WaitTimeout(time.Duration) bool { return true }

// Done implements paho.Token.
func (t lostToken) Done() <-chan struct{} { return t.of.lost }

// Error implements paho.Token.
func (t lostToken) Error() error { return t.of.why() }

// over says whether the connection has ended.
func (s *session) over() bool {
	select {
	case <-s.lost:
		return true
	default:
		return false
	}
}

// end marks the connection as ended; the first cause counts.
func (s *session) end(cause error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.cause != nil {
		return
	}
	s.cause = cause
	close(s.lost)
}

// why answers the cause of the end.
func (s *session) why() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.cause
}

// fail ends the connection because it is of no use.
func (s *session) fail(cause error) {
	s.end(cause)
	s.disconnect(0)
}

// close ends the connection in an orderly way.
func (s *session) close() {
	s.end(errDisconnected)
	s.disconnect(goodbye)
}

func (s *session) disconnect(goodbye uint) {
	if s.link != nil {
		s.link.Close()
		return
	}
	s.client.Disconnect(goodbye)
}

// await waits for a token with a limit, since one may never be done.
func await(ctx context.Context, token paho.Token, limit time.Duration) error {
	timer := time.NewTimer(limit)
	defer timer.Stop()
	select {
	case <-token.Done():
		return token.Error()
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-timer.C:
		return errNoAnswer
	}
}

// failed answers the error of a token that is done with one; nil otherwise.
func failed(token paho.Token) error {
	select {
	case <-token.Done():
		return token.Error()
	default:
		return nil
	}
}

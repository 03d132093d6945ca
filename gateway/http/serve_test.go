package httpgw_test

import (
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"google.golang.org/protobuf/proto"

	httpgw "github.com/palabre/palabre/gateway/http"
)

// served is a Gateway on a listener of its own.
type served struct {
	*gateway
	stop  context.CancelFunc
	ended chan error // what Serve answered
}

func serve(t *testing.T, change ...func(*httpgw.Config)) *served {
	t.Helper()
	s := &served{gateway: newGateway(t, change...), ended: make(chan error, 1)}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s.url = "http://" + listener.Addr().String()
	ctx, cancel := context.WithCancel(t.Context())
	t.Cleanup(cancel)
	s.stop = cancel
	go func() { s.ended <- s.Serve(ctx, listener) }()
	return s
}

// end answers what Serve answered.
func (s *served) end(t *testing.T) error {
	t.Helper()
	select {
	case err := <-s.ended:
		return err
	case <-time.After(patience):
		t.Fatal("Serve did not end")
		return nil
	}
}

func TestServeEndsOnceTheRequestsUnderWayHave(t *testing.T) {
	s := serve(t)
	under, release := make(chan struct{}), make(chan struct{})
	s.peer.answers(func(_ context.Context, call received) (proto.Message, error) {
		close(under)
		<-release
		return emptyAnswer(call.method)
	})
	status := make(chan int, 1)
	go func() { status <- statusOf(t, s.url+"/api/chat/conversations") }()
	<-under
	s.stop()
	eventually(t, "the gateway says that it drains", func() bool {
		probe := httptest.NewRecorder()
		s.Handler().ServeHTTP(probe, httptest.NewRequest("GET", "/readyz", nil))
		return probe.Code == http.StatusServiceUnavailable
	})
	select {
	case err := <-s.ended:
		t.Fatalf("Serve ended with a request under way: %v", err)
	default:
	}
	close(release)
	if got := <-status; got != http.StatusOK {
		t.Errorf("the request under way: HTTP %d", got)
	}
	if err := s.end(t); err != nil {
		t.Error(err)
	}
}

func TestServeDoesNotWaitForever(t *testing.T) {
	s := serve(t, func(cfg *httpgw.Config) { cfg.Limits.Drain = 10 * time.Millisecond })
	under := make(chan struct{})
	s.peer.answers(func(ctx context.Context, _ received) (proto.Message, error) {
		close(under)
		<-ctx.Done() // the caller is cut off, and the call with it
		return nil, ctx.Err()
	})
	cut := make(chan int, 1)
	go func() { cut <- statusOf(t, s.url+"/api/chat/conversations") }()
	<-under
	s.stop()
	if err := s.end(t); err == nil {
		t.Error("a request was cut off in silence")
	}
	if got := <-cut; got != 0 {
		t.Errorf("the request was answered %d", got)
	}
}

func TestServeFailsWhenItsListenerDoes(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	listener.Close()
	if err := newGateway(t).Serve(t.Context(), listener); err == nil {
		t.Error("no error")
	}
}

func TestWebSocketsOutliveTheTimeLimitsOfRequests(t *testing.T) {
	upgrader := websocket.Upgrader{}
	s := serve(t, func(cfg *httpgw.Config) {
		cfg.Limits.Request, cfg.Limits.ReadHeader = 20*time.Millisecond, 20*time.Millisecond
		cfg.MQTT = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			ws, err := upgrader.Upgrade(w, r, nil)
			if err != nil {
				t.Error(err)
				return
			}
			defer ws.Close()
			for {
				kind, data, err := ws.ReadMessage()
				if err != nil || ws.WriteMessage(kind, data) != nil {
					return
				}
			}
		})
	})
	ws, response, err := websocket.DefaultDialer.DialContext(t.Context(), "ws"+s.url[len("http"):]+"/mqtt", nil)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	defer ws.Close()
	<-time.After(100 * time.Millisecond) // past the read, write and header limits
	ws.SetReadDeadline(time.Now().Add(patience))
	if err := ws.WriteMessage(websocket.BinaryMessage, []byte("bonjour")); err != nil {
		t.Fatal(err)
	}
	if _, data, err := ws.ReadMessage(); err != nil || string(data) != "bonjour" {
		t.Errorf("%q, %v", data, err)
	}
	s.stop()
	if err := s.end(t); err != nil {
		t.Errorf("an open WebSocket kept Serve from ending: %v", err)
	}
}

func TestServeSpeaksTLS(t *testing.T) {
	certified := httptest.NewTLSServer(nil) // lends its certificate
	defer certified.Close()
	s := serve(t, func(cfg *httpgw.Config) { cfg.TLSConfig = certified.TLS.Clone() })
	r, err := http.NewRequestWithContext(t.Context(), "GET", "https"+s.url[len("http"):]+"/healthz", nil)
	if err != nil {
		t.Fatal(err)
	}
	response, err := certified.Client().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		t.Errorf("HTTP %d", response.StatusCode)
	}
}

// statusOf answers the status of a GET, 0 when there was no answer. It may be called in any goroutine.
func statusOf(t *testing.T, url string) int {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), "GET", url, nil)
	if err != nil {
		t.Error(err)
		return 0
	}
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		return 0
	}
	defer response.Body.Close()
	return response.StatusCode
}

// eventually waits for what happens in another goroutine and tells nobody.
func eventually(t *testing.T, what string, happened func() bool) {
	t.Helper()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for deadline := time.After(patience); !happened(); {
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatalf("not within %s: %s", patience, what)
		}
	}
}

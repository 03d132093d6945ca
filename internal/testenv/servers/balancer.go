package servers

import (
	"io"
	"net"
	"sync"
	"sync/atomic"
	"testing"
)

// Balance answers an address behind which connections go to servers in turn, and past those that are down: as a load
// balancer or a virtual address does.
func Balance(t testing.TB, upstreams ...string) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	check(t, err)
	b := &balancer{upstreams: upstreams}
	b.running.Go(func() { b.accept(listener) })
	t.Cleanup(func() {
		_ = listener.Close()
		b.open.Range(func(conn, _ any) bool { _ = conn.(net.Conn).Close(); return true })
		b.running.Wait()
	})
	return listener.Addr().String()
}

type balancer struct {
	upstreams []string
	next      atomic.Uint64
	open      sync.Map // of net.Conn
	running   sync.WaitGroup
}

func (b *balancer) accept(listener net.Listener) {
	for {
		client, err := listener.Accept()
		if err != nil {
			return
		}
		b.running.Go(func() { b.pass(client) })
	}
}

// pass connects a client to the next server that is up.
func (b *balancer) pass(client net.Conn) {
	defer client.Close()
	first := b.next.Add(1)
	for i := range uint64(len(b.upstreams)) {
		server, err := net.Dial("tcp", b.upstreams[(first+i)%uint64(len(b.upstreams))])
		if err != nil {
			continue
		}
		b.open.Store(client, nil)
		b.open.Store(server, nil)
		defer b.open.Delete(client)
		defer b.open.Delete(server)
		var both sync.WaitGroup
		both.Go(func() { copyAndClose(server, client) })
		both.Go(func() { copyAndClose(client, server) })
		both.Wait()
		return
	}
}

// copyAndClose ends both sides when one does.
func copyAndClose(to, from net.Conn) {
	_, _ = io.Copy(to, from)
	_ = to.Close()
	_ = from.Close()
}

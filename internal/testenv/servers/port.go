package servers

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"sync"
	"syscall"
)

// Below the ports that systems give to outgoing connections, so that nobody takes a server's port while it is restarted.
// Tests of several packages run at once, and a port that is chosen is free until its server listens: so each process has a
// block of ports to itself.
const (
	firstPort = 10000
	blockSize = 500
	blocks    = 40
)

// ports are those of this process.
var ports = sync.OnceValues(func() (*portBlock, error) {
	for _, n := range rand.Perm(blocks) {
		file, err := os.OpenFile(fmt.Sprintf("/tmp/palabre-test-ports-%d", n), os.O_CREATE|os.O_RDWR, 0o666)
		if err != nil {
			continue // another user's
		}
		if syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) != nil {
			_ = file.Close()
			continue
		}
		return &portBlock{lock: file, first: firstPort + n*blockSize}, nil
	}
	return nil, errors.New("every block of ports is another process's")
})

// portBlock is locked by a file until this process ends.
type portBlock struct {
	lock  *os.File
	first int

	mu   sync.Mutex
	left []int // those that come next, counted from first
}

// freePort returns a loopback port that nobody listens on. The server keeps it across restarts.
func freePort() (int, error) {
	block, err := ports()
	if err != nil {
		return 0, err
	}
	block.mu.Lock()
	defer block.mu.Unlock()
	for range blockSize {
		if len(block.left) == 0 { // those of servers that ended are free again
			block.left = rand.Perm(blockSize)
		}
		port := block.first + block.left[0]
		block.left = block.left[1:]
		if listener, err := net.Listen("tcp", loopback(port)); err == nil {
			return port, listener.Close()
		}
	}
	return 0, errors.New("all ports of this process are in use")
}

func loopback(port int) string { return fmt.Sprintf("127.0.0.1:%d", port) }

package servers

import (
	"fmt"
	"math/rand/v2"
	"net"
)

// Below the ports that systems give to outgoing connections, so that nobody takes a server's port while it is restarted.
const firstPort, portCount = 10000, 20000

// freePort returns a loopback port that nobody listens on. The server keeps it across restarts.
func freePort() (int, error) {
	var lastErr error
	for range 100 {
		port := firstPort + rand.IntN(portCount)
		listener, err := net.Listen("tcp", loopback(port))
		if err != nil {
			lastErr = err
			continue
		}
		return port, listener.Close()
	}
	return 0, fmt.Errorf("no free port: %w", lastErr)
}

func loopback(port int) string { return fmt.Sprintf("127.0.0.1:%d", port) }

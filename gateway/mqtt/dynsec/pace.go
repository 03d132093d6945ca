package dynsec

import "time"

const (
	// quick and slow are answers after which more, or fewer, commands are sent together. The broker does nothing else
	// meanwhile: what people write waits as long.
	quick = 50 * time.Millisecond
	slow  = 4 * quick
	// fewest, atFirst and most bound how many commands are sent together, bytesAtOnce how large they are: the broker takes no
	// packet beyond what mosquitto.conf says.
	fewest, atFirst, most = 1, 4, 256
	bytesAtOnce           = 192 << 10
)

// pace says how many commands to send together. Mosquitto 2.0 writes its whole file after each command, so that with many
// users few commands are as much as others should wait for; 2.1 writes it once for all that came together, so that there it
// is all the same how many they are.
type pace struct{ atOnce int }

func newPace() pace { return pace{atFirst} }

// batch is how many of the commands to send together.
func (p *pace) batch(commands []command) int {
	size := 0
	for i, c := range commands {
		// A rule has no more than that, with a topic of the longest names.
		size += 512 + len(c.ACLs)*256
		if i == p.atOnce || i > 0 && size > bytesAtOnce {
			return i
		}
	}
	return len(commands)
}

// took takes note of how long the answer to some commands was in coming.
func (p *pace) took(commands int, answer time.Duration) {
	switch {
	case answer > slow:
		p.atOnce = max(fewest, min(p.atOnce, commands)/2)
	case answer < quick && commands == p.atOnce:
		p.atOnce = min(most, 2*p.atOnce)
	}
}

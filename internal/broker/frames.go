package broker

import "errors"

var (
	errPacketTooLarge = errors.New("broker: packet too large")
	errPacketLength   = errors.New("broker: malformed packet length")
)

// frames follows the boundaries of the MQTT packets in a stream, to know a packet's size before anyone reserves memory
// for it. Mochi has one limit for all; ours differs for clients and for the gateway.
type frames struct {
	limit int // of what follows the length, in bytes

	inLength bool // the next byte belongs to the length
	size     int  // the length, as far as it is read
	shift    uint // where its next seven bits go
	left     int  // bytes of the present packet to come
}

// scan looks at the next bytes of the stream, and returns errPacketTooLarge or errPacketLength as soon as they show.
func (f *frames) scan(p []byte) error {
	for len(p) > 0 {
		switch {
		case f.left > 0:
			n := min(f.left, len(p))
			f.left -= n
			p = p[n:]
		case f.inLength:
			if err := f.length(p[0]); err != nil {
				return err
			}
			p = p[1:]
		default: // the packet type
			f.inLength, f.size, f.shift = true, 0, 0
			p = p[1:]
		}
	}
	return nil
}

// length takes one byte of the length, which has at most four [MQTT-1.5.5].
func (f *frames) length(b byte) error {
	const more, lastShift = 0x80, 21
	f.size |= int(b&^more) << f.shift
	switch {
	case f.size > f.limit:
		return errPacketTooLarge
	case b&more == 0:
		f.inLength, f.left = false, f.size
	case f.shift == lastShift:
		return errPacketLength
	}
	f.shift += 7
	return nil
}
